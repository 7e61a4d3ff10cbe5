//! QoS rules: which ports, and addresses outside, hear of a change, and no others.

use super::Compiler;
use crate::journal::Journal;
use crate::qos::User;
use alcor_types::{FloatingIpId, PortId, QosPolicyId, QosRule, QosRuleId, Revision, RouterId};
use std::collections::BTreeSet;
use std::sync::Arc;

impl Compiler {
    /// A rule was written or deleted.
    pub(super) fn take_qos_rule(
        &mut self,
        revision: Revision,
        id: QosRuleId,
        rule: Option<&Arc<QosRule>>,
        journal: &mut Journal,
    ) {
        let policies = [
            self.hosts.policies.home(id),
            rule.map(|rule| rule.policy_id),
        ];
        let policies: BTreeSet<_> = policies.into_iter().flatten().collect();
        let bounded = self.bounded(&policies);
        let (floating, routers) = self.bounded_outside(&policies);
        self.retelling(revision, &bounded, journal, |compiler| {
            compiler
                .hosts
                .policies
                .set_rule(id, rule.map(|rule| &**rule));
        });
        for id in floating {
            self.tell_floating(revision, id, journal);
        }
        for router in routers {
            self.retell_router(revision, router, journal);
        }
    }

    /// The floating IPs, and the routers with addresses outside, that these policies bound.
    fn bounded_outside(
        &self,
        policies: &BTreeSet<QosPolicyId>,
    ) -> (BTreeSet<FloatingIpId>, BTreeSet<RouterId>) {
        let (mut floating, mut routers) = (BTreeSet::new(), BTreeSet::new());
        for policy in policies {
            for user in self.hosts.policies.users(*policy) {
                match user {
                    User::Network(network) => {
                        floating.extend(self.north.floating_on(network));
                        routers.extend(self.north.routers_to(network));
                    }
                    User::Floating(id) => drop(floating.insert(id)),
                    User::Gateway(router, _) => drop(routers.insert(router)),
                    User::Port(..) => {}
                }
            }
        }
        // A router tells of those whose ports it forwards.
        let forwarding: Vec<_> = floating.iter().copied().collect();
        routers.extend(self.north.routers_of(&forwarding));
        (floating, routers)
    }

    /// The ports that these policies bound.
    fn bounded(&self, policies: &BTreeSet<QosPolicyId>) -> BTreeSet<PortId> {
        let mut bounded = BTreeSet::new();
        for policy in policies {
            for user in self.hosts.policies.users(*policy) {
                match user {
                    User::Network(network) => {
                        let scope = self.scopes.get(&network).into_iter();
                        bounded.extend(scope.flat_map(|scope| scope.ports_under(*policy)));
                    }
                    User::Port(_, port) => {
                        bounded.insert(port);
                    }
                    User::Floating(_) | User::Gateway(..) => {}
                }
            }
        }
        bounded
    }
}
