//! What the figures were taken on, and what else was going on there.

use anyhow::Context;
use nix::sys::statfs::{FsType, TMPFS_MAGIC, statfs};
use serde::Serialize;
use std::fs::{self, File};
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;
use std::time::Instant;

use crate::samples::Samples;

/// Durable writes that tell how fast the disk is.
const WRITES: usize = 200;

/// One machine.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Machine {
    cpu: String,
    cores: usize,
    memory_gib: u64,
    kernel: String,
}

impl Machine {
    /// This one.
    pub(crate) fn here() -> Self {
        let cpuinfo = read("/proc/cpuinfo");
        let kib = field(&read("/proc/meminfo"), "MemTotal").parse();
        Self {
            cpu: field(&cpuinfo, "model name").to_owned(),
            cores: std::thread::available_parallelism().map_or(1, Into::into),
            memory_gib: kib.unwrap_or(0_u64).div_ceil(1 << 20),
            kernel: read("/proc/sys/kernel/osrelease").trim().to_owned(),
        }
    }
}

impl std::fmt::Display for Machine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            cpu,
            cores,
            memory_gib,
            kernel,
        } = self;
        write!(f, "{cpu}, {cores} cores, {memory_gib} GiB, Linux {kernel}")
    }
}

/// The load averages of the last 1, 5 and 15 minutes.
pub(crate) fn load() -> String {
    let text = read("/proc/loadavg");
    text.split_whitespace()
        .take(3)
        .collect::<Vec<_>>()
        .join(" ")
}

/// Seconds of processor time that the whole machine has spent on anything but idling, since
/// it started.
pub(crate) fn busy_seconds() -> f64 {
    let stat = read("/proc/stat");
    let line = stat.lines().next().unwrap_or_default();
    let ticks = line.split_whitespace().skip(1);
    let ticks: Vec<f64> = ticks.filter_map(|tick| tick.parse().ok()).collect();
    // user, nice, system, (idle, iowait,) irq, softirq, steal; guests are in user already.
    let busy = [0, 1, 2, 5, 6, 7].into_iter();
    let busy: f64 = busy.filter_map(|at| ticks.get(at)).sum();
    busy / crate::meter::TICKS
}

/// Times of one durable write, 4 KiB and `fdatasync`, in the folder where stores are put.
/// Memory that calls itself a disk is refused.
pub(crate) fn durable_writes(dir: &Path) -> anyhow::Result<Samples> {
    refuse_memory(dir)?;
    let path = dir.join("disk-probe");
    let mut file = File::create(&path)?;
    file.write_all(&[0; 4096])?;
    file.sync_all()?;
    let mut times = Samples::default();
    for _ in 0..WRITES {
        let began = Instant::now();
        file.seek(SeekFrom::Start(0))?;
        file.write_all(&[1; 4096])?;
        file.sync_data()?;
        times.add(began.elapsed());
    }
    fs::remove_file(path)?;
    Ok(times)
}

fn refuse_memory(dir: &Path) -> anyhow::Result<()> {
    let kind: FsType = statfs(dir)?.filesystem_type();
    if kind == TMPFS_MAGIC {
        anyhow::bail!(
            "{} lies in memory, where durable writes cost nothing: set CARGO_TARGET_DIR to a disk",
            dir.display()
        );
    }
    Ok(())
}

/// The space that a folder's files take on the disk, in bytes.
pub(crate) fn disk_bytes(dir: &Path) -> anyhow::Result<u64> {
    use std::os::unix::fs::MetadataExt;
    let mut sum = 0;
    for entry in fs::read_dir(dir).with_context(|| format!("cannot read {}", dir.display()))? {
        let entry = entry?;
        let meta = entry.metadata()?;
        sum += if meta.is_dir() {
            disk_bytes(&entry.path())?
        } else {
            meta.blocks() * 512
        };
    }
    Ok(sum)
}

/// The value after `name:` in a file of lines such as those of `/proc`.
pub(crate) fn field<'a>(text: &'a str, name: &str) -> &'a str {
    let of = |line: &'a str| {
        let (key, value) = line.split_once(':')?;
        (key.trim() == name).then(|| value.trim().trim_end_matches(" kB"))
    };
    text.lines().find_map(of).unwrap_or_default()
}

pub(crate) fn read(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_default()
}
