//! What a caller asks for: a lab's settings and a VM's description.

use crate::layout::{DEFAULT_BASE, MAX_HOSTS};
use crate::{LabError, LabName, VmName};
use alcor_types::{MacAddr, PortId};
use serde::{Deserialize, Serialize};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// How a lab is to be.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The lab's name; labs of different names run beside each other.
    pub name: LabName,
    /// The number of hosts, 0 to [`MAX_HOSTS`].
    pub hosts: u16,
    /// The MTU of the underlay in bytes: at least the VMs' MTU plus 50 for VXLAN, because
    /// tunnels of OVS do not fragment.
    pub mtu: u16,
    /// The folder in which the lab's own folder is made. Keep it short.
    pub base: PathBuf,
}

impl Default for Settings {
    /// Three hosts, a unique name, underlay 1600 bytes, under [`DEFAULT_BASE`].
    fn default() -> Self {
        Self {
            name: LabName::unique(),
            hosts: 3,
            mtu: 1600,
            base: PathBuf::from(DEFAULT_BASE),
        }
    }
}

impl Settings {
    /// The default settings with this number of hosts.
    pub fn hosts(hosts: u16) -> Self {
        Self {
            hosts,
            ..Self::default()
        }
    }

    pub(crate) fn check(&self) -> Result<(), LabError> {
        if self.hosts > MAX_HOSTS {
            let text = format!("{} hosts are too many: at most {MAX_HOSTS}", self.hosts);
            return Err(LabError::BadSetting(text));
        }
        if !(1280..=9000).contains(&self.mtu) {
            let text = format!("an underlay MTU of {} is not in 1280..=9000", self.mtu);
            return Err(LabError::BadSetting(text));
        }
        check_base(&self.base)
    }
}

/// The folder's path stands in scripts and in the argument lists of many tools, and a DHCP
/// client sees a private `/run`.
fn check_base(base: &Path) -> Result<(), LabError> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-".contains(&byte);
    let good = base.is_absolute()
        && base.as_os_str().as_bytes().iter().copied().all(plain)
        && !base.starts_with("/run")
        && !base.starts_with("/var/run");
    if good {
        return Ok(());
    }
    Err(LabError::BadSetting(format!(
        "'{}' cannot hold labs: give an absolute path outside /run, of letters, digits and ._-",
        base.display()
    )))
}

/// A VM to be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VmSpec {
    /// The VM's name, unique in the lab.
    pub name: VmName,
    /// The host on which it runs, from 1.
    pub host: u16,
    /// The Neutron port: written to `external_ids:iface-id`.
    pub port_id: PortId,
    /// The VM's Ethernet address: written to `external_ids:attached-mac` too.
    pub mac: MacAddr,
    /// The MTU of the VM's interface in bytes.
    pub mtu: u16,
}

impl VmSpec {
    /// A VM with an MTU of 1500 bytes. Errors when the name is not a name for a VM.
    pub fn new(name: &str, host: u16, port_id: PortId, mac: MacAddr) -> Result<Self, LabError> {
        Ok(Self {
            name: name.parse()?,
            host,
            port_id,
            mac,
            mtu: 1500,
        })
    }
}
