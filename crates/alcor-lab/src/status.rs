//! What a lab consists of at this moment, as plain data that serialises to JSON.

use crate::layout::tunnel_ip;
use crate::state::State;
use crate::{Client, Lab, LabError, LabName, Role, VmSpec};
use serde::Serialize;
use std::net::Ipv4Addr;
use std::path::PathBuf;

/// A lab at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LabStatus {
    /// The lab's name.
    pub name: LabName,
    /// Its folder: logs, sockets, databases.
    pub dir: PathBuf,
    /// The region's REST API.
    pub rest_url: String,
    /// Where the region takes agents' sessions.
    pub region_url: String,
    /// The region server.
    pub region: ProcessStatus,
    /// The hosts, by number.
    pub hosts: Vec<HostStatus>,
    /// The VMs, by name.
    pub vms: Vec<VmStatus>,
}

/// A long-lived process.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProcessStatus {
    /// Its role, by which it is stopped and started.
    pub role: Role,
    /// Its pid if it runs.
    pub pid: Option<i32>,
    /// Its log.
    pub log: PathBuf,
}

/// A host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HostStatus {
    /// The name by which the agent registers it.
    pub name: String,
    /// Its network namespace.
    pub namespace: String,
    /// Its tunnel end point.
    pub tunnel_ip: Ipv4Addr,
    /// Its database, `unix:PATH`.
    pub ovsdb: String,
    /// The OpenFlow socket of its integration bridge, `unix:PATH`.
    pub openflow: String,
    /// The database server, the switch and the agent.
    pub processes: Vec<ProcessStatus>,
}

/// A VM.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct VmStatus {
    /// Name, host, port and address.
    #[serde(flatten)]
    pub spec: VmSpec,
    /// Its network namespace.
    pub namespace: String,
    /// Whether its tap is on the bridge.
    pub plugged: bool,
    /// The DHCP client that runs in it.
    pub dhcp: Option<Client>,
}

impl Lab {
    /// The lab as it stands.
    pub fn status(&self) -> Result<LabStatus, LabError> {
        let state = self.layout.read()?;
        Ok(LabStatus {
            name: self.layout.name.clone(),
            dir: self.layout.dir.clone(),
            rest_url: format!("http://{}", state.rest),
            region_url: format!("http://{}", state.agents),
            region: self.process_status(&state, Role::Region),
            hosts: (1..=state.hosts)
                .map(|host| self.host_status(&state, host))
                .collect(),
            vms: self.vm_status(&state),
        })
    }

    fn host_status(&self, state: &State, host: u16) -> HostStatus {
        let roles = [Role::Ovsdb(host), Role::Vswitchd(host), Role::Agent(host)];
        HostStatus {
            name: self.host_id(host),
            namespace: self.layout.host_namespace(host),
            tunnel_ip: tunnel_ip(host),
            ovsdb: self.ovsdb(host),
            openflow: self.openflow(host, "br-int"),
            processes: roles.map(|role| self.process_status(state, role)).to_vec(),
        }
    }

    fn process_status(&self, state: &State, role: Role) -> ProcessStatus {
        ProcessStatus {
            role,
            pid: state.running(role).map(|process| process.pid),
            log: self.layout.log_file(role),
        }
    }

    fn vm_status(&self, state: &State) -> Vec<VmStatus> {
        let vms = state.vms.values().map(|vm| {
            let client = vm.dhcp.as_ref().filter(|dhcp| dhcp.process.alive());
            VmStatus {
                spec: vm.spec.clone(),
                namespace: self.layout.vm_namespace(&vm.spec.name),
                plugged: vm.plugged,
                dhcp: client.map(|dhcp| dhcp.client),
            }
        });
        vms.collect()
    }
}
