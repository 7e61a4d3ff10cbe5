//! Of ports and trunks.

use super::Extension;

pub(super) const EXTENSIONS: &[Extension] = &[
    (
        "allowed-address-pairs",
        "Allowed Address Pairs",
        "Further addresses of a port",
    ),
    (
        "binding",
        "Port Binding",
        "Which host a port is plugged in, and how",
    ),
    (
        "extra_dhcp_opt",
        "Extra DHCP Options",
        "DHCP options for one port",
    ),
    (
        "ip-substring-filtering",
        "IP Address Substring Filtering",
        "Ports by a part of an address",
    ),
    (
        "tag-ports-during-bulk-creation",
        "Tag Ports During Bulk Creation",
        "Tags in a port's create",
    ),
    (
        "alcor-port-status-reason",
        "Port Status Reason",
        "status_reason: why a port is not ACTIVE",
    ),
];
