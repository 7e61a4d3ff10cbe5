//! MAC addresses that operators give out by hand, and the ranges they come from. Those of ports
//! stand in the ports.

use crate::{MacAddr, NetworkId, PortId, ProjectId};
use serde::{Deserialize, Serialize};

/// A MAC that is kept for one port, whether that is there yet or not.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct MacLease {
    /// The address.
    pub mac: MacAddr,
    /// Whose it is.
    pub project_id: ProjectId,
    /// The network of the port; the lease ends with it.
    pub network_id: NetworkId,
    /// The port that it is kept for.
    pub port_id: PortId,
    /// A mark of the operator's; the address is kept either way.
    pub active: bool,
}

/// A range of MACs that leases are drawn from.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct MacRange {
    /// Its id, as the operator chose it.
    pub id: String,
    /// The first address.
    pub first: MacAddr,
    /// The last address, with the same three bytes at its beginning; not below the first.
    pub last: MacAddr,
    /// Whether leases are drawn from it.
    pub active: bool,
}

impl MacRange {
    /// Whether the two have an address in common.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.first <= other.last && other.first <= self.last
    }
}
