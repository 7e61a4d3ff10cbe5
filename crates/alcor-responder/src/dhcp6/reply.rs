//! A server's message.

use super::request::{Association, Kind, Request};
use super::tlv::put;
use crate::datagram6::Datagram6;
use crate::{Lease6, Reason};
use dhcproto::v6::{CLIENT_PORT, MessageType, OptionCode, SERVER_PORT, Status};
use std::net::Ipv6Addr;

/// The most that a server may say of itself: a client need not wait for others (section 21.8).
const PREFERENCE: u8 = 255;
/// Ethernet's header, in bytes.
const ETHERNET: usize = 14;

/// What is said, but for the identifiers.
pub(super) struct Reply<'r> {
    kind: MessageType,
    transaction: [u8; 3],
    client: Option<&'r [u8]>,
    options: Vec<u8>,
}

impl<'r> Reply<'r> {
    /// An empty reply.
    pub(super) fn to(request: &Request<'r>) -> Self {
        Self {
            kind: MessageType::Reply,
            transaction: request.transaction,
            client: request.client,
            options: Vec::new(),
        }
    }

    /// It is an offer only.
    pub(super) fn advertise(&mut self) {
        self.kind = MessageType::Advertise;
        put(&mut self.options, OptionCode::Preference, &[PREFERENCE]);
    }

    /// The client gets at once what else it would have to ask for again.
    pub(super) fn commit_at_once(&mut self) {
        put(&mut self.options, OptionCode::RapidCommit, &[]);
    }

    /// Gives the port's addresses to the client's first association for such, and says `none` of
    /// the others; and what else there is to know.
    pub(super) fn assign(&mut self, request: &Request<'_>, lease: &Lease6, none: Status) {
        let mut given = lease.addresses.is_empty();
        for association in &request.associations {
            let ours = association.kind == Kind::Addresses && !given;
            given |= ours;
            let inner = match association.kind {
                _ if ours => leases(association, lease, none == Status::NoBinding),
                Kind::Prefixes if none == Status::NoAddrsAvail => status(Status::NoPrefixAvail),
                _ => status(none),
            };
            let times = if ours { times(lease.seconds) } else { [0; 2] };
            self.associate(association, times, &inner);
        }
        self.inform(request, lease);
    }

    /// What was to be done is done; of associations that never had anything that is said.
    pub(super) fn acknowledge(&mut self, request: &Request<'_>, lease: &Lease6) {
        self.status(Status::Success);
        for association in &request.associations {
            let mut named = association.addresses.iter();
            if !named.any(|address| lease.addresses.contains(address)) {
                self.associate(association, [0; 2], &status(Status::NoBinding));
            }
        }
    }

    /// Adds the options that the client asks for.
    pub(super) fn inform(&mut self, request: &Request<'_>, lease: &Lease6) {
        for (code, data) in &lease.options {
            if request.wants(*code) {
                put(&mut self.options, *code, data);
            }
        }
    }

    /// Adds a status of the whole message.
    pub(super) fn status(&mut self, status: Status) {
        let status = u16::from(status).to_be_bytes();
        put(&mut self.options, OptionCode::StatusCode, &status);
    }

    fn associate(&mut self, association: &Association, times: [u32; 2], inner: &[u8]) {
        let [t1, t2] = times.map(u32::to_be_bytes);
        let (code, head) = match association.kind {
            Kind::Addresses => (OptionCode::IANA, [association.id, t1, t2].concat()),
            Kind::Prefixes => (OptionCode::IAPD, [association.id, t1, t2].concat()),
            Kind::Temporary => (OptionCode::IATA, association.id.to_vec()),
        };
        put(&mut self.options, code, &[&head[..], inner].concat());
    }

    /// The whole frame to the client at this address.
    pub(super) fn frame(&self, lease: &Lease6, client: Ipv6Addr) -> Result<Vec<u8>, Reason> {
        let mut payload = vec![u8::from(self.kind)];
        payload.extend(self.transaction);
        if let Some(client) = self.client {
            put(&mut payload, OptionCode::ClientId, client);
        }
        put(&mut payload, OptionCode::ServerId, &lease.duid());
        payload.extend(&self.options);
        let datagram = Datagram6 {
            mac_source: lease.server_mac,
            mac_destination: lease.mac,
            source: lease.server(),
            destination: client,
            source_port: SERVER_PORT,
            destination_port: CLIENT_PORT,
            payload: &payload,
        };
        let frame = datagram.build()?;
        let fits = lease.mtu == 0 || frame.len() <= usize::from(lease.mtu) + ETHERNET;
        fits.then_some(frame).ok_or(Reason::TooLong)
    }
}

/// The port's addresses; and of those that the client has beside them, where it says what it has,
/// that they are over.
fn leases(association: &Association, lease: &Lease6, has: bool) -> Vec<u8> {
    let mut inner = Vec::new();
    for address in &lease.addresses {
        put_address(&mut inner, *address, lease.seconds);
    }
    let foreign = association.addresses.iter();
    for address in foreign.filter(|it| has && !lease.addresses.contains(it)) {
        put_address(&mut inner, *address, 0);
    }
    inner
}

fn put_address(to: &mut Vec<u8>, address: Ipv6Addr, seconds: u32) {
    let times = seconds.to_be_bytes();
    let data = [&address.octets()[..], &times, &times].concat();
    put(to, OptionCode::IAAddr, &data);
}

/// T1 and T2: a half and four fifths of the time (section 21.4); what lasts for ever is never
/// renewed.
fn times(seconds: u32) -> [u32; 2] {
    match seconds {
        u32::MAX => [u32::MAX; 2],
        _ => [seconds / 2, seconds - seconds / 5],
    }
}

fn status(status: Status) -> Vec<u8> {
    let mut inner = Vec::new();
    let code = u16::from(status).to_be_bytes();
    put(&mut inner, OptionCode::StatusCode, &code);
    inner
}
