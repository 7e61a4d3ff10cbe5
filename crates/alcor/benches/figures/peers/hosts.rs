//! The kit's hosts: an agent on each, and interfaces by the names that agents know.

use crate::region::PROGRAM;
use alcor_ovsdb::{
    Condition, Connection, Datum, Endpoint, Monitor, MonitorRequest, Operation, Options, Row,
};
use anyhow::{Context, ensure};
use serde::Deserialize;
use std::fs::File;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tokio::process::{Child, Command};
use uuid::Uuid;

const DATABASE: &str = "Open_vSwitch";

/// A host as the kit describes it.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Described {
    pub(super) name: String,
    ovsdb: String,
    openflow: String,
    bridge: String,
    tunnel_ip: IpAddr,
}

/// A host with its agent.
pub(super) struct Host {
    pub(super) described: Described,
    /// A port that shows by its state whether the host has caught up.
    pub(super) marker: Uuid,
    agent: Child,
    agents: SocketAddr,
    log: PathBuf,
}

impl Host {
    /// Starts the agent, plugs the marker's interface, and names the kit's interfaces from now on.
    pub(super) async fn start(
        described: Described,
        agents: SocketAddr,
        dir: &Path,
    ) -> anyhow::Result<Self> {
        let log = dir.join(format!("agent-{}.log", described.name));
        let agent = agent(&described, agents, &log)?;
        let marker = Uuid::new_v4();
        plug(&described, marker).await?;
        let endpoint: Endpoint = described.ovsdb.parse()?;
        let database = Connection::connect(&endpoint, Options::default()).await?;
        let interfaces = MonitorRequest::new().table("Interface", &["name", "external_ids"]);
        let monitor = database.monitor(DATABASE, &interfaces).await?;
        tokio::spawn(name_interfaces(database, monitor));
        Ok(Self {
            described,
            marker,
            agent,
            agents,
            log,
        })
    }

    pub(super) fn pid(&self) -> Option<u32> {
        self.agent.id()
    }

    /// Ends the agent and starts it anew.
    pub(super) async fn restart(&mut self, crash: bool) -> anyhow::Result<()> {
        if crash {
            self.agent.kill().await?;
        } else {
            let pid = self.pid().context("the agent has ended by itself")?;
            let pid = nix::unistd::Pid::from_raw(i32::try_from(pid)?);
            nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM)?;
            self.agent.wait().await?;
        }
        self.agent = agent(&self.described, self.agents, &self.log)?;
        Ok(())
    }
}

fn agent(host: &Described, agents: SocketAddr, log: &Path) -> anyhow::Result<Child> {
    let log = File::options().create(true).append(true).open(log)?;
    let (name, tunnel) = (&host.name, host.tunnel_ip);
    let child = Command::new(PROGRAM)
        .args(["agent", "--log", "warn", "--datapath", "netdev"])
        .args(["--host-id", name, "--bridge", &host.bridge])
        .args(["--region", &format!("http://{agents}")])
        .args(["--tunnel-ip", &tunnel.to_string()])
        .args(["--ovsdb", &host.ovsdb, "--openflow", &host.openflow])
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        .kill_on_drop(true)
        .spawn()?;
    Ok(child)
}

async fn plug(host: &Described, port: Uuid) -> anyhow::Result<()> {
    let status = Command::new("ovs-vsctl")
        .args([&format!("--db={}", host.ovsdb), "--timeout=20"])
        .args(["add-port", &host.bridge, "marker", "--"])
        .args(["set", "Interface", "marker", "type=internal"])
        .arg(format!("external_ids:iface-id={port}"))
        .status()
        .await?;
    ensure!(status.success(), "no marker on {}: {status}", host.name);
    Ok(())
}

/// The kit's ports have short names, and ours have UUIDs: a name's bytes are one.
pub(super) fn id_of(name: &str) -> anyhow::Result<Uuid> {
    let mut bytes = [0; 16];
    let room = bytes.get_mut(..name.len());
    let room = room.with_context(|| format!("{name} is too long a name"))?;
    room.copy_from_slice(name.as_bytes());
    Ok(Uuid::from_bytes(bytes))
}

/// Gives every interface that the kit names its port's UUID, before the port is created.
async fn name_interfaces(database: Connection, mut monitor: Monitor) {
    loop {
        let tables = monitor.tables();
        let named: Vec<_> = tables
            .rows("Interface")
            .filter_map(|(uuid, row)| Some(renamed(uuid, iface_id(row)?)))
            .collect();
        if !named.is_empty()
            && let Err(error) = database.transact(DATABASE, &named).await
        {
            eprintln!("interfaces not named: {error}");
        }
        // The host is gone when its database is.
        if monitor.next().await.is_err() {
            return;
        }
    }
}

fn iface_id(row: &Row) -> Option<Uuid> {
    let name = row.text_at("external_ids", "iface-id")?;
    if name.parse::<Uuid>().is_ok() {
        return None;
    }
    id_of(name).ok()
}

fn renamed(interface: Uuid, port: Uuid) -> Operation {
    let ids = Datum::map([("iface-id", port.to_string())]);
    let row = Row::new().with("external_ids", ids);
    Operation::update("Interface", vec![Condition::row(interface)], row)
}
