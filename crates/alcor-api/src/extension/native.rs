//! Of Alcor's own paths.

use super::Extension;

pub(super) const EXTENSIONS: &[Extension] = &[
    (
        "alcor-paths",
        "Alcor Paths",
        "The same resources below /project/{project}, in the words of the first Alcor",
    ),
    (
        "alcor-network-acls",
        "Alcor Network ACLs",
        "Stateless rules for subnets, in an order of numbers",
    ),
    (
        "alcor-routetables",
        "Alcor Route Tables",
        "Route tables of VPCs and subnets, with targets and priorities",
    ),
    (
        "alcor-macs",
        "Alcor MAC Addresses",
        "MAC addresses kept by hand, and their ranges, for administrators",
    ),
    (
        "alcor-ips",
        "Alcor IP Addresses",
        "Addresses of subnets kept by hand, and ranges of them, for administrators",
    ),
    (
        "alcor-elasticip-ranges",
        "Alcor Elastic IP Ranges",
        "Which addresses elastic IPs come from, for administrators",
    ),
    (
        "alcor-gateways",
        "Alcor Gateways",
        "A register of gateways of VPCs, for administrators",
    ),
    (
        "alcor-ncms",
        "Alcor Network Config Managers",
        "A register of managers under /ncms, for administrators",
    ),
];
