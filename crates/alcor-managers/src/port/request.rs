//! What a caller may say of a port. An absent member means "not sent".

use alcor_types::{
    AllowedAddressPair, DataPlaneStatus, HostName, MacAddr, NetworkId, NumaPolicy, PortHardware,
    PortId, ProjectId, QosPolicyId, SecurityGroupId, SubnetId,
};
use std::collections::BTreeSet;
use std::net::IpAddr;

/// One element of `fixed_ips`; at least one member must be given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FixedIpRequest {
    /// The subnet; absent means the one that contains the address.
    pub subnet_id: Option<SubnetId>,
    /// The address; absent means any free one of the subnet.
    pub ip_address: Option<IpAddr>,
}

/// One element of `extra_dhcp_opts`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ExtraDhcpOptionRequest {
    /// The option's number, or its name as dnsmasq knows it.
    pub opt_name: String,
    /// Its value; in an update, none removes the option.
    pub opt_value: Option<String>,
    /// 4 (the default) or 6.
    pub ip_version: Option<u8>,
}

/// `POST /v2.0/ports`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreatePort {
    /// The id, where the caller chooses it; must be free.
    pub id: Option<PortId>,
    /// The owner, where it is not the caller's project (administrators only).
    pub project_id: Option<ProjectId>,
    /// The network it is to be on.
    pub network_id: NetworkId,
    /// Label; at most 255 characters.
    pub name: String,
    /// Free text; at most 255 characters.
    pub description: String,
    /// Labels to filter by.
    pub tags: BTreeSet<String>,
    /// Default: true.
    pub admin_state_up: Option<bool>,
    /// Absent means a free one under the region's base.
    pub mac_address: Option<MacAddr>,
    /// Absent means one automatic address of each family; empty means none.
    pub fixed_ips: Option<Vec<FixedIpRequest>>,
    /// The device that uses it.
    pub device_id: String,
    /// What kind of device.
    pub device_owner: String,
    /// `binding:host_id` (administrators only).
    pub host: Option<HostName>,
    /// `binding:vnic_type`. Default: `normal`.
    pub vnic_type: Option<String>,
    /// `binding:profile` as JSON text, an object (administrators only).
    pub binding_profile: Option<String>,
    /// Further addresses it may send from.
    pub allowed_address_pairs: Vec<AllowedAddressPair>,
    /// DHCP options of its own.
    pub extra_dhcp_opts: Vec<ExtraDhcpOptionRequest>,
    /// Absent means the network's default.
    pub port_security_enabled: Option<bool>,
    /// A single DNS label; empty when none.
    pub dns_name: String,
    /// The domain of that name in an external DNS; empty for the network's.
    pub dns_domain: String,
    /// Default: true.
    pub propagate_uplink_status: Option<bool>,
    /// What it asks of the hypervisor's hardware.
    pub hardware: PortHardware,
    /// Absent means the project's default group; empty means none.
    pub security_groups: Option<Vec<SecurityGroupId>>,
    /// What its traffic gets; absent leaves it to the network.
    pub qos_policy_id: Option<QosPolicyId>,
}

impl CreatePort {
    /// A request with only what every port needs.
    pub fn new(network_id: NetworkId) -> Self {
        Self {
            id: None,
            project_id: None,
            network_id,
            name: String::new(),
            description: String::new(),
            tags: BTreeSet::new(),
            admin_state_up: None,
            mac_address: None,
            fixed_ips: None,
            device_id: String::new(),
            device_owner: String::new(),
            host: None,
            vnic_type: None,
            binding_profile: None,
            allowed_address_pairs: Vec::new(),
            extra_dhcp_opts: Vec::new(),
            port_security_enabled: None,
            dns_name: String::new(),
            dns_domain: String::new(),
            propagate_uplink_status: None,
            hardware: PortHardware::default(),
            security_groups: None,
            qos_policy_id: None,
        }
    }
}

/// `PUT /v2.0/ports/{id}`, and the tag calls. The network never changes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UpdatePort {
    /// A new label.
    pub name: Option<String>,
    /// A new description.
    pub description: Option<String>,
    /// The whole new set of tags.
    pub tags: Option<BTreeSet<String>>,
    /// Whether it forwards.
    pub admin_state_up: Option<bool>,
    /// A new MAC, or none to draw one (administrators only, and only while unbound).
    pub mac_address: Option<Option<MacAddr>>,
    /// All addresses anew; those that stay are kept, not given out again.
    pub fixed_ips: Option<Vec<FixedIpRequest>>,
    /// The device that uses it.
    pub device_id: Option<String>,
    /// What kind of device.
    pub device_owner: Option<String>,
    /// `binding:host_id` (administrators only); `Some(None)` unbinds.
    pub host: Option<Option<HostName>>,
    /// `binding:vnic_type`.
    pub vnic_type: Option<String>,
    /// `binding:profile` as JSON text, an object (administrators only).
    pub binding_profile: Option<String>,
    /// All pairs anew.
    pub allowed_address_pairs: Option<Vec<AllowedAddressPair>>,
    /// Options to set or, without a value, to remove; others stay.
    pub extra_dhcp_opts: Option<Vec<ExtraDhcpOptionRequest>>,
    /// Whether its traffic is to be filtered.
    pub port_security_enabled: Option<bool>,
    /// A single DNS label; empty to remove it.
    pub dns_name: Option<String>,
    /// The domain of that name in an external DNS; empty for the network's.
    pub dns_domain: Option<String>,
    /// What the operator knows of the wires below; none when unknown.
    pub data_plane_status: Option<Option<DataPlaneStatus>>,
    /// Whether a link that fails below it is shown to the VM as down.
    pub propagate_uplink_status: Option<bool>,
    /// Where the VM's memory should lie.
    pub numa_affinity_policy: Option<Option<NumaPolicy>>,
    /// Hints for the switch: a JSON object as text.
    pub hints: Option<Option<String>>,
    /// Whether the VM may change the device's mode and MAC.
    pub trusted: Option<bool>,
    /// All groups anew.
    pub security_groups: Option<Vec<SecurityGroupId>>,
    /// Another QoS policy, or none.
    pub qos_policy_id: Option<Option<QosPolicyId>>,
    /// The `revision_number` the caller last saw (`If-Match`).
    pub expected_revision: Option<u64>,
}
