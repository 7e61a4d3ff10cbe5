//! What becomes of the host's own ports: what is said of each, and which one a refused flow is for.

use super::Engine;
use crate::reports::PortWord;
use alcor_goalstate::{FloatingGoal, PortGoal};
use alcor_openflow::{Field, Flow};
use alcor_pipeline::{North, Owner, Standing, cookie};
use alcor_types::{FloatingIpId, NO_WIRE, PortId};
use std::net::IpAddr;

/// What a port waits for before its interface is there; shown in the API.
const NOT_PLUGGED: &str = "no interface with this port's iface-id is on the integration bridge";

/// What a trunk's sub-port waits for; shown in the API.
const PARENT_NOT_PLUGGED: &str =
    "no interface with the iface-id of its trunk's port is on the integration bridge";

/// What is said of a port that its owner has switched off. Said, so that the word of its being
/// switched on again is news: until then the region shows this one.
const SWITCHED_OFF: &str = "admin_state_up is false";

/// What a floating IP waits for; shown in the API.
const NO_WIRE_OUTSIDE: &str = "the port's host has no bridge for the external network's physical network: \
     give its agent --bridge-mappings, or move the port";
const NO_WAY: &str = "the router does not lead to the external network";
const NO_ZONE: &str = "the host has not programmed it yet";

impl Engine {
    /// What to say of floating IPs, once the switch holds all that the pipeline wants.
    pub(super) fn judge_floating(&mut self) {
        self.unjudged = !self.pipeline.is_settled() || !self.vifs.is_complete();
        if self.unjudged {
            return;
        }
        for (goal, standing) in self.pipeline.floating() {
            let word = match (standing, self.failed.get(&goal.holder)) {
                (Standing::Served, Some(reason)) => PortWord::Failed(reason.clone()),
                (Standing::Served, None) => PortWord::Verified,
                (Standing::Unplugged, _) => PortWord::Waiting(NOT_PLUGGED),
                (Standing::NoWay, _) => PortWord::Waiting(NO_WAY),
                (Standing::NoWire, _) => PortWord::Waiting(NO_WIRE_OUTSIDE),
                (Standing::Waiting, _) => PortWord::Waiting(NO_ZONE),
            };
            self.reports.say(goal.holder, goal.revision, word);
        }
    }

    /// A floating IP is another one, or gone: what was said of it is said anew.
    pub(super) fn unsay_floating(&mut self, port: PortId, id: FloatingIpId) {
        if let Some(former) = self.pipeline.floating_ip(port, id) {
            self.reports.forget(former.holder);
            self.failed.remove(&former.holder);
        }
    }

    /// What to say of an own port, now that the switch has done all it was told.
    pub(super) fn judge(&mut self, port: PortId) {
        let Some(&PortGoal {
            revision,
            vpc,
            admin_state_up,
            ..
        }) = self.own(port)
        else {
            return;
        };
        let parent = self.trunks.parent(port);
        let vif = self.vifs.get(parent.unwrap_or(port));
        let broken = vif.and_then(|vif| vif.error.as_ref());
        let word = match self.failed.get(&port).or(broken) {
            Some(reason) => PortWord::Failed(reason.clone()),
            None if !admin_state_up => PortWord::Waiting(SWITCHED_OFF),
            None if !self.pipeline.carries(vpc) => PortWord::Waiting(NO_WIRE),
            None if self.ofport(port).is_some() => PortWord::Verified,
            // An agent that has just started knows no interface yet; that says nothing.
            None if !self.vifs.is_complete() => return,
            None if parent.is_none() => PortWord::Waiting(NOT_PLUGGED),
            // Its number is about to be kept.
            None if vif.is_some_and(|vif| vif.ofport.is_some()) => return,
            None => PortWord::Waiting(PARENT_NOT_PLUGGED),
        };
        self.reports.say(port, revision, word);
    }

    /// Whom a flow is for that the switch has refused: an own port, or the holders of floating IPs.
    pub(super) fn blamed(&self, flow: &Flow) -> Vec<PortId> {
        let owner = flow.cookie & cookie::OWNER_MASK;
        let mut ports = self.holdings.own_ports().filter_map(|port| self.own(port));
        let found = ports.find(|port| owners(port).any(|one| cookie::of_owner(one) == owner));
        let floating = self.pipeline.floating().map(|(goal, _)| goal);
        let leaning = floating.filter(|goal| leans(goal, flow));
        let holders = leaning.map(|goal| goal.holder);
        found
            .map(|port| port.id)
            .into_iter()
            .chain(holders)
            .collect()
    }
}

/// Whether a floating IP needs the flow: it is its own, or one of its router's ways out or of the
/// network's wire that is not for others alone.
fn leans(goal: &FloatingGoal, flow: &Flow) -> bool {
    let owner = flow.cookie & cookie::OWNER_MASK;
    let is_of = |one: North| cookie::of_owner(one.into()) == owner;
    let shared = is_of(North::Exits(goal.router)) || is_of(North::External(goal.network));
    is_of(North::Outside(goal.network, goal.address)) || shared && speaks_of(flow, goal.fixed)
}

/// Whether a flow is for packets from an address: for them alone, or for others as well.
fn speaks_of(flow: &Flow, from: IpAddr) -> bool {
    let (field, number) = match from {
        IpAddr::V4(from) => (Field::Ipv4Src, from.to_bits().into()),
        IpAddr::V6(from) => (Field::Ipv6Src, from.to_bits()),
    };
    let named = flow.key.matching.get(field);
    named.is_none_or(|(value, mask)| number & mask == value)
}

/// Whose flows a port needs.
fn owners(port: &PortGoal) -> impl Iterator<Item = Owner> {
    let own = [
        Owner::Port(port.id),
        Owner::Guard(port.id),
        Owner::Mac(port.vpc, port.mac),
    ];
    let addresses = port.fixed_ips.iter();
    let addresses = addresses.map(|ip| Owner::Address(port.vpc, ip.ip_address));
    own.into_iter().chain(addresses)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alcor_goalstate::Limits;
    use alcor_openflow::Match;
    use alcor_types::{MacAddr, NetworkId, Revision, RouterId};
    use std::net::Ipv4Addr;

    /// A flow of this owner, of packets from an address or from anybody.
    fn of(owner: North, from: Option<Ipv4Addr>) -> Flow {
        let packets = Match::new().ipv4();
        let packets = from.map_or(packets.clone(), |from| packets.ipv4_src_prefix(from, 32));
        let mut flow = Flow::new(1, 1, packets);
        flow.cookie = cookie::of_owner(owner.into());
        flow
    }

    #[test]
    fn a_refused_flow_is_a_floating_ips_unless_it_is_for_others_alone() {
        let [address, fixed, other] = [4, 5, 6].map(|last| Ipv4Addr::new(192, 0, 2, last));
        let goal = FloatingGoal {
            id: FloatingIpId(uuid::Uuid::from_u128(1)),
            revision: Revision(1),
            port: PortId::random(),
            router: RouterId::random(),
            network: NetworkId::random(),
            address: address.into(),
            mac: MacAddr([2, 0, 0, 0, 0, 4]),
            holder: PortId::random(),
            fixed: fixed.into(),
            limits: Limits::default(),
        };
        let (router, network) = (goal.router, goal.network);
        let needed = [
            of(North::Outside(network, address.into()), Some(address)),
            of(North::Exits(router), Some(fixed)),
            of(North::Exits(router), None),
            of(North::External(network), None),
        ];
        assert!(needed.iter().all(|flow| leans(&goal, flow)));
        let others = [
            of(North::Outside(network, other.into()), None),
            of(North::Exits(router), Some(other)),
            of(North::Exits(RouterId::random()), None),
        ];
        assert!(!others.iter().any(|flow| leans(&goal, flow)));
    }
}
