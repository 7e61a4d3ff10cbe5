//! Why a request about agents is refused.

use alcor_types::{AgentId, NetworkId};

/// A refused request.
#[derive(Debug, thiserror::Error)]
pub enum AgentError {
    /// No agent has the id.
    #[error("Agent {0} could not be found.")]
    NotFound(AgentId),
    /// The agent does not answer DHCP, or may not be given work.
    #[error("Agent {0} is not a valid DHCP Agent or has been disabled.")]
    InvalidDhcpAgent(AgentId),
    /// The agent has the network already.
    #[error("The network {network} has been already hosted by the DHCP Agent {agent}.")]
    Hosted {
        /// The network.
        network: NetworkId,
        /// The agent.
        agent: AgentId,
    },
    /// The agent does not have the network.
    #[error("The network {network} is not hosted by the DHCP Agent {agent}.")]
    NotHosted {
        /// The network.
        network: NetworkId,
        /// The agent.
        agent: AgentId,
    },
    /// No node is in the zone.
    #[error("AvailabilityZone {0} could not be found.")]
    ZoneNotFound(String),
}

impl AgentError {
    /// Neutron's name of the error.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::NotFound(_) => "AgentNotFound",
            Self::InvalidDhcpAgent(_) => "InvalidDHCPAgent",
            Self::Hosted { .. } => "NetworkHostedByDHCPAgent",
            Self::NotHosted { .. } => "NetworkNotHostedByDhcpAgent",
            Self::ZoneNotFound(_) => "AvailabilityZoneNotFound",
        }
    }

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        match self {
            Self::NotFound(_) | Self::InvalidDhcpAgent(_) | Self::ZoneNotFound(_) => 404,
            Self::Hosted { .. } | Self::NotHosted { .. } => 409,
        }
    }
}
