//! What a caller may say of an address group. An absent member means "not sent".

use alcor_types::ProjectId;
use ipnet::IpNet;

/// `POST /v2.0/address-groups`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CreateAddressGroup {
    /// The owner, where it is not the caller's project (administrators only).
    pub project_id: Option<ProjectId>,
    /// Label; at most 255 characters.
    pub name: String,
    /// Free text; at most 255 characters.
    pub description: String,
    /// Its blocks; host bits are cleared, and a block given twice counts once.
    pub addresses: Vec<IpNet>,
}

/// `PUT /v2.0/address-groups/{id}`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UpdateAddressGroup {
    /// A new label.
    pub name: Option<String>,
    /// A new description.
    pub description: Option<String>,
    /// The `revision_number` the caller last saw (`If-Match`).
    pub expected_revision: Option<u64>,
}
