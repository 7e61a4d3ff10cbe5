//! The flows of every owner, each made from what is known now.

mod acl;
mod address;
mod arrival;
mod asked;
mod base;
pub(crate) mod block;
mod bounded;
mod demand;
mod exits;
mod external;
mod filter;
mod flood;
mod forwarded;
mod guard;
mod limits;
mod link_local;
mod members;
mod outside;
mod physical;
mod port;
mod resolve;
mod route;
mod rules;
mod scopes;
mod seat;
mod served;
mod size;
mod spoof;
mod tap;
mod trunk;
mod tunnel;
mod unicast;
mod wire;

pub(crate) use address::mac_of;
pub(crate) use seat::all as seats;

use crate::state::State;
use crate::{North, Owner, cookie};
use alcor_openflow::{Flow, Meter};

/// The owner's meters: ports have some, and addresses outside; nothing else.
pub(crate) fn meters(state: &State, owner: Owner) -> Vec<Meter> {
    match owner {
        Owner::Port(id) => limits::meters(state, id),
        Owner::North(North::Outside(network, address)) => {
            bounded::meters(state.bounds(network, address))
        }
        _ => Vec::new(),
    }
}

/// The owner's flows, signed.
pub(crate) fn flows(state: &State, owner: Owner) -> Vec<Flow> {
    let flows = match owner {
        Owner::Base => {
            let flows = base::flows(state).into_iter().chain(limits::passing());
            let flows = flows.chain(filter::flows());
            flows.chain(acl::flows()).collect()
        }
        Owner::Vpc(id) => {
            let arrivals = tunnel::flows(state, id).into_iter();
            let arrivals = arrivals.chain(arrival::passing(state, id));
            let arrivals = arrivals.chain(physical::flows(state, id));
            let arrivals = arrivals.chain(demand::flows(state, id));
            let arrivals = arrivals.chain(members::flows(state, id));
            arrivals.chain(asked::flows(state, id)).collect()
        }
        Owner::Port(id) => port::flows(state, id).unwrap_or_default(),
        Owner::Mac(vpc, mac) => unicast::flows(state, vpc, mac),
        Owner::Address(vpc, address) => {
            let known = address::flow(state, vpc, address).into_iter();
            known
                .chain(link_local::advertised(state, vpc, address))
                .chain(served::flows(state, vpc, address))
                .chain(link_local::reserved(state, vpc, address))
                .collect()
        }
        Owner::Flood(id) => flood::flows(state, id).unwrap_or_default(),
        Owner::Router(id) => route::flows(state, id),
        Owner::Subnet(id) => arrival::flow(state, id).into_iter().collect(),
        Owner::Guard(id) => guard::flows(state, id).unwrap_or_default(),
        Owner::Acl(id) => acl::rules(state, id),
        Owner::Remote(direction, block) => {
            rules::remote(state, direction, block).into_iter().collect()
        }
        Owner::Traffic(direction, traffic) => {
            let flow = rules::traffic(state, direction, traffic);
            flow.into_iter().collect()
        }
        Owner::North(North::External(id)) => external::flows(state, id).unwrap_or_default(),
        Owner::North(North::Exits(router)) => exits::flows(state, router),
        Owner::North(North::Outside(network, address)) => {
            outside::flows(state, network, address).unwrap_or_default()
        }
        Owner::North(North::Entry(network, mac)) => {
            outside::entry(state, network, mac).unwrap_or_default()
        }
        Owner::North(North::Hop(network, address)) => {
            external::hop(state, network, address).unwrap_or_default()
        }
        Owner::Rule(direction, rule) => rules::allow(state, direction, rule).into_iter().collect(),
    };
    let owner = cookie::of_owner(owner);
    flows
        .into_iter()
        .map(|flow| cookie::sign(flow, owner))
        .collect()
}
