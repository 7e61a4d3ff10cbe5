//! Why a request about QoS is refused.

use alcor_types::{ProjectId, QosPolicyId, QosRuleId};

/// A refused request about QoS policies, their rules or their use.
#[derive(Debug, thiserror::Error)]
pub enum QosError {
    /// The policy does not exist, or not for this caller.
    #[error("QoS policy {0} could not be found.")]
    PolicyNotFound(QosPolicyId),
    /// The policy has no such rule.
    #[error("QoS rule {0} could not be found.")]
    RuleNotFound(QosRuleId),
    /// Something names the policy.
    #[error(
        "QoS Policy {policy} is used by {kind} {id}: give that another policy, or none, before."
    )]
    PolicyInUse {
        /// The policy.
        policy: QosPolicyId,
        /// `port`, `network`, ...
        kind: &'static str,
        /// The id of what uses it.
        id: String,
    },
    /// Another project uses the policy and would lose it.
    #[error(
        "QoS policy {policy} must stay shared: {kind} {id} of another project uses it. Take it off there first."
    )]
    SharedInUse {
        /// The policy.
        policy: QosPolicyId,
        /// `port`, `network`, ...
        kind: &'static str,
        /// The id of what uses it.
        id: String,
    },
    /// The project has a default policy.
    #[error(
        "A default QoS policy exists for project {project}: it is {present}, make that no default first."
    )]
    DefaultExists {
        /// The project.
        project: ProjectId,
        /// Its default policy.
        present: QosPolicyId,
    },
    /// The policy has a rule of the same type for the same direction.
    #[error(
        "Rule {rule_type} conflicts with rule {rule} which already exists in QoS Policy {policy}: change that one instead."
    )]
    RulesConflict {
        /// The type of the refused rule.
        rule_type: &'static str,
        /// The rule that is there.
        rule: QosRuleId,
        /// The policy.
        policy: QosPolicyId,
    },
    /// A minimum above a maximum.
    #[error(
        "Unable to add the rule with value {value} to the policy {policy} as the existing rule of type {present_type} has value {present}: keep the minimum at or below the maximum."
    )]
    ParameterConflict {
        /// The value of the refused rule.
        value: u32,
        /// The policy.
        policy: QosPolicyId,
        /// The type of the rule that is there.
        present_type: &'static str,
        /// Its value.
        present: u32,
    },
    /// Somebody else gave the resource this policy.
    #[error(
        "Failed to remove provided policy {0} because you are not authorized: its owner or an administrator can."
    )]
    RemovalNotAuthorized(QosPolicyId),
}

impl QosError {
    /// Neutron's name of the error.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::PolicyNotFound(_) => "QosPolicyNotFound",
            Self::RuleNotFound(_) => "QosRuleNotFound",
            Self::PolicyInUse { .. } => "QosPolicyInUse",
            Self::SharedInUse { .. } => "RbacPolicyInUse",
            Self::DefaultExists { .. } => "QoSPolicyDefaultAlreadyExists",
            Self::RulesConflict { .. } => "QoSRulesConflict",
            Self::ParameterConflict { .. } => "QoSRuleParameterConflict",
            Self::RemovalNotAuthorized(_) => "PolicyRemoveAuthorizationError",
        }
    }

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        match self {
            Self::PolicyNotFound(_) | Self::RuleNotFound(_) => 404,
            Self::RemovalNotAuthorized(_) => 403,
            _ => 409,
        }
    }
}
