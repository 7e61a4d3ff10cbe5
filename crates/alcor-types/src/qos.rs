//! QoS policies: what a port's traffic may and shall get, as sets of rules that ports, networks,
//! floating IPs and router gateways name.

use crate::{ProjectId, QosPolicyId, QosRuleId, Sharing, Standard};
use serde::{Deserialize, Serialize};

/// Which way traffic goes, as the VM sees it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FlowDirection {
    /// Into the VM.
    Ingress,
    /// Out of the VM.
    Egress,
    /// Both together; only minimum packet rates have it.
    Any,
}

impl FlowDirection {
    /// The name in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ingress => "ingress",
            Self::Egress => "egress",
            Self::Any => "any",
        }
    }
}

/// The kinds of QoS rules.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum QosRuleType {
    /// An upper bound of bits a second.
    BandwidthLimit,
    /// An upper bound of packets a second.
    PacketRateLimit,
    /// A mark in the header of each packet.
    DscpMarking,
    /// A guaranteed number of bits a second.
    MinimumBandwidth,
    /// A guaranteed number of packets a second.
    MinimumPacketRate,
}

impl QosRuleType {
    /// All of them, in the order in which the API shows them.
    pub const ALL: [Self; 5] = [
        Self::BandwidthLimit,
        Self::PacketRateLimit,
        Self::DscpMarking,
        Self::MinimumBandwidth,
        Self::MinimumPacketRate,
    ];

    /// The name in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::BandwidthLimit => "bandwidth_limit",
            Self::PacketRateLimit => "packet_rate_limit",
            Self::DscpMarking => "dscp_marking",
            Self::MinimumBandwidth => "minimum_bandwidth",
            Self::MinimumPacketRate => "minimum_packet_rate",
        }
    }
}

/// What one rule says.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum QosLimit {
    /// At most so many bits.
    BandwidthLimit {
        /// Kilobits a second.
        max_kbps: u32,
        /// Kilobits that may pass at once; 0 lets the data plane choose.
        max_burst_kbps: u32,
        /// Which way.
        direction: FlowDirection,
    },
    /// At most so many packets.
    PacketRateLimit {
        /// Thousands of packets a second.
        max_kpps: u32,
        /// Thousands of packets that may pass at once; 0 lets the data plane choose.
        max_burst_kpps: u32,
        /// Which way.
        direction: FlowDirection,
    },
    /// Every packet that leaves the VM carries this mark.
    DscpMarking {
        /// Six bits (RFC 2474, section 3).
        dscp_mark: u8,
    },
    /// At least so many bits.
    MinimumBandwidth {
        /// Kilobits a second.
        min_kbps: u32,
        /// Which way.
        direction: FlowDirection,
    },
    /// At least so many packets.
    MinimumPacketRate {
        /// Thousands of packets a second.
        min_kpps: u32,
        /// Which way.
        direction: FlowDirection,
    },
}

impl QosLimit {
    /// The kind of rule that says this.
    pub fn rule_type(&self) -> QosRuleType {
        match self {
            Self::BandwidthLimit { .. } => QosRuleType::BandwidthLimit,
            Self::PacketRateLimit { .. } => QosRuleType::PacketRateLimit,
            Self::DscpMarking { .. } => QosRuleType::DscpMarking,
            Self::MinimumBandwidth { .. } => QosRuleType::MinimumBandwidth,
            Self::MinimumPacketRate { .. } => QosRuleType::MinimumPacketRate,
        }
    }

    /// Which way it bears on; none for marks, which have no direction.
    pub fn direction(&self) -> Option<FlowDirection> {
        match self {
            Self::BandwidthLimit { direction, .. }
            | Self::PacketRateLimit { direction, .. }
            | Self::MinimumBandwidth { direction, .. }
            | Self::MinimumPacketRate { direction, .. } => Some(*direction),
            Self::DscpMarking { .. } => None,
        }
    }
}

/// A QoS policy as the store holds it. Which rules it has is an index, not a field.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct QosPolicy {
    /// Its id.
    pub id: QosPolicyId,
    /// Who owns it.
    pub project_id: ProjectId,
    /// Name, description, tags, revision, times. A change of a rule counts as a write.
    pub standard: Standard,
    /// Which projects may use it.
    pub shared: Sharing,
    /// Whether new networks of the project get it where they name none; one of each project.
    pub is_default: bool,
}

/// A rule as the store holds it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct QosRule {
    /// Its id.
    pub id: QosRuleId,
    /// The policy it belongs to; never changes.
    pub policy_id: QosPolicyId,
    /// What it says.
    pub limit: QosLimit,
}
