//! What a caller may say of network ACLs and rules. An absent member means "not sent".

use alcor_types::{
    AclAction, AclProtocol, FlowDirection, NetworkAclId, NetworkAclRuleId, NetworkId, ProjectId,
    SubnetId,
};
use ipnet::IpNet;
use std::collections::BTreeSet;

/// A new ACL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateNetworkAcl {
    /// The id, where the caller chooses it; must be free.
    pub id: Option<NetworkAclId>,
    /// The owner, where it is not the caller's project (administrators only).
    pub project_id: Option<ProjectId>,
    /// Label; at most 255 characters.
    pub name: String,
    /// Free text; at most 255 characters.
    pub description: String,
    /// Labels to filter by.
    pub tags: BTreeSet<String>,
    /// The network whose subnets it may guard.
    pub network_id: NetworkId,
    /// The subnets it is to guard.
    pub subnets: BTreeSet<SubnetId>,
    /// Whether it guards the subnets that have no other. Default: false.
    pub is_default: Option<bool>,
}

/// A change of an ACL.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UpdateNetworkAcl {
    /// A new label.
    pub name: Option<String>,
    /// A new description.
    pub description: Option<String>,
    /// The whole new set of tags.
    pub tags: Option<BTreeSet<String>>,
    /// All subnets anew.
    pub subnets: Option<BTreeSet<SubnetId>>,
    /// Whether it guards the subnets that have no other.
    pub is_default: Option<bool>,
    /// The `revision_number` the caller last saw (`If-Match`).
    pub expected_revision: Option<u64>,
}

/// A new rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateAclRule {
    /// The id, where the caller chooses it; must be free.
    pub id: Option<NetworkAclRuleId>,
    /// The ACL it is to be of.
    pub acl_id: NetworkAclId,
    /// Label; at most 255 characters.
    pub name: String,
    /// Free text; at most 255 characters.
    pub description: String,
    /// Its place in the order.
    pub number: u16,
    /// Which way.
    pub direction: FlowDirection,
    /// Whose packets.
    pub prefix: IpNet,
    /// Which packets.
    pub protocol: AclProtocol,
    /// What happens to them.
    pub action: AclAction,
}

/// A change of a rule.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UpdateAclRule {
    /// A new label.
    pub name: Option<String>,
    /// A new description.
    pub description: Option<String>,
    /// Another place in the order.
    pub number: Option<u16>,
    /// Whose packets.
    pub prefix: Option<IpNet>,
    /// What happens to them.
    pub action: Option<AclAction>,
}
