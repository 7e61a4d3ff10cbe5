//! Why a request about ranges of elastic IPs is refused.

use alcor_types::{ElasticRangeId, SubnetId};
use std::net::IpAddr;

/// A refused request about ranges of elastic IPs.
#[derive(Debug, thiserror::Error)]
pub enum ElasticRangeError {
    /// No such range.
    #[error("Elastic IP range {0} could not be found.")]
    NotFound(ElasticRangeId),
    /// Another range has some of the addresses.
    #[error("{start} to {end} would overlap with elastic IP range {other}: choose other ends.")]
    Overlap {
        /// The first address.
        start: IpAddr,
        /// The last one.
        end: IpAddr,
        /// The other range.
        other: ElasticRangeId,
    },
    /// An elastic IP would lose its range.
    #[error(
        "Elastic IP range {range} is in use: {address} is of it. Delete that elastic IP first."
    )]
    InUse {
        /// The range.
        range: ElasticRangeId,
        /// An elastic IP.
        address: IpAddr,
    },
    /// The range would lose its subnet.
    #[error(
        "Subnet {subnet} is in use: elastic IP range {range} has addresses of it. Change or delete the range first."
    )]
    SubnetInUse {
        /// The subnet.
        subnet: SubnetId,
        /// The range.
        range: ElasticRangeId,
    },
}

impl ElasticRangeError {
    /// The `type` of the error's body.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::NotFound(_) => "ElasticIpRangeNotFound",
            Self::Overlap { .. } => "ElasticIpRangeOverlap",
            Self::InUse { .. } => "ElasticIpRangeInUse",
            Self::SubnetInUse { .. } => "SubnetInUse",
        }
    }

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        match self {
            Self::NotFound(_) => 404,
            _ => 409,
        }
    }
}
