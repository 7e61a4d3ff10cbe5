//! Refusals of address groups, in Neutron's names.

use alcor_types::AddressGroupId;

/// A refused request about an address group.
#[derive(Debug, thiserror::Error)]
pub enum AddressGroupError {
    /// The group does not exist, or not for this caller.
    #[error("Address group {0} could not be found.")]
    NotFound(String),
    /// A rule or a template names the group.
    #[error("Address group {0} is in use on one or more security group rules: delete them first.")]
    InUse(AddressGroupId),
    /// Blocks to add are there.
    #[error("Addresses {addresses} already exist in the address group {id}: leave them out.")]
    AddressesAlreadyExist {
        /// The group.
        id: AddressGroupId,
        /// The blocks.
        addresses: String,
    },
    /// Blocks to remove are not there.
    #[error("Addresses {addresses} not found in the address group {id}: leave them out.")]
    AddressesNotFound {
        /// The group.
        id: AddressGroupId,
        /// The blocks.
        addresses: String,
    },
}

impl AddressGroupError {
    /// Neutron's name of the error.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::NotFound(_) => "AddressGroupNotFound",
            Self::InUse(_) => "AddressGroupInUse",
            Self::AddressesAlreadyExist { .. } => "AddressesAlreadyExist",
            Self::AddressesNotFound { .. } => "AddressesNotFound",
        }
    }

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        match self {
            Self::NotFound(_) | Self::AddressesNotFound { .. } => 404,
            Self::InUse(_) => 409,
            Self::AddressesAlreadyExist { .. } => 400,
        }
    }
}
