//! What became of a frame, and how often: the agent counts what it does not log.

use crate::icmp::Complaint;
use std::collections::BTreeMap;
use std::net::Ipv4Addr;

/// What the agent is to do about a frame.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// Send this back to the port that asked.
    Reply {
        /// What is answered.
        kind: ReplyKind,
        /// A whole Ethernet frame, without its check sequence.
        frame: Vec<u8>,
    },
    /// Send this back to the port that asked by DHCPv6.
    Reply6 {
        /// What is answered.
        kind: ReplyKind6,
        /// A whole Ethernet frame, without its check sequence.
        frame: Vec<u8>,
    },
    /// Send this back to the port whose packet a router could not pass on.
    Complaint {
        /// What was the matter.
        complaint: Complaint,
        /// A whole Ethernet frame, without its check sequence.
        frame: Vec<u8>,
    },
    /// It is a router solicitation: every router of the network answers.
    Solicited,
    /// The client found its address in use by another (DHCPDECLINE). There is no answer, but
    /// somebody should hear of it: two devices hold one address.
    Declined {
        /// The address it will not use.
        address: Ipv4Addr,
    },
    /// The client gave its address back (DHCPRELEASE). There is no answer and nothing to undo:
    /// the address belongs to the port, not to the lease.
    Released {
        /// The address it no longer uses.
        address: Ipv4Addr,
    },
    /// Do nothing.
    Silence(Reason),
}

/// The kinds of replies.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum ReplyKind {
    /// DHCPOFFER.
    Offer,
    /// DHCPACK of a lease.
    Ack,
    /// DHCPACK of a DHCPINFORM: parameters without a lease.
    Inform,
    /// DHCPNAK: the client must start again.
    Nak,
}

/// The kinds of replies by DHCPv6, by what was asked.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum ReplyKind6 {
    /// Advertise.
    Advertise,
    /// Reply with addresses: to Request, Renew, Rebind, or a Solicit that takes it at once.
    Lease,
    /// Reply: the client's addresses are right where it is.
    Confirm,
    /// Reply: they are not.
    NotOnLink,
    /// Reply to an Information-request: options alone.
    Information,
    /// Reply to Release. There is nothing to undo: addresses belong to the port.
    Release,
    /// Reply to Decline. Somebody should hear of it: two devices hold one address.
    Decline,
}

/// Why a frame gets no answer.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Reason {
    /// It is of no protocol that is answered here.
    OtherProtocol,
    /// Its Ethernet, IPv4 or UDP header is cut off or contradicts itself.
    BadHeader,
    /// The checksum of its IPv4 header or of UDP is wrong.
    BadChecksum,
    /// It is a part of a packet; no client needs to divide its request.
    Fragment,
    /// It is addressed to another server.
    OtherServer,
    /// Its BOOTP part is cut off, is not a request, or lacks the magic cookie of RFC 2131.
    BadMessage,
    /// Its hardware type or address length is not Ethernet's.
    BadHardware,
    /// It comes from, or asks for, a MAC address that is not the port's.
    ForeignMac,
    /// A relay has passed it on; there is none between a VM and its host.
    Relayed,
    /// Its options are cut off, or one that matters has the wrong length.
    BadOptions,
    /// It has no message type (plain BOOTP), or not one that a client sends to a server.
    BadType,
    /// It does not come from a link-local address, where alone it is answered.
    NotLinkLocal,
    /// It says not which address it is about.
    NoAddress,
    /// It is an ICMP error itself, which no error answers.
    IcmpError,
    /// It comes from or goes to more than one host.
    NotUnicast,
    /// Its port has been told enough lately.
    TooMany,
    /// The answer would not fit into one datagram.
    TooLong,
    /// The host has not heard of the whole network yet; who asks again will be answered.
    TooEarly,
}

impl Reason {
    /// The name in metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OtherProtocol => "other_protocol",
            Self::BadHeader => "bad_header",
            Self::BadChecksum => "bad_checksum",
            Self::Fragment => "fragment",
            Self::OtherServer => "other_server",
            Self::BadMessage => "bad_message",
            Self::BadHardware => "bad_hardware",
            Self::ForeignMac => "foreign_mac",
            Self::Relayed => "relayed",
            Self::BadOptions => "bad_options",
            Self::BadType => "bad_type",
            Self::NotLinkLocal => "not_link_local",
            Self::NoAddress => "no_address",
            Self::IcmpError => "icmp_error",
            Self::NotUnicast => "not_unicast",
            Self::TooMany => "too_many",
            Self::TooLong => "too_long",
            Self::TooEarly => "too_early",
        }
    }
}

/// How many frames had which outcome.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Counters {
    /// Replies, by kind.
    pub replies: BTreeMap<ReplyKind, u64>,
    /// Replies by DHCPv6, by kind.
    pub replies6: BTreeMap<ReplyKind6, u64>,
    /// ICMP errors, by what was the matter.
    pub complaints: BTreeMap<Complaint, u64>,
    /// Router solicitations that were answered.
    pub solicited: u64,
    /// DHCPDECLINE messages.
    pub declined: u64,
    /// DHCPRELEASE messages.
    pub released: u64,
    /// Names that were answered here.
    pub names: u64,
    /// Names that others were asked for.
    pub names_elsewhere: u64,
    /// Frames without an answer, by reason.
    pub silences: BTreeMap<Reason, u64>,
}

impl Counters {
    /// Adds one outcome.
    pub fn count(&mut self, outcome: &Outcome) {
        match outcome {
            Outcome::Reply { kind, .. } => *self.replies.entry(*kind).or_default() += 1,
            Outcome::Reply6 { kind, .. } => *self.replies6.entry(*kind).or_default() += 1,
            Outcome::Complaint { complaint, .. } => {
                *self.complaints.entry(complaint.kind()).or_default() += 1;
            }
            Outcome::Solicited => self.solicited += 1,
            Outcome::Declined { .. } => self.declined += 1,
            Outcome::Released { .. } => self.released += 1,
            Outcome::Silence(reason) => *self.silences.entry(*reason).or_default() += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_outcome_counts_once() {
        let mut counters = Counters::default();
        let address = Ipv4Addr::LOCALHOST;
        for outcome in [
            Outcome::Silence(Reason::Relayed),
            Outcome::Silence(Reason::Relayed),
            Outcome::Solicited,
            Outcome::Reply6 {
                kind: ReplyKind6::Confirm,
                frame: Vec::new(),
            },
            Outcome::Declined { address },
            Outcome::Released { address },
            Outcome::Reply {
                kind: ReplyKind::Nak,
                frame: Vec::new(),
            },
        ] {
            counters.count(&outcome);
        }
        assert_eq!(counters.silences, BTreeMap::from([(Reason::Relayed, 2)]));
        assert_eq!(counters.replies, BTreeMap::from([(ReplyKind::Nak, 1)]));
        assert_eq!((counters.declined, counters.released), (1, 1));
        assert_eq!(counters.solicited, 1);
        assert_eq!(counters.replies6, [(ReplyKind6::Confirm, 1)].into());
    }
}
