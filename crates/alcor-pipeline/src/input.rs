//! What the pipeline is told.

use crate::{Neighbor, Zoned};
use alcor_goalstate::{Goal, GoalChange, GoalKey, TunnelKind};
use alcor_openflow::PortNo;
use alcor_types::{NetworkId, PortId};
use std::net::IpAddr;

/// One change of what the pipeline knows. Changes may come in any order: a goal waits for
/// those it needs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Input {
    /// Hold this goal, instead of what was held under its key.
    Put(Goal),
    /// Hold nothing under this key.
    Delete(GoalKey),
    /// The port's interface is in the bridge under this number. A number that another port
    /// had is no longer that port's.
    Plugged {
        /// The port.
        port: PortId,
        /// Its interface's OpenFlow port number.
        ofport: PortNo,
    },
    /// The port has no interface in the bridge.
    Unplugged {
        /// The port.
        port: PortId,
    },
    /// All that the region wants of this host is known. Before that, a rule that lacks a set
    /// would cut connections that it allows, so that no flow of a group is made.
    Complete,
    /// The bridge's port to a physical network, or that there is none.
    Wire {
        /// The physical network.
        physical_network: String,
        /// The OpenFlow port number of the way there.
        ofport: Option<PortNo>,
    },
    /// Translated connections are kept in this zone, or in none.
    Zone {
        /// Whose connections.
        of: Zoned,
        /// The zone.
        zone: Option<u16>,
    },
    /// An address on an external network is asked for, or no longer is.
    Hop {
        /// The external network.
        network: NetworkId,
        /// The address.
        address: IpAddr,
        /// Whether it is asked for; and who has it, once it is known.
        neighbor: Option<Neighbor>,
    },
    /// The interface of tunnels of a kind is in the bridge under this number, or is not there.
    Tunnel {
        /// The kind.
        kind: TunnelKind,
        /// Its OpenFlow port number.
        ofport: Option<PortNo>,
    },
}

impl From<GoalChange> for Input {
    fn from(change: GoalChange) -> Self {
        match change {
            GoalChange::Put(goal) => Self::Put(goal),
            GoalChange::Delete { key, .. } => Self::Delete(key),
        }
    }
}
