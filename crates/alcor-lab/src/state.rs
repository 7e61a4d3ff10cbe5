//! What a lab consists of, in one JSON file, so that separate invocations and a clean-up
//! after a crash find it. Written under a lock and by rename: a reader never sees half a file.

use crate::layout::Layout;
use crate::process::ProcessId;
use crate::program::Program;
use crate::{Client, LabError, Role, VmName, VmSpec};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{self, File, TryLockError};
use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// Updates take well under a millisecond each; the allowance is for a crowd of them.
const LOCK_DEADLINE: Duration = Duration::from_secs(20);
const LOCK_LOOK: Duration = Duration::from_millis(2);

/// The state file's content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct State {
    pub(crate) hosts: u16,
    pub(crate) mtu: u16,
    /// Where the region's REST API listens, whether it runs or not.
    pub(crate) rest: SocketAddr,
    /// Where the region listens for agents.
    pub(crate) agents: SocketAddr,
    pub(crate) vms: BTreeMap<VmName, VmRecord>,
    pub(crate) daemons: BTreeMap<Role, Daemon>,
}

/// A long-lived process and how to start it again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Daemon {
    pub(crate) process: Option<ProcessId>,
    /// Of the region and the agents; OVS is started by a fixed recipe.
    pub(crate) program: Option<Program>,
}

/// A VM as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct VmRecord {
    pub(crate) spec: VmSpec,
    pub(crate) plugged: bool,
    pub(crate) dhcp: Option<DhcpRecord>,
}

/// The DHCP client of a VM.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct DhcpRecord {
    pub(crate) client: Client,
    pub(crate) extra: Vec<String>,
    pub(crate) process: ProcessId,
}

impl State {
    pub(crate) fn check_host(&self, host: u16) -> Result<(), LabError> {
        if (1..=self.hosts).contains(&host) {
            Ok(())
        } else {
            Err(LabError::NoHost(host))
        }
    }

    pub(crate) fn vm(&self, name: &VmName) -> Result<&VmRecord, LabError> {
        self.vms
            .get(name)
            .ok_or_else(|| LabError::NoVm(name.clone()))
    }

    pub(crate) fn vm_mut(&mut self, name: &VmName) -> Result<&mut VmRecord, LabError> {
        self.vms
            .get_mut(name)
            .ok_or_else(|| LabError::NoVm(name.clone()))
    }

    /// The process of this role, if it runs.
    pub(crate) fn running(&self, role: Role) -> Option<ProcessId> {
        let process = self.daemons.get(&role)?.process?;
        process.alive().then_some(process)
    }
}

impl Layout {
    /// The state as it stands.
    pub(crate) fn read(&self) -> Result<State, LabError> {
        let path = self.state_file();
        let bytes = fs::read(&path).map_err(|error| self.unreadable(error))?;
        serde_json::from_slice(&bytes).map_err(|source| LabError::State { path, source })
    }

    /// Writes the first state of a lab.
    pub(crate) fn write(&self, state: &State) -> Result<(), LabError> {
        let path = self.state_file();
        let fresh = path.with_extension("new");
        let bytes = serde_json::to_vec_pretty(state).map_err(|source| LabError::State {
            path: path.clone(),
            source,
        })?;
        fs::write(&fresh, bytes).map_err(LabError::io(&fresh))?;
        fs::rename(&fresh, &path).map_err(LabError::io(&path))
    }

    /// Changes the state, alone among all threads and processes. When the change fails,
    /// nothing is written.
    pub(crate) async fn update<R>(
        &self,
        change: impl FnOnce(&mut State) -> Result<R, LabError>,
    ) -> Result<R, LabError> {
        let _held = self.lock().await?;
        let mut state = self.read()?;
        let result = change(&mut state)?;
        self.write(&state)?;
        Ok(result)
    }

    async fn lock(&self) -> Result<File, LabError> {
        let path = self.lock_file();
        let file = File::options()
            .create(true)
            .append(true)
            .open(&path)
            .map_err(|error| self.unreadable(error))?;
        let began = Instant::now();
        while began.elapsed() < LOCK_DEADLINE {
            match file.try_lock() {
                Ok(()) => return Ok(file),
                Err(TryLockError::WouldBlock) => tokio::time::sleep(LOCK_LOOK).await,
                Err(TryLockError::Error(source)) => return Err(LabError::Io { path, source }),
            }
        }
        Err(LabError::Timeout {
            what: format!("lock of {}", path.display()),
            after: LOCK_DEADLINE,
        })
    }

    fn unreadable(&self, error: io::Error) -> LabError {
        if error.kind() == io::ErrorKind::NotFound {
            return LabError::NoLab {
                name: self.name.to_string(),
                base: self.base.clone(),
            };
        }
        LabError::io(self.state_file())(error)
    }
}
