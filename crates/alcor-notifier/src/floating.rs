//! Which floating IPs stand for addresses of which ports: Nova shows them beside the fixed ones.

use alcor_types::{FloatingIp, FloatingIpId, PortId};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeSet, HashMap};
use std::net::IpAddr;

/// A floating address, and the address of the port that it stands for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Outside {
    /// The port's address.
    pub fixed: IpAddr,
    /// The address on the external network.
    pub floating: IpAddr,
}

/// All associations of the region, from either side.
#[derive(Debug, Default)]
pub(crate) struct Associations {
    by_floating: HashMap<FloatingIpId, (PortId, Outside)>,
    by_port: HashMap<PortId, BTreeSet<Outside>>,
}

impl Associations {
    /// What stands for addresses of the port.
    pub(crate) fn of(&self, port: PortId) -> BTreeSet<Outside> {
        self.by_port.get(&port).cloned().unwrap_or_default()
    }

    /// Takes a floating IP as it is now, and names the ports to look at: first the one that it
    /// stood for until now, as Neutron tells it.
    pub(crate) fn put(&mut self, floating_ip: &FloatingIp) -> Vec<PortId> {
        let is = floating_ip.association.map(|association| {
            let outside = Outside {
                fixed: association.fixed_ip_address,
                floating: floating_ip.floating_ip_address,
            };
            (association.port_id, outside)
        });
        if self.by_floating.get(&floating_ip.id) == is.as_ref() {
            return Vec::new();
        }
        let mut ports = self.remove(floating_ip.id);
        if let Some((port, outside)) = is {
            self.by_floating.insert(floating_ip.id, (port, outside));
            self.by_port.entry(port).or_default().insert(outside);
            ports.retain(|other| *other != port);
            ports.push(port);
        }
        ports
    }

    /// Forgets a floating IP, and names the port that it stood for.
    pub(crate) fn remove(&mut self, id: FloatingIpId) -> Vec<PortId> {
        let Some((port, outside)) = self.by_floating.remove(&id) else {
            return Vec::new();
        };
        if let Some(outsides) = self.by_port.get_mut(&port) {
            outsides.remove(&outside);
            if outsides.is_empty() {
                self.by_port.remove(&port);
            }
        }
        vec![port]
    }
}
