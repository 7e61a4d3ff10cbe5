//! Packets in the notation of `ofproto/trace`.

use super::proof::TTL;
use super::support::facts::PORTS;
use super::support::goals::port_id;
use super::ways::WIRE;
use alcor_compiler::oracle::{Intent, Packet};
use alcor_types::{MacAddr, Port};
use alcor_unixctl::Probe;

/// The Ethernet address of whoever is none of ours.
pub(crate) const NOBODY: MacAddr = MacAddr([0xfa, 0x16, 0x3e, 0, 0, 250]);

fn probe(in_port: u32, packet: &Packet, to: MacAddr) -> Probe {
    Probe {
        in_port,
        tunnel: None,
        vlan: None,
        macs: (packet.mac.to_string(), to.to_string()),
        addresses: (packet.from, packet.to),
        protocol: packet.protocol,
        source_port: 49_152,
        port: packet.port,
        code: packet.code,
        ttl: TTL,
    }
}

/// The packet to the next hop, or to nobody where nobody would answer for that.
pub(crate) fn from_vm(intent: &Intent, from: &Port, packet: &Packet) -> Probe {
    let number = (0..PORTS).find(|number| port_id(*number) == from.id);
    let next = intent.next_mac(from.id, packet).unwrap_or(NOBODY);
    probe(100 + u32::from(number.unwrap()), packet, next)
}

/// The packet on the wire of an external network, as yet without its tag.
pub(crate) fn frame(packet: &Packet, to: MacAddr) -> Probe {
    probe(WIRE.0, packet, to)
}
