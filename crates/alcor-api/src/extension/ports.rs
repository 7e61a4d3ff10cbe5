//! Of ports, trunks and taps.

use super::Extension;

pub(super) const EXTENSIONS: &[Extension] = &[
    (
        "allowed-address-pairs",
        "Allowed Address Pairs",
        "Further addresses of a port",
    ),
    (
        "allowed-address-pairs-atomic",
        "Atomic Allowed Address Pairs",
        "Single address pairs of a port added and removed",
    ),
    (
        "aap-reject-multicast",
        "Allowed Address Pairs Without Multicast",
        "An address pair with a multicast MAC is refused",
    ),
    (
        "binding",
        "Port Binding",
        "Which host a port is plugged in, and how",
    ),
    (
        "binding-extended",
        "Port Bindings Extended",
        "Several bindings of one port, for live migration",
    ),
    (
        "data-plane-status",
        "Port Data Plane Status",
        "What the operator knows of the wires below a port",
    ),
    (
        "dns-domain-ports",
        "DNS Domain of Ports",
        "The domain of a port's name",
    ),
    (
        "dns-integration",
        "DNS Integration",
        "Names of ports and of their addresses",
    ),
    (
        "extra_dhcp_opt",
        "Extra DHCP Options",
        "DHCP options for one port",
    ),
    (
        "ip_allocation",
        "IP Allocation",
        "When a port gets its addresses",
    ),
    (
        "ip-substring-filtering",
        "IP Address Substring Filtering",
        "Ports by a part of an address",
    ),
    (
        "port-device-profile",
        "Port Device Profile",
        "The accelerators a port needs",
    ),
    (
        "port-hardware-offload-type",
        "Port Hardware Offload Type",
        "How a port's packets are to be offloaded",
    ),
    ("port-hints", "Port Hints", "Hints for the switch"),
    (
        "port-mac-address-regenerate",
        "Port MAC Address Regenerate",
        "A MAC of null in an update draws a new one",
    ),
    (
        "port-numa-affinity-policy",
        "Port NUMA Affinity Policy",
        "Where the VM's memory should lie",
    ),
    (
        "port-numa-affinity-policy-socket",
        "Port NUMA Affinity Policy Socket",
        "The policy socket",
    ),
    (
        "port-trusted-vif",
        "Port Trusted VIF",
        "Whether the VM may change the device's mode and MAC",
    ),
    (
        "tag-ports-during-bulk-creation",
        "Tag Ports During Bulk Creation",
        "Tags in a port's create",
    ),
    ("taas", "Tap as a Service", "Copies of what ports exchange"),
    ("trunk", "Trunks", "Ports that carry other ports by VLAN"),
    (
        "trunk-details",
        "Trunk Port Details",
        "trunk_details: the sub-ports of a trunk's port",
    ),
    (
        "uplink-status-propagation",
        "Uplink Status Propagation",
        "Whether a failed uplink shows in the VM",
    ),
    (
        "uplink-status-propagation-updatable",
        "Updatable Uplink Status Propagation",
        "The same in an update",
    ),
    (
        "alcor-port-status-reason",
        "Port Status Reason",
        "status_reason: why a port is not ACTIVE",
    ),
];
