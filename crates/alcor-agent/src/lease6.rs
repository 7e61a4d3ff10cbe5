//! DHCPv6 on this host: finds what a port is to be told, and answers its frames.

use crate::engine::Answer;
use alcor_goalstate::{Goal, GoalChange, GoalKey, ScopeGoals, SubnetGoal};
use alcor_responder::{Counters, Lease6, Outcome, ReplyKind6, respond6};
use alcor_types::{PortId, SubnetId};
use std::collections::HashMap;

/// The leases in use, made when first asked for.
#[derive(Debug)]
pub(crate) struct Leases6 {
    lease_seconds: u32,
    leases: HashMap<PortId, Lease6>,
}

impl Leases6 {
    pub(crate) fn new(lease_seconds: u32) -> Self {
        Self {
            lease_seconds,
            leases: HashMap::new(),
        }
    }

    /// Forgets leases that a change may have made wrong. Networks and subnets change seldom, so then
    /// all go.
    pub(crate) fn forget_by(&mut self, change: &GoalChange) {
        match change.key() {
            GoalKey::Port(port) => drop(self.leases.remove(&port)),
            GoalKey::Vpc(_) | GoalKey::Subnet(_) => self.leases.clear(),
            _ => {}
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
        if !self.leases.contains_key(&port) {
            let lease = lease(port, goals, self.lease_seconds)?;
            self.leases.insert(port, lease);
        }
        let outcome = respond6(frame, self.leases.get(&port)?);
        counters.count(&outcome);
        match outcome {
            Outcome::Reply6 { kind, frame } => {
                if kind == ReplyKind6::Decline {
                    tracing::warn!(%port, "dhcpv6 address declined: it is in use by another");
                } else {
                    tracing::debug!(%port, ?kind, "dhcpv6 answered");
                }
                Some(frame)
            }
            Outcome::Silence(reason) => {
                tracing::debug!(%port, reason = reason.as_str(), "frame not answered");
                None
            }
            _ => None,
        }
    }
}

fn lease(port: PortId, goals: &ScopeGoals, seconds: u32) -> Option<Lease6> {
    let Goal::Port(own) = goals.get(&GoalKey::Port(port))? else {
        return None;
    };
    let Goal::Vpc(vpc) = goals.get(&GoalKey::Vpc(own.vpc))? else {
        return None;
    };
    let lease = Lease6::from_goals(vpc, own, |id| subnet(goals, id), seconds);
    lease
        .inspect_err(|error| tracing::warn!(%port, %error, "no dhcpv6 lease"))
        .ok()
        .flatten()
}

fn subnet(goals: &ScopeGoals, id: SubnetId) -> Option<&SubnetGoal> {
    match goals.get(&GoalKey::Subnet(id))? {
        Goal::Subnet(subnet) => Some(subnet),
        _ => None,
    }
}
