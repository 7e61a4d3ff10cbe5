//! Of subnets, subnet pools and address scopes.

use super::Extension;

pub(super) const EXTENSIONS: &[Extension] = &[
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
