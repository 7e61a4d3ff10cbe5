//! DHCPv6 (RFC 8415): which message gets which answer.
//!
//! As with DHCPv4 there is no lease to remember: every answer follows from the request and the
//! port's addresses alone.

mod reply;
mod request;
mod tlv;

use crate::datagram6::Datagram6;
use crate::{Lease6, Outcome, Reason, ReplyKind6};
use dhcproto::v6::{CLIENT_PORT, MessageType, SERVER_PORT, Status};
use reply::Reply;
use request::Request;
use std::net::Ipv6Addr;

/// Where clients find all servers. Nothing else is answered: no client is told to use unicast.
const ALL_SERVERS: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 1, 2);

/// What to do about a datagram of the port that the lease is for.
pub(crate) fn answer(datagram: &Datagram6<'_>, lease: &Lease6) -> Result<Outcome, Reason> {
    if (datagram.source_port, datagram.destination_port) != (CLIENT_PORT, SERVER_PORT) {
        return Err(Reason::OtherProtocol);
    }
    if datagram.destination != ALL_SERVERS {
        return Err(Reason::OtherServer);
    }
    if datagram.mac_source != lease.mac {
        return Err(Reason::ForeignMac);
    }
    if !datagram.source.is_unicast_link_local() {
        return Err(Reason::NotLinkLocal);
    }
    let request = Request::parse(datagram.payload)?;
    addressed(&request, lease)?;
    let (kind, reply) = reply(&request, lease)?;
    let frame = reply.frame(lease, datagram.source)?;
    Ok(Outcome::Reply6 { kind, frame })
}

/// Whether the message names the server and the client as its type must (section 16).
fn addressed(request: &Request<'_>, lease: &Lease6) -> Result<(), Reason> {
    use MessageType as Type;
    let named = match request.kind {
        Type::Solicit | Type::Confirm | Type::Rebind => Some(false),
        Type::Request | Type::Renew | Type::Release | Type::Decline => Some(true),
        _ => None,
    };
    if named.is_some_and(|named| named != request.server.is_some()) {
        return Err(Reason::BadOptions);
    }
    if request.client.is_none() && request.kind != Type::InformationRequest {
        return Err(Reason::BadOptions);
    }
    match request.server {
        Some(server) if server != lease.duid() => Err(Reason::OtherServer),
        _ => Ok(()),
    }
}

fn reply<'r>(request: &Request<'r>, lease: &Lease6) -> Result<(ReplyKind6, Reply<'r>), Reason> {
    use MessageType as Type;
    let mut reply = Reply::to(request);
    let kind = match request.kind {
        Type::Solicit if request.rapid => {
            reply.commit_at_once();
            reply.assign(request, lease, Status::NoAddrsAvail);
            ReplyKind6::Lease
        }
        Type::Solicit => {
            reply.advertise();
            reply.assign(request, lease, Status::NoAddrsAvail);
            ReplyKind6::Advertise
        }
        Type::Request => {
            reply.assign(request, lease, Status::NoAddrsAvail);
            ReplyKind6::Lease
        }
        Type::Renew | Type::Rebind => {
            reply.assign(request, lease, Status::NoBinding);
            ReplyKind6::Lease
        }
        Type::Confirm => return confirm(request, lease, reply),
        Type::Release => {
            reply.acknowledge(request, lease);
            ReplyKind6::Release
        }
        Type::Decline => {
            reply.acknowledge(request, lease);
            ReplyKind6::Decline
        }
        Type::InformationRequest if request.wants_addresses() => return Err(Reason::BadOptions),
        Type::InformationRequest => {
            reply.inform(request, lease);
            ReplyKind6::Information
        }
        _ => return Err(Reason::BadType),
    };
    Ok((kind, reply))
}

/// Whether the client's addresses are still right where it is now (section 18.3.3). Those that are
/// not the port's would reach nobody.
fn confirm<'r>(
    request: &Request<'r>,
    lease: &Lease6,
    mut reply: Reply<'r>,
) -> Result<(ReplyKind6, Reply<'r>), Reason> {
    let mut addresses = request.addresses().peekable();
    if addresses.peek().is_none() {
        return Err(Reason::NoAddress);
    }
    let right = addresses.all(|address| lease.addresses.contains(&address));
    let (status, kind) = if right {
        (Status::Success, ReplyKind6::Confirm)
    } else {
        (Status::NotOnLink, ReplyKind6::NotOnLink)
    };
    reply.status(status);
    Ok((kind, reply))
}
