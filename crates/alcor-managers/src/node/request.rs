//! What an operator, or an agent, may say of a node.

use alcor_types::{HostName, MacAddr, NodeId, Timestamp};
use std::net::IpAddr;

/// `POST /nodes` (Alcor's fields).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateNode {
    /// `node_id`, where the caller chooses it.
    pub id: Option<NodeId>,
    /// `node_name`: what `binding:host_id` names; unique.
    pub name: HostName,
    /// `local_ip`: where tunnels end.
    pub local_ip: IpAddr,
    /// `mac_address` of the underlay interface.
    pub mac_address: Option<MacAddr>,
    /// `veth`: the underlay interface.
    pub veth: String,
    /// `server_port`. Default: 50001.
    pub server_port: Option<u16>,
    /// `host_dvr_mac`.
    pub host_dvr_mac: Option<MacAddr>,
    /// `ncm_id`.
    pub ncm_id: String,
    /// `ncm_uri`.
    pub ncm_uri: String,
    /// `availability_zone`; empty for the default one.
    pub availability_zone: String,
}

impl CreateNode {
    /// A request with only what every node needs.
    pub fn new(name: HostName, local_ip: IpAddr) -> Self {
        Self {
            id: None,
            name,
            local_ip,
            mac_address: None,
            veth: String::new(),
            server_port: None,
            host_dvr_mac: None,
            ncm_id: String::new(),
            ncm_uri: String::new(),
            availability_zone: String::new(),
        }
    }
}

/// `PUT /nodes/{id}`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UpdateNode {
    /// The id in the body; must be the one in the path.
    pub id: Option<NodeId>,
    /// A new name; refused while ports are bound to the old one.
    pub name: Option<HostName>,
    /// Where tunnels end.
    pub local_ip: Option<IpAddr>,
    /// The underlay interface's MAC, or none.
    pub mac_address: Option<Option<MacAddr>>,
    /// The underlay interface.
    pub veth: Option<String>,
    /// The agent's gRPC port.
    pub server_port: Option<u16>,
    /// The MAC its distributed router sends from, or none.
    pub host_dvr_mac: Option<Option<MacAddr>>,
    /// `ncm_id`.
    pub ncm_id: Option<String>,
    /// `ncm_uri`.
    pub ncm_uri: Option<String>,
    /// `availability_zone`; empty for the default one.
    pub availability_zone: Option<String>,
}

/// What an agent says of itself when its session begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registration {
    /// Its `--host-id`.
    pub host: HostName,
    /// Where tunnels to it end.
    pub tunnel_ip: IpAddr,
    /// Its version.
    pub agent_version: String,
    /// Its integration bridge.
    pub bridge: String,
    /// When it started.
    pub started_at: Timestamp,
}
