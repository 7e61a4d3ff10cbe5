//! Why a request about gateways is refused.

use alcor_types::{GatewayId, NetworkId};

/// A refused request about gateways.
#[derive(Debug, thiserror::Error)]
pub enum GatewayError {
    /// No such gateway, or not in this project.
    #[error("Gateway {0} could not be found.")]
    NotFound(GatewayId),
    /// The VPC has none at all.
    #[error("VPC {0} has no gateway.")]
    NoneOf(NetworkId),
    /// The VPC has none of the kind.
    #[error("VPC {network} has no {kind} gateway: enter it first.")]
    NoneOfKind {
        /// The VPC.
        network: NetworkId,
        /// The kind.
        kind: &'static str,
    },
    /// A VPC has one gateway of a kind.
    #[error("VPC {network} has a {kind} gateway, {gateway}: change that one.")]
    Exists {
        /// The VPC.
        network: NetworkId,
        /// The kind.
        kind: &'static str,
        /// The gateway that is there.
        gateway: GatewayId,
    },
}

impl GatewayError {
    /// The `type` of the error's body.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::NotFound(_) | Self::NoneOf(_) | Self::NoneOfKind { .. } => "GatewayNotFound",
            Self::Exists { .. } => "GatewayExists",
        }
    }

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        match self {
            Self::Exists { .. } => 409,
            _ => 404,
        }
    }
}
