//! Goals in, flow changes out.

use crate::member::{Claim, Slot};
use crate::state::State;
use crate::vpc::Vpc;
use crate::{
    Contents, FlowChanges, Input, Installed, MeterChanges, Owner, compile, table, touched, wire_mac,
};
use alcor_goalstate::Sought;
use alcor_openflow::{Field, Flow, FlowKey, Meter};
use alcor_types::{MacAddr, NetworkId, PortId};
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

    /// What the metadata holds for each network whose neighbours are asked for.
    pub fn on_demand(&self) -> impl Iterator<Item = u64> {
        let identities = self
            .state
            .vpcs
            .values()
            .filter_map(|vpc| vpc.identity.as_ref());
        let large = identities.filter(|identity| identity.on_demand);
        large.map(|identity| identity.key.number())
    }

    /// Whether the network is one whose neighbours are asked for.
    pub fn is_on_demand(&self, network: NetworkId) -> bool {
        self.state.is_on_demand(network)
    }

    /// The neighbour that a flow leads to, where it is one of those that only neighbours have: unicast to
    /// it, or who has its address.
    pub fn neighbor_of(&self, flow: &Flow) -> Option<PortId> {
        let matching = &flow.key.matching;
        let (key, _) = matching.get(Field::Metadata)?;
        let slot = match flow.key.table {
            table::REMOTE => mac(matching.get(Field::EthDst)?.0).map(Slot::Mac)?,
            table::ADDRESS => Slot::Address(table::address_of(matching)),
            _ => return None,
        };
        let mut networks = self.state.vpcs.values();
        let is = |vpc: &&Vpc| {
            let identity = vpc.identity.as_ref();
            identity.is_some_and(|it| u128::from(it.key.number()) == key)
        };
        match networks.find(is)?.holder(slot)? {
            Claim::Remote(port) => Some(port),
            _ => None,
        }
    }

    /// Whether anybody is known who has this address in a network.
    pub fn knows(&self, network: NetworkId, sought: Sought) -> bool {
        let slot = match sought {
            Sought::Address(address) => Slot::Address(address),
            Sought::Mac(mac) => Slot::Mac(mac),
            // Of names the pipeline knows nothing.
            Sought::Name(_) => return false,
        };
        let vpc = self.state.vpcs.get(&network);
        vpc.is_some_and(|vpc| vpc.holder(slot).is_some())
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

fn mac(number: u128) -> Option<MacAddr> {
    let bytes = number.to_be_bytes();
    let (high, low) = bytes.split_last_chunk::<6>()?;
    high.iter().all(|byte| *byte == 0).then_some(MacAddr(*low))
}

fn contents(state: &State, owner: Owner) -> Contents {
    let flows = compile::flows(state, owner);
    Contents {
        flows: flows.iter().map(Installed::from).collect(),
        meters: compile::meters(state, owner),
    }
}
