//! Goals in, flow changes out.

use crate::state::State;
use crate::{
    Contents, FlowChanges, Input, Installed, MeterChanges, Owner, compile, touched, wire_mac,
};
use alcor_openflow::{Flow, FlowKey, Meter};
use alcor_types::{MacAddr, NetworkId};
use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;

/// The flows of one bridge, as a function of goals and plugged ports.
///
/// Flows are not kept: an owner's flows are made from the goals when they are asked for.
/// Memory grows with the goals, and what was changed since the last
/// [`take_changes`](Self::take_changes).
#[derive(Debug)]
pub struct Pipeline {
    pub(crate) state: State,
    /// Owners that changed since changes were last taken, with what they had then.
    touched: BTreeMap<Owner, Contents>,
}

impl Default for Pipeline {
    fn default() -> Self {
        Self::new()
    }
}

impl Pipeline {
    /// A bridge without goals, on a host whose tunnels end nowhere yet.
    pub fn new() -> Self {
        Self::at(IpAddr::from([0; 4]))
    }

    /// A bridge without goals, on a host whose tunnels end here. Its base flows are the first
    /// changes to take.
    pub fn at(tunnel_ip: IpAddr) -> Self {
        Self {
            state: State::of(tunnel_ip, wire_mac::of(tunnel_ip)),
            touched: BTreeMap::from([(Owner::Base, Contents::default())]),
        }
    }

    /// Takes in one change. A change that was there already costs next to nothing.
    pub fn apply(&mut self, input: &Input) {
        for owner in touched::owners(&self.state, input) {
            let former = || contents(&self.state, owner);
            self.touched.entry(owner).or_insert_with(former);
        }
        self.state.accept(input);
    }

    /// What to do to a bridge that holds the flows as of the last call. Costs as much as
    /// changed; several changes to one owner are one.
    pub fn take_changes(&mut self) -> FlowChanges {
        let mut changes = FlowChanges::default();
        for (owner, former) in std::mem::take(&mut self.touched) {
            changes.replace(&former.flows, compile::flows(&self.state, owner));
            let meters = compile::meters(&self.state, owner);
            changes.meters.replace(&former.meters, meters);
        }
        changes.spare_added();
        changes
    }

    /// Whether this host has a way to the network's other members: a tunnel, or the wire of its physical
    /// network.
    pub fn carries(&self, network: NetworkId) -> bool {
        self.state.carries(network)
    }

    /// Whether all changes were taken.
    pub fn is_settled(&self) -> bool {
        self.touched.is_empty()
    }

    /// The MAC address that has this address in a network, as VMs there are told.
    pub fn mac_of(&self, network: NetworkId, address: IpAddr) -> Option<MacAddr> {
        compile::mac_of(&self.state, network, address)
    }

    /// Every owner that may have flows, by the cookie of its flows; see [`cookie`](crate::cookie).
    pub fn owners(&self) -> BTreeMap<u64, Owner> {
        let owners = touched::all(&self.state);
        owners
            .map(|owner| (crate::cookie::of_owner(owner), owner))
            .collect()
    }

    /// All flows that the bridge is to hold.
    pub fn desired(&self) -> impl Iterator<Item = Flow> {
        let owners = touched::all(&self.state);
        owners.flat_map(|owner| compile::flows(&self.state, owner))
    }

    /// All meters that the bridge is to hold.
    pub fn meters(&self) -> impl Iterator<Item = Meter> {
        let ports = self.state.locals.keys().map(|id| Owner::Port(*id));
        let owners = ports.chain(self.state.outsides());
        owners.flat_map(|owner| compile::meters(&self.state, owner))
    }

    /// What to do to a bridge that holds this, whatever was taken before; nothing is
    /// left to take afterwards. A flow that is there with the right cookie is not touched.
    pub fn diff(&mut self, held: Contents) -> FlowChanges {
        self.touched.clear();
        let mut meters = MeterChanges::default();
        meters.replace(&held.meters, self.meters());
        let there = held.flows.into_iter().map(|flow| (flow.key, flow.cookie));
        let mut there: HashMap<FlowKey, u64> = there.collect();
        let missing = |flow: &Flow| there.remove(&flow.key) != Some(flow.cookie);
        let add = self.desired().filter(missing).collect();
        let stale = there.into_iter();
        FlowChanges {
            add,
            delete: stale
                .map(|(key, cookie)| Installed { key, cookie })
                .collect(),
            meters,
        }
    }
}

fn contents(state: &State, owner: Owner) -> Contents {
    let flows = compile::flows(state, owner);
    Contents {
        flows: flows.iter().map(Installed::from).collect(),
        meters: compile::meters(state, owner),
    }
}
