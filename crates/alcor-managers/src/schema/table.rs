//! The numbers of all tables, in one place, so that no two share one.

use alcor_store::records::Table;

/// Networks, by id.
pub const NETWORKS: Table = Table {
    id: 1,
    name: "networks",
    version: 2,
};
/// Subnets, by id.
pub const SUBNETS: Table = Table {
    id: 2,
    name: "subnets",
    version: 1,
};
/// Ports, by id.
pub const PORTS: Table = Table {
    id: 3,
    name: "ports",
    version: 1,
};
/// What the data plane says of ports, by port id.
pub const PORT_STATES: Table = Table {
    id: 4,
    name: "port_states",
    version: 1,
};
/// Nodes, by id.
pub const NODES: Table = Table {
    id: 5,
    name: "nodes",
    version: 1,
};
/// The byte before all rows of address allocation (see [`crate::ip`]); no records.
pub(crate) const ADDRESSES: u8 = 6;
/// The byte before all rows of segmentation id allocation (see [`crate::vni`]); no records.
pub(crate) const TUNNELS: u8 = 7;
/// Segments of networks, by id.
pub const SEGMENTS: Table = Table {
    id: 8,
    name: "segments",
    version: 1,
};
/// Ranges of segmentation ids, by id.
pub const SEGMENT_RANGES: Table = Table {
    id: 9,
    name: "network_segment_ranges",
    version: 1,
};
/// Subnet pools, by id.
pub const SUBNET_POOLS: Table = Table {
    id: 10,
    name: "subnetpools",
    version: 1,
};
/// Address scopes, by id.
pub const ADDRESS_SCOPES: Table = Table {
    id: 11,
    name: "address_scopes",
    version: 1,
};
/// Security groups, by id.
pub const SECURITY_GROUPS: Table = Table {
    id: 12,
    name: "security_groups",
    version: 1,
};
/// Security group rules, by id.
pub const SECURITY_GROUP_RULES: Table = Table {
    id: 13,
    name: "security_group_rules",
    version: 1,
};
/// Templates of the rules of new security groups, by id.
pub const DEFAULT_SECURITY_GROUP_RULES: Table = Table {
    id: 14,
    name: "default_security_group_rules",
    version: 1,
};
/// Address groups, by id.
pub const ADDRESS_GROUPS: Table = Table {
    id: 15,
    name: "address_groups",
    version: 1,
};
/// Routers, by id.
pub const ROUTERS: Table = Table {
    id: 16,
    name: "routers",
    version: 2,
};
/// Floating IPs, by id.
pub const FLOATING_IPS: Table = Table {
    id: 17,
    name: "floatingips",
    version: 1,
};
/// Port forwardings, by id.
pub const PORT_FORWARDINGS: Table = Table {
    id: 18,
    name: "port_forwardings",
    version: 1,
};
/// Conntrack helpers, by id.
pub const CONNTRACK_HELPERS: Table = Table {
    id: 19,
    name: "conntrack_helpers",
    version: 1,
};
/// RBAC policies, by id.
pub const RBAC_POLICIES: Table = Table {
    id: 20,
    name: "rbac_policies",
    version: 1,
};
/// QoS policies, by id.
pub const QOS_POLICIES: Table = Table {
    id: 21,
    name: "qos_policies",
    version: 1,
};
/// Rules of QoS policies, by id.
pub const QOS_RULES: Table = Table {
    id: 22,
    name: "qos_rules",
    version: 1,
};
/// Metering labels, by id.
pub const METERING_LABELS: Table = Table {
    id: 23,
    name: "metering_labels",
    version: 1,
};
/// Metering label rules, by id.
pub const METERING_RULES: Table = Table {
    id: 24,
    name: "metering_label_rules",
    version: 1,
};
/// Quotas that differ from the defaults, by project.
pub const QUOTAS: Table = Table {
    id: 25,
    name: "quotas",
    version: 1,
};
/// The byte before all rows of quota usage (see [`crate::quota`]); no records.
pub(crate) const USAGE: u8 = 26;
/// Trunks, by id.
pub const TRUNKS: Table = Table {
    id: 27,
    name: "trunks",
    version: 1,
};
/// Further bindings of ports, by port id and host.
pub const PORT_BINDINGS: Table = Table {
    id: 28,
    name: "port_bindings",
    version: 1,
};
/// Which node serves which network or router, as operators chose it.
pub const SCHEDULES: Table = Table {
    id: 29,
    name: "schedules",
    version: 1,
};
/// Flavors, by id.
pub const FLAVORS: Table = Table {
    id: 30,
    name: "flavors",
    version: 1,
};
/// Service profiles, by id.
pub const SERVICE_PROFILES: Table = Table {
    id: 31,
    name: "service_profiles",
    version: 1,
};
/// Network ACLs, by id.
pub const NETWORK_ACLS: Table = Table {
    id: 32,
    name: "network_acls",
    version: 1,
};
/// Network ACL rules, by id.
pub const NETWORK_ACL_RULES: Table = Table {
    id: 33,
    name: "network_acl_rules",
    version: 1,
};
/// Ranges of elastic IPs, by id.
pub const ADDRESS_RANGES: Table = Table {
    id: 34,
    name: "address_ranges",
    version: 1,
};
/// Gateways, by id.
pub const GATEWAYS: Table = Table {
    id: 35,
    name: "gateways",
    version: 1,
};
/// Network configuration managers, by id.
pub const NCMS: Table = Table {
    id: 36,
    name: "ncms",
    version: 1,
};
/// VPC and subnet route tables, by id.
pub const ROUTE_TABLES: Table = Table {
    id: 37,
    name: "route_tables",
    version: 1,
};
/// Ranges of MAC addresses, by id.
pub const MAC_RANGES: Table = Table {
    id: 38,
    name: "mac_ranges",
    version: 1,
};
/// Auto-allocated topologies, by project.
pub const AUTO_TOPOLOGIES: Table = Table {
    id: 39,
    name: "auto_topologies",
    version: 1,
};
/// MAC addresses kept by hand, by address.
pub const MAC_LEASES: Table = Table {
    id: 46,
    name: "mac_leases",
    version: 1,
};
/// Addresses of subnets kept by hand, by subnet id and address.
pub const IP_LEASES: Table = Table {
    id: 47,
    name: "ip_leases",
    version: 1,
};
/// Ranges of subnets' addresses, by id.
pub const IP_RANGES: Table = Table {
    id: 48,
    name: "ip_ranges",
    version: 1,
};
/// The byte before all rows of what subnet pools have free and given; no records.
pub(crate) const POOL_SPACE: u8 = 60;
/// What Nova has been told of ports, by port id.
pub const NOTICES: Table = Table {
    id: 70,
    name: "notices",
    version: 2,
};
/// Agents as Neutron's clients know them, by id.
pub const AGENTS: Table = Table {
    id: 80,
    name: "agents",
    version: 1,
};
/// Availability zones, by name.
pub const ZONES: Table = Table {
    id: 81,
    name: "zones",
    version: 1,
};
/// Tap services, by id.
pub const TAP_SERVICES: Table = Table {
    id: 82,
    name: "tap_services",
    version: 1,
};
/// Tap flows, by id.
pub const TAP_FLOWS: Table = Table {
    id: 83,
    name: "tap_flows",
    version: 1,
};
/// The byte before the rows that say which built-in records were made once; no records.
pub(crate) const SEEDED: u8 = 61;
