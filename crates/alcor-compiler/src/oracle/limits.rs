//! What bounds a port's traffic.

use super::Intent;
use alcor_types::{PortId, QosLimit};

impl Intent {
    /// The rules that hold for a port: of its own policy, else of its network's, which is not for
    /// the region's own ports. In no order.
    pub fn bounds(&self, port: PortId) -> Vec<QosLimit> {
        let Some(port) = self.ports.get(&port) else {
            return Vec::new();
        };
        let network = self.networks.get(&port.network_id);
        let policy = match port.qos_policy_id {
            Some(own) => Some(own),
            None if port.device_owner.starts_with("network:") => None,
            None => network.and_then(|network| network.qos_policy_id),
        };
        let rules = self.qos_rules.values();
        let rules = rules.filter(|rule| Some(rule.policy_id) == policy);
        rules.map(|rule| rule.limit).collect()
    }
}
