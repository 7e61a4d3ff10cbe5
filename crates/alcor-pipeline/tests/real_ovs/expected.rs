//! Where a packet may end, as the oracle's last step has it.

use super::packets::NOBODY;
use super::region::WIRED;
use super::roads::INSIDE;
use super::support::facts::{HOSTS, PORTS, name};
use super::support::goals::{port_id, vpc_id};
use super::switches::End;
use super::ways::{EXTERNALS, external_id, known, ours};
use alcor_compiler::oracle::{Arrival, Intent, Packet, Step};
use alcor_types::{HostName, NetworkId, Port, PortId};
use std::net::IpAddr;

/// Whether the packet is a ping.
pub(crate) fn is_echo(packet: &Packet) -> bool {
    matches!((packet.protocol, packet.port), (1, 8) | (58, 128))
}

/// Of a packet that a VM sends.
pub(crate) fn of_vm(intent: &Intent, from: &Port, packet: &Packet, steps: &[Step]) -> Vec<End> {
    match steps.last().unwrap() {
        Step::Own { .. } => own(intent, from, packet, steps),
        Step::OwnOutside { .. } if is_echo(packet) => answered_inside(packet, from),
        other => common(intent, packet, other),
    }
}

/// A ping to the router's own address outside, by which it translates what comes from inside. Whether the
/// answer finds back the trace does not show: the tracker would tell.
fn answered_inside(packet: &Packet, from: &Port) -> Vec<End> {
    let host = from.host.as_ref().and_then(host_number).unwrap();
    let number = (0..PORTS)
        .find(|number| port_id(*number) == from.id)
        .unwrap();
    let ends = [
        End::Answered(packet.to),
        End::Dropped,
        // To an address inside that the answering router does not know, it looks for a next hop outside.
        End::Agent,
        End::Port(host, 100 + u32::from(number)),
    ];
    // Where routes lead out even to the sender's network, the answer leaves again.
    let again = (0..EXTERNALS).flat_map(ours).map(End::Answered);
    ends.into_iter().chain(again).collect()
}

/// Of a packet that comes from outside.
pub(crate) fn of_machine(intent: &Intent, packet: &Packet, steps: &[Step]) -> Vec<End> {
    match steps {
        // Nobody here has the address.
        [_, Step::Left { .. }] => vec![End::Dropped],
        _ => common(intent, packet, steps.last().unwrap()),
    }
}

fn common(intent: &Intent, packet: &Packet, last: &Step) -> Vec<End> {
    match last {
        Step::Delivered { port } => vec![place(intent, *port)],
        Step::Expired { .. } => vec![End::Agent],
        Step::Left { network, from, hop } => vec![left(*network, *from, *hop)],
        Step::OwnOutside { address, .. } if is_echo(packet) => vec![End::Answered(*address)],
        _ => vec![End::Dropped],
    }
}

/// To a neighbour there that hosts know, or to the agent, which looks for it. On the wire of VMs, to
/// whatever Ethernet address the VM has for it.
pub(crate) fn left(network: NetworkId, from: IpAddr, hop: IpAddr) -> End {
    if network == vpc_id(WIRED) {
        let (network, to) = (INSIDE, NOBODY);
        return End::Outside { network, from, to };
    }
    let number = (0..EXTERNALS).find(|number| external_id(*number) == network);
    known(hop).map_or(End::Agent, |to| End::Outside {
        network: number.unwrap(),
        from,
        to,
    })
}

/// A router answers a ping, and its agent says of anything else that nobody listens.
fn own(intent: &Intent, from: &Port, packet: &Packet, steps: &[Step]) -> Vec<End> {
    if !is_echo(packet) {
        return vec![End::Agent];
    }
    let entry = steps.iter().rev().find_map(|step| match step {
        Step::Entered { port, .. } => Some(*port),
        _ => None,
    });
    match intent.answered(entry.unwrap(), packet.to, packet.from) {
        // Groups that keep no connections judge the answer by itself, and so do those of others; ACLs
        // keep none at all.
        Arrival::Port(port) if port == from.id && !intent.lets_in(from, &answer(packet)) => {
            vec![End::Dropped]
        }
        Arrival::Port(port) if port == from.id && keeps(intent, from) => vec![place(intent, port)],
        Arrival::Port(port) => vec![place(intent, port), End::Dropped],
        Arrival::Router { .. } => vec![End::Agent],
        Arrival::Nowhere => vec![End::Dropped, End::Agent],
        // By its own address, or by one outside.
        Arrival::Outside(exit) => {
            let seen = (0..EXTERNALS).find(|on| external_id(*on) == exit.network);
            let seen = ours(seen.unwrap()).into_iter().chain([packet.to]);
            let left = seen.map(End::Answered);
            left.chain([End::Dropped, End::Agent]).collect()
        }
    }
}

/// Of the answer to what a VM has sent out, once it has the VM's address again.
pub(crate) fn of_answer(intent: &Intent, to: &Port, steps: &[Step]) -> Vec<End> {
    match steps.last().unwrap() {
        Step::Delivered { port } | Step::Refused { port, .. } => {
            let there = place(intent, *port);
            // Whoever has asked is answered, whatever the rules.
            if *port == to.id && keeps(intent, to) {
                return vec![there];
            }
            vec![there, End::Dropped]
        }
        Step::Expired { .. } => vec![End::Agent],
        // An address inside that the answering router does not know it looks for outside.
        // An answer to a ping looks there as if a router had given it.
        Step::Left { network, from, hop } => vec![
            left(*network, *from, *hop),
            End::Answered(*from),
            End::Dropped,
        ],
        _ => vec![End::Dropped],
    }
}

/// What is said to a packet.
pub(crate) fn answer(packet: &Packet) -> Packet {
    let port = match (packet.protocol, packet.port) {
        (1, _) => 0,
        (58, _) => 129,
        (_, port) => port,
    };
    Packet {
        from: packet.to,
        to: packet.from,
        port,
        ..*packet
    }
}

/// Whether the port's groups keep connections.
fn keeps(intent: &Intent, port: &Port) -> bool {
    let groups = port.security_groups.iter();
    let known = groups.filter_map(|id| intent.group(*id));
    known.into_iter().all(|group| group.stateful)
}

fn place(intent: &Intent, port: PortId) -> End {
    let host = intent.port(port).and_then(|port| port.host.as_ref());
    let number = (0..PORTS).find(|number| port_id(*number) == port).unwrap();
    End::Port(host.and_then(host_number).unwrap(), 100 + u32::from(number))
}

pub(crate) fn host_number(host: &HostName) -> Option<u8> {
    (0..HOSTS).find(|number| name(*number) == *host)
}
