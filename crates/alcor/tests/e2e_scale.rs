//! `alcor scale` with real hosts among the emulated ones: what VMs find in a large network, and what an
//! interrupted run leaves behind.

#![expect(clippy::unwrap_used, reason = "a test fails by a panic")]

#[path = "stage/scaled.rs"]
mod scaled;

use alcor_scale::Scenario;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Real hosts in a large network of emulated ones: what their VMs have never spoken to is found, packets to
/// emulated hosts come to where the tunnels to them end, a VM moves under a ping, and the switches do
/// exactly what intent says.
#[tokio::test(flavor = "multi_thread")]
async fn vms_of_real_hosts_find_their_neighbours_among_emulated_ones() {
    let text = "hosts = 200\nports = 2000\nvpcs = 1\nprofile = 'one-large'\n\
                restart = { region = true }\n\
                switches = { hosts = 3, vms-per-host = 4, one-by-one = 6, at-once = 6, to-emulated = 20, moves = 2 }";
    let scenario: Scenario = toml::from_str(text).unwrap();
    let report = scaled::run(&scenario).await.unwrap();
    let verdict = &report.verdict;
    assert_eq!((verdict.hosts, verdict.switches), (203, 3));
    assert!(verdict.flows > 0, "{verdict:?}");
    let pings = report.first_pings.as_ref().unwrap();
    assert_eq!((pings.one_by_one.len(), pings.at_once.len()), (6, 6));
    let figure = |what| report.figures.get(what);
    let lost = "first packets to emulated hosts: lost, or at another tunnel's end";
    assert_eq!(figure(lost), Some(0.0));
    let asked = "real host: neighbours asked for, most";
    let most = figure(asked).unwrap();
    // Both ways of the pings, and ports of emulated hosts; far from all.
    assert!((1.0..100.0).contains(&most), "{most}");
    assert_eq!(figure("digests that differed"), Some(0.0));
    let page = alcor_scale::page(&report);
    assert!(page.contains("First pings to cold neighbours"), "{page}");
}

/// `alcor scale`, told to stop when the test is over, whatever became of it.
struct Run(Child);

impl Run {
    fn interrupt(&mut self) -> std::process::ExitStatus {
        let pid = Pid::from_raw(self.0.id().try_into().unwrap());
        // An error means that it has ended.
        let _ended = kill(pid, Signal::SIGINT);
        self.0.wait().unwrap()
    }

    /// The lab of its real hosts, once it has started an agent.
    fn lab(&self) -> Option<PathBuf> {
        processes().find_map(|(parent, line)| {
            let database = line.split('\0').find_map(|word| word.strip_prefix("unix:"));
            let host = Path::new(database?).parent()?;
            (parent == self.0.id()).then(|| host.parent().map(Path::to_owned))?
        })
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        self.interrupt();
    }
}

/// Every process: its parent, and its command line.
fn processes() -> impl Iterator<Item = (u32, String)> {
    let entries = std::fs::read_dir("/proc").unwrap().flatten();
    entries.filter_map(|entry| {
        let stat = std::fs::read_to_string(entry.path().join("stat")).ok()?;
        let (_, rest) = stat.rsplit_once(')')?;
        let line = std::fs::read_to_string(entry.path().join("cmdline")).ok()?;
        Some((rest.split_whitespace().nth(1)?.parse().ok()?, line))
    })
}

/// The namespaces of the lab in a folder.
fn namespaces(lab: &Path) -> Vec<String> {
    let prefix = format!("alcor-{}-", lab.file_name().unwrap().display());
    let entries = std::fs::read_dir("/run/netns")
        .into_iter()
        .flatten()
        .flatten();
    let names = entries.map(|entry| entry.file_name().display().to_string());
    names.filter(|name| name.starts_with(&prefix)).collect()
}

#[tokio::test]
async fn a_run_that_is_interrupted_takes_its_real_hosts_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("long.toml");
    let text = "hosts = 3\nports = 3\nvpcs = 1\nchurn = { seconds = 600 }\n\
                switches = { hosts = 3, vms-per-host = 1, one-by-one = 0, at-once = 0, to-emulated = 0, moves = 0 }";
    std::fs::write(&file, text).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_alcor"));
    command
        .args(["scale", "--scenario"])
        .arg(&file)
        .stderr(Stdio::null());
    let mut run = Run(command.stdout(Stdio::null()).spawn().unwrap());
    let (began, long) = (Instant::now(), Duration::from_mins(2));
    // Until all three hosts have a VM.
    let lab = loop {
        let lab = run.lab();
        let names = lab.as_deref().map(namespaces).unwrap_or_default();
        let vms = names.iter().filter(|name| name.contains("-vm-")).count();
        if let (Some(lab), 3) = (lab, vms) {
            break lab;
        }
        assert!(began.elapsed() < long, "{names:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    let of_lab = |(_, line): &(u32, String)| line.contains(&*lab.to_string_lossy());
    assert!(lab.exists() && processes().filter(of_lab).count() >= 9);
    assert!(!run.interrupt().success());
    assert!(!lab.exists(), "{} is left", lab.display());
    assert_eq!(namespaces(&lab), [""; 0]);
    assert_eq!(processes().filter(of_lab).collect::<Vec<_>>(), []);
}
