//! What VMs of a network ask all routers and servers by multicast, and the agent answers in their
//! place.

use super::resolve::nd;
use super::route::to_agent;
use crate::Punt;
use crate::key::NetworkKey;
use crate::state::State;
use crate::table::{DHCP, MATCH, RESOLVE};
use alcor_openflow::{Field, Flow, Match};
use alcor_types::NetworkId;
use std::net::Ipv6Addr;

const ROUTER_SOLICITATION: u8 = 133;
const DHCP6_CLIENT: u16 = 546;
const DHCP6_SERVER: u16 = 547;
/// Where clients of DHCPv6 find servers (RFC 8415, 7.1).
const ALL_SERVERS: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 1, 2);

/// One flow for all VMs of the network: who asks, the packet's port says.
pub(super) fn flows(state: &State, id: NetworkId) -> Vec<Flow> {
    let Some((vpc, key)) = state.active(id) else {
        return Vec::new();
    };
    let mut blocks = vpc.blocks.iter().filter_map(|id| state.blocks.get(id));
    let served = blocks.any(|block| block.dhcpv6);
    let routers = state.advertises(id).then(|| routers(id, key));
    let servers = served.then(|| servers(id, key));
    routers.into_iter().chain(servers).collect()
}

/// Router solicitations, where a router of ours has an answer. Another router may be among the
/// VMs, so they hear them, too.
fn routers(network: NetworkId, key: NetworkKey) -> Flow {
    let question = nd(ROUTER_SOLICITATION).metadata(key.number());
    Flow::new(DHCP, MATCH, question)
        .apply([to_agent(Punt::Solicitation { network })])
        .goto(RESOLVE)
}

fn servers(network: NetworkId, key: NetworkKey) -> Flow {
    let question = Match::new().metadata(key.number()).udp6();
    let question = question
        .with(Field::Ipv6Dst, ALL_SERVERS)
        .udp_src(DHCP6_CLIENT)
        .udp_dst(DHCP6_SERVER);
    Flow::new(DHCP, MATCH, question).apply([to_agent(Punt::Dhcp6 { network })])
}
