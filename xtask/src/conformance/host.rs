//! One host with a real agent on a real Open vSwitch: a region has agents for those hosts only
//! whose agents have spoken to it.

use super::process::Process;
use crate::run;
use anyhow::bail;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// Looks for the database's socket, before the server is taken for broken.
const LOOKS: u32 = 300;

/// The running host.
pub(super) struct Host {
    _agent: Process,
    _switch: Process,
    _database: Process,
    place: Place,
}

impl Host {
    /// Starts a switch in the folder, and an agent that speaks to the region at this port.
    pub(super) async fn start(folder: &Path, region: u16) -> anyhow::Result<Self> {
        let place = Place(folder.join("ovs"));
        std::fs::create_dir_all(&place.0)?;
        let mut tool = place.program("ovsdb-tool");
        tool.arg("create").arg(place.0.join("conf.db"));
        tool.arg("/usr/share/openvswitch/vswitch.ovsschema");
        Process::start("ovsdb-tool", &mut tool)?.succeeded().await?;
        let database = place.database().await?;
        let mut init = place.program("ovs-vsctl");
        init.arg(format!("--db={}", place.socket()));
        init.args(["--no-wait", "init"]);
        Process::start("ovs-vsctl", &mut init)?.succeeded().await?;
        // Its interfaces outlive it, unless they are in a network namespace that does not.
        let mut switch = place.program("unshare");
        switch.args(["--net", "ovs-vswitchd", "--disable-system"]);
        switch.arg(place.socket());
        Ok(Self {
            _switch: Process::start("ovs-vswitchd", &mut switch)?,
            _agent: place.agent(region)?,
            _database: database,
            place,
        })
    }

    /// How the switch's database is reached.
    pub(super) fn ovsdb(&self) -> String {
        self.place.socket()
    }

    /// The interface that is there for a port, if there is one.
    pub(super) async fn interface(&self, port: &str) -> anyhow::Result<Option<String>> {
        let mut find = self.place.program("ovs-vsctl");
        find.arg(format!("--db={}", self.ovsdb()));
        find.args([
            "--timeout=20",
            "--bare",
            "--columns=name",
            "find",
            "Interface",
        ]);
        find.arg(format!("external_ids:iface-id={port}"));
        let found = tokio::process::Command::from(find).output().await?;
        if !found.status.success() {
            bail!("ovs-vsctl: {}", String::from_utf8_lossy(&found.stderr));
        }
        let name = String::from_utf8_lossy(&found.stdout).trim().to_owned();
        Ok((!name.is_empty()).then_some(name))
    }
}

/// Where the switch has its files.
struct Place(PathBuf);

impl Place {
    fn socket(&self) -> String {
        format!("unix:{}/db.sock", self.0.display())
    }

    fn program(&self, name: &str) -> Command {
        let mut command = Command::new(name);
        for variable in ["OVS_RUNDIR", "OVS_LOGDIR", "OVS_DBDIR"] {
            command.env(variable, &self.0);
        }
        command
    }

    async fn database(&self) -> anyhow::Result<Process> {
        let mut server = self.program("ovsdb-server");
        server.arg(self.0.join("conf.db"));
        server.arg(format!("--remote=p{}", self.socket()));
        let mut process = Process::start("ovsdb-server", &mut server)?;
        for _ in 0..LOOKS {
            process.check()?;
            if self.0.join("db.sock").exists() {
                return Ok(process);
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        bail!("ovsdb-server made no socket at {}", self.socket())
    }

    fn agent(&self, region: u16) -> anyhow::Result<Process> {
        let bridge = format!("unix:{}/br-int.mgmt", self.0.display());
        let mut agent = Command::new(run::target().join("debug/alcor"));
        agent.args(["agent", "--host-id=host-1", "--tunnel-ip=127.0.1.1"]);
        agent.arg(format!("--region=http://127.0.0.1:{region}"));
        agent.args(["--bridge=br-int", "--datapath=netdev", "--ovsdb"]);
        agent.arg(self.socket()).arg("--openflow").arg(bridge);
        Process::start("agent", &mut agent)
    }
}
