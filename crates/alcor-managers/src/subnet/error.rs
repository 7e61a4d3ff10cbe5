//! Why a subnet cannot be on a segment.

use alcor_types::{NetworkId, SegmentId, SubnetId};

/// What subnets refuse of segments.
#[derive(Debug, thiserror::Error)]
pub enum SubnetError {
    /// Some subnets of the network would be on segments and others not.
    #[error(
        "All of the subnets on network '{0}' must either all be associated with segments or all not associated with any segment: give segment_id as the other subnets do."
    )]
    NotAllOnSegments(NetworkId),
    /// A subnet stays on its segment.
    #[error(
        "Subnet {0} is on a segment already, and that cannot change: make another subnet instead."
    )]
    SegmentIsFixed(SubnetId),
    /// Which segment an old subnet is on cannot be known.
    #[error(
        "The network '{0}' has multiple segments: only on a network with a single segment can an existing subnet be associated with it."
    )]
    SeveralSegments(NetworkId),
    /// The segment is of another network.
    #[error(
        "Segment '{segment}' is not on network '{network}' of the subnet: choose one of that network."
    )]
    NetworkIdsDontMatch {
        /// The subnet's network.
        network: NetworkId,
        /// The segment.
        segment: SegmentId,
    },
}

impl SubnetError {
    /// Neutron's name of the error.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::NotAllOnSegments(_) => "SubnetsNotAllAssociatedWithSegments",
            Self::SegmentIsFixed(_) => "SubnetSegmentAssociationChangeNotAllowed",
            Self::SeveralSegments(_) => "NoUpdateSubnetWhenMultipleSegmentsOnNetwork",
            Self::NetworkIdsDontMatch { .. } => "NetworkIdsDontMatch",
        }
    }

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        400
    }
}
