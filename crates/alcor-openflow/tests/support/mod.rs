//! A real Open vSwitch for one test: its own database, daemon, folder and bridge, gone when
//! the value is dropped. Needs the package `openvswitch-switch` and root.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    unreachable_pub,
    reason = "a part of test crates, which the lint settings do not see as one"
)]

use alcor_openflow::{Client, Connection, Endpoint, Events, Settings};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

const SCHEMA: &str = "/usr/share/openvswitch/vswitch.ovsschema";
const PATIENCE: Duration = Duration::from_secs(30);

pub struct Switch {
    database: Child,
    daemon: Child,
    folder: TempDir,
}

impl Switch {
    /// Starts the daemons and makes `br0`.
    pub fn start() -> Self {
        let folder = tempfile::Builder::new().prefix("aof").tempdir().unwrap();
        let path = folder.path();
        let file = |name: &str| path.join(name).display().to_string();
        run("ovsdb-tool", path, &["create", &file("conf.db"), SCHEMA]);
        let database = spawn(
            "ovsdb-server",
            path,
            &[
                &file("conf.db"),
                &format!("--remote=punix:{}", file("db.sock")),
                &format!("--unixctl={}", file("db.ctl")),
            ],
        );
        wait_for(&path.join("db.sock"));
        vsctl(path, &["--no-wait", "init"]);
        // In a network namespace of its own: every daemon makes a device `ovs-netdev`.
        let daemon = spawn(
            "unshare",
            path,
            &[
                "--net",
                "ovs-vswitchd",
                &format!("unix:{}", file("db.sock")),
                "--disable-system",
                &format!("--unixctl={}", file("vswitchd.ctl")),
            ],
        );
        let switch = Self {
            database,
            daemon,
            folder,
        };
        switch.make_bridge();
        switch
    }

    fn make_bridge(&self) {
        let words = [
            "add-br",
            "br0",
            "--",
            "set",
            "bridge",
            "br0",
            "datapath_type=netdev",
            "fail_mode=secure",
            "protocols=OpenFlow10,OpenFlow13",
        ];
        vsctl(self.folder.path(), &words);
        wait_for(&self.socket());
    }

    fn socket(&self) -> PathBuf {
        self.folder.path().join("br0.mgmt")
    }

    pub fn endpoint(&self) -> Endpoint {
        Endpoint::Unix(self.socket())
    }

    pub async fn connect(&self) -> (Client, Events) {
        let settings = Settings::default();
        Connection::connect(&self.endpoint(), settings)
            .await
            .unwrap()
    }

    /// Ends the daemon as a crash would.
    #[allow(dead_code, reason = "not every test crate ends it")]
    pub fn kill_daemon(&mut self) {
        self.daemon.kill().unwrap();
        self.daemon.wait().unwrap();
    }

    #[allow(dead_code, reason = "only the speed test asks")]
    pub fn daemon_pid(&self) -> u32 {
        self.daemon.id()
    }
}

impl Drop for Switch {
    fn drop(&mut self) {
        // The daemon removes its devices when it is asked to end, so ask first.
        for child in [&mut self.daemon, &mut self.database] {
            let _ = Command::new("kill").arg(child.id().to_string()).output();
            let deadline = Instant::now() + Duration::from_secs(5);
            while matches!(child.try_wait(), Ok(None)) && Instant::now() < deadline {
                pause();
            }
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn environment(program: &str, folder: &Path) -> Command {
    let mut command = Command::new(program);
    for name in ["OVS_RUNDIR", "OVS_DBDIR", "OVS_LOGDIR"] {
        command.env(name, folder);
    }
    command
}

fn run(program: &str, folder: &Path, words: &[&str]) {
    let output = environment(program, folder).args(words).output();
    let output = output.unwrap_or_else(|error| panic!("{program} (openvswitch-switch): {error}"));
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {words:?}: {error}");
}

fn vsctl(folder: &Path, words: &[&str]) {
    let database = format!("--db=unix:{}", folder.join("db.sock").display());
    let mut all = vec![database.as_str(), "--timeout=30"];
    all.extend(words);
    run("ovs-vsctl", folder, &all);
}

fn spawn(program: &str, folder: &Path, words: &[&str]) -> Child {
    environment(program, folder)
        .args(words)
        .args(["--no-chdir", "-vconsole:off"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap_or_else(|error| panic!("{program} (openvswitch-switch): {error}"))
}

fn wait_for(path: &Path) {
    let deadline = Instant::now() + PATIENCE;
    while !path.exists() {
        assert!(Instant::now() < deadline, "{} never came", path.display());
        pause();
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "polls a file outside any runtime worker's work"
)]
fn pause() {
    std::thread::sleep(Duration::from_millis(5));
}
