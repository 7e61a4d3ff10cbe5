//! QoS rules: which ports hear of a change, and no others.

use super::Compiler;
use crate::journal::Journal;
use crate::qos::User;
use alcor_types::{PortId, QosPolicyId, QosRule, QosRuleId, Revision};
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
        self.retelling(revision, &bounded, journal, |compiler| {
            compiler
                .hosts
                .policies
                .set_rule(id, rule.map(|rule| &**rule));
        });
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
                }
            }
        }
        bounded
    }
}
