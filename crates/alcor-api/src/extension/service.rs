//! Of QoS, metering, quotas, flavors.

use super::Extension;

pub(super) const EXTENSIONS: &[Extension] = &[
    (
        "flavors",
        "Neutron Service Flavors",
        "Kinds of a service, and the profiles that carry them out",
    ),
    (
        "metering",
        "Neutron Metering",
        "Labels and rules that choose what is counted",
    ),
    (
        "metering_source_and_destination_fields",
        "Metering source and destination filters",
        "source_ip_prefix and destination_ip_prefix of metering rules",
    ),
    (
        "l3-flavors",
        "Router Flavor Extension",
        "The flavor of a router",
    ),
    (
        "qos",
        "Quality of Service",
        "Policies of ports and networks",
    ),
    (
        "qos-bw-limit-direction",
        "Direction for QoS bandwidth limit rule",
        "Bandwidth limits for each direction",
    ),
    (
        "qos-bw-minimum-ingress",
        "Ingress direction for QoS minimum bandwidth rule",
        "Guaranteed bandwidth into the VM",
    ),
    (
        "qos-default",
        "QoS default policy",
        "The policy of a project's new networks",
    ),
    ("qos-fip", "Floating IP QoS", "A policy of each floating IP"),
    (
        "qos-gateway-ip",
        "Gateway IP QoS",
        "A policy of a router's gateway",
    ),
    (
        "qos-port-network-policy",
        "QoS Port Network Policy",
        "qos_network_policy_id of a port",
    ),
    ("qos-pps", "QoS Packet Rate Limit", "Packet rate limits"),
    (
        "qos-pps-minimum",
        "QoS minimum packet rate rule",
        "Guaranteed packet rates",
    ),
    (
        "qos-pps-minimum-rule-alias",
        "Alias for QoS minimum packet rate rules",
        "Guaranteed packet rates by the rule's id alone",
    ),
    (
        "qos-rule-type-details",
        "Details of QoS rule types",
        "What the attributes of each type of rule may be",
    ),
    (
        "qos-rule-type-filter",
        "QoS rule type filter",
        "all_supported and all_rules of rule types",
    ),
    (
        "qos-rules-alias",
        "Alias for QoS rules",
        "Rules by their id alone",
    ),
    (
        "service-type",
        "Neutron Service Type Management",
        "The providers of services",
    ),
];
