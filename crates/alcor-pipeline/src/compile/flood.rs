//! Broadcast and multicast in a network: one flow with the list of receivers, or, when a flow
//! cannot hold so many, one flow a part of the list.

use super::limits;
use super::tunnel::{into_network, to_host};
use crate::key::NetworkKey;
use crate::state::State;
use crate::table::{FLOOD_LOCAL, FLOOD_REMOTE, MATCH, PART, RECEIVED, RECEIVER};
use alcor_openflow::{Action, Flow, Match};
use alcor_types::{NetworkId, Vni};

/// Receivers in one flow. A receiver takes up to 64 bytes of actions (one that is bounded), and
/// a flow-mod has less than 64 KiB.
const PART_SIZE: usize = 1000;

/// To the other hosts that have a port, and to the ports of this one.
pub(super) fn flows(state: &State, id: NetworkId) -> Option<Vec<Flow>> {
    let (vpc, key) = state.active(id)?;
    let receivers = vpc.ports.iter().filter_map(|port| {
        let local = state.locals.get(port).filter(|local| local.up)?;
        let ofport = *state.ofports.get(port)?;
        let actions = vec![Action::set(RECEIVER, ofport), Action::resubmit(RECEIVED)];
        Some(limits::apart(local, actions))
    });
    let local: Vec<_> = receivers.collect();
    let mut flows = parts(FLOOD_LOCAL, key, &local);

    if let (Some(tunnel), Some(vni)) = (state.tunnel, vpc.vni()) {
        let remote: Vec<_> = vpc
            .hosts()
            .map(|host| {
                let mut actions = to_host(host);
                actions.push(Action::Output(tunnel));
                actions
            })
            .collect();
        let to_hosts = parts(FLOOD_REMOTE, key, &remote);
        flows.extend(
            to_hosts
                .into_iter()
                .enumerate()
                .map(|(part, flow)| match part {
                    0 => enter_tunnels(flow, vni),
                    _ => flow,
                }),
        );
    }
    Some(flows)
}

fn enter_tunnels(mut flow: Flow, vni: Vni) -> Flow {
    flow.instructions.apply.insert(0, into_network(vni));
    flow.goto(FLOOD_LOCAL)
}

/// The first flow serves the first receivers, then calls the flows of the other parts.
fn parts(table: u8, key: NetworkKey, receivers: &[Vec<Action>]) -> Vec<Flow> {
    let network = Match::new().metadata(key.number());
    let chunks = receivers.chunks(PART_SIZE).zip(0_u32..);
    let mut flows: Vec<Flow> = chunks
        .map(|(chunk, part)| {
            let matching = network.clone().with(PART, part);
            Flow::new(table, MATCH, matching).apply(chunk.iter().flatten().cloned())
        })
        .collect();
    if let [first, rest @ ..] = &mut flows[..]
        && !rest.is_empty()
    {
        let calls = (1_u32..).zip(rest.iter()).flat_map(|(part, _)| {
            let select = Action::set(PART, part);
            [select, Action::resubmit(table)]
        });
        let calls = calls.chain([Action::set(PART, 0_u32)]);
        first.instructions.apply.extend(calls);
    }
    flows
}
