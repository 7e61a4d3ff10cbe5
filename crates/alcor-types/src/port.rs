//! A port: one virtual network interface, its addresses, and where it is plugged.

use crate::{HostName, MacAddr, NetworkId, PortId, ProjectId, Revision, Standard, SubnetId};
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
    /// Its host name in DNS and DHCP; empty when none.
    pub dns_name: String,
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
}

impl PortStatus {
    /// The name in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Build => "BUILD",
            Self::Active => "ACTIVE",
            Self::Down => "DOWN",
            Self::Error => "ERROR",
        }
    }
}

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
