//! What refuses a segment, in Neutron's names.

use alcor_types::{NetworkType, SegmentId};

/// A refusal about segments and their numbers.
#[derive(Debug, thiserror::Error)]
pub enum SegmentError {
    /// The segment does not exist, or not for this caller.
    #[error("Segment {0} could not be found.")]
    NotFound(SegmentId),
    /// Something still needs the segment.
    #[error("Segment '{segment}' cannot be deleted: {reason}.")]
    InUse {
        /// The segment.
        segment: SegmentId,
        /// What needs it.
        reason: String,
    },
    /// Another segment has the VLAN tag.
    #[error(
        "The VLAN {vlan} on physical network {physical_network} is in use: choose another provider:segmentation_id, or leave it out to get a free one."
    )]
    VlanIdInUse {
        /// The tag.
        vlan: u32,
        /// Where.
        physical_network: String,
    },
    /// Another network is untagged on the physical network.
    #[error(
        "Unable to create the flat network. Physical network {0} is in use: it can carry one untagged network, choose another."
    )]
    FlatNetworkInUse(String),
    /// Another segment has the tunnel's id.
    #[error(
        "The {network_type} tunnel id {id} is in use: choose another provider:segmentation_id, or leave it out to get a free one."
    )]
    TunnelIdInUse {
        /// The type of tunnel.
        network_type: NetworkType,
        /// The id.
        id: u32,
    },
    /// Every id that the project may have is taken.
    #[error(
        "No network can be created: every segmentation id that the project may have is in use. Delete unused networks, or let the operator widen the ranges."
    )]
    NoNetworkAvailable,
    /// One network is described twice.
    #[error(
        "Segments and provider values cannot both be set: describe a network of one segment by provider attributes, one of several by segments."
    )]
    SegmentsSetInConjunctionWithProviders,
    /// One segment is asked for twice.
    #[error("Duplicate segment entry in request: leave one of the two out.")]
    SegmentsContainDuplicateEntry,
}

impl SegmentError {
    /// Neutron's name of the error.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::NotFound(_) => "SegmentNotFound",
            Self::InUse { .. } => "SegmentInUse",
            Self::VlanIdInUse { .. } => "VlanIdInUse",
            Self::FlatNetworkInUse(_) => "FlatNetworkInUse",
            Self::TunnelIdInUse { .. } => "TunnelIdInUse",
            Self::NoNetworkAvailable => "NoNetworkAvailable",
            Self::SegmentsSetInConjunctionWithProviders => "SegmentsSetInConjunctionWithProviders",
            Self::SegmentsContainDuplicateEntry => "SegmentsContainDuplicateEntry",
        }
    }

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        match self {
            Self::NotFound(_) => 404,
            Self::SegmentsSetInConjunctionWithProviders | Self::SegmentsContainDuplicateEntry => {
                400
            }
            Self::NoNetworkAvailable => 503,
            _ => 409,
        }
    }
}
