//! What a caller may say of security groups and their rules. An absent member means "not sent".

use alcor_types::{ProjectId, SecurityGroupId};
use std::collections::BTreeSet;

/// `POST /v2.0/security-groups`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CreateSecurityGroup {
    /// The id, where the caller chooses it; must be free.
    pub id: Option<SecurityGroupId>,
    /// The owner, where it is not the caller's project (administrators only).
    pub project_id: Option<ProjectId>,
    /// Label; at most 255 characters, and not `default`.
    pub name: String,
    /// Free text; at most 255 characters.
    pub description: String,
    /// Labels to filter by.
    pub tags: BTreeSet<String>,
    /// Whether answers to allowed traffic are allowed too. Default: true.
    pub stateful: Option<bool>,
}

/// `PUT /v2.0/security-groups/{id}`, and the tag calls.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UpdateSecurityGroup {
    /// A new label.
    pub name: Option<String>,
    /// A new description.
    pub description: Option<String>,
    /// The whole new set of tags.
    pub tags: Option<BTreeSet<String>>,
    /// Cannot change while ports are in the group.
    pub stateful: Option<bool>,
    /// The `revision_number` the caller last saw (`If-Match`).
    pub expected_revision: Option<u64>,
}

/// What traffic a rule or a template is to allow, as the caller wrote it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TrafficRequest {
    /// `ingress` or `egress`.
    pub direction: String,
    /// `IPv4` or `IPv6` in any case. Default: IPv4.
    pub ethertype: Option<String>,
    /// A name or a number; absent means any.
    pub protocol: Option<String>,
    /// The lowest port, or the ICMP type.
    pub port_range_min: Option<i64>,
    /// The highest port, or the ICMP code.
    pub port_range_max: Option<i64>,
    /// A block, or an address, which stands for a block of one.
    pub remote_ip_prefix: Option<String>,
    /// The id of a group; in templates also `PARENT`.
    pub remote_group_id: Option<String>,
    /// The id of an address group.
    pub remote_address_group_id: Option<String>,
}

/// `POST /v2.0/security-group-rules`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CreateRule {
    /// The owner, where it is not the caller's project (administrators only).
    pub project_id: Option<ProjectId>,
    /// The group; a text that is no id names no group.
    pub security_group_id: String,
    /// Free text; at most 255 characters.
    pub description: String,
    /// What it allows.
    pub traffic: TrafficRequest,
}

/// `POST /v2.0/default-security-group-rules`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CreateTemplate {
    /// Free text; at most 255 characters.
    pub description: String,
    /// What the rules made from it allow.
    pub traffic: TrafficRequest,
    /// Whether default groups get it. Default: false.
    pub used_in_default_sg: Option<bool>,
    /// Whether other groups get it. Default: true.
    pub used_in_non_default_sg: Option<bool>,
}

/// What a port is to be as far as its groups are concerned.
#[derive(Debug, Clone, Copy)]
pub struct Membership<'a> {
    /// `security_groups`; none when not sent.
    pub asked: Option<&'a [SecurityGroupId]>,
    /// Whether its traffic is filtered.
    pub port_security: bool,
    /// The port's owner.
    pub project: &'a ProjectId,
    /// The kind of device it is for.
    pub device_owner: &'a str,
}
