//! An agent as Neutron's clients know them: one service that a node's single agent does.

use crate::{AgentId, HostName, NetworkId, Timestamp};
use serde::{Deserialize, Serialize};

/// What an agent does.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum AgentKind {
    /// It programs the switch.
    OpenVSwitch,
    /// It answers DHCP.
    Dhcp,
}

impl AgentKind {
    /// Every kind, each of which every node does.
    pub const ALL: [Self; 2] = [Self::OpenVSwitch, Self::Dhcp];

    /// The name in the API (`agent_type`).
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OpenVSwitch => "Open vSwitch agent",
            Self::Dhcp => "DHCP agent",
        }
    }
}

/// An agent as the store holds it; what it runs on is the node of its host.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Agent {
    /// Its id.
    pub id: AgentId,
    /// What it does.
    pub kind: AgentKind,
    /// The name of its node.
    pub host: HostName,
    /// Whether it may be given work.
    pub admin_state_up: bool,
    /// Free text of the operator's.
    pub description: String,
    /// When it first registered.
    pub created_at: Timestamp,
}

/// What an operator decided of one network and one DHCP agent.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Schedule {
    /// The network.
    pub network_id: NetworkId,
    /// The agent.
    pub agent_id: AgentId,
    /// Whether the agent is to host it, or is not to.
    pub hosted: bool,
}

/// An availability zone that nodes are in.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Zone {
    /// Its name.
    pub name: String,
    /// How many nodes are in it.
    pub nodes: u64,
}
