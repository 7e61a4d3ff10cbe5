//! The flows of every owner, each made from what is known now.

mod address;
mod base;
mod filter;
mod flood;
mod guard;
mod port;
mod rules;
mod spoof;
mod tunnel;
mod unicast;

use crate::state::State;
use crate::{Owner, cookie};
use alcor_openflow::Flow;

/// The owner's flows, signed.
pub(crate) fn flows(state: &State, owner: Owner) -> Vec<Flow> {
    let flows = match owner {
        Owner::Base => base::flows().into_iter().chain(filter::flows()).collect(),
        Owner::Vpc(id) => tunnel::flows(state, id),
        Owner::Port(id) => port::flows(state, id).unwrap_or_default(),
        Owner::Mac(vpc, mac) => unicast::flow(state, vpc, mac).into_iter().collect(),
        Owner::Address(vpc, address) => address::flow(state, vpc, address).into_iter().collect(),
        Owner::Flood(id) => flood::flows(state, id).unwrap_or_default(),
        Owner::Guard(id) => guard::flows(state, id).unwrap_or_default(),
        Owner::Remote(direction, block) => {
            rules::remote(state, direction, block).into_iter().collect()
        }
        Owner::Traffic(direction, traffic) => {
            let flow = rules::traffic(state, direction, traffic);
            flow.into_iter().collect()
        }
        Owner::Rule(direction, rule) => rules::allow(state, direction, rule).into_iter().collect(),
    };
    let owner = cookie::of_owner(owner);
    flows
        .into_iter()
        .map(|flow| cookie::sign(flow, owner))
        .collect()
}
