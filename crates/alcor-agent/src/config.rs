//! The agent's settings, as `alcor agent` gets them from flags, environment and file.

use crate::{AgentError, MetadataSettings};
use alcor_types::HostName;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// All that an agent must be told.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AgentConfig {
    /// The host's name, as `binding:host_id` names it.
    pub host: HostName,
    /// The region's address for agents, such as `http://127.0.0.1:9697`.
    pub region: String,
    /// Where tunnels to this host end.
    pub tunnel_ip: IpAddr,
    /// The switch's database: `unix:PATH` or `tcp:HOST:PORT`.
    pub ovsdb: String,
    /// The switch itself; where none is given, the bridge's management socket beside the
    /// database's.
    pub openflow: Option<String>,
    /// The bridges of physical networks, each by the network's name.
    pub bridge_mappings: Vec<(String, String)>,
    /// The integration bridge; made where absent.
    pub bridge: String,
    /// The datapath that a bridge of ours gets: `system` (the kernel's), `netdev`, or whatever
    /// Open vSwitch chooses.
    pub datapath: Option<String>,
    /// How long DHCP leases last, in seconds.
    pub lease_seconds: u32,
    /// How often VMs hear of their routers unasked, in seconds. A router is one for nine times that.
    pub ra_seconds: u16,
    /// How often the switch's flows are read back and compared.
    pub audit: Duration,
    /// Whom VMs' questions for names go to where their subnets name nobody.
    pub dns_servers: Vec<SocketAddr>,
    /// Where metadata is to be had; none where VMs get none.
    pub metadata: Option<MetadataSettings>,
    /// Neighbours of large networks that no VM has spoken to for so long are forgotten.
    pub neighbor_idle: Duration,
}

impl AgentConfig {
    /// What it takes to look at a host's switch beside the region's wish: leases, audits and services are
    /// no business of a look, and the region knows where tunnels end.
    pub fn to_look(host: HostName, region: String, ovsdb: String, bridge: String) -> Self {
        Self {
            host,
            region,
            tunnel_ip: IpAddr::from([0; 4]),
            ovsdb,
            openflow: None,
            bridge_mappings: Vec::new(),
            bridge,
            datapath: None,
            lease_seconds: 0,
            ra_seconds: 0,
            audit: Duration::MAX,
            dns_servers: Vec::new(),
            metadata: None,
            neighbor_idle: Duration::MAX,
        }
    }

    /// Where to speak OpenFlow.
    pub fn openflow_endpoint(&self) -> Result<String, AgentError> {
        if let Some(endpoint) = &self.openflow {
            return Ok(endpoint.clone());
        }
        let directory = self
            .ovsdb
            .strip_prefix("unix:")
            .and_then(|path| Path::new(path).parent());
        let Some(directory) = directory else {
            return Err(AgentError::Setting {
                name: "--openflow",
                problem: format!(
                    "must be given, because --ovsdb {} is no unix socket",
                    self.ovsdb
                ),
            });
        };
        let socket: PathBuf = directory.join(format!("{}.mgmt", self.bridge));
        Ok(format!("unix:{}", socket.display()))
    }
}
