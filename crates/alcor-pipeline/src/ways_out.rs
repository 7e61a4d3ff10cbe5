//! What the agent asks of the pipeline about external networks.

use crate::table::WIRE;
use crate::{Pipeline, Zoned, compile};
use alcor_goalstate::FloatingGoal;
use alcor_openflow::{Action, Ct, Field, Nat};
use alcor_types::{FloatingIpId, MacAddr, NetworkId, PortId};
use std::collections::BTreeSet;
use std::net::IpAddr;

/// How a floating IP of a port here stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Standing {
    /// It is served.
    Served,
    /// The port has no interface here, or is switched off.
    Unplugged,
    /// The router does not lead to the external network.
    NoWay,
    /// This host has no wire of the external network.
    NoWire,
    /// It waits for a zone of connections, or for whom the address was before.
    Waiting,
}

impl Pipeline {
    /// The floating IPs of ports here.
    pub fn floating(&self) -> impl Iterator<Item = (&FloatingGoal, Standing)> {
        let all = self.state.outside.all();
        all.map(|goal| (goal, self.standing(goal)))
    }

    /// A floating IP of a port here.
    pub fn floating_ip(&self, port: PortId, id: FloatingIpId) -> Option<&FloatingGoal> {
        self.state.outside.goal(port, id)
    }

    fn standing(&self, goal: &FloatingGoal) -> Standing {
        let state = &self.state;
        let local = state.locals.get(&goal.port).filter(|local| local.up);
        let plugged = local.filter(|_| state.ofport(goal.port).is_some());
        let mut ways = state.gateways(goal.router).iter();
        let first = state.outside.floating_at(goal.network, goal.address);
        if plugged.is_none() {
            Standing::Unplugged
        } else if !ways.any(|way| way.network == goal.network) {
            Standing::NoWay
        } else if state.external(goal.network).is_none() {
            Standing::NoWire
        } else if first != Some(goal) || state.serves(goal).is_none() {
            Standing::Waiting
        } else {
            Standing::Served
        }
    }

    /// Whose translated connections need a zone here.
    pub fn translating(&self) -> BTreeSet<Zoned> {
        self.state.translating()
    }

    /// The addresses outside that this host answers for, each with its MAC address.
    pub fn voices(&self) -> Vec<(NetworkId, IpAddr, MacAddr)> {
        let state = &self.state;
        let networks = state.externals().into_iter();
        let reached = networks.filter(|network| state.external(*network).is_some());
        let all = reached.flat_map(|network| {
            let addresses = state.addresses_on(network).into_iter();
            addresses.filter_map(move |address| {
                let mac = state.place(network, address)?.mac()?;
                Some((network, address, mac))
            })
        });
        all.collect()
    }

    /// The addresses on the wires of VMs' networks by which routers take here what is to leave the region,
    /// each with the way onto its wire.
    pub fn seats(&self) -> Vec<(MacAddr, Vec<Action>)> {
        compile::seats(&self.state)
    }

    /// How a frame is brought onto the wire of an external network.
    pub fn toward(&self, network: NetworkId) -> Option<Vec<Action>> {
        let (key, ..) = self.state.external(network)?;
        Some(vec![
            Action::set(Field::Metadata, key.number()),
            Action::resubmit(WIRE),
        ])
    }

    /// How an error about a packet from an external network is brought back there. Where the packet's
    /// addresses were translated in a zone, so is what the error quotes of it.
    pub fn back(&self, network: NetworkId, zone: u16) -> Option<Vec<Action>> {
        if zone == 0 {
            return self.toward(network);
        }
        let (key, ..) = self.state.external(network)?;
        let translated = Ct::zone(zone).table(WIRE).exec(Nat::known());
        Some(vec![
            Action::set(Field::Metadata, key.number()),
            translated.into(),
        ])
    }

    /// The neighbours on external networks that routes name, where an address of ours can ask for
    /// them.
    pub fn next_hops(&self) -> BTreeSet<(NetworkId, IpAddr)> {
        let speaking: BTreeSet<_> = self
            .voices()
            .into_iter()
            .map(|(network, address, _)| (network, address.is_ipv4()))
            .collect();
        let state = &self.state;
        let routers = state.routers.keys();
        let ways = routers.flat_map(|router| {
            let told = state.ports_like(*router).flat_map(|port| &port.routes);
            let hops: Vec<_> = told.map(|route| route.nexthop).collect();
            state
                .gateways(*router)
                .iter()
                .map(move |way| (way, hops.clone()))
        });
        let hops = ways.flat_map(|(way, hops)| {
            let gateways = way.subnets.iter().filter_map(|subnet| subnet.gateway_ip);
            let on_link = |hop: &IpAddr| way.subnets.iter().any(|it| it.cidr.contains(hop));
            let beyond = hops.into_iter().filter(on_link).collect::<Vec<_>>();
            let all = gateways.chain(beyond).collect::<Vec<_>>();
            all.into_iter().map(|hop| (way.network, hop))
        });
        hops.filter(|(network, hop)| speaking.contains(&(*network, hop.is_ipv4())))
            .collect()
    }

    /// The neighbour that has a packet for this address next.
    pub fn next_hop(&self, network: NetworkId, to: Option<IpAddr>) -> Option<IpAddr> {
        let (_, _, way) = self.state.external(network)?;
        let to = to?;
        let on_link = way.subnets.iter().any(|subnet| subnet.cidr.contains(&to));
        if on_link {
            return Some(to);
        }
        let mut gateways = way.subnets.iter().filter_map(|subnet| subnet.gateway_ip);
        gateways.find(|gateway| gateway.is_ipv4() == to.is_ipv4())
    }
}
