//! What VMs of a network ask all routers and servers by multicast, and the agent answers in their
//! place.

use super::resolve::nd;
use super::route::to_agent;
use crate::Punt;
use crate::state::State;
use crate::table::{DHCP, MATCH, RESOLVE};
use alcor_openflow::Flow;
use alcor_types::NetworkId;

const ROUTER_SOLICITATION: u8 = 133;

/// Router solicitations, where a router of ours has an answer. Another router may be among the
/// VMs, so they hear them, too.
pub(super) fn flows(state: &State, id: NetworkId) -> Option<Flow> {
    let (_, vni) = state.active(id)?;
    state.advertises(id).then(|| {
        let question = nd(ROUTER_SOLICITATION).metadata(u64::from(vni.get()));
        let flow = Flow::new(DHCP, MATCH, question);
        flow.apply([to_agent(Punt::Solicitation { network: id })])
            .goto(RESOLVE)
    })
}
