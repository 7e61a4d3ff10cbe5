//! What refuses a network, beyond what refuses any resource.

use alcor_types::{NetworkId, SubnetId};
use ipnet::IpNet;

/// A refusal about networks.
#[derive(Debug, thiserror::Error)]
pub enum NetworkError {
    /// There can be one default.
    #[error("A default external network already exists: {0}. Set its is_default to false first.")]
    DefaultExists(NetworkId),
    /// A subnet would leave the network's block.
    #[error(
        "The subnet {subnet} ({cidr}) lies outside of the network's cidr {block}: choose a block that holds it."
    )]
    OutsideBlock {
        /// The subnet.
        subnet: SubnetId,
        /// Its block.
        cidr: IpNet,
        /// The network's block.
        block: IpNet,
    },
    /// Agents cannot pass on what VMs tag.
    #[error("The hosts of this region do not support {0}: leave it out, or set it to false.")]
    TransparencyUnsupported(&'static str),
}

impl NetworkError {
    /// Neutron's name of the error.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::DefaultExists(_) => "DefaultExternalNetworkExists",
            Self::OutsideBlock { .. } => "InvalidInput",
            Self::TransparencyUnsupported("qinq") => "QinqDriverError",
            Self::TransparencyUnsupported(_) => "VlanTransparencyDriverError",
        }
    }

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        match self {
            Self::DefaultExists(_) => 409,
            Self::OutsideBlock { .. } | Self::TransparencyUnsupported(_) => 400,
        }
    }
}
