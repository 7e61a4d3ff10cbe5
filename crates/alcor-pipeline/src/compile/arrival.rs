//! What other hosts have routed into a network: on the wire it came from the host, to a VM it comes
//! from the gateway.

use super::block;
use crate::key::NetworkKey;
use crate::router::Interface;
use crate::state::State;
use crate::table::{ARRIVE, EXCEPT, LOCAL, MATCH};
use crate::wire_mac;
use alcor_openflow::{Action, Field, Flow, Match};
use alcor_types::{NetworkId, SubnetId};

/// Packets for the subnet come from its gateway. Nothing where no router serves the subnet, or
/// where another subnet's flow has the same match.
pub(super) fn flow(state: &State, subnet: SubnetId) -> Option<Flow> {
    let (gateway, key) = state.gateway_of(subnet)?;
    let subnet_block = state.blocks.get(&subnet)?;
    if state.first_like(subnet_block) != Some(subnet) {
        return None;
    }
    let into = block::to(routed(key), subnet_block.cidr);
    Some(from(gateway, Flow::new(ARRIVE, EXCEPT, into)))
}

/// Packets for elsewhere, which a VM is to pass on, come from any router of the network.
pub(super) fn passing(state: &State, id: NetworkId) -> Option<Flow> {
    let (vpc, key) = state.active(id)?;
    let mut routers = vpc
        .interfaces
        .iter()
        .filter_map(|port| state.routing(*port));
    let (any, _) = routers.next()?;
    Some(from(any, Flow::new(ARRIVE, MATCH, routed(key))))
}

fn routed(key: NetworkKey) -> Match {
    let network = Match::new().metadata(key.number());
    network.with_masked(Field::EthSrc, wire_mac::PREFIX, wire_mac::MASK)
}

fn from(gateway: &Interface, flow: Flow) -> Flow {
    flow.apply([Action::set(Field::EthSrc, gateway.mac)])
        .goto(LOCAL)
}
