//! What a caller may say of metering labels and their rules. An absent member means "not sent".

use alcor_types::{FlowDirection, MeteringLabelId, ProjectId};
use ipnet::IpNet;

/// `POST /v2.0/metering/metering-labels`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CreateMeteringLabel {
    /// The owner, where it is not the caller's project (administrators only).
    pub project_id: Option<ProjectId>,
    /// Label; at most 255 characters.
    pub name: String,
    /// Free text; at most 255 characters.
    pub description: String,
    /// Whether every project's traffic is counted.
    pub shared: bool,
}

/// `POST /v2.0/metering/metering-label-rules`. Either `remote` or one of the other two prefixes
/// must be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CreateMeteringRule {
    /// The label it is to be of.
    pub label_id: MeteringLabelId,
    /// Which way the counted traffic goes.
    pub direction: FlowDirection,
    /// The other side's addresses.
    pub remote: Option<IpNet>,
    /// Where packets come from.
    pub source: Option<IpNet>,
    /// Where packets go.
    pub destination: Option<IpNet>,
    /// Whether the traffic is left out of the count instead.
    pub excluded: bool,
}
