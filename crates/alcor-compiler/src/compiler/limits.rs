//! QoS rules: which ports hear of a change, and no others.

use super::{Compiler, scope};
use crate::journal::Journal;
use crate::qos::User;
use alcor_types::{NetworkId, PortId, QosPolicyId, QosRule, QosRuleId, Revision};
use std::collections::{BTreeMap, BTreeSet};
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
        let mut former = Vec::new();
        for (network, ports) in bounded {
            let scope = scope(&mut self.scopes, network, self.log_limit, revision);
            let ports = ports.into_iter();
            let told = ports.map(|port| (port, scope.told(port, &self.hosts)));
            former.push((network, told.collect()));
        }
        self.hosts.policies.set_rule(id, rule.map(|rule| &**rule));
        for (network, ports) in former {
            let scope = scope(&mut self.scopes, network, self.log_limit, revision);
            let news = scope.retell(revision, ports, &self.hosts);
            journal.news(network, news);
        }
    }

    /// The ports that these policies bound, by network.
    fn bounded(&self, policies: &BTreeSet<QosPolicyId>) -> BTreeMap<NetworkId, BTreeSet<PortId>> {
        let mut bounded: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
        for policy in policies {
            for user in self.hosts.policies.users(*policy) {
                match user {
                    User::Network(network) => {
                        let scope = self.scopes.get(&network).into_iter();
                        let ports = scope.flat_map(|scope| scope.ports_under(*policy));
                        bounded.entry(network).or_default().extend(ports);
                    }
                    User::Port(network, port) => {
                        bounded.entry(network).or_default().insert(port);
                    }
                }
            }
        }
        bounded
    }
}
