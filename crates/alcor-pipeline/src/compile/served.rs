//! What the host answers at addresses of a network in place of servers: names, and metadata.
//!
//! These flows come before security groups and routers: a VM is answered whatever its rules say,
//! and whether it sends by a router, to the server, or to the address itself.

use super::route::to_agent;
use crate::Punt;
use crate::member::{Claim, Slot};
use crate::state::State;
use crate::table::{DHCP, MATCH};
use crate::vpc::host_server;
use alcor_openflow::{Flow, Match};
use alcor_types::NetworkId;
use std::net::IpAddr;

const HTTP: u16 = 80;
const DNS: u16 = 53;

/// Nothing where a port has the address: then it is that port's to answer.
pub(super) fn flows(state: &State, id: NetworkId, address: IpAddr) -> Vec<Flow> {
    let Some((vpc, key)) = state.active(id) else {
        return Vec::new();
    };
    let network = Match::new().metadata(key.number());
    let talk = |port| {
        let matching = tcp(network.clone(), address).tcp_dst(port);
        let punt = Punt::Talk { network: id };
        Flow::new(DHCP, MATCH, matching).apply([to_agent(punt)])
    };
    let names = || {
        let matching = udp(network.clone(), address).udp_dst(DNS);
        let punt = Punt::Names { network: id };
        let by_udp = Flow::new(DHCP, MATCH, matching).apply([to_agent(punt)]);
        vec![by_udp, talk(DNS)]
    };
    match vpc.holder(Slot::Address(address)) {
        Some(Claim::Host) if address == host_server(id) => names(),
        Some(Claim::Host) => vec![talk(HTTP)],
        Some(Claim::DhcpServer(_) | Claim::Router(_)) if vpc.serves(address) => names(),
        _ => Vec::new(),
    }
}

fn tcp(matching: Match, to: IpAddr) -> Match {
    match to {
        IpAddr::V4(to) => matching.tcp().ipv4_dst(to),
        IpAddr::V6(to) => matching.tcp6().ipv6_dst(to),
    }
}

fn udp(matching: Match, to: IpAddr) -> Match {
    match to {
        IpAddr::V4(to) => matching.udp().ipv4_dst(to),
        IpAddr::V6(to) => matching.udp6().ipv6_dst(to),
    }
}
