//! Broadcast and multicast in a network: one flow with the list of receivers, or, when a flow
//! cannot hold so many, one flow a part of the list.

use super::tunnel::{into_network, to_host};
use super::{limits, physical};
use crate::key::NetworkKey;
use crate::state::State;
use crate::table::{FLOOD_LOCAL, FLOOD_REMOTE, MATCH, PART, RECEIVED, RECEIVER};
use alcor_openflow::{Action, Flow, Match};
use alcor_types::{NetworkId, Vni};

/// Receivers in one flow, at most.
const PART_SIZE: usize = 1000;

/// A flow-mod has less than 64 KiB, and none of these actions more than 24 bytes.
const ACTIONS: usize = 2500;

/// To the other hosts that have a port, and to the ports of this one.
pub(super) fn flows(state: &State, id: NetworkId) -> Option<Vec<Flow>> {
    let (vpc, key) = state.active(id)?;
    let receivers = vpc.ports.iter().filter_map(|port| {
        let local = state.locals.get(port).filter(|local| local.up)?;
        let ofport = state.ofport(*port)?;
        let actions = vec![Action::set(RECEIVER, ofport), Action::resubmit(RECEIVED)];
        Some(limits::apart(local, actions))
    });
    let local: Vec<_> = receivers.collect();
    let mut flows = parts(FLOOD_LOCAL, key, &local);

    if let Some((tunnel, vni)) = state.tunnel_of(vpc) {
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
    flows.extend(physical::flood(state, id));
    Some(flows)
}

fn enter_tunnels(mut flow: Flow, vni: Vni) -> Flow {
    flow.instructions.apply.insert(0, into_network(vni));
    flow.goto(FLOOD_LOCAL)
}

fn length(actions: &[Action]) -> usize {
    let each = actions.iter().map(|action| match action {
        Action::Clone(inner) => 1 + length(inner),
        _ => 1,
    });
    each.sum()
}

/// The first flow serves the first receivers, then calls the flows of the other parts.
fn parts(table: u8, key: NetworkKey, receivers: &[Vec<Action>]) -> Vec<Flow> {
    let network = Match::new().metadata(key.number());
    let longest = receivers.iter().map(|actions| length(actions)).max();
    let size = PART_SIZE.min(ACTIONS / longest.unwrap_or(1).max(1));
    let chunks = receivers.chunks(size).zip(0_u32..);
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
