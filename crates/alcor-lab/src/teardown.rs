//! The end of a lab. Synchronous, because a guard must be able to do it while a panic
//! unwinds; and from the folder's name alone, because what started the lab may have crashed.

use crate::command::check_root;
use crate::layout::{DEFAULT_BASE, Layout};
use crate::process::{ProcessId, inhabitants, marked};
use crate::{LabError, LabName};
use nix::mount::{MntFlags, umount2};
use nix::sys::signal::Signal;
use serde::Serialize;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

const NAMESPACES: &str = "/run/netns";

/// What a process has to end by itself. One `ovs-vswitchd` takes about a second, twenty
/// together two or three.
const PATIENCE: Duration = Duration::from_secs(10);
const LOOK: Duration = Duration::from_millis(10);

/// A process that dies may leave a child that was born after the look; a few rounds find all.
const ROUNDS: usize = 5;

/// What was there to be taken down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Downed {
    /// Processes that were ended.
    pub processes: usize,
    /// Namespaces that were removed.
    pub namespaces: usize,
    /// Whether there was a folder to remove.
    pub folder: bool,
}

/// Takes down the lab of this name, whether it runs, has crashed half-way up, or is gone
/// already (which is no error).
pub fn down(base: &Path, name: &LabName) -> Result<Downed, LabError> {
    take_down(&Layout::new(base, name))
}

pub(crate) fn take_down(layout: &Layout) -> Result<Downed, LabError> {
    check_root()?;
    let namespaces = namespaces(layout);
    let processes = end_all(layout, &namespaces)?;
    for namespace in &namespaces {
        remove_namespace(namespace)?;
    }
    Ok(Downed {
        processes,
        namespaces: namespaces.len(),
        folder: remove_folder(layout)?,
    })
}

/// Ends every process that lives in one of these namespaces, and no other.
pub(crate) fn end_members(layout: &Layout, namespace: &str) -> Result<usize, LabError> {
    let namespace = [namespace_path(namespace)];
    end_found(layout, || inhabitants(&namespace))
}

pub(crate) fn remove_namespace(path: &Path) -> Result<(), LabError> {
    // As `ip netns del` does it: the name goes at once, the namespace with its last user.
    match umount2(path, MntFlags::MNT_DETACH) {
        // Not mounted: a name that a crash left behind.
        Ok(()) | Err(nix::Error::EINVAL | nix::Error::ENOENT) => {}
        Err(error) => return Err(LabError::io(path)(error.into())),
    }
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(LabError::io(path)(error)),
        _ => Ok(()),
    }
}

/// The path by which a namespace is known to the system.
pub(crate) fn namespace_path(namespace: &str) -> PathBuf {
    Path::new(NAMESPACES).join(namespace)
}

fn namespaces(layout: &Layout) -> Vec<PathBuf> {
    let prefix = layout.namespace_prefix();
    let entries = fs::read_dir(NAMESPACES).into_iter().flatten().flatten();
    entries
        .filter(|entry| entry.file_name().to_string_lossy().starts_with(&prefix))
        .map(|entry| entry.path())
        .collect()
}

fn end_all(layout: &Layout, namespaces: &[PathBuf]) -> Result<usize, LabError> {
    end_found(layout, || {
        let mut found = recorded(layout);
        found.extend(inhabitants(namespaces));
        found.extend(marked(&layout.dir));
        found.sort_unstable();
        found.dedup();
        found
    })
}

fn end_found(layout: &Layout, mut find: impl FnMut() -> Vec<ProcessId>) -> Result<usize, LabError> {
    let mut ended = 0;
    for _ in 0..ROUNDS {
        let found = find();
        if found.is_empty() {
            return Ok(ended);
        }
        end_together(&found);
        ended += found.len();
    }
    match find().first() {
        None => Ok(ended),
        Some(process) => Err(LabError::Timeout {
            what: format!("end of process {} of lab '{}'", process.pid, layout.name),
            after: PATIENCE,
        }),
    }
}

/// All are asked before any is waited for; those that stay are killed.
fn end_together(processes: &[ProcessId]) {
    for process in processes {
        process.signal(Signal::SIGTERM);
        process.signal(Signal::SIGCONT);
    }
    if await_end(processes) {
        return;
    }
    for process in processes {
        process.signal(Signal::SIGKILL);
    }
    await_end(processes);
}

fn await_end(processes: &[ProcessId]) -> bool {
    let began = Instant::now();
    loop {
        if !processes.iter().any(|process| process.alive()) {
            return true;
        }
        if began.elapsed() > PATIENCE {
            return false;
        }
        #[expect(
            clippy::disallowed_methods,
            reason = "runs in a destructor, where nothing can be awaited; strangers' ends raise no event"
        )]
        std::thread::sleep(LOOK);
    }
}

/// The processes that the state file names, if it can be read.
fn recorded(layout: &Layout) -> Vec<ProcessId> {
    let Ok(state) = layout.read() else {
        return Vec::new();
    };
    let daemons = state.daemons.values().filter_map(|daemon| daemon.process);
    let clients = state
        .vms
        .values()
        .filter_map(|vm| Some(vm.dhcp.as_ref()?.process));
    daemons
        .chain(clients)
        .filter(|process| process.alive())
        .collect()
}

/// Removes the folder with all it holds, but only if it is a lab's (or empty, from a crash
/// in the first moment): a mistyped base must not cost anybody their files. The state goes
/// last, so that a removal that was interrupted can be repeated.
fn remove_folder(layout: &Layout) -> Result<bool, LabError> {
    let dir = &layout.dir;
    let state = layout.state_file();
    if state.exists() {
        for entry in fs::read_dir(dir).map_err(LabError::io(dir))?.flatten() {
            if entry.path() != state {
                remove_entry(&entry.path())?;
            }
        }
        fs::remove_file(&state).map_err(LabError::io(&state))?;
    }
    match fs::remove_dir(dir) {
        Ok(()) => {
            remove_default_base(layout);
            Ok(true)
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(LabError::io(dir)(error)),
    }
}

/// The last lab turns off the light, in the folder that labs have made for themselves.
fn remove_default_base(layout: &Layout) {
    if layout.base == Path::new(DEFAULT_BASE) {
        // An error means that other labs are there.
        let _occupied = fs::remove_dir(&layout.base);
    }
}

fn remove_entry(path: &Path) -> Result<(), LabError> {
    let removed = match fs::symlink_metadata(path) {
        Ok(meta) if meta.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(error) => Err(error),
    };
    match removed {
        // A process that has just ended may have removed its own socket or pid file.
        Err(error) if error.kind() != ErrorKind::NotFound => Err(LabError::io(path)(error)),
        _ => Ok(()),
    }
}
