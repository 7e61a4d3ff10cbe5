//! Connection tracking and address translation: NXAST_CT and NXAST_NAT.

use super::{Action, decode_list, encode_list};
use crate::wire::Reader;
use crate::{DecodeError, Subfield, oxm};
use bytes::{BufMut, BytesMut};
use std::net::{Ipv4Addr, Ipv6Addr};

const COMMIT: u16 = 1;
const FORCE: u16 = 2;
/// "Do not look up again" in place of a table.
const NO_TABLE: u8 = 0xff;

const NAT_SRC: u16 = 1;
const NAT_DST: u16 = 2;
const NAT_PERSISTENT: u16 = 4;
const NAT_HASH: u16 = 8;
const NAT_RANDOM: u16 = 16;

const IPV4_MIN: u16 = 1;
const IPV4_MAX: u16 = 2;
const IPV6_MIN: u16 = 4;
const IPV6_MAX: u16 = 8;
const PORT_MIN: u16 = 16;
const PORT_MAX: u16 = 32;

/// Where the zone number comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Zone {
    /// This number.
    Number(u16),
    /// The number in these 16 bits.
    Field(Subfield),
}

impl Default for Zone {
    fn default() -> Self {
        Self::Number(0)
    }
}

/// Send the packet through the connection tracker.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Ct {
    /// Remember the connection.
    pub commit: bool,
    /// With `commit`: replace an entry of the opposite direction.
    pub force: bool,
    /// In which zone.
    pub zone: Zone,
    /// Continue a copy of the packet in this table with its state known; never 255.
    pub table: Option<u8>,
    /// Application layer gateway by port number: 0 none, 21 FTP, 69 TFTP.
    pub alg: u16,
    /// Set `ct_mark`, `ct_label`, or translate.
    pub exec: Vec<Action>,
}

impl Ct {
    /// Track in a zone of this number.
    pub fn zone(number: u16) -> Self {
        Self {
            zone: Zone::Number(number),
            ..Self::default()
        }
    }

    /// Track in the zone whose number stands in a field.
    pub fn zone_from(field: impl Into<Subfield>) -> Self {
        Self {
            zone: Zone::Field(field.into()),
            ..Self::default()
        }
    }

    /// Remember the connection.
    pub fn commit(self) -> Self {
        Self {
            commit: true,
            ..self
        }
    }

    /// Continue in this table.
    pub fn table(self, table: u8) -> Self {
        Self {
            table: Some(table),
            ..self
        }
    }

    /// Do this to the connection.
    pub fn exec(mut self, action: impl Into<Action>) -> Self {
        self.exec.push(action.into());
        self
    }

    pub(super) fn encode(&self, to: &mut BytesMut) {
        let commit = if self.commit { COMMIT } else { 0 };
        let force = if self.force { FORCE } else { 0 };
        to.put_u16(commit | force);
        match self.zone {
            Zone::Number(number) => {
                to.put_u32(0);
                to.put_u16(number);
            }
            Zone::Field(source) => {
                oxm::encode_header(to, source.field);
                to.put_u16(source.packed());
            }
        }
        to.put_u8(self.table.unwrap_or(NO_TABLE));
        to.put_bytes(0, 3);
        to.put_u16(self.alg);
        encode_list(&self.exec, to);
    }

    pub(super) fn decode(from: &mut Reader<'_>, depth: u8) -> Result<Self, DecodeError> {
        let flags = from.u16()?;
        let mut zone_from = from.part("ct zone", 6)?;
        let zone = if zone_from.clone().u32()? == 0 {
            zone_from.skip(4)?;
            Zone::Number(zone_from.u16()?)
        } else {
            let field = oxm::decode_header(&mut zone_from)?;
            let packed = zone_from.u16()?;
            Zone::Field(Subfield::new(field, packed >> 6, (packed & 0x3f) + 1))
        };
        let table = from.u8()?;
        from.skip(3)?;
        Ok(Self {
            commit: flags & COMMIT != 0,
            force: flags & FORCE != 0,
            zone,
            table: (table != NO_TABLE).then_some(table),
            alg: from.u16()?,
            exec: decode_list(from.rest(), depth)?,
        })
    }
}

/// Which address is translated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum NatKind {
    /// As the connection already says: replies, and packets after the first.
    #[default]
    Known,
    /// The source.
    Source,
    /// The destination.
    Destination,
}

/// To which addresses; a single one has both ends equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NatRange {
    /// IPv4 addresses, both ends included.
    V4(Ipv4Addr, Ipv4Addr),
    /// IPv6 addresses, both ends included.
    V6(Ipv6Addr, Ipv6Addr),
}

/// Address translation inside [`Ct::exec`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Nat {
    /// Which address.
    pub kind: NatKind,
    /// To which addresses.
    pub range: Option<NatRange>,
    /// To which ports, both ends included.
    pub ports: Option<(u16, u16)>,
    /// Keep the choice over restarts.
    pub persistent: bool,
    /// Choose the port by hash.
    pub hash: bool,
    /// Choose the port at random.
    pub random: bool,
}

impl Nat {
    /// Translate as the connection already says.
    pub fn known() -> Self {
        Self::default()
    }

    /// Source becomes this address.
    pub fn source(address: Ipv4Addr) -> Self {
        Self {
            kind: NatKind::Source,
            range: Some(NatRange::V4(address, address)),
            ..Self::default()
        }
    }

    /// Destination becomes this address.
    pub fn destination(address: Ipv4Addr) -> Self {
        Self {
            kind: NatKind::Destination,
            range: Some(NatRange::V4(address, address)),
            ..Self::default()
        }
    }

    fn flags(&self) -> u16 {
        let kind = match self.kind {
            NatKind::Known => 0,
            NatKind::Source => NAT_SRC,
            NatKind::Destination => NAT_DST,
        };
        let bit = |set: bool, bit: u16| if set { bit } else { 0 };
        kind | bit(self.persistent, NAT_PERSISTENT)
            | bit(self.hash, NAT_HASH)
            | bit(self.random, NAT_RANDOM)
    }

    /// Which parts follow. An upper end equal to the lower one is left out, as the switch does.
    fn present(&self) -> u16 {
        let addresses = match self.range {
            None => 0,
            Some(NatRange::V4(low, high)) if low == high => IPV4_MIN,
            Some(NatRange::V4(..)) => IPV4_MIN | IPV4_MAX,
            Some(NatRange::V6(low, high)) if low == high => IPV6_MIN,
            Some(NatRange::V6(..)) => IPV6_MIN | IPV6_MAX,
        };
        let ports = match self.ports {
            None => 0,
            Some((low, high)) if low == high => PORT_MIN,
            Some(_) => PORT_MIN | PORT_MAX,
        };
        addresses | ports
    }

    pub(super) fn encode(&self, to: &mut BytesMut) {
        let present = self.present();
        to.put_u16(0);
        to.put_u16(self.flags());
        to.put_u16(present);
        match self.range {
            None => {}
            Some(NatRange::V4(low, high)) => {
                to.put_slice(&low.octets());
                if present & IPV4_MAX != 0 {
                    to.put_slice(&high.octets());
                }
            }
            Some(NatRange::V6(low, high)) => {
                to.put_slice(&low.octets());
                if present & IPV6_MAX != 0 {
                    to.put_slice(&high.octets());
                }
            }
        }
        if let Some((low, high)) = self.ports {
            to.put_u16(low);
            if present & PORT_MAX != 0 {
                to.put_u16(high);
            }
        }
    }

    pub(super) fn decode(from: &mut Reader<'_>) -> Result<Self, DecodeError> {
        from.skip(2)?;
        let flags = from.u16()?;
        let present = from.u16()?;
        let kind = match (flags & NAT_SRC != 0, flags & NAT_DST != 0) {
            (false, false) => NatKind::Known,
            (true, _) => NatKind::Source,
            (false, true) => NatKind::Destination,
        };
        Ok(Self {
            kind,
            range: decode_range(from, present)?,
            ports: decode_ports(from, present)?,
            persistent: flags & NAT_PERSISTENT != 0,
            hash: flags & NAT_HASH != 0,
            random: flags & NAT_RANDOM != 0,
        })
    }
}

fn decode_range(from: &mut Reader<'_>, present: u16) -> Result<Option<NatRange>, DecodeError> {
    if present & IPV4_MIN != 0 {
        let low = from.array::<4>()?;
        let high = if present & IPV4_MAX != 0 {
            from.array()?
        } else {
            low
        };
        return Ok(Some(NatRange::V4(low.into(), high.into())));
    }
    if present & IPV6_MIN != 0 {
        let low = from.array::<16>()?;
        let high = if present & IPV6_MAX != 0 {
            from.array()?
        } else {
            low
        };
        return Ok(Some(NatRange::V6(low.into(), high.into())));
    }
    Ok(None)
}

fn decode_ports(from: &mut Reader<'_>, present: u16) -> Result<Option<(u16, u16)>, DecodeError> {
    if present & PORT_MIN == 0 {
        return Ok(None);
    }
    let low = from.u16()?;
    let high = if present & PORT_MAX != 0 {
        from.u16()?
    } else {
        low
    };
    Ok(Some((low, high)))
}
