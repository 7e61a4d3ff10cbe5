//! Why a request about addresses kept by hand and the ranges they come from is refused.

use alcor_types::{IpRangeId, NetworkId, PortId, SubnetId};
use std::net::IpAddr;

/// A refused request about addresses kept by hand.
#[derive(Debug, thiserror::Error)]
pub enum IpError {
    /// No such range, or not in this project.
    #[error("IP range {0} could not be found.")]
    RangeNotFound(IpRangeId),
    /// The id is a subnet's.
    #[error("IP range {0} exists: it is all of the subnet with this id. Choose another id.")]
    RangeExists(IpRangeId),
    /// Two ranges would have addresses in common.
    #[error("IP range {id} would overlap with {other}: choose other ends.")]
    RangeOverlap {
        /// The range.
        id: IpRangeId,
        /// The other one.
        other: IpRangeId,
    },
    /// The range is all of a subnet.
    #[error(
        "IP range {0} is all of its subnet and stays as it is: make another range of the subnet."
    )]
    WholeSubnet(IpRangeId),
    /// Addresses of the subnet follow from MACs.
    #[error("Subnet {0} derives addresses from MACs: none of it is kept by hand.")]
    Derived(SubnetId),
    /// The address is not of the range.
    #[error("IP address {address} is not in range {range}.")]
    NotInRange {
        /// The address.
        address: IpAddr,
        /// The range.
        range: IpRangeId,
    },
    /// Nobody has the address.
    #[error("IP address {0} is free: it is kept by nobody.")]
    Free(IpAddr),
    /// A port has the address.
    #[error("IP address {address} is port {port}'s: change or delete the port.")]
    OfPort {
        /// The address.
        address: IpAddr,
        /// The port.
        port: PortId,
    },
    /// The ranges have no free address.
    #[error("IP range {0} has no free address left: widen it, or name another.")]
    Exhausted(String),
    /// No subnet of the network could give an address.
    #[error(
        "VPC {0} has no subnet of this project and version to keep an address of: add one, or name a range_id."
    )]
    NoSubnet(NetworkId),
}

impl IpError {
    /// The `type` of the error's body.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::RangeNotFound(_) => "IpRangeNotFound",
            Self::RangeExists(_) => "IpRangeExists",
            Self::RangeOverlap { .. } => "IpRangeOverlap",
            Self::WholeSubnet(_) => "IpRangeInUse",
            Self::Derived(_) => "AllocationOnAutoAddressSubnet",
            Self::NotInRange { .. } | Self::Free(_) => "IpAddressNotFound",
            Self::OfPort { .. } => "IpAddressInUse",
            Self::Exhausted(_) | Self::NoSubnet(_) => "IpRangeExhausted",
        }
    }

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        match self {
            Self::RangeNotFound(_) | Self::NotInRange { .. } | Self::Free(_) => 404,
            Self::Derived(_) => 400,
            _ => 409,
        }
    }
}
