//! Why a request about metering is refused.

use alcor_types::{MeteringLabelId, MeteringRuleId};
use ipnet::IpNet;

/// A refused request about metering labels and their rules.
#[derive(Debug, thiserror::Error)]
pub enum MeteringError {
    /// The label does not exist, or not for this caller.
    #[error("Metering label {0} does not exist.")]
    LabelNotFound(MeteringLabelId),
    /// The rule does not exist, or not for this caller.
    #[error("Metering label rule {0} does not exist.")]
    RuleNotFound(MeteringRuleId),
    /// A rule of the label counts some of the same traffic.
    #[error(
        "Metering label rule with remote_ip_prefix '{new}' overlaps another: rule {rule} has '{present}'. Choose a prefix beside it."
    )]
    RuleOverlaps {
        /// The prefix of the refused rule.
        new: IpNet,
        /// The rule that is there.
        rule: MeteringRuleId,
        /// Its prefix.
        present: IpNet,
    },
}

impl MeteringError {
    /// Neutron's name of the error.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::LabelNotFound(_) => "MeteringLabelNotFound",
            Self::RuleNotFound(_) => "MeteringLabelRuleNotFound",
            Self::RuleOverlaps { .. } => "MeteringLabelRuleOverlaps",
        }
    }

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        match self {
            Self::LabelNotFound(_) | Self::RuleNotFound(_) => 404,
            Self::RuleOverlaps { .. } => 409,
        }
    }
}
