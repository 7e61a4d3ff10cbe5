//! What refuses a range of segmentation ids, in Neutron's names.

use alcor_types::{NetworkType, SegmentRange, SegmentRangeId};
use std::ops::RangeInclusive;

/// A refusal about a range.
#[derive(Debug, thiserror::Error)]
pub enum RangeError {
    /// The range does not exist, or not for this caller.
    #[error("Network Segment Range {0} could not be found.")]
    NotFound(SegmentRangeId),
    /// The type has no segmentation ids, or the operator does not offer it.
    #[error(
        "Network type '{0}' does not support network segment ranges: choose vlan, vxlan, gre or geneve, as the operator offers them."
    )]
    NetTypeNotSupported(String),
    /// The ends are exchanged, or beyond what the type can carry.
    #[error(
        "Invalid network {network_type} range: '{minimum}:{maximum}'. Give the lower end first, both within {low} to {high}."
    )]
    Invalid {
        /// The type.
        network_type: NetworkType,
        /// The first id that was asked for.
        minimum: u32,
        /// The last id that was asked for.
        maximum: u32,
        /// The first id that the type has.
        low: u32,
        /// The last id that the type has.
        high: u32,
    },
    /// Another range has some of the ids.
    #[error("Network segment range overlaps with range(s) with id {0}: choose other ids.")]
    Overlaps(SegmentRangeId),
    /// Networks have ids of the range.
    #[error(
        "Network Segment Range {0} is referenced by one or more project networks: delete those first, or keep their ids in the range."
    )]
    ReferencedByProject(SegmentRangeId),
    /// The range is a configured one.
    #[error(
        "Network Segment Range {0} is a default segment range which could not be updated or deleted: change the server's configuration."
    )]
    DefaultReadOnly(SegmentRangeId),
}

impl RangeError {
    /// Of a range that the type cannot carry.
    pub(super) fn invalid(range: &SegmentRange, possible: &RangeInclusive<u32>) -> Self {
        Self::Invalid {
            network_type: range.network_type,
            minimum: range.minimum,
            maximum: range.maximum,
            low: *possible.start(),
            high: *possible.end(),
        }
    }

    /// Neutron's name of the error.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::NotFound(_) => "NetworkSegmentRangeNotFound",
            Self::NetTypeNotSupported(_) => "NetworkSegmentRangeNetTypeNotSupported",
            Self::Invalid { network_type, .. } if *network_type == NetworkType::Vlan => {
                "NetworkVlanRangeError"
            }
            Self::Invalid { .. } => "NetworkTunnelRangeError",
            Self::Overlaps(_) => "NetworkSegmentRangeOverlaps",
            Self::ReferencedByProject(_) => "NetworkSegmentRangeReferencedByProject",
            Self::DefaultReadOnly(_) => "NetworkSegmentRangeDefaultReadOnly",
        }
    }

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        match self {
            Self::NotFound(_) => 404,
            Self::NetTypeNotSupported(_) | Self::Invalid { .. } | Self::DefaultReadOnly(_) => 400,
            Self::Overlaps(_) | Self::ReferencedByProject(_) => 409,
        }
    }
}
