//! Which of Alcor's collections is which of Neutron's, and under which names its attributes go.

/// One of Alcor's collections.
#[derive(Debug)]
pub(crate) struct Kind {
    /// Its path below `/project/{project}`.
    pub(crate) alcor: &'static str,
    /// Neutron's path below `/v2.0`.
    pub(crate) neutron: &'static str,
    /// Neutron's envelopes of one and of many.
    pub(crate) envelopes: (&'static str, &'static str),
    /// Alcor's envelopes that are called otherwise, of one and of many.
    pub(crate) aliases: &'static [(&'static str, &'static str)],
    /// Whether answers are in those envelopes too.
    pub(crate) answers_alias: bool,
    /// What Alcor's clients send that says nothing: facts that the region finds out itself, and
    /// attributes that never had an effect.
    pub(crate) ignored: &'static [&'static str],
    /// Attributes that are called otherwise: Alcor's name and Neutron's.
    pub(crate) renamed: &'static [(&'static str, &'static str)],
    /// Lists that mean "choose for me" when they are empty, as if they were not there.
    pub(crate) empty_is_absent: &'static [&'static str],
    /// Whether clients make them; quotas are there for every project.
    pub(crate) made: bool,
    /// Whether clients change them.
    pub(crate) changed: bool,
    /// What can be read of one beyond itself, by a GET below its path.
    pub(crate) reads: &'static [&'static str],
    /// What can be done with one beyond the usual.
    pub(crate) actions: &'static [Action],
}

/// Something that is done with one resource by a PUT below its path.
#[derive(Debug)]
pub(crate) struct Action {
    /// Alcor's name of it.
    pub(crate) alcor: &'static str,
    /// Neutron's.
    pub(crate) neutron: &'static str,
    /// Alcor's envelope and Neutron's, where it has one.
    pub(crate) envelope: Option<(&'static str, &'static str)>,
}

const NOTHING: Kind = Kind {
    alcor: "",
    neutron: "",
    envelopes: ("", ""),
    aliases: &[],
    answers_alias: false,
    ignored: &[],
    renamed: &[],
    empty_is_absent: &[],
    made: true,
    changed: true,
    reads: &[],
    actions: &[],
};

const fn action(name: &'static str) -> Action {
    Action {
        alcor: name,
        neutron: name,
        envelope: None,
    }
}

const fn routes_action(name: &'static str) -> Action {
    Action {
        envelope: Some(("newRoutesWebRequest", "router")),
        ..action(name)
    }
}

/// All of them.
pub(crate) const KINDS: &[Kind] = &[
    Kind {
        alcor: "vpcs",
        neutron: "networks",
        envelopes: ("network", "networks"),
        aliases: &[("vpc", "vpcs")],
        ignored: &[
            "default",
            "is_default",
            "availability_zones",
            "router",
            "routes",
            "subnets",
            "ipv4_address_scope",
            "ipv6_address_scope",
            "l2_adjacency",
            "vlan_transparent",
        ],
        empty_is_absent: &["segments"],
        ..NOTHING
    },
    Kind {
        alcor: "subnets",
        neutron: "subnets",
        envelopes: ("subnet", "subnets"),
        ignored: &[
            "availability_zone",
            "gatewayPortId",
            "gateway_port_detail",
            "attached_router_id",
            "port_detail",
            "routes",
            "dns_list",
            "ipV4_rangeId",
            "ipV6_rangeId",
            "shared",
        ],
        renamed: &[("vpc_id", "network_id"), ("dhcp_enable", "enable_dhcp")],
        empty_is_absent: &["allocation_pools"],
        ..NOTHING
    },
    Kind {
        alcor: "ports",
        neutron: "ports",
        envelopes: ("port", "ports"),
        ignored: &[
            "binding:vif_details",
            "binding:vif_type",
            "dns_assignment",
            "fast_path",
            "ip_allocation",
            "mac_learning_enabled",
            "network_ns",
            "qos_network_policy_id",
            "resource_request",
            "veth_name",
        ],
        renamed: &[
            ("vpc_id", "network_id"),
            ("uplink_status_propagation", "propagate_uplink_status"),
        ],
        empty_is_absent: &["fixed_ips", "security_groups", "extra_dhcp_opts"],
        ..NOTHING
    },
    Kind {
        alcor: "routers",
        neutron: "routers",
        envelopes: ("router", "routers"),
        ignored: &[
            "availability_zones",
            "conntrack_helpers",
            "gateway_ports",
            "owner",
            "service_type_id",
        ],
        empty_is_absent: &["routetable"],
        actions: &[
            action("add_router_interface"),
            action("remove_router_interface"),
            routes_action("add_extraroutes"),
            routes_action("remove_extraroutes"),
        ],
        ..NOTHING
    },
    Kind {
        alcor: "security-groups",
        neutron: "security-groups",
        envelopes: ("security_group", "security_groups"),
        empty_is_absent: &["security_group_rules"],
        ..NOTHING
    },
    Kind {
        alcor: "security-group-rules",
        neutron: "security-group-rules",
        envelopes: ("security_group_rule", "security_group_rules"),
        ignored: &["name"],
        renamed: &[("ether_type", "ethertype")],
        changed: false,
        ..NOTHING
    },
    Kind {
        alcor: "elasticips",
        neutron: "floatingips",
        envelopes: ("floatingip", "floatingips"),
        aliases: &[("elasticip", "elasticips")],
        answers_alias: true,
        ignored: &["name", "state", "port_details"],
        renamed: &[
            ("elastic_ip", "floating_ip_address"),
            ("private_ip", "fixed_ip_address"),
        ],
        ..NOTHING
    },
    Kind {
        alcor: "segments",
        neutron: "segments",
        envelopes: ("segment", "segments"),
        ignored: &["segmentation_uuid"],
        renamed: &[("vpc_id", "network_id")],
        ..NOTHING
    },
    Kind {
        alcor: "network_segment_ranges",
        neutron: "network_segment_ranges",
        envelopes: ("network_segment_range", "network_segment_ranges"),
        ignored: &["available", "used", "is_default"],
        ..NOTHING
    },
    Kind {
        alcor: "network-acls",
        neutron: "network-acls",
        envelopes: ("network_acl", "network_acls"),
        ignored: &["network_acl_rules"],
        ..NOTHING
    },
    Kind {
        alcor: "network-acl-rules",
        neutron: "network-acl-rules",
        envelopes: ("network_acl_rule", "network_acl_rules"),
        ..NOTHING
    },
    Kind {
        alcor: "routetables",
        neutron: "routetables",
        envelopes: ("routetable", "routetables"),
        ignored: &["owner", "router_id"],
        ..NOTHING
    },
    Kind {
        alcor: "quotas",
        neutron: "quotas",
        envelopes: ("quota", "quotas"),
        renamed: &[("floating_ip", "floatingip")],
        made: false,
        reads: &["default", "details.json"],
        ..NOTHING
    },
];

/// The kind of this path below `/project/{project}`.
pub(crate) fn named(alcor: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.alcor == alcor)
}

/// What no kind takes from a client: the region keeps it itself.
pub(super) const KEPT_BY_THE_REGION: [&str; 6] = [
    "create_at",
    "update_at",
    "created_at",
    "updated_at",
    "revision_number",
    "status",
];

#[cfg(test)]
mod tests {
    use super::KINDS;

    #[test]
    fn no_name_is_ignored_and_renamed_at_once() {
        for kind in KINDS {
            for (alcor, _) in kind.renamed {
                assert!(!kind.ignored.contains(alcor), "{} {alcor}", kind.alcor);
            }
        }
    }
}
