//! What a caller may say of a range of segmentation ids. An absent member means "not sent".

use alcor_types::{ProjectId, SegmentRangeId};
use std::collections::BTreeSet;

/// `POST /v2.0/network_segment_ranges`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CreateRange {
    /// The id, where the caller chooses it; must be free.
    pub id: Option<SegmentRangeId>,
    /// Whose networks get the ids, where they are not everybody's. Default: the caller's project.
    pub project_id: Option<ProjectId>,
    /// Label; at most 255 characters.
    pub name: String,
    /// Free text; at most 255 characters.
    pub description: String,
    /// Labels to filter by.
    pub tags: BTreeSet<String>,
    /// Whether every project's networks get the ids. Default: true.
    pub shared: Option<bool>,
    /// `vlan`, `vxlan`, `gre` or `geneve`.
    pub network_type: Option<String>,
    /// The physical network of VLANs.
    pub physical_network: Option<String>,
    /// The first id.
    pub minimum: u32,
    /// The last id.
    pub maximum: u32,
}

/// `PUT /v2.0/network_segment_ranges/{id}`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UpdateRange {
    /// A new label.
    pub name: Option<String>,
    /// A new description.
    pub description: Option<String>,
    /// The whole new set of tags.
    pub tags: Option<BTreeSet<String>>,
    /// Another first id.
    pub minimum: Option<u32>,
    /// Another last id.
    pub maximum: Option<u32>,
    /// The `revision_number` the caller last saw (`If-Match`).
    pub expected_revision: Option<u64>,
}
