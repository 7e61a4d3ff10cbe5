//! What a caller may say of QoS policies and rules. An absent member means "not sent".

use alcor_types::{FlowDirection, ProjectId, QosLimit, QosPolicyId, QosRuleType};
use std::collections::BTreeSet;

/// `POST /v2.0/qos/policies`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CreateQosPolicy {
    /// The owner, where it is not the caller's project (administrators only).
    pub project_id: Option<ProjectId>,
    /// Label; at most 255 characters.
    pub name: String,
    /// Free text; at most 255 characters.
    pub description: String,
    /// Labels to filter by.
    pub tags: BTreeSet<String>,
    /// Whether every project may use it. Default: false.
    pub shared: Option<bool>,
    /// Whether new networks of the project get it. Default: false.
    pub is_default: Option<bool>,
}

/// `PUT /v2.0/qos/policies/{id}`, and the tag calls.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UpdateQosPolicy {
    /// A new label.
    pub name: Option<String>,
    /// A new description.
    pub description: Option<String>,
    /// The whole new set of tags.
    pub tags: Option<BTreeSet<String>>,
    /// Cannot be withdrawn while other projects use it.
    pub shared: Option<bool>,
    /// Whether new networks of the project get it.
    pub is_default: Option<bool>,
    /// The `revision_number` the caller last saw (`If-Match`).
    pub expected_revision: Option<u64>,
}

/// `POST /v2.0/qos/policies/{policy}/{type}_rules`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CreateQosRule {
    /// The policy it is to be of.
    pub policy_id: QosPolicyId,
    /// What it is to say.
    pub limit: QosLimit,
}

/// `PUT /v2.0/qos/policies/{policy}/{type}_rules/{id}`: values for the attributes of the rule's
/// type; those of other types mean nothing to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UpdateQosRule {
    /// The type of the rule; a rule of another type is not found.
    pub rule_type: QosRuleType,
    /// `max_kbps` or `max_kpps`.
    pub max: Option<u32>,
    /// `max_burst_kbps` or `max_burst_kpps`.
    pub max_burst: Option<u32>,
    /// `min_kbps` or `min_kpps`.
    pub min: Option<u32>,
    /// `dscp_mark`.
    pub dscp_mark: Option<u8>,
    /// `direction`.
    pub direction: Option<FlowDirection>,
}

impl UpdateQosRule {
    /// The limit after this update.
    pub(super) fn apply(&self, limit: QosLimit) -> QosLimit {
        let way = |present| self.direction.unwrap_or(present);
        match limit {
            QosLimit::BandwidthLimit {
                max_kbps,
                max_burst_kbps,
                direction,
            } => QosLimit::BandwidthLimit {
                max_kbps: self.max.unwrap_or(max_kbps),
                max_burst_kbps: self.max_burst.unwrap_or(max_burst_kbps),
                direction: way(direction),
            },
            QosLimit::PacketRateLimit {
                max_kpps,
                max_burst_kpps,
                direction,
            } => QosLimit::PacketRateLimit {
                max_kpps: self.max.unwrap_or(max_kpps),
                max_burst_kpps: self.max_burst.unwrap_or(max_burst_kpps),
                direction: way(direction),
            },
            QosLimit::DscpMarking { dscp_mark } => QosLimit::DscpMarking {
                dscp_mark: self.dscp_mark.unwrap_or(dscp_mark),
            },
            QosLimit::MinimumBandwidth {
                min_kbps,
                direction,
            } => QosLimit::MinimumBandwidth {
                min_kbps: self.min.unwrap_or(min_kbps),
                direction: way(direction),
            },
            QosLimit::MinimumPacketRate {
                min_kpps,
                direction,
            } => QosLimit::MinimumPacketRate {
                min_kpps: self.min.unwrap_or(min_kpps),
                direction: way(direction),
            },
        }
    }
}
