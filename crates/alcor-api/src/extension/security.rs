//! Of security groups, address groups and RBAC policies.

use super::Extension;

pub(super) const EXTENSIONS: &[Extension] = &[
    (
        "security-group",
        "Security Groups",
        "Groups of ports, and rules about their traffic",
    ),
    (
        "stateful-security-group",
        "Stateful Security Groups",
        "Groups that allow no answers by themselves",
    ),
    (
        "security-groups-normalized-cidr",
        "Normalized CIDR of Rules",
        "A rule's block with its host bits cleared",
    ),
    (
        "security-groups-shared-filtering",
        "Filtering of Shared Security Groups",
        "Groups by shared",
    ),
    (
        "security-groups-default-rules",
        "Default Rules of Security Groups",
        "Templates of the rules that new groups begin with",
    ),
    (
        "security-groups-rules-belongs-to-default-sg",
        "Rules of Default Groups",
        "Whether a rule is of a project's default group",
    ),
    (
        "address-group",
        "Address Groups",
        "Named sets of blocks for rules",
    ),
    (
        "security-groups-remote-address-group",
        "Remote Address Groups of Rules",
        "Rules about the addresses of a group",
    ),
    (
        "rbac-policies",
        "RBAC Policies",
        "Objects that their owners let other projects use",
    ),
    (
        "rbac-security-groups",
        "RBAC of Security Groups",
        "Security groups among them",
    ),
    (
        "rbac-address-group",
        "RBAC of Address Groups",
        "Address groups among them",
    ),
    (
        "rbac-address-scope",
        "RBAC of Address Scopes",
        "Address scopes among them",
    ),
    (
        "rbac-subnetpool",
        "RBAC of Subnet Pools",
        "Subnet pools among them",
    ),
    (
        "port-security",
        "Port Security",
        "Ports and networks whose traffic nobody filters",
    ),
    (
        "port-security-groups-filtering",
        "Filtering of Ports by Security Group",
        "Ports by security_groups",
    ),
];
