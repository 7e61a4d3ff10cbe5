//! Which packets a rule speaks of, in the pieces that one flow can match.

use alcor_goalstate::GroupRule;
use alcor_openflow::{Field, Match};
use alcor_types::EtherType;

const ICMP: u8 = 1;
const TCP: u8 = 6;
const UDP: u8 = 17;
const ICMPV6: u8 = 58;
const SCTP: u8 = 132;

/// Packets of one family and kind.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Traffic {
    /// The family.
    pub ethertype: EtherType,
    /// The kind.
    pub kind: Kind,
}

/// A kind of packets.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Kind {
    /// Every packet.
    Any,
    /// Those of an IP protocol.
    Protocol(u8),
    /// Those to ports of a protocol that has them: the bits of `mask` are those of `value`.
    Ports {
        /// TCP, UDP or SCTP.
        protocol: u8,
        /// The bits.
        value: u16,
        /// Which bits.
        mask: u16,
    },
    /// Those of a type, and perhaps a code, of the family's ICMP.
    Icmp {
        /// The type.
        kind: u8,
        /// The code; none means every one.
        code: Option<u8>,
    },
}

/// What a rule speaks of: a range of ports comes in pieces. Nothing where the switch cannot tell
/// the rule's packets from others (ports of DCCP and UDP-Lite): what it cannot check, it does not
/// allow.
pub(crate) fn of(rule: &GroupRule) -> Vec<Traffic> {
    let ethertype = rule.ethertype;
    let one = |kind| vec![Traffic { ethertype, kind }];
    let restricted = rule.port_min.is_some() || rule.port_max.is_some();
    match rule.protocol {
        // 0 is everything to Neutron's firewalls.
        None | Some(0) => one(Kind::Any),
        Some(protocol) if !restricted => one(Kind::Protocol(protocol)),
        Some(ICMP | ICMPV6) => icmp(rule).map(one).unwrap_or_default(),
        Some(protocol @ (TCP | UDP | SCTP)) => {
            let (low, high) = (rule.port_min.unwrap_or(0), rule.port_max);
            let blocks = blocks(low, high.unwrap_or(u16::MAX)).into_iter();
            let kinds = blocks.map(|(value, mask)| Kind::Ports {
                protocol,
                value,
                mask,
            });
            kinds.map(|kind| Traffic { ethertype, kind }).collect()
        }
        Some(_) => Vec::new(),
    }
}

fn icmp(rule: &GroupRule) -> Option<Kind> {
    let kind = u8::try_from(rule.port_min?).ok()?;
    let code = rule.port_max.map(u8::try_from).transpose().ok()?;
    Some(Kind::Icmp { kind, code })
}

/// The fewest aligned blocks that make up a range, as value and mask.
pub(crate) fn blocks(low: u16, high: u16) -> Vec<(u16, u16)> {
    let (mut at, mut blocks) = (low, Vec::new());
    while at <= high {
        let room = (u32::from(high) - u32::from(at) + 1).ilog2();
        let bits = at.trailing_zeros().min(room);
        let mask = u16::MAX.checked_shl(bits).unwrap_or(0);
        blocks.push((at, mask));
        match (at | !mask).checked_add(1) {
            Some(next) => at = next,
            None => break,
        }
    }
    blocks
}

impl Traffic {
    /// The match of these packets.
    pub(crate) fn matching(self, start: Match) -> Match {
        let six = self.ethertype == EtherType::Ipv6;
        let family = if six { start.ipv6() } else { start.ipv4() };
        match self.kind {
            Kind::Any => family,
            Kind::Protocol(protocol) => family.ip_proto(protocol),
            Kind::Ports {
                protocol,
                value,
                mask,
            } => {
                let field = port_field(protocol).unwrap_or(Field::SctpDst);
                let ports = family.ip_proto(protocol);
                ports.with_masked(field, value, mask)
            }
            Kind::Icmp { kind, code } => icmp_match(family, six, kind, code),
        }
    }
}

/// Where packets of the protocol name the port that they are for.
pub(crate) fn port_field(protocol: u8) -> Option<Field> {
    match protocol {
        TCP => Some(Field::TcpDst),
        UDP => Some(Field::UdpDst),
        SCTP => Some(Field::SctpDst),
        _ => None,
    }
}

/// Where they name the port that they are from.
pub(crate) fn source_field(protocol: u8) -> Option<Field> {
    match protocol {
        TCP => Some(Field::TcpSrc),
        UDP => Some(Field::UdpSrc),
        SCTP => Some(Field::SctpSrc),
        _ => None,
    }
}

fn icmp_match(family: Match, six: bool, kind: u8, code: Option<u8>) -> Match {
    let (protocol, fields) = if six {
        (ICMPV6, (Field::Icmpv6Type, Field::Icmpv6Code))
    } else {
        (ICMP, (Field::Icmpv4Type, Field::Icmpv4Code))
    };
    let matching = family.ip_proto(protocol).with(fields.0, kind);
    match code {
        Some(code) => matching.with(fields.1, code),
        None => matching,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn covered(blocks: &[(u16, u16)], port: u16) -> usize {
        let hits = blocks.iter().filter(|(value, mask)| port & mask == *value);
        hits.count()
    }

    #[test]
    fn blocks_hold_every_port_of_a_range_once() {
        let ends = [0, 1, 2, 7, 80, 443, 1023, 1024, 32_768, 65_534, 65_535];
        for low in ends {
            for high in ends.into_iter().filter(|high| *high >= low) {
                let blocks = blocks(low, high);
                assert!(blocks.len() <= 30, "{low}-{high}: {}", blocks.len());
                for port in 0..=u16::MAX {
                    let inside = usize::from((low..=high).contains(&port));
                    assert_eq!(covered(&blocks, port), inside, "{port} in {low}-{high}");
                }
            }
        }
        assert_eq!(blocks(0, u16::MAX), [(0, 0)], "all ports are one block");
        assert_eq!(blocks(80, 80), [(80, u16::MAX)]);
    }
}
