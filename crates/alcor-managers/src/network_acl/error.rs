//! Why a request about network ACLs is refused.

use alcor_types::{NetworkAclId, NetworkAclRuleId, NetworkId, SubnetId};

/// A refused request about network ACLs and their rules.
#[derive(Debug, thiserror::Error)]
pub enum NetworkAclError {
    /// The ACL does not exist, or not for this caller.
    #[error("Network ACL {0} could not be found.")]
    NotFound(NetworkAclId),
    /// The rule does not exist, or not for this caller.
    #[error("Network ACL rule {0} could not be found.")]
    RuleNotFound(NetworkAclRuleId),
    /// The ACL guards a subnet.
    #[error("Network ACL {acl} is in use: it guards subnet {subnet}. Take that off first.")]
    InUse {
        /// The ACL.
        acl: NetworkAclId,
        /// One of its subnets.
        subnet: SubnetId,
    },
    /// The subnet is of another network.
    #[error("Subnet {subnet} is not on VPC {network}: an ACL guards subnets of its own VPC.")]
    ForeignSubnet {
        /// The subnet.
        subnet: SubnetId,
        /// The ACL's network.
        network: NetworkId,
    },
    /// Another ACL guards the subnet.
    #[error("Subnet {subnet} has network ACL {acl}: take it off there first.")]
    SubnetGuarded {
        /// The subnet.
        subnet: SubnetId,
        /// The ACL it has.
        acl: NetworkAclId,
    },
    /// The network has a default ACL.
    #[error("VPC {network} has the default network ACL {acl}: make that no default first.")]
    DefaultExists {
        /// The network.
        network: NetworkId,
        /// Its default ACL.
        acl: NetworkAclId,
    },
    /// Another rule of the ACL and direction has the number.
    #[error(
        "Rule {rule} of the network ACL has number {number} in this direction: choose another."
    )]
    NumberInUse {
        /// The number.
        number: u16,
        /// The rule that has it.
        rule: NetworkAclRuleId,
    },
}

impl NetworkAclError {
    /// The `type` of the error's body.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::NotFound(_) => "NetworkAclNotFound",
            Self::RuleNotFound(_) => "NetworkAclRuleNotFound",
            Self::InUse { .. } => "NetworkAclInUse",
            Self::ForeignSubnet { .. } => "NetworkAclForeignSubnet",
            Self::SubnetGuarded { .. } => "NetworkAclSubnetGuarded",
            Self::DefaultExists { .. } => "NetworkAclDefaultExists",
            Self::NumberInUse { .. } => "NetworkAclRuleNumberInUse",
        }
    }

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        match self {
            Self::NotFound(_) | Self::RuleNotFound(_) => 404,
            Self::ForeignSubnet { .. } => 400,
            _ => 409,
        }
    }
}
