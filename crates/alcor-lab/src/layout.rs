//! Where everything of a lab is: its folder, its namespaces, its addresses. Pure.

use crate::{LabError, LabName, Role, VmName};
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};

/// The folder that holds the labs' folders unless told otherwise. Short, because unix
/// socket paths end at 107 bytes.
pub const DEFAULT_BASE: &str = "/tmp/alcor-lab";

/// The most hosts of one lab.
pub const MAX_HOSTS: u16 = 200;

/// The longest path of a unix socket, in bytes (`sun_path` without its final zero).
const SOCKET_PATH: usize = 107;

/// The environment variable that marks every process of a lab with the lab's folder.
pub(crate) const MARK: &str = "ALCOR_LAB";

/// The paths and names of one lab.
#[derive(Debug, Clone)]
pub(crate) struct Layout {
    pub(crate) name: LabName,
    pub(crate) base: PathBuf,
    pub(crate) dir: PathBuf,
}

impl Layout {
    pub(crate) fn new(base: &Path, name: &LabName) -> Self {
        Self {
            name: name.clone(),
            base: base.to_owned(),
            dir: base.join(name.as_str()),
        }
    }

    /// Refuses a folder in which the longest socket would not fit.
    pub(crate) fn check_length(&self) -> Result<(), LabError> {
        // OVS makes these sockets by itself: a name of a bridge and what it serves.
        let path = self.host_dir(MAX_HOSTS).join("br-int.snoop.longest");
        if path.as_os_str().len() > SOCKET_PATH {
            return Err(LabError::PathTooLong { path });
        }
        Ok(())
    }

    pub(crate) fn state_file(&self) -> PathBuf {
        self.dir.join("lab.json")
    }

    pub(crate) fn lock_file(&self) -> PathBuf {
        self.dir.join("lab.lock")
    }

    pub(crate) fn region_dir(&self) -> PathBuf {
        self.dir.join("region")
    }

    pub(crate) fn host_dir(&self, host: u16) -> PathBuf {
        self.dir.join(format!("h{host}"))
    }

    pub(crate) fn vm_dir(&self, vm: &VmName) -> PathBuf {
        self.dir.join("vm").join(vm.as_str())
    }

    /// The database socket of a host, as a path.
    pub(crate) fn ovsdb_socket(&self, host: u16) -> PathBuf {
        self.host_dir(host).join("db.sock")
    }

    pub(crate) fn log_file(&self, role: Role) -> PathBuf {
        match role {
            Role::Region => self.dir.join("region.log"),
            Role::Agent(host) => self.host_dir(host).join("agent.log"),
            Role::Vswitchd(host) => self.host_dir(host).join("vswitchd.log"),
            Role::Ovsdb(host) => self.host_dir(host).join("ovsdb.log"),
        }
    }

    /// What the names of all namespaces of this lab, and of no other, begin with.
    pub(crate) fn namespace_prefix(&self) -> String {
        format!("alcor-{}-", self.name)
    }

    pub(crate) fn fabric_namespace(&self) -> String {
        format!("{}fabric", self.namespace_prefix())
    }

    pub(crate) fn host_namespace(&self, host: u16) -> String {
        format!("{}h{host}", self.namespace_prefix())
    }

    pub(crate) fn vm_namespace(&self, vm: &VmName) -> String {
        format!("{}vm-{vm}", self.namespace_prefix())
    }
}

/// The tunnel end point address of a host. The same in every lab: namespaces keep labs apart.
pub(crate) fn tunnel_ip(host: u16) -> Ipv4Addr {
    let [high, low] = host.to_be_bytes();
    Ipv4Addr::new(172, 30, high, low)
}

/// The fabric's own address, by which hosts reach whoever is not of the lab.
pub(crate) fn beyond_ip() -> Ipv4Addr {
    Ipv4Addr::new(172, 30, 255, 254)
}

/// The length of the underlay's prefix.
pub(crate) const UNDERLAY_PREFIX: u8 = 16;

/// The Ethernet address of a host's tunnel end point.
pub(crate) fn tunnel_mac(host: u16) -> String {
    let [high, low] = host.to_be_bytes();
    format!("02:00:00:fe:{high:02x}:{low:02x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_too_deep_for_sockets_is_refused() {
        let name: LabName = "a".parse().unwrap();
        assert!(
            Layout::new(Path::new(DEFAULT_BASE), &name)
                .check_length()
                .is_ok()
        );
        let deep = PathBuf::from(format!("/tmp/{}", "x".repeat(90)));
        let refused = Layout::new(&deep, &name).check_length();
        assert!(matches!(refused, Err(LabError::PathTooLong { .. })));
    }

    #[test]
    fn no_two_hosts_share_an_address() {
        let all: std::collections::BTreeSet<_> = (1..=MAX_HOSTS).map(tunnel_ip).collect();
        assert_eq!(all.len(), usize::from(MAX_HOSTS));
        assert_eq!(tunnel_ip(1), Ipv4Addr::new(172, 30, 0, 1));
    }
}
