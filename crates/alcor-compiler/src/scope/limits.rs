//! Which QoS policy holds for which port of a network.

use super::Scope;
use crate::hosts::Hosts;
use alcor_goalstate::Limits;
use alcor_types::{Port, PortId, QosPolicyId};

/// The owners of the region's own ports; a network's policy is not for them.
const NETWORK_OWNERS: &str = "network:";

impl Scope {
    /// The policy of the network.
    pub(crate) fn policy(&self) -> Option<QosPolicyId> {
        self.network.as_ref()?.fact.qos_policy_id
    }

    /// The policy that a port names itself.
    pub(crate) fn policy_named_by(&self, id: PortId) -> Option<QosPolicyId> {
        self.ports.get(&id)?.port.qos_policy_id
    }

    /// The ports that the policy holds for.
    pub(crate) fn ports_under(&self, policy: QosPolicyId) -> impl Iterator<Item = PortId> {
        let ports = self.ports.iter();
        let under = ports.filter(move |(_, member)| self.policy_of(&member.port) == Some(policy));
        under.map(|(id, _)| *id)
    }

    /// What bounds the port.
    pub(super) fn limits(&self, port: &Port, hosts: &Hosts) -> Limits {
        let policy = self.policy_of(port);
        policy.map_or_else(Limits::default, |id| hosts.policies.limits(id))
    }

    fn policy_of(&self, port: &Port) -> Option<QosPolicyId> {
        let network = || {
            let own = port.device_owner.starts_with(NETWORK_OWNERS);
            self.policy().filter(|_| !own)
        };
        port.qos_policy_id.or_else(network)
    }
}
