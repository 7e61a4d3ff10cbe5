//! A port: one virtual network interface, its addresses, and where it is plugged.

use crate::{
    HostName, MacAddr, NetworkId, PortId, ProjectId, QosPolicyId, Revision, SecurityGroupId,
    Standard, SubnetId,
};
use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// One address of a port.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct FixedIp {
    /// The subnet it comes from.
    pub subnet_id: SubnetId,
    /// The address; unique in its subnet.
    pub ip_address: IpAddr,
}

/// A further address that a port may send from.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct AllowedAddressPair {
    /// The addresses.
    pub ip_address: IpNet,
    /// The MAC they are sent from; the port's own where none is named.
    pub mac_address: Option<MacAddr>,
}

/// A DHCP option that the owner adds for one port (Neutron's `extra_dhcp_opts`).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct ExtraDhcpOption {
    /// The option: its number, or its name as dnsmasq knows it.
    pub opt_name: String,
    /// Its value as text.
    pub opt_value: String,
    /// 4 or 6.
    pub ip_version: u8,
}

/// A port as the store holds it. Its status is a record of its own ([`PortState`]), because
/// the data plane writes that and the owner writes this.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Port {
    /// Its id.
    pub id: PortId,
    /// Who owns it.
    pub project_id: ProjectId,
    /// Name, description, tags, revision, times.
    pub standard: Standard,
    /// The network it is on; never changes.
    pub network_id: NetworkId,
    /// While false, it forwards nothing.
    pub admin_state_up: bool,
    /// Its Ethernet address; unique in the network.
    pub mac_address: MacAddr,
    /// Its addresses, in the order asked for.
    pub fixed_ips: Vec<FixedIp>,
    /// The device that uses it, as the orchestrator names it; empty when none.
    pub device_id: String,
    /// What kind of device, for example `compute:nova`; empty when none.
    pub device_owner: String,
    /// The host it is to be plugged in; none until it is bound (`binding:host_id`).
    pub host: Option<HostName>,
    /// `normal`, `direct`, ... (`binding:vnic_type`).
    pub vnic_type: String,
    /// What the orchestrator tells the binding: a JSON object as text (`binding:profile`).
    pub binding_profile: String,
    /// Further addresses it may send from.
    pub allowed_address_pairs: Vec<AllowedAddressPair>,
    /// DHCP options of its own.
    pub extra_dhcp_opts: Vec<ExtraDhcpOption>,
    /// Whether its traffic is to be filtered.
    pub port_security_enabled: bool,
    /// The groups whose rules say what it may send and receive, each once.
    pub security_groups: Vec<SecurityGroupId>,
    /// Its host name in DNS and DHCP; empty when none.
    pub dns_name: String,
    /// The domain of that name in an external DNS; empty for the network's.
    pub dns_domain: String,
    /// When it gets addresses.
    pub ip_allocation: IpAllocation,
    /// What the operator knows of the wires below it; none when unknown.
    pub data_plane_status: Option<DataPlaneStatus>,
    /// Whether a link that fails below it is shown to the VM as down.
    pub propagate_uplink_status: bool,
    /// What it asks of the hypervisor's hardware.
    pub hardware: PortHardware,
    /// What its traffic gets; none leaves it to the network's policy.
    pub qos_policy_id: Option<QosPolicyId>,
}

/// The device owners of router interfaces: of plain, distributed and highly available routers.
pub const ROUTER_INTERFACE_OWNERS: [&str; 3] = [
    "network:router_interface",
    "network:router_interface_distributed",
    "network:ha_router_replicated_interface",
];

/// The device owner of the ports by whose addresses hosts translate for a router
/// ([`Router::distributed_snat`](crate::Router::distributed_snat)).
pub const ROUTER_OUTLET_OWNER: &str = "network:router_distributed_snat";

impl Port {
    /// Whether it is a router's, inside a network; a router's gateway is not.
    pub fn is_router_interface(&self) -> bool {
        ROUTER_INTERFACE_OWNERS.contains(&&*self.device_owner)
    }

    /// A port of nobody and nothing, with every attribute at its default.
    pub fn new(id: PortId, network_id: NetworkId, mac_address: MacAddr) -> Self {
        Self {
            id,
            project_id: ProjectId::from(""),
            standard: Standard::default(),
            network_id,
            admin_state_up: true,
            mac_address,
            fixed_ips: Vec::new(),
            device_id: String::new(),
            device_owner: String::new(),
            host: None,
            vnic_type: "normal".to_owned(),
            binding_profile: "{}".to_owned(),
            allowed_address_pairs: Vec::new(),
            extra_dhcp_opts: Vec::new(),
            port_security_enabled: true,
            security_groups: Vec::new(),
            dns_name: String::new(),
            dns_domain: String::new(),
            ip_allocation: IpAllocation::Immediate,
            data_plane_status: None,
            propagate_uplink_status: true,
            hardware: PortHardware::default(),
            qos_policy_id: None,
        }
    }
}

/// When a port gets its addresses (Neutron's `ip_allocation`).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum IpAllocation {
    /// When it is made.
    Immediate,
    /// When it is bound, because only the host tells which segment, and so which subnet.
    Deferred,
    /// Never: its owner asked for none.
    None,
}

/// What an operator says of the wires below a port (Neutron's `data_plane_status`).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum DataPlaneStatus {
    /// They work.
    Active,
    /// They do not.
    Down,
}

/// Where a VM's memory should lie, seen from the port's device.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NumaPolicy {
    /// On the device's node.
    Required,
    /// On the device's node where that is possible.
    Preferred,
    /// On the device's node where that is known.
    Legacy,
    /// On the device's socket.
    Socket,
}

/// What a port asks of the hypervisor's hardware; the orchestrator reads it, the region only
/// keeps it.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct PortHardware {
    /// Where the VM's memory should lie.
    pub numa_affinity_policy: Option<NumaPolicy>,
    /// Hints for the switch: a JSON object as text.
    pub hints: Option<String>,
    /// The accelerators it needs, by the name of a profile of Cyborg's.
    pub device_profile: Option<String>,
    /// How its packets are to be offloaded: `switchdev`.
    pub offload_type: Option<String>,
    /// Whether the VM may change the device's mode and MAC; none when nobody said.
    pub trusted: Option<bool>,
}

/// What the API shows as a port's `status`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum PortStatus {
    /// Its host is at work on it.
    Build,
    /// Its host has verified it in the data plane.
    Active,
    /// It is not plugged, not bound, or switched off.
    Down,
    /// Its host could not program it; the reason says why.
    Error,
    /// It is an address of the region's and never plugged anywhere.
    NotApplicable,
}

impl PortStatus {
    /// The name in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Build => "BUILD",
            Self::Active => "ACTIVE",
            Self::Down => "DOWN",
            Self::Error => "ERROR",
            Self::NotApplicable => "N/A",
        }
    }
}

/// What a host says of a port on a physical network that it has no way to; shown in the API.
pub const NO_WIRE: &str =
    "this host has no bridge for the network's physical network: give its agent --bridge-mappings";

/// What the data plane last said of a port. Only delivery writes it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PortState {
    /// The port.
    pub id: PortId,
    /// The host that said it; a word of a host the port has left counts for nothing.
    pub host: HostName,
    /// What it said.
    pub status: PortStatus,
    /// Why, where it is not [`PortStatus::Active`]; empty otherwise.
    pub reason: String,
    /// The goal state's revision that it speaks of.
    pub revision: Revision,
}
