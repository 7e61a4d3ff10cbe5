//! What the machine is, and what processes take of it.

use serde::Serialize;
use std::fs;
use std::path::Path;

/// Clock ticks a second in `/proc`; fixed in Linux's interface.
const TICKS: f64 = 100.0;

/// One machine.
#[derive(Clone, Debug, Serialize)]
pub struct Machine {
    cpu: String,
    cores: usize,
    memory_gib: u64,
    kernel: String,
}

impl Machine {
    /// This one.
    pub(crate) fn here() -> Self {
        let kib: u64 = field(&read("/proc/meminfo"), "MemTotal")
            .parse()
            .unwrap_or(0);
        Self {
            cpu: field(&read("/proc/cpuinfo"), "model name").to_owned(),
            cores: std::thread::available_parallelism().map_or(1, Into::into),
            memory_gib: kib.div_ceil(1 << 20),
            kernel: read("/proc/sys/kernel/osrelease").trim().to_owned(),
        }
    }
}

/// The load averages of the last 1, 5 and 15 minutes.
pub(crate) fn load() -> String {
    let text = read("/proc/loadavg");
    let words: Vec<_> = text.split_whitespace().take(3).collect();
    words.join(" ")
}

/// Processor seconds of the whole machine so far.
pub(crate) fn busy_seconds() -> f64 {
    let stat = read("/proc/stat");
    let line = stat.lines().next().unwrap_or_default();
    let ticks: Vec<f64> = line
        .split_whitespace()
        .skip(1)
        .filter_map(|tick| tick.parse().ok())
        .collect();
    // user, nice, system, (idle, iowait,) irq, softirq, steal.
    let busy = [0, 1, 2, 5, 6, 7].into_iter();
    busy.filter_map(|at| ticks.get(at)).sum::<f64>() / TICKS
}

/// Processor seconds of a process so far.
pub(crate) fn cpu_seconds(pid: u32) -> f64 {
    let stat = read(&format!("/proc/{pid}/stat"));
    let (_, rest) = stat.rsplit_once(')').unwrap_or_default();
    let ticks = rest.split_whitespace().skip(11).take(2);
    ticks
        .filter_map(|tick| tick.parse::<f64>().ok())
        .sum::<f64>()
        / TICKS
}

/// Memory of a process now, in bytes.
pub(crate) fn resident_bytes(pid: u32) -> u64 {
    let status = read(&format!("/proc/{pid}/status"));
    field(&status, "VmRSS").parse::<u64>().unwrap_or(0) * 1024
}

/// The space that a folder's files take on the disk, in bytes.
pub(crate) fn disk_bytes(dir: &Path) -> u64 {
    use std::os::unix::fs::MetadataExt;
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    entries
        .filter_map(|entry| Some((entry.metadata().ok()?, entry.path())))
        .map(|(meta, path)| {
            if meta.is_dir() {
                disk_bytes(&path)
            } else {
                meta.blocks() * 512
            }
        })
        .sum()
}

fn field<'a>(text: &'a str, name: &str) -> &'a str {
    let of = |line: &'a str| {
        let (key, value) = line.split_once(':')?;
        (key.trim() == name).then(|| value.trim().trim_end_matches(" kB"))
    };
    text.lines().find_map(of).unwrap_or_default()
}

fn read(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_default()
}
