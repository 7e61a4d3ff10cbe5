//! A node: a host that runs an agent, and how tunnels reach it.

use crate::{HostName, MacAddr, NodeId, Timestamp};
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// A node as the store holds it. Whether its agent is alive is not stored: sessions know.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Node {
    /// Its id (`node_id`).
    pub id: NodeId,
    /// The name that ports are bound by; unique (`node_name`).
    pub name: HostName,
    /// Where tunnels to it end (`local_ip`).
    pub local_ip: IpAddr,
    /// The underlay interface's MAC (`mac_address`), where the operator said.
    pub mac_address: Option<MacAddr>,
    /// The underlay interface (`veth`); empty when not said.
    pub veth: String,
    /// The agent's own gRPC port (`server_port`), for controllers that dial agents.
    pub server_port: u16,
    /// The MAC its distributed router sends from (`host_dvr_mac`), where the operator said.
    pub host_dvr_mac: Option<MacAddr>,
    /// The network config manager it belongs to (`ncm_id`); empty when not said.
    pub ncm_id: String,
    /// That manager's address (`ncm_uri`); empty when not said.
    pub ncm_uri: String,
    /// The agent's version; empty until one registered.
    pub agent_version: String,
    /// The agent's integration bridge; empty until one registered.
    pub bridge: String,
    /// What fails together with it; the operator's word, `nova` where there is none.
    pub availability_zone: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last written.
    pub updated_at: Timestamp,
    /// When its agent last started; 0 until one registered.
    pub started_at: Timestamp,
}

impl Node {
    /// A node whose agent has not come yet, with nothing said of it but where tunnels end.
    pub fn new(id: NodeId, name: HostName, local_ip: IpAddr) -> Self {
        Self {
            id,
            name,
            local_ip,
            mac_address: None,
            veth: String::new(),
            server_port: 0,
            host_dvr_mac: None,
            ncm_id: String::new(),
            ncm_uri: String::new(),
            agent_version: String::new(),
            bridge: String::new(),
            availability_zone: "nova".to_owned(),
            created_at: Timestamp(0),
            updated_at: Timestamp(0),
            started_at: Timestamp(0),
        }
    }
}
