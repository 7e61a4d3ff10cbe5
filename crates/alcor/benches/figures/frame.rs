//! DHCP frames as a client writes them.

use alcor_types::MacAddr;
use dhcproto::Encodable;
use dhcproto::v4::{DhcpOption, Flags, Message, MessageType, OptionCode};
use etherparse::PacketBuilder;
use std::net::Ipv4Addr;

const NONE: Ipv4Addr = Ipv4Addr::UNSPECIFIED;

/// What Linux clients ask for.
const WISHES: [OptionCode; 8] = [
    OptionCode::SubnetMask,
    OptionCode::Router,
    OptionCode::DomainNameServer,
    OptionCode::Hostname,
    OptionCode::DomainName,
    OptionCode::InterfaceMtu,
    OptionCode::BroadcastAddr,
    OptionCode::ClasslessStaticRoute,
];

/// "Who gives me an address?"
pub(crate) fn discover(mac: MacAddr, transaction: u32) -> anyhow::Result<Vec<u8>> {
    frame(mac, &message(mac, transaction, MessageType::Discover))
}

/// "This server offered me this address: I take it."
pub(crate) fn request(
    mac: MacAddr,
    transaction: u32,
    server: Ipv4Addr,
    address: Ipv4Addr,
) -> anyhow::Result<Vec<u8>> {
    let mut message = message(mac, transaction, MessageType::Request);
    let options = message.opts_mut();
    options.insert(DhcpOption::ServerIdentifier(server));
    options.insert(DhcpOption::RequestedIpAddress(address));
    frame(mac, &message)
}

fn message(mac: MacAddr, transaction: u32, kind: MessageType) -> Message {
    let mut message = Message::new_with_id(transaction, NONE, NONE, NONE, NONE, &mac.0);
    message.set_flags(Flags::default());
    let options = message.opts_mut();
    options.insert(DhcpOption::MessageType(kind));
    options.insert(DhcpOption::ParameterRequestList(WISHES.to_vec()));
    message
}

fn frame(mac: MacAddr, message: &Message) -> anyhow::Result<Vec<u8>> {
    let payload = message.to_vec()?;
    let builder = PacketBuilder::ethernet2(mac.0, MacAddr::BROADCAST.0)
        .ipv4(NONE.octets(), Ipv4Addr::BROADCAST.octets(), 64)
        .udp(68, 67);
    let mut bytes = Vec::with_capacity(builder.size(payload.len()));
    builder.write(&mut bytes, &payload)?;
    Ok(bytes)
}
