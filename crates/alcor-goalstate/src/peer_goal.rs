//! Goals of large networks: the hosts that broadcast is for. In small ones the neighbours tell.

use alcor_types::{NetworkId, Revision};
use std::net::IpAddr;

/// Another host with ports of a large network.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PeerGoal {
    /// The network.
    pub vpc: NetworkId,
    /// The newest fact behind this goal.
    pub revision: Revision,
    /// Where tunnels to the host end.
    pub host_ip: IpAddr,
}
