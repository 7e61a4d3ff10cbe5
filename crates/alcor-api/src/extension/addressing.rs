//! Of subnets, subnet pools and address scopes, and of quotas.

use super::Extension;

pub(super) const EXTENSIONS: &[Extension] = &[
    (
        "quotas",
        "Quota management support",
        "Limits of what a project may have",
    ),
    (
        "quota_details",
        "Quota details management support",
        "How much of each limit is used",
    ),
    (
        "quota-check-limit",
        "Quota engine limit check",
        "check_limit: a limit below the usage is refused",
    ),
    (
        "quota-check-limit-default",
        "Quota engine limit check by default",
        "The same without asking, unless force is true",
    ),
    (
        "address-scope",
        "Address scope",
        "Subnet pools whose addresses never overlap",
    ),
    (
        "subnet_allocation",
        "Subnet Allocation",
        "Blocks of subnets from pools",
    ),
    (
        "default-subnetpools",
        "Default Subnetpools",
        "use_default_subnetpool: blocks from the family's default pool",
    ),
    (
        "subnetpool-prefix-ops",
        "Subnet Pool Prefix Operations",
        "Prefixes of a pool added and removed one by one",
    ),
    (
        "subnet_onboard",
        "Subnet Onboard",
        "Subnets of a network taken into a pool",
    ),
    (
        "subnet-dns-publish-fixed-ip",
        "Subnet DNS publish fixed IP",
        "Whether fixed IPs of a subnet are for an external DNS",
    ),
    (
        "subnet-segmentid-writable",
        "Subnet SegmentID (writable)",
        "The segment of a subnet that has none",
    ),
    (
        "subnet-external-network",
        "Subnet External Network",
        "router:external of a subnet's network",
    ),
    (
        "subnet-service-types",
        "Subnet Service Types",
        "Which device owners a subnet serves",
    ),
];
