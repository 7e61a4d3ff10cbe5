//! What VMs and machines outside try, of a region: to each other, to routers and to nobody, and some
//! lies.

use super::region::{NETWORKS, ROUTERS, address};
use super::support::facts::PORTS;
use super::support::goals::mac;
use super::ways::{EXTERNALS, FAR, MACHINE, external_id, machine, ours, outside};
use alcor_compiler::oracle::{Intent, Packet};
use alcor_types::{MacAddr, NetworkId, Port};
use std::net::IpAddr;

/// By which protocol, to which port, or of which kind.
const ATTEMPTS: [(u8, u16); 5] = [(6, 80), (6, 81), (17, 5999), (132, 9), (1, 8)];
/// Of these, what goes out and comes in.
const OUTSIDE: [(u8, u16); 3] = [(6, 81), (17, 5998), (1, 8)];

/// A packet that a VM sends.
pub(crate) fn of_vms(intent: &Intent) -> Vec<(&Port, Packet)> {
    let vms = intent.ports().filter(|port| {
        let owner = &port.device_owner;
        !owner.starts_with("network:") && port.host.is_some()
    });
    vms.flat_map(|from| {
        let all = inside(from).into_iter().chain(outward(from));
        all.map(move |packet| (from, packet))
    })
    .collect()
}

fn kinds(attempts: &[(u8, u16)], six: bool) -> impl Iterator<Item = (u8, u16)> {
    attempts
        .iter()
        .map(move |(protocol, port)| match (protocol, six) {
            (1, true) => (58, 128),
            _ => (*protocol, *port),
        })
}

fn packet(mac: MacAddr, (from, to): (IpAddr, IpAddr), (protocol, port): (u8, u16)) -> Packet {
    Packet {
        mac,
        from,
        to,
        protocol,
        port,
        code: 0,
    }
}

fn inside(from: &Port) -> Vec<Packet> {
    let mut all = Vec::new();
    for six in [false, true] {
        let own = from.fixed_ips[usize::from(six)].ip_address;
        let vms = (0..PORTS).map(|n| (n % NETWORKS, 10 + n));
        let others = [(0, 1), (1, 1 + ROUTERS - 1), (2, 99), (9, 9)];
        for (network, number) in vms.chain(others) {
            let to = address(six, network, number);
            let honest = kinds(&ATTEMPTS, six);
            all.extend(honest.map(|kind| packet(from.mac_address, (own, to), kind)));
            let lie = address(six, 0, 11);
            all.push(packet(from.mac_address, (lie, to), (6, 80)));
            all.push(packet(mac(90), (own, to), (6, 80)));
        }
    }
    all
}

/// To machines that are known, to one that is not, to the world behind them, and to ours.
fn outward(from: &Port) -> Vec<Packet> {
    let mut all = Vec::new();
    for six in [false, true] {
        let own = from.fixed_ips[usize::from(six)].ip_address;
        let strangers = [(0, MACHINE), (1, MACHINE), (0, MACHINE + 1)];
        let strangers = strangers.map(|(on, number)| outside(six, on, number));
        let world = if six { "2001:4860::8" } else { "198.18.0.8" };
        let like = (0..EXTERNALS).flat_map(ours);
        let like = like.filter(|address| address.is_ipv6() == six);
        let world = std::iter::once(world.parse().unwrap());
        for to in strangers.into_iter().chain(world).chain(like) {
            let honest = kinds(&OUTSIDE, six);
            all.extend(honest.map(|kind| packet(from.mac_address, (own, to), kind)));
        }
    }
    all
}

/// A packet that comes by an external network, and whom its sender takes for the next hop.
pub(crate) type Arriving = (NetworkId, IpAddr, Packet);

/// From a machine there and from far away, to our addresses, to nobody's, and to VMs by gateways.
pub(crate) fn of_machines() -> Vec<Arriving> {
    let mut all = Vec::new();
    for on in 0..EXTERNALS {
        let nobody = [outside(false, on, 99), outside(true, on, 99)];
        for hop in ours(on).into_iter().chain(nobody) {
            let six = hop.is_ipv6();
            let world = if six { "2001:4860::8" } else { "198.18.0.8" };
            let senders = [
                (MACHINE, outside(six, on, MACHINE)),
                (FAR, world.parse().unwrap()),
            ];
            let vms = [(0, 10), (2, 12)].map(|(network, number)| address(six, network, number));
            for to in std::iter::once(hop).chain(vms) {
                let ping = if six { (58, 128) } else { (1, 8) };
                let kinds = [(6, 81), (17, 5998), ping];
                let senders = [senders[0], senders[1], senders[0]];
                for ((number, from), kind) in senders.into_iter().zip(kinds) {
                    let sent = packet(machine(number), (from, to), kind);
                    all.push((external_id(on), hop, sent));
                }
            }
        }
    }
    all
}
