//! Processes of other times: found by pid and start time, so that a pid that the system
//! has given to somebody else is never signalled.

use crate::LabError;
use crate::layout::MARK;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How often a process is looked at while its end is awaited. Not a child of ours, mostly,
/// so that there is no event to wait for.
const LOOK: Duration = Duration::from_millis(5);

/// A process, told from later ones of the same pid by its start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct ProcessId {
    pub(crate) pid: i32,
    /// Clock ticks since boot, field 22 of `/proc/PID/stat`.
    pub(crate) started: u64,
}

impl ProcessId {
    /// The living process of this pid.
    pub(crate) fn of(pid: i32) -> Option<Self> {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        let started = start_of_living(&stat)?;
        Some(Self { pid, started })
    }

    /// The living process whose pid a daemon wrote to this file.
    pub(crate) fn of_pidfile(path: &Path) -> Option<Self> {
        Self::of(fs::read_to_string(path).ok()?.trim().parse().ok()?)
    }

    /// Whether it still runs. A zombie does not.
    pub(crate) fn alive(self) -> bool {
        Self::of(self.pid) == Some(self)
    }

    /// Sends a signal, unless the process has gone. Between the look and the signal lies a
    /// moment in which the pid could change hands; pids are given in turn, so that it cannot
    /// in practice.
    pub(crate) fn signal(self, signal: Signal) {
        if self.alive() {
            // The one possible error is that it has gone by now, which is no error here.
            let _gone = kill(Pid::from_raw(self.pid), signal);
        }
    }

    /// Waits for its end.
    pub(crate) async fn gone(self, deadline: Duration) -> Result<(), LabError> {
        let began = Instant::now();
        while self.alive() {
            if began.elapsed() > deadline {
                return Err(LabError::Timeout {
                    what: format!("end of process {}", self.pid),
                    after: deadline,
                });
            }
            tokio::time::sleep(LOOK).await;
        }
        Ok(())
    }

    /// Asks it to end, and makes it end when it has not within the deadline.
    pub(crate) async fn end(self, deadline: Duration) -> Result<(), LabError> {
        self.signal(Signal::SIGTERM);
        // A stopped process would not see the request.
        self.signal(Signal::SIGCONT);
        if self.gone(deadline).await.is_ok() {
            return Ok(());
        }
        tracing::warn!(pid = self.pid, "process did not end when asked; killing it");
        self.signal(Signal::SIGKILL);
        self.gone(deadline).await
    }
}

/// The start time in a line of `/proc/PID/stat`; nothing for a zombie. The program's name
/// (field 2) may hold spaces and parentheses, so that counting begins after the last one.
///
/// A process that is killed may be a zombie by its first thread while others are still on
/// their way out; until the last has gone, its sockets and locks are held.
fn start_of_living(stat: &str) -> Option<u64> {
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_ascii_whitespace();
    let state = fields.next()?;
    // The state was field 3; the number of threads is field 20, the start time field 22.
    let threads: u64 = fields.nth(16)?.parse().ok()?;
    let ended = state.starts_with('X') || (state.starts_with('Z') && threads <= 1);
    if ended {
        return None;
    }
    fields.nth(1)?.parse().ok()
}

/// Every living process, but ours, that lives in one of these namespaces (paths like
/// `/run/netns/NAME`).
pub(crate) fn inhabitants(namespaces: &[PathBuf]) -> Vec<ProcessId> {
    let inodes: BTreeSet<_> = namespaces.iter().filter_map(|path| inode(path)).collect();
    others(|pid| lives_in(pid, &inodes))
}

/// Every living process, but ours, that carries the mark of the lab in this folder.
pub(crate) fn marked(dir: &Path) -> Vec<ProcessId> {
    let mark = format!("{MARK}={}", dir.display());
    others(|pid| is_marked(pid, mark.as_bytes()))
}

fn others(belongs: impl Fn(i32) -> bool) -> Vec<ProcessId> {
    let own = i32::try_from(std::process::id()).unwrap_or_default();
    let found = pids().filter(|pid| *pid != own && belongs(*pid));
    found.filter_map(ProcessId::of).collect()
}

fn pids() -> impl Iterator<Item = i32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

fn lives_in(pid: i32, inodes: &BTreeSet<(u64, u64)>) -> bool {
    !inodes.is_empty()
        && inode(Path::new(&format!("/proc/{pid}/ns/net"))).is_some_and(|id| inodes.contains(&id))
}

fn is_marked(pid: i32, mark: &[u8]) -> bool {
    fs::read(format!("/proc/{pid}/environ"))
        .is_ok_and(|env| env.split(|byte| *byte == 0).any(|entry| entry == mark))
}

fn inode(path: &Path) -> Option<(u64, u64)> {
    let meta = fs::metadata(path).ok()?;
    Some((meta.dev(), meta.ino()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_parentheses_does_not_shift_the_fields() {
        let tail = "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 1 18 4711 20";
        assert_eq!(
            start_of_living(&format!("9 (a) b) c) S {tail}")),
            Some(4711)
        );
        assert_eq!(start_of_living(&format!("9 (a) Z {tail}")), None);
        let threads = tail.replace(" 1 18 ", " 3 18 ");
        assert_eq!(
            start_of_living(&format!("9 (a) Z {threads}")),
            Some(4711),
            "threads of it still run"
        );
        assert_eq!(start_of_living("9 (a"), None);
        assert_eq!(start_of_living("9 (a) S 1 2"), None);
    }

    #[test]
    fn our_own_process_is_alive_and_another_start_is_not_it() {
        let pid = i32::try_from(std::process::id()).unwrap();
        let own = ProcessId::of(pid).unwrap();
        assert!(own.alive());
        let other = ProcessId {
            started: own.started + 1,
            ..own
        };
        assert!(!other.alive());
    }
}
