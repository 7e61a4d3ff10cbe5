//! A client's message, read and checked.

use super::tlv;
use crate::Reason;
use dhcproto::v6::{MessageType, OptionCode};
use std::net::Ipv6Addr;

/// The lengths of identifiers (RFC 8415, 11.1).
const DUID: std::ops::RangeInclusive<usize> = 3..=130;

/// What an association is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// Addresses.
    Addresses,
    /// Temporary addresses, of which there are none here.
    Temporary,
    /// Prefixes, of which there are none either.
    Prefixes,
}

/// An identity association as the client names it.
#[derive(Debug)]
pub(super) struct Association {
    pub(super) kind: Kind,
    pub(super) id: [u8; 4],
    /// The addresses that the client has or would like.
    pub(super) addresses: Vec<Ipv6Addr>,
}

/// A message from a client to servers, with the fields that matter.
#[derive(Debug)]
pub(super) struct Request<'a> {
    pub(super) kind: MessageType,
    pub(super) transaction: [u8; 3],
    pub(super) client: Option<&'a [u8]>,
    pub(super) server: Option<&'a [u8]>,
    pub(super) associations: Vec<Association>,
    /// The options that it asks for; none where it does not say.
    pub(super) wanted: Option<Vec<u16>>,
    /// It will take an answer without asking twice.
    pub(super) rapid: bool,
}

impl<'a> Request<'a> {
    /// Reads a UDP payload.
    pub(super) fn parse(payload: &'a [u8]) -> Result<Self, Reason> {
        let (head, options) = payload.split_first_chunk::<4>().ok_or(Reason::BadMessage)?;
        let [kind, transaction @ ..] = *head;
        let kind = MessageType::from(kind);
        if matches!(kind, MessageType::RelayForw | MessageType::RelayRepl) {
            return Err(Reason::Relayed);
        }
        let mut request = Self {
            kind,
            transaction,
            client: None,
            server: None,
            associations: Vec::new(),
            wanted: None,
            rapid: false,
        };
        for (code, data) in tlv::parse(options)? {
            request.take(code, data)?;
        }
        Ok(request)
    }

    fn take(&mut self, code: OptionCode, data: &'a [u8]) -> Result<(), Reason> {
        match code {
            OptionCode::ClientId => once(&mut self.client, duid(data)?),
            OptionCode::ServerId => once(&mut self.server, duid(data)?),
            OptionCode::ORO => once(&mut self.wanted, codes(data)?),
            OptionCode::RapidCommit => {
                self.rapid = true;
                Ok(())
            }
            OptionCode::IANA => self.associate(Kind::Addresses, data, 12),
            OptionCode::IATA => self.associate(Kind::Temporary, data, 4),
            OptionCode::IAPD => self.associate(Kind::Prefixes, data, 12),
            _ => Ok(()),
        }
    }

    /// Options begin after so many bytes: its id, and perhaps two times.
    fn associate(&mut self, kind: Kind, data: &[u8], head: usize) -> Result<(), Reason> {
        let id = *data.first_chunk().ok_or(Reason::BadOptions)?;
        let options = data.get(head..).ok_or(Reason::BadOptions)?;
        let mut addresses = Vec::new();
        for (code, data) in tlv::parse(options)? {
            if code == OptionCode::IAAddr {
                // Address, and two times.
                let address: &[u8; 16] = data.first_chunk().ok_or(Reason::BadOptions)?;
                tlv::parse(data.get(24..).ok_or(Reason::BadOptions)?)?;
                addresses.push(Ipv6Addr::from(*address));
            }
        }
        self.associations.push(Association {
            kind,
            id,
            addresses,
        });
        Ok(())
    }

    /// All addresses that it names.
    pub(super) fn addresses(&self) -> impl Iterator<Item = Ipv6Addr> {
        let all = self.associations.iter();
        all.flat_map(|association| association.addresses.iter().copied())
    }

    /// Whether it asks for addresses or prefixes at all.
    pub(super) fn wants_addresses(&self) -> bool {
        !self.associations.is_empty()
    }

    /// Whether it would like to hear of an option.
    pub(super) fn wants(&self, code: u16) -> bool {
        let wanted = self.wanted.as_ref();
        wanted.is_none_or(|wanted| wanted.contains(&code))
    }
}

/// These options may be there once.
fn once<T>(place: &mut Option<T>, value: T) -> Result<(), Reason> {
    match place.replace(value) {
        None => Ok(()),
        Some(_) => Err(Reason::BadOptions),
    }
}

fn duid(data: &[u8]) -> Result<&[u8], Reason> {
    let right = DUID.contains(&data.len());
    right.then_some(data).ok_or(Reason::BadOptions)
}

fn codes(data: &[u8]) -> Result<Vec<u16>, Reason> {
    let (codes, rest) = data.as_chunks();
    let whole = rest.is_empty().then_some(codes);
    let codes = whole.ok_or(Reason::BadOptions)?.iter();
    Ok(codes.map(|code| u16::from_be_bytes(*code)).collect())
}
