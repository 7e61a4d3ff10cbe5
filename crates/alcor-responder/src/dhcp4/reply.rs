//! A server's message: which options it carries, and where it goes.

use super::choice;
use super::request::Request;
use crate::frame::Datagram;
use crate::options::code;
use crate::{Binding, Outcome, Reason, ReplyKind};
use alcor_types::MacAddr;
use dhcproto::v4::{
    CLIENT_PORT, Encodable, Encoder, Flags, MIN_PACKET_SIZE, Message, MessageType, Opcode,
    OptionCode, SERVER_PORT, encode_long_opt_bytes,
};
use std::net::Ipv4Addr;

/// IPv4 and UDP headers, in bytes; clients count them into their maximum message size.
const HEADERS: usize = 28;

/// What every client takes (RFC 2131, section 2), in bytes with [`HEADERS`].
const SMALLEST_MAXIMUM: u16 = 576;

/// The BOOTP part of a message with its magic cookie, in bytes.
const BOOTP: usize = 240;

/// The flags that go back as they came: the broadcast bit.
const BROADCAST_BIT: u16 = 0x8000;

const NOT_YOURS: &[u8] = b"the address is not that of this port";

/// A DHCPOFFER, or a DHCPACK to a DHCPREQUEST.
pub(super) fn lease(
    kind: ReplyKind,
    request: &Request<'_>,
    binding: &Binding,
) -> Result<Outcome, Reason> {
    let offer = kind == ReplyKind::Offer;
    let current = request.client_address().filter(|_| !offer);
    let mut reply = Reply::new(kind, request, binding)?;
    reply.message.set_yiaddr(binding.ipv4);
    reply
        .message
        .set_ciaddr(current.unwrap_or(Ipv4Addr::UNSPECIFIED));
    reply.boot_fields(binding);
    reply.offer_options(request, binding, true);
    // Only a client identifier that fills the message leaves no room for this one.
    if !reply
        .options
        .iter()
        .any(|(code, _)| *code == code::LEASE_TIME)
    {
        return Err(Reason::TooLong);
    }
    reply.send(current.or(unicast(request, binding)))
}

/// A DHCPACK to a DHCPINFORM: no address and no times, since there is no lease.
pub(super) fn parameters(request: &Request<'_>, binding: &Binding) -> Result<Outcome, Reason> {
    let mut reply = Reply::new(ReplyKind::Inform, request, binding)?;
    reply.message.set_ciaddr(request.message.ciaddr());
    reply.boot_fields(binding);
    reply.offer_options(request, binding, false);
    reply.send(request.client_address())
}

/// A DHCPNAK. It is broadcast: the client's address, if it has one, is not to be used.
pub(super) fn refusal(request: &Request<'_>, binding: &Binding) -> Result<Outcome, Reason> {
    let mut reply = Reply::new(ReplyKind::Nak, request, binding)?;
    if choice::space(NOT_YOURS) <= reply.room {
        reply.options.push((code::MESSAGE, NOT_YOURS));
    }
    reply.send(None)
}

/// The address that a client without one can be reached at, where it does not ask for
/// broadcast (section 4.1).
fn unicast(request: &Request<'_>, binding: &Binding) -> Option<Ipv4Addr> {
    (!request.message.flags().broadcast()).then_some(binding.ipv4)
}

struct Reply<'r> {
    kind: ReplyKind,
    binding: &'r Binding,
    message: Message,
    options: Vec<(u8, &'r [u8])>,
    echoed: &'r [(u8, Vec<u8>)],
    /// How many bytes of options may still be added.
    room: usize,
}

impl<'r> Reply<'r> {
    fn new(
        kind: ReplyKind,
        request: &'r Request<'_>,
        binding: &'r Binding,
    ) -> Result<Self, Reason> {
        let none = Ipv4Addr::UNSPECIFIED;
        let xid = request.message.xid();
        let mut message = Message::new_with_id(xid, none, none, none, none, &binding.mac.0);
        let flags = u16::from(request.message.flags()) & BROADCAST_BIT;
        message
            .set_opcode(Opcode::BootReply)
            .set_flags(Flags::new(flags));
        let maximum = request.max_size.unwrap_or(0).min(binding.mtu);
        let maximum = usize::from(maximum.max(SMALLEST_MAXIMUM));
        let echoed: usize = request
            .echoed
            .iter()
            .map(|(_, data)| choice::space(data))
            .sum();
        // Message type, server identifier and end marker.
        let fixed = 3 + 6 + 1;
        let room = maximum.checked_sub(HEADERS + BOOTP + fixed + echoed);
        Ok(Self {
            kind,
            binding,
            message,
            options: Vec::new(),
            echoed: &request.echoed,
            room: room.ok_or(Reason::TooLong)?,
        })
    }

    /// The fields that BOOTP clients boot by.
    fn boot_fields(&mut self, binding: &Binding) {
        self.message.set_siaddr(binding.next_server);
        if let Some(file) = &binding.boot_file {
            self.message.set_fname(file);
        }
    }

    /// Adds the options of a lease, or those that hold without one.
    fn offer_options(&mut self, request: &Request<'_>, binding: &'r Binding, lease: bool) {
        self.options = choice::choose(request.parameters.as_deref(), binding, lease, self.room);
    }

    /// The whole frame, to `address` or to everyone.
    fn send(self, address: Option<Ipv4Addr>) -> Result<Outcome, Reason> {
        let payload = self.encode().map_err(|_| Reason::TooLong)?;
        let to_client = address.map(|address| (self.binding.mac, address));
        let (mac_destination, destination) =
            to_client.unwrap_or((MacAddr::BROADCAST, Ipv4Addr::BROADCAST));
        let datagram = Datagram {
            mac_source: self.binding.server_mac,
            mac_destination,
            source: self.binding.server_id,
            destination,
            source_port: SERVER_PORT,
            destination_port: CLIENT_PORT,
            payload: &payload,
        };
        let frame = datagram.build()?;
        Ok(Outcome::Reply {
            kind: self.kind,
            frame,
        })
    }

    fn encode(&self) -> Result<Vec<u8>, dhcproto::v4::EncodeError> {
        let mut payload = Vec::with_capacity(usize::from(SMALLEST_MAXIMUM));
        let mut to = Encoder::new(&mut payload);
        self.message.encode(&mut to)?;
        let kind = [u8::from(message_type(self.kind))];
        let server = self.binding.server_id.octets();
        let first = [(code::MESSAGE_TYPE, &kind[..]), (code::SERVER_ID, &server)];
        let echoed = self.echoed.iter().map(|(code, data)| (*code, &data[..]));
        for (code, data) in first
            .into_iter()
            .chain(self.options.iter().copied())
            .chain(echoed)
        {
            encode_long_opt_bytes(OptionCode::from(code), data, &mut to)?;
        }
        to.write_u8(OptionCode::End.into())?;
        // Old clients drop what is shorter than BOOTP was.
        payload.resize(payload.len().max(MIN_PACKET_SIZE), 0);
        Ok(payload)
    }
}

fn message_type(kind: ReplyKind) -> MessageType {
    match kind {
        ReplyKind::Offer => MessageType::Offer,
        ReplyKind::Ack | ReplyKind::Inform => MessageType::Ack,
        ReplyKind::Nak => MessageType::Nak,
    }
}
