//! What becomes of the host's own ports: what is said of each, and which one a refused flow is for.

use super::Engine;
use crate::reports::PortWord;
use alcor_goalstate::PortGoal;
use alcor_openflow::Flow;
use alcor_pipeline::{Owner, Standing, cookie};
use alcor_types::{FloatingIpId, PortId};

/// What a port waits for before its interface is there; shown in the API.
const NOT_PLUGGED: &str = "no interface with this port's iface-id is on the integration bridge";

/// What a trunk's sub-port waits for; shown in the API.
const PARENT_NOT_PLUGGED: &str =
    "no interface with the iface-id of its trunk's port is on the integration bridge";

/// What is said of a port that its owner has switched off. Said, so that the word of its being
/// switched on again is news: until then the region shows this one.
const SWITCHED_OFF: &str = "admin_state_up is false";

/// What a port on a physical network waits for; shown in the API.
const NO_WIRE: &str =
    "this host has no bridge for the network's physical network: give its agent --bridge-mappings";

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
            let word = match standing {
                Standing::Served => PortWord::Verified,
                Standing::Unplugged => PortWord::Waiting(NOT_PLUGGED),
                Standing::NoWay => PortWord::Waiting(NO_WAY),
                Standing::NoWire => PortWord::Waiting(NO_WIRE_OUTSIDE),
                Standing::Waiting => PortWord::Waiting(NO_ZONE),
            };
            self.reports.say(goal.holder, goal.revision, word);
        }
    }

    /// A floating IP is another one, or gone: what was said of it is said anew.
    pub(super) fn unsay_floating(&mut self, port: PortId, id: FloatingIpId) {
        if let Some(former) = self.pipeline.floating_ip(port, id) {
            self.reports.forget(former.holder);
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

    /// The own port that a flow is for, if it is for one.
    pub(super) fn blamed(&self, flow: &Flow) -> Option<PortId> {
        let owner = flow.cookie & cookie::OWNER_MASK;
        let mut ports = self.holdings.own_ports().filter_map(|port| self.own(port));
        let found = ports.find(|port| owners(port).any(|one| cookie::of_owner(one) == owner));
        found.map(|port| port.id)
    }
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
