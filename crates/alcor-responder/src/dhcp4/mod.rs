//! DHCPv4 (RFC 2131): which message gets which answer.
//!
//! There is no lease to remember: the address belongs to the port for as long as the port
//! exists. So every answer follows from the request and the binding alone, and any host that
//! has the binding can give it.

mod choice;
mod reply;
mod request;

use crate::frame::Datagram;
use crate::{Binding, Outcome, Reason, ReplyKind};
use dhcproto::v4::{CLIENT_PORT, MessageType, SERVER_PORT};
use request::Request;
use std::net::Ipv4Addr;

/// What to do about a datagram of the port that `binding` is for.
pub(crate) fn answer(datagram: &Datagram<'_>, binding: &Binding) -> Result<Outcome, Reason> {
    if (datagram.source_port, datagram.destination_port) != (CLIENT_PORT, SERVER_PORT) {
        return Err(Reason::OtherProtocol);
    }
    if ![Ipv4Addr::BROADCAST, binding.server_id].contains(&datagram.destination) {
        return Err(Reason::OtherServer);
    }
    let request = Request::parse(datagram.payload)?;
    if [datagram.mac_source, request.mac] != [binding.mac; 2] {
        return Err(Reason::ForeignMac);
    }
    match request.kind {
        MessageType::Discover => reply::lease(ReplyKind::Offer, &request, binding),
        MessageType::Request => answer_request(&request, binding),
        MessageType::Inform => answer_inform(&request, binding),
        MessageType::Decline => {
            let address = request.requested.ok_or(Reason::NoAddress)?;
            meant_for(&request, binding).map(|()| Outcome::Declined { address })
        }
        MessageType::Release => {
            let address = request.client_address().ok_or(Reason::NoAddress)?;
            meant_for(&request, binding).map(|()| Outcome::Released { address })
        }
        _ => Err(Reason::BadType),
    }
}

/// DHCPREQUEST (section 4.3.2). The client asks for an address in option 50 while it is
/// SELECTING or in INIT-REBOOT, in `ciaddr` while it is RENEWING or REBINDING. It can have the
/// port's address and no other.
fn answer_request(request: &Request<'_>, binding: &Binding) -> Result<Outcome, Reason> {
    meant_for(request, binding)?;
    let wanted = request
        .requested
        .or_else(|| request.client_address())
        .ok_or(Reason::NoAddress)?;
    // A client that already uses another address would go on using it after an ACK.
    let in_use = request.client_address().unwrap_or(wanted);
    if [wanted, in_use] == [binding.ipv4; 2] {
        reply::lease(ReplyKind::Ack, request, binding)
    } else {
        reply::refusal(request, binding)
    }
}

/// DHCPINFORM (section 4.3.5): the client has an address, perhaps one of its own choice, and
/// wants the rest.
fn answer_inform(request: &Request<'_>, binding: &Binding) -> Result<Outcome, Reason> {
    let address = request.client_address().ok_or(Reason::NoAddress)?;
    if address.is_multicast() || address.is_broadcast() || address.is_loopback() {
        return Err(Reason::NoAddress);
    }
    reply::parameters(request, binding)
}

/// Whether the request names no server, or this one.
fn meant_for(request: &Request<'_>, binding: &Binding) -> Result<(), Reason> {
    match request.server {
        Some(server) if server != binding.server_id => Err(Reason::OtherServer),
        _ => Ok(()),
    }
}
