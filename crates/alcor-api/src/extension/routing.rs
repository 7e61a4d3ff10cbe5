//! Of routers and floating IPs.

use super::Extension;

pub(super) const EXTENSIONS: &[Extension] = &[
    (
        "router",
        "Neutron L3 Router",
        "Routers, their interfaces and gateways, and floating IPs",
    ),
    (
        "ext-gw-mode",
        "Neutron L3 Configurable external gateway mode",
        "Whether a gateway translates addresses",
    ),
    (
        "extraroute",
        "Neutron Extra Route",
        "Routes of a router beside those to its subnets",
    ),
    (
        "extraroute-atomic",
        "Atomically add/remove extra routes",
        "Single extra routes added and removed",
    ),
    (
        "dvr",
        "Distributed Virtual Router",
        "distributed: whether each host routes for its own VMs",
    ),
    (
        "l3-ha",
        "HA Router extension",
        "ha: whether nodes stand by for what is routed centrally",
    ),
    (
        "external-gateway-multihoming",
        "Neutron L3 External Gateway Multihoming",
        "Several external gateways of one router",
    ),
    (
        "enable-default-route-bfd",
        "Enable BFD for default routes",
        "Whether default routes are watched by BFD",
    ),
    (
        "enable-default-route-ecmp",
        "Enable ECMP for default routes",
        "Whether all default routes of a router are used",
    ),
    (
        "alcor-floatingip-status-reason",
        "Alcor Floating IP Status Reason",
        "status_reason: why a floating IP is not ACTIVE",
    ),
    (
        "alcor-distributed-snat",
        "Alcor Distributed SNAT",
        "distributed_snat: whether each host translates for its own VMs, by an address of its own",
    ),
    (
        "router_availability_zone",
        "Router Availability Zone",
        "availability_zone_hints of a router name zones that exist",
    ),
    (
        "l3-ext-ndp-proxy",
        "Router extension enable_ndp_proxy",
        "Whether a router answers neighbour discovery for what is behind it",
    ),
    (
        "l3-conntrack-helper",
        "L3 Conntrack helper",
        "Protocols with addresses inside that a router understands",
    ),
    (
        "expose-l3-conntrack-helper",
        "Expose CT helpers in Router",
        "conntrack_helpers of a router",
    ),
    (
        "l3-port-ip-change-not-allowed",
        "Prevent L3 router ports IP address change extension",
        "The IPv4 address of a router's interface stays",
    ),
    (
        "fip-port-details",
        "Floating IP Port Details Extension",
        "port_details of a floating IP",
    ),
    (
        "floatingip-pools",
        "Floating IP Pools Extension",
        "The subnets that floating IPs can come from",
    ),
    (
        "floatingip-autodelete-internal",
        "Floating IP Autodelete",
        "Unused floating IPs end when their network is no longer external",
    ),
    (
        "floating-ip-port-forwarding",
        "Floating IP Port Forwarding",
        "Ports of a floating IP that lead to addresses inside",
    ),
    (
        "floating-ip-port-forwarding-description",
        "Floating IP Port Forwarding support description",
        "A description of each port forwarding",
    ),
    (
        "floating-ip-port-forwarding-detail",
        "Floating IP Port Forwarding support detail",
        "Ids in the port_forwardings of a floating IP",
    ),
    (
        "floating-ip-port-forwarding-port-ranges",
        "Floating IP Port Forwarding support port ranges",
        "Ranges of ports forwarded at once",
    ),
    (
        "expose-port-forwarding-in-fip",
        "Expose Port Forwarding in FIP",
        "port_forwardings of a floating IP",
    ),
];
