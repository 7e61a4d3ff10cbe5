//! Refusals of security groups and their rules, in Neutron's names.

use alcor_types::{SecurityGroupId, SecurityGroupRuleId};

/// A refused request about a security group, one of its rules, or a template of rules.
#[derive(Debug, thiserror::Error)]
pub enum SecurityGroupError {
    /// The group does not exist, or not for this caller.
    #[error("Security group {0} does not exist.")]
    NotFound(String),
    /// The rule does not exist, or not for this caller.
    #[error("Security group rule {0} does not exist.")]
    RuleNotFound(SecurityGroupRuleId),
    /// The template does not exist.
    #[error("Default Security Group rule {0} does not exist.")]
    TemplateNotFound(SecurityGroupRuleId),
    /// The address group does not exist, or not for this caller.
    #[error("Address group {0} could not be found.")]
    AddressGroupNotFound(String),
    /// Ports are in the group.
    #[error("Security Group {0} in use: take it off its ports first.")]
    InUse(SecurityGroupId),
    /// Only administrators remove default groups.
    #[error("Insufficient rights for removing default security group: remove its rules instead.")]
    CannotRemoveDefault,
    /// A default group keeps its name.
    #[error("Updating default security group not allowed: its name stays 'default'.")]
    CannotUpdateDefault,
    /// The name is taken by the group that every project has.
    #[error("Default security group already exists: choose another name than 'default'.")]
    DefaultAlreadyExists,
    /// One port cannot be both stateful and stateless.
    #[error(
        "Cannot apply both stateful and stateless security groups on the same port: choose groups of one kind."
    )]
    MixedStatefulness,
    /// A direction that is none.
    #[error("Invalid input for direction. Reason: '{0}' is not in ['ingress', 'egress'].")]
    InvalidDirection(String),
    /// An ethertype that is none.
    #[error(
        "Security group rule for ethertype '{0}' not supported. Allowed values are ['IPv4', 'IPv6']."
    )]
    InvalidEtherType(String),
    /// A protocol that is neither a known name nor a number.
    #[error(
        "Security group rule protocol {0} not supported: write a number from 0 to 255 or a name such as tcp, udp, icmp, ipv6-icmp, sctp, or leave it out for any."
    )]
    InvalidProtocol(String),
    /// A port that is none.
    #[error("Invalid value for port {0}: it must be 1 to 65535.")]
    InvalidPortValue(i64),
    /// A range with its ends exchanged, or with one end only.
    #[error("For TCP/UDP protocols, port_range_min must be <= port_range_max, and both be given.")]
    InvalidPortRange,
    /// Ports of a protocol that has none.
    #[error(
        "Ports cannot be specified for protocol {0}. Ports are only supported for DCCP, SCTP, TCP, UDP, UDPLITE."
    )]
    InvalidProtocolForPort(u8),
    /// Ports of no protocol.
    #[error("Must also specify protocol if port range is given.")]
    ProtocolRequiredWithPorts,
    /// An ICMP type or code beyond a byte.
    #[error("Invalid value for ICMP {field} ({attribute}) {value}. It must be 0 to 255.")]
    InvalidIcmpValue {
        /// `type` or `code`.
        field: &'static str,
        /// The attribute that holds it.
        attribute: &'static str,
        /// What it holds.
        value: u16,
    },
    /// An ICMP code of no type.
    #[error(
        "ICMP code (port-range-max) {0} is provided but ICMP type (port-range-min) is missing."
    )]
    MissingIcmpType(u16),
    /// A protocol that exists in IPv6 only.
    #[error("Invalid ethertype {ethertype} for protocol {protocol}: use IPv6.")]
    EthertypeConflictWithProtocol {
        /// The family.
        ethertype: &'static str,
        /// The protocol.
        protocol: String,
    },
    /// A text that is no block.
    #[error("Invalid CIDR {0} given as IP prefix: write one like 10.0.0.0/24 or 2001:db8::/64.")]
    InvalidCidr(String),
    /// A block of the other family.
    #[error("Conflicting value ethertype {ethertype} for CIDR {cidr}.")]
    ParameterConflict {
        /// The family.
        ethertype: &'static str,
        /// The block.
        cidr: String,
    },
    /// More than one kind of remote.
    #[error(
        "Only one of remote_ip_prefix or remote_group_id or remote_address_group_id may be provided."
    )]
    MultipleRemoteEntities,
    /// The group says this already.
    #[error("Security group rule already exists. Rule id is {0}.")]
    RuleExists(SecurityGroupRuleId),
    /// The request says this twice.
    #[error("Duplicate Security Group Rule in POST: remove one.")]
    DuplicateRuleInPost,
    /// A bulk request about several groups.
    #[error("Only allowed to update rules for one security group at a time: split the request.")]
    NotSingleGroupRules,
    /// A template says this already.
    #[error("Default Security Group rule already exists. Rule id is {0}.")]
    TemplateExists(SecurityGroupRuleId),
    /// Groups need port security.
    #[error(
        "Port security must be enabled in order to use security groups: set port_security_enabled to true, or leave security_groups empty."
    )]
    PortSecurityRequired,
    /// A port that has groups is to lose its port security.
    #[error(
        "Port has security group associated. Cannot disable port security until security group is removed: send security_groups as an empty list with it."
    )]
    PortHasSecurityGroup,
}

impl SecurityGroupError {
    /// Neutron's name of the error.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::NotFound(_) => "SecurityGroupNotFound",
            Self::RuleNotFound(_) => "SecurityGroupRuleNotFound",
            Self::TemplateNotFound(_) => "DefaultSecurityGroupRuleNotFound",
            Self::AddressGroupNotFound(_) => "AddressGroupNotFound",
            Self::InUse(_) => "SecurityGroupInUse",
            Self::CannotRemoveDefault => "SecurityGroupCannotRemoveDefault",
            Self::CannotUpdateDefault => "SecurityGroupCannotUpdateDefault",
            Self::DefaultAlreadyExists => "SecurityGroupDefaultAlreadyExists",
            Self::MixedStatefulness => "SecurityGroupConflict",
            Self::InvalidDirection(_) => "HTTPBadRequest",
            Self::InvalidEtherType(_) => "SecurityGroupRuleInvalidEtherType",
            Self::InvalidProtocol(_) => "SecurityGroupRuleInvalidProtocol",
            Self::InvalidPortValue(_) => "SecurityGroupInvalidPortValue",
            Self::InvalidPortRange => "SecurityGroupInvalidPortRange",
            Self::InvalidProtocolForPort(_) => "SecurityGroupInvalidProtocolForPort",
            Self::ProtocolRequiredWithPorts => "SecurityGroupProtocolRequiredWithPorts",
            Self::InvalidIcmpValue { .. } => "SecurityGroupInvalidIcmpValue",
            Self::MissingIcmpType(_) => "SecurityGroupMissingIcmpType",
            Self::EthertypeConflictWithProtocol { .. } => {
                "SecurityGroupEthertypeConflictWithProtocol"
            }
            Self::InvalidCidr(_) => "InvalidCIDR",
            Self::ParameterConflict { .. } => "SecurityGroupRuleParameterConflict",
            // Neutron's own spelling.
            Self::MultipleRemoteEntities => "SecurityGroupMultipleRemoteEntites",
            Self::RuleExists(_) => "SecurityGroupRuleExists",
            Self::DuplicateRuleInPost => "DuplicateSecurityGroupRuleInPost",
            Self::NotSingleGroupRules => "SecurityGroupNotSingleGroupRules",
            Self::TemplateExists(_) => "DefaultSecurityGroupRuleExists",
            Self::PortSecurityRequired => "PortSecurityAndIPRequiredForSecurityGroups",
            Self::PortHasSecurityGroup => "PortSecurityPortHasSecurityGroup",
        }
    }

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        match self {
            Self::NotFound(_)
            | Self::RuleNotFound(_)
            | Self::TemplateNotFound(_)
            | Self::AddressGroupNotFound(_) => 404,
            Self::InUse(_)
            | Self::CannotRemoveDefault
            | Self::CannotUpdateDefault
            | Self::DefaultAlreadyExists
            | Self::MixedStatefulness
            | Self::RuleExists(_)
            | Self::DuplicateRuleInPost
            | Self::TemplateExists(_)
            | Self::PortHasSecurityGroup => 409,
            _ => 400,
        }
    }
}
