//! A private Open vSwitch: own database, own socket, own network namespace.
//!
//! The processes are our children and are killed and reaped on drop, also when a test
//! panics. The namespace has no name and ends with ovs-vswitchd, and with it all its
//! interfaces, so tests run beside each other and leave nothing behind.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use alcor_ovsdb::vswitch::Vswitch;
use alcor_ovsdb::{Connection, Endpoint, Options};
use tempfile::TempDir;
use tokio::process::{Child, Command};
use tokio::time::timeout;

/// How long any single event may take before the test fails; generous, for a busy machine.
pub(crate) const DEADLINE: Duration = Duration::from_secs(30);

/// One database server, and ovs-vswitchd once started.
pub(crate) struct Switch {
    server: Option<Child>,
    daemon: Option<Child>,
    // Dropped last: the processes keep files here.
    folder: TempDir,
}

impl Switch {
    /// Only the database.
    pub(crate) async fn database() -> Self {
        let folder = tempfile::Builder::new()
            .prefix("ao")
            .tempdir_in("/tmp")
            .expect("temp dir");
        let mut switch = Self {
            server: None,
            daemon: None,
            folder,
        };
        let database = switch.path("conf.db");
        let schema = "/usr/share/openvswitch/vswitch.ovsschema";
        let create = Command::new("ovsdb-tool")
            .arg("create")
            .arg(database)
            .arg(schema)
            .status();
        assert!(create.await.expect("ovsdb-tool").success());
        switch.start_server().await;
        switch.vsctl("--no-wait init").await;
        switch
    }

    /// The database and ovs-vswitchd.
    pub(crate) async fn whole() -> Self {
        let mut switch = Self::database().await;
        switch.start_daemon();
        switch
    }

    pub(crate) async fn start_server(&mut self) {
        let remote = format!("--remote=punix:{}", self.path("db.sock").display());
        let child = self
            .command("ovsdb-server")
            .arg(self.path("conf.db"))
            .arg(remote)
            .spawn();
        self.server = Some(child.expect("ovsdb-server"));
        timeout(DEADLINE, self.wait_for_server())
            .await
            .expect("ovsdb-server listens");
    }

    async fn wait_for_server(&self) {
        // Nothing announces a listening socket; it is asked for until it is there.
        while tokio::net::UnixStream::connect(self.path("db.sock"))
            .await
            .is_err()
        {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    pub(crate) async fn stop_server(&mut self) {
        let mut child = self.server.take().expect("server runs");
        child.kill().await.expect("kill");
    }

    fn start_daemon(&mut self) {
        let database = format!("unix:{}", self.path("db.sock").display());
        let mut command = self.command("unshare");
        command.args(["--net", "ovs-vswitchd", "--disable-system", &database]);
        self.daemon = Some(command.spawn().expect("ovs-vswitchd"));
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        for variable in ["OVS_RUNDIR", "OVS_DBDIR", "OVS_LOGDIR"] {
            command.env(variable, self.folder.path());
        }
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command.current_dir(self.folder.path()).kill_on_drop(true);
        command
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn endpoint(&self) -> Endpoint {
        Endpoint::Unix(self.path("db.sock"))
    }

    pub(crate) async fn connect(&self) -> Connection {
        Connection::connect(&self.endpoint(), Options::default())
            .await
            .expect("connect")
    }

    pub(crate) async fn vswitch(&self) -> Vswitch {
        Vswitch::new(self.connect().await)
    }

    /// Runs the oracle with arguments separated by spaces; its output without quotes.
    pub(crate) async fn vsctl(&self, arguments: &str) -> String {
        let database = format!("--db={}", self.endpoint());
        let mut command = self.command("ovs-vsctl");
        command
            .args([&database, "--timeout=30"])
            .args(arguments.split(' '));
        let output = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .output()
            .await;
        let output = output.expect("ovs-vsctl");
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success(),
            "ovs-vsctl {arguments}: {complaint}"
        );
        String::from_utf8_lossy(&output.stdout)
            .trim()
            .replace('"', "")
    }
}

impl Drop for Switch {
    /// ovs-vswitchd goes first, so that it does not log about its database being gone.
    /// Killing waits for nothing; reaping is bounded by the kernel ending the process.
    fn drop(&mut self) {
        for child in [self.daemon.take(), self.server.take()]
            .iter_mut()
            .flatten()
        {
            drop(child.start_kill());
            while matches!(child.try_wait(), Ok(None)) {
                std::thread::yield_now();
            }
        }
    }
}
