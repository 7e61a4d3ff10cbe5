//! Of networks.

use super::Extension;

pub(super) const EXTENSIONS: &[Extension] = &[
    (
        "alcor-network-cidr",
        "Alcor Network CIDR",
        "A block that a network's subnets must lie within",
    ),
    (
        "auto-allocated-topology",
        "Auto Allocated Topology Services",
        "A network with a way out for a project that asks for nothing in particular",
    ),
    (
        "external-net",
        "Neutron external network",
        "Networks by which routers get out",
    ),
    (
        "l2_adjacency",
        "L2 Adjacency",
        "Whether a network's subnets lie in one broadcast domain",
    ),
    (
        "multi-provider",
        "Multi Provider Network",
        "Networks of several segments",
    ),
    (
        "network_availability_zone",
        "Network Availability Zone",
        "availability_zone_hints of a network name zones that exist",
    ),
    ("net-mtu", "Network MTU", "The largest packet of a network"),
    (
        "net-mtu-writable",
        "Writable Network MTU",
        "The MTU can be chosen and changed",
    ),
    (
        "network-ip-availability",
        "Network IP Availability",
        "How many addresses of each network and subnet are in use",
    ),
    (
        "network-ip-availability-details",
        "Network IP Availability Details",
        "The addresses in use, within allocation pools and in all",
    ),
    (
        "network-segment-range",
        "Neutron Network Segment Range",
        "Ranges of segmentation ids, for everybody or for one project",
    ),
    (
        "alcor-on-demand",
        "Alcor On Demand",
        "on_demand_above: from how many ports on hosts are told of a network's ports only once they ask",
    ),
    (
        "provider",
        "Provider Network",
        "Network type, physical network and segmentation id, for administrators",
    ),
    (
        "segment",
        "Segment",
        "The layer-2 pieces of a network, for administrators",
    ),
    (
        "standard-attr-segment",
        "Standard Attributes of Segments",
        "Revision and times of each segment",
    ),
];
