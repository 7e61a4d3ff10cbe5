//! DHCP on this host: finds what a port is to be told, and answers its frames.

use crate::engine::Answer;
use alcor_goalstate::{Goal, GoalChange, GoalKey, ScopeGoals, SubnetGoal};
use alcor_responder::{Binding, Counters, Lease, Outcome, respond};
use alcor_types::{PortId, SubnetId};
use std::collections::HashMap;

/// The bindings in use, made when first asked for.
#[derive(Debug)]
pub(crate) struct Leases {
    lease_seconds: u32,
    /// Whether the way to the metadata service is told.
    metadata: bool,
    bindings: HashMap<PortId, Binding>,
}

impl Leases {
    pub(crate) fn new(lease_seconds: u32) -> Self {
        Self {
            lease_seconds,
            metadata: false,
            bindings: HashMap::new(),
        }
    }

    /// Metadata is served here: tell the way to it from now on.
    pub(crate) fn tell_of_metadata(&mut self) {
        self.metadata = true;
        self.bindings.clear();
    }

    /// Forgets bindings that a change may have made wrong. Networks, subnets and routers' ports
    /// change seldom, so then all go.
    pub(crate) fn forget_by(&mut self, change: &GoalChange) {
        match change.key() {
            GoalKey::Port(port) | GoalKey::Dhcp(port, _) => {
                self.bindings.remove(&port);
            }
            GoalKey::Vpc(_) | GoalKey::Subnet(_) | GoalKey::Interface(_) => self.bindings.clear(),
            GoalKey::Acl(_)
            | GoalKey::Neighbor(_)
            | GoalKey::Group(_)
            | GoalKey::Member(..)
            | GoalKey::AddressGroup(_)
            | GoalKey::Floating(..)
            | GoalKey::Outlet(..) => {}
        }
    }

    /// Answers a frame of the port, whose scope's goals are these.
    pub(crate) fn answer(
        &mut self,
        port: PortId,
        goals: &ScopeGoals,
        frame: &[u8],
        counters: &mut Counters,
    ) -> Option<Answer> {
        if !self.bindings.contains_key(&port) {
            let binding = binding(port, goals, self.lease_seconds, self.metadata)?;
            self.bindings.insert(port, binding);
        }
        let outcome = respond(frame, self.bindings.get(&port)?);
        counters.count(&outcome);
        match outcome {
            Outcome::Reply { kind, frame } => {
                tracing::debug!(%port, ?kind, "dhcp answered");
                Some(frame)
            }
            Outcome::Declined { address } => {
                tracing::warn!(%port, %address, "dhcp address declined: it is in use by another");
                None
            }
            Outcome::Released { address } => {
                tracing::debug!(%port, %address, "dhcp address released");
                None
            }
            // Not of DHCPv4.
            Outcome::Complaint { .. } | Outcome::Solicited | Outcome::Reply6 { .. } => None,
            Outcome::Silence(reason) => {
                tracing::debug!(%port, reason = reason.as_str(), "frame not answered");
                None
            }
        }
    }
}

/// The binding of a port's first lease. A port with addresses on several subnets of one
/// network gets its first IPv4 address; DHCP has no way to give one client two.
fn binding(
    port: PortId,
    goals: &ScopeGoals,
    lease_seconds: u32,
    metadata: bool,
) -> Option<Binding> {
    let Goal::Port(own) = goals.get(&GoalKey::Port(port))? else {
        return None;
    };
    let leased = own.fixed_ips.iter().map(|ip| ip.subnet_id);
    let subnet = leased
        .into_iter()
        .find(|subnet| has_lease(goals, port, *subnet))?;
    let Goal::Dhcp(dhcp) = goals.get(&GoalKey::Dhcp(port, subnet))? else {
        return None;
    };
    let Goal::Subnet(subnet) = goals.get(&GoalKey::Subnet(subnet))? else {
        return None;
    };
    let Goal::Vpc(vpc) = goals.get(&GoalKey::Vpc(own.vpc))? else {
        return None;
    };
    let isolated = !is_routed(goals, subnet);
    let lease = Lease::from_goals(vpc, subnet, own, dhcp)
        .map(|lease| Lease {
            lease_seconds,
            ..lease
        })
        .map(|lease| {
            if metadata && isolated {
                lease.with_metadata_route()
            } else {
                lease
            }
        })
        .and_then(|lease| Binding::new(&lease));
    lease
        .inspect_err(|error| tracing::warn!(%port, %error, "no lease"))
        .ok()
}

/// Whether a router has the gateway's address: then VMs need no other way out of their subnet.
fn is_routed(goals: &ScopeGoals, subnet: &SubnetGoal) -> bool {
    let mut routers = goals.interfaces().filter(|router| router.admin_state_up);
    routers.any(|router| {
        let mut addresses = router.fixed_ips.iter().map(|fixed| fixed.ip_address);
        addresses.any(|address| subnet.gateway_ip == Some(address))
    })
}

fn has_lease(goals: &ScopeGoals, port: PortId, subnet: SubnetId) -> bool {
    goals.get(&GoalKey::Dhcp(port, subnet)).is_some()
}
