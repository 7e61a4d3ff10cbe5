//! What QoS policies say, and who names them: a rule that changes must find the ports that it
//! bounds without a walk over all others.

use alcor_goalstate::Limits;
use alcor_types::{
    FloatingIpId, NetworkId, PortId, QosLimit, QosPolicyId, QosRule, QosRuleId, RouterId,
};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Who names a policy.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum User {
    /// A network: all its ports that name none themselves.
    Network(NetworkId),
    /// One port of a network.
    Port(NetworkId, PortId),
    /// A floating IP.
    Floating(FloatingIpId),
    /// A router, by its port on an external network.
    Gateway(RouterId, PortId),
}

/// All policies that a rule or a user speaks of.
#[derive(Default)]
pub(crate) struct Policies {
    policies: HashMap<QosPolicyId, Policy>,
    /// The policies of rules, to find them when the rules are deleted.
    homes: HashMap<QosRuleId, QosPolicyId>,
}

#[derive(Default)]
struct Policy {
    rules: BTreeMap<QosRuleId, QosLimit>,
    /// What the rules say together.
    limits: Limits,
    users: BTreeSet<User>,
}

impl Policies {
    /// What a policy bounds; nothing where it is not known.
    pub(crate) fn limits(&self, id: QosPolicyId) -> Limits {
        let policy = self.policies.get(&id);
        policy.map_or_else(Limits::default, |policy| policy.limits)
    }

    /// Who names the policy, by network.
    pub(crate) fn users(&self, id: QosPolicyId) -> Vec<User> {
        let policy = self.policies.get(&id);
        policy.map_or_else(Vec::new, |policy| policy.users.iter().copied().collect())
    }

    /// The policy that the rule belongs to.
    pub(crate) fn home(&self, rule: QosRuleId) -> Option<QosPolicyId> {
        self.homes.get(&rule).copied()
    }

    /// The rule was written or deleted.
    pub(crate) fn set_rule(&mut self, id: QosRuleId, rule: Option<&QosRule>) {
        let home = rule.map(|rule| rule.policy_id);
        let former = match home {
            Some(home) => self.homes.insert(id, home),
            None => self.homes.remove(&id),
        };
        if let Some(former) = former.filter(|former| Some(*former) != home) {
            self.change(former, |policy| {
                policy.rules.remove(&id);
            });
        }
        if let Some(rule) = rule {
            self.change(rule.policy_id, |policy| {
                policy.rules.insert(id, rule.limit);
            });
        }
    }

    /// The user names `now`, and no longer `former`.
    pub(crate) fn set_user(
        &mut self,
        user: User,
        former: Option<QosPolicyId>,
        now: Option<QosPolicyId>,
    ) {
        if former == now {
            return;
        }
        if let Some(former) = former {
            self.change(former, |policy| {
                policy.users.remove(&user);
            });
        }
        if let Some(now) = now {
            self.change(now, |policy| {
                policy.users.insert(user);
            });
        }
    }

    fn change(&mut self, id: QosPolicyId, change: impl FnOnce(&mut Policy)) {
        let policy = self.policies.entry(id).or_default();
        change(policy);
        policy.limits = Limits::of(policy.rules.values());
        if policy.rules.is_empty() && policy.users.is_empty() {
            self.policies.remove(&id);
        }
    }
}
