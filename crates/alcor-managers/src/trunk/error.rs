//! Why a request about trunks is refused.

use alcor_types::{PortId, TrunkId};

/// A refused request.
#[derive(Debug, thiserror::Error)]
pub enum TrunkError {
    /// No trunk has the id, or none of the caller's.
    #[error("Trunk {0} could not be found.")]
    NotFound(TrunkId),
    /// Another trunk carries the port.
    #[error("Port {0} is in use by another trunk.")]
    TrunkPortInUse(PortId),
    /// The port is bound, or is the parent of a trunk.
    #[error(
        "Port {0} is currently in use and is not eligible for use as a parent port: it is bound or in a trunk."
    )]
    ParentPortInUse(PortId),
    /// A device uses the port by itself.
    #[error("Unable to complete operation on port {port}. Port is used by device {device}.")]
    PortInUse {
        /// The port.
        port: PortId,
        /// Its device.
        device: String,
    },
    /// The trunk has the tag already.
    #[error(
        "segmentation_type vlan and segmentation_id {vlan} already in use on trunk {trunk}: choose another."
    )]
    DuplicateSubPort {
        /// The trunk.
        trunk: TrunkId,
        /// The tag.
        vlan: u16,
    },
    /// The trunk does not carry the port.
    #[error("SubPort on trunk {trunk} with port {port} could not be found.")]
    SubPortNotFound {
        /// The trunk.
        trunk: TrunkId,
        /// The port.
        port: PortId,
    },
    /// Frames of the sub-port would not fit through the parent.
    #[error("MTU {mtu} of subport {port} cannot be greater than MTU {parent} of its trunk's port.")]
    MtuTooLarge {
        /// The sub-port.
        port: PortId,
        /// The MTU of its network.
        mtu: u16,
        /// The MTU of the parent's network.
        parent: u16,
    },
    /// The trunk is switched off.
    #[error("Trunk {0} is currently disabled: set admin_state_up to true first.")]
    Disabled(TrunkId),
    /// The parent port is bound.
    #[error("Trunk {0} is currently in use: unbind its port first.")]
    InUse(TrunkId),
    /// The port that is to be deleted has a trunk.
    #[error("Port {port} is currently a parent port for trunk {trunk}: delete the trunk first.")]
    IsParent {
        /// The port.
        port: PortId,
        /// Its trunk.
        trunk: TrunkId,
    },
    /// The port that is to be deleted is in a trunk.
    #[error("Port {port} is currently a subport for trunk {trunk}: remove it there first.")]
    IsSubPort {
        /// The port.
        port: PortId,
        /// Its trunk.
        trunk: TrunkId,
    },
}

impl TrunkError {
    /// Neutron's name of the error.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::NotFound(_) => "TrunkNotFound",
            Self::TrunkPortInUse(_) => "TrunkPortInUse",
            Self::ParentPortInUse(_) => "ParentPortInUse",
            Self::PortInUse { .. } => "PortInUse",
            Self::DuplicateSubPort { .. } => "DuplicateSubPort",
            Self::SubPortNotFound { .. } => "SubPortNotFound",
            Self::MtuTooLarge { .. } => "SubPortMtuGreaterThanTrunkPortMtu",
            Self::Disabled(_) => "TrunkDisabled",
            Self::InUse(_) => "TrunkInUse",
            Self::IsParent { .. } => "PortInUseAsTrunkParent",
            Self::IsSubPort { .. } => "PortInUseAsSubPort",
        }
    }

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        match self {
            Self::NotFound(_) | Self::SubPortNotFound { .. } => 404,
            _ => 409,
        }
    }
}
