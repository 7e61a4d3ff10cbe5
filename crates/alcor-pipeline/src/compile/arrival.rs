//! What other hosts have routed into a network: on the wire it came from the host, to a VM it comes
//! from the gateway.

use super::block;
use crate::router::Interface;
use crate::state::State;
use crate::table::{ARRIVE, EXCEPT, LOCAL, MATCH};
use crate::wire_mac;
use alcor_openflow::{Action, Field, Flow, Match};
use alcor_types::{NetworkId, SubnetId, Vni};

/// Packets for the subnet come from its gateway. Nothing where no router serves the subnet, or
/// where another subnet's flow has the same match.
pub(super) fn flow(state: &State, subnet: SubnetId) -> Option<Flow> {
    let (gateway, vni) = state.gateway_of(subnet)?;
    let subnet_block = state.blocks.get(&subnet)?;
    if state.first_like(subnet_block) != Some(subnet) {
        return None;
    }
    let into = block::to(routed(vni), subnet_block.cidr);
    Some(from(gateway, Flow::new(ARRIVE, EXCEPT, into)))
}

/// Packets for elsewhere, which a VM is to pass on, come from any router of the network.
pub(super) fn passing(state: &State, id: NetworkId) -> Option<Flow> {
    let (vpc, vni) = state.active(id)?;
    let mut routers = vpc
        .interfaces
        .iter()
        .filter_map(|port| state.routing(*port));
    let (any, _) = routers.next()?;
    Some(from(any, Flow::new(ARRIVE, MATCH, routed(vni))))
}

fn routed(vni: Vni) -> Match {
    let network = Match::new().metadata(u64::from(vni.get()));
    network.with_masked(Field::EthSrc, wire_mac::PREFIX, wire_mac::MASK)
}

fn from(gateway: &Interface, flow: Flow) -> Flow {
    flow.apply([Action::set(Field::EthSrc, gateway.mac)])
        .goto(LOCAL)
}
