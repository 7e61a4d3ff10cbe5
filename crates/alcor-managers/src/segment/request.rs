//! What a caller may say of a segment. An absent member means "not sent".

use alcor_types::{NetworkId, SegmentId};

/// How a segment is to cross the underlay: the provider attributes of a network, one entry of
/// its `segments`, or a segment's own.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TransportRequest {
    /// `provider:network_type`.
    pub network_type: Option<String>,
    /// `provider:physical_network`.
    pub physical_network: Option<String>,
    /// `provider:segmentation_id`.
    pub segmentation_id: Option<i64>,
}

impl TransportRequest {
    /// Whether it says nothing.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// `POST /v2.0/segments`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateSegment {
    /// The id, where the caller chooses it; must be free.
    pub id: Option<SegmentId>,
    /// The network it becomes a piece of.
    pub network_id: NetworkId,
    /// Label; at most 255 characters.
    pub name: String,
    /// Free text; at most 255 characters.
    pub description: String,
    /// How it crosses the underlay; its type must be given.
    pub transport: TransportRequest,
}

/// `PUT /v2.0/segments/{id}`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UpdateSegment {
    /// A new label.
    pub name: Option<String>,
    /// A new description.
    pub description: Option<String>,
    /// The `revision_number` the caller last saw (`If-Match`).
    pub expected_revision: Option<u64>,
}
