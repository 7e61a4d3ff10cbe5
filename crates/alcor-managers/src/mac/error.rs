//! Why a request about leases and ranges of MAC addresses is refused.

use alcor_types::{MacAddr, PortId};

/// A refused request about MAC addresses.
#[derive(Debug, thiserror::Error)]
pub enum MacError {
    /// Nobody has the address, or not in this project.
    #[error("MAC address {0} could not be found.")]
    NotFound(MacAddr),
    /// Somebody has the address.
    #[error("MAC address {mac} is kept for port {port}: choose another, or leave it out.")]
    Taken {
        /// The address.
        mac: MacAddr,
        /// Who has it.
        port: PortId,
    },
    /// The address is a port's without a lease.
    #[error("MAC address {mac} is port {port}'s own: change or delete the port.")]
    OfPort {
        /// The address.
        mac: MacAddr,
        /// The port.
        port: PortId,
    },
    /// No such range.
    #[error("MAC range '{0}' could not be found.")]
    RangeNotFound(String),
    /// The id is taken.
    #[error("MAC range '{0}' exists: change it by PUT, or choose another range_id.")]
    RangeExists(String),
    /// Two ranges would have addresses in common.
    #[error("MAC range '{id}' would overlap with '{other}': choose other ends.")]
    RangeOverlap {
        /// The range.
        id: String,
        /// The other one.
        other: String,
    },
    /// The default range follows from the region's settings.
    #[error("MAC range '{0}' is the region's own and stays as it is: make another range.")]
    DefaultRange(String),
    /// Nothing is drawn from the range.
    #[error("MAC range '{0}' is Inactive: activate it by PUT, or name another.")]
    RangeInactive(String),
    /// No free address was found.
    #[error("MAC range '{0}' has no free address left to find: make or name another range.")]
    Exhausted(String),
}

impl MacError {
    /// The `type` of the error's body.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::NotFound(_) => "MacAddressNotFound",
            Self::Taken { .. } | Self::OfPort { .. } => "MacAddressInUse",
            Self::RangeNotFound(_) => "MacRangeNotFound",
            Self::RangeExists(_) => "MacRangeExists",
            Self::RangeOverlap { .. } => "MacRangeOverlap",
            Self::DefaultRange(_) => "MacRangeInUse",
            Self::RangeInactive(_) => "MacRangeInactive",
            Self::Exhausted(_) => "MacRangeExhausted",
        }
    }

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        match self {
            Self::NotFound(_) | Self::RangeNotFound(_) => 404,
            _ => 409,
        }
    }
}
