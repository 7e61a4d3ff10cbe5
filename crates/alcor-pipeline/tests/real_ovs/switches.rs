//! A real ovs-vswitchd with a bridge for every host. What passes between them is carried by the
//! test: nobody here sends a packet, Open vSwitch is only asked what it would do with one.

use super::support::goals::{GENEVE, TUNNEL, host_ip};
use super::ways::WIRE;
use alcor_openflow::{
    BundleItem, Client, Connection, Endpoint, Events, Flow, FlowMod, Match, Settings,
};
use alcor_types::MacAddr;
use alcor_unixctl::{Client as Control, Probe};
use std::net::IpAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

const SCHEMA: &str = "/usr/share/openvswitch/vswitch.ovsschema";
/// How often the tracker is asked in one bridge, after the first time.
const SIDES: usize = 5;
const PATIENCE: Duration = Duration::from_secs(30);

/// The daemons and the connections to them. Gone when dropped.
pub(crate) struct Switches {
    // Connections end before the daemons do.
    bridges: Vec<(Client, Events)>,
    pub(crate) control: Control,
    daemon: Child,
    database: Child,
    _folder: TempDir,
    /// How often the switch was asked.
    pub(crate) asked: usize,
}

/// How a packet ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum End {
    /// Out of a port of a host: the number of the host, and that of the port in its bridge.
    Port(u8, u32),
    /// To the agent of a host.
    Agent,
    /// Onto the wire of an external network, to somebody who is none of ours.
    Outside {
        /// The external network.
        network: u8,
        /// The address that it comes from.
        from: IpAddr,
        /// The Ethernet address that it goes to.
        to: MacAddr,
    },
    /// A router has answered by its own address outside.
    Answered(IpAddr),
    /// Nowhere.
    Dropped,
}

impl Switches {
    /// Starts the daemons, with a bridge for each host, each with so many ports from number 100 on.
    pub(crate) async fn start(hosts: u8, ports: u8) -> Self {
        let folder = tempfile::Builder::new().prefix("apo").tempdir().unwrap();
        let path = folder.path();
        let file = |name: &str| path.join(name).display().to_string();
        run("ovsdb-tool", path, &["create", &file("conf.db"), SCHEMA]);
        let remote = format!("--remote=punix:{}", file("db.sock"));
        let unixctl = format!("--unixctl={}", file("db.ctl"));
        let database = spawn("ovsdb-server", path, &[&file("conf.db"), &remote, &unixctl]);
        wait_for(&path.join("db.sock"));
        vsctl(path, "--no-wait init");
        let (db, unixctl) = (
            format!("unix:{}", file("db.sock")),
            format!("--unixctl={}", file("vswitchd.ctl")),
        );
        // In a network namespace of its own: the ports are devices.
        let words = ["--net", "ovs-vswitchd", &db, "--disable-system", &unixctl];
        let daemon = spawn("unshare", path, &words);
        wait_for(&path.join("vswitchd.ctl"));
        for host in 0..hosts {
            vsctl(path, &bridge(host, ports));
        }
        let mut bridges = Vec::new();
        for host in 0..hosts {
            let socket = path.join(format!("br{host}.mgmt"));
            wait_for(&socket);
            let endpoint = Endpoint::Unix(socket);
            let bridge = Connection::connect(&endpoint, Settings::default()).await;
            bridges.push(bridge.unwrap());
        }
        Self {
            bridges,
            control: Control::connect(&path.join("vswitchd.ctl")).await.unwrap(),
            daemon,
            database,
            _folder: folder,
            asked: 0,
        }
    }

    /// Gives a host's bridge these flows in place of all others.
    pub(crate) async fn program(&self, host: u8, flows: Vec<Flow>) {
        let (bridge, _) = &self.bridges[usize::from(host)];
        let clear = BundleItem::Flow(FlowMod::delete(None, Match::new()));
        let adds = flows
            .into_iter()
            .map(|flow| BundleItem::Flow(FlowMod::add(flow)));
        bridge
            .commit(std::iter::once(clear).chain(adds).collect())
            .await
            .unwrap();
    }

    pub(crate) async fn ask(
        &mut self,
        host: u8,
        probe: &Probe,
        [first, rest]: [&str; 2],
    ) -> String {
        self.asked += 1;
        let (bridge, flow) = (format!("br{host}"), probe.to_string());
        // Once for each side of a port and each translation that the packet may meet.
        let mut words = vec![bridge.as_str(), &flow, "--ct-next", first];
        words.extend(["--ct-next", rest].repeat(SIDES));
        self.control.call("ofproto/trace", &words).await.unwrap()
    }
}

/// Two tunnels of one daemon must differ: here, in where they end.
fn bridge(host: u8, ports: u8) -> String {
    let words = format!(
        "add-br br{host} -- set bridge br{host} datapath_type=netdev fail_mode=secure \
         protocols=OpenFlow13 -- add-port br{host} t{host} -- set interface t{host} type=vxlan \
         options:key=flow options:remote_ip=flow options:local_ip={ip} ofport_request={} \
         -- add-port br{host} g{host} -- set interface g{host} type=geneve \
         options:key=flow options:remote_ip=flow options:local_ip={ip} ofport_request={} \
         -- add-port br{host} w{host} -- set interface w{host} type=internal ofport_request={}",
        TUNNEL.0,
        GENEVE.0,
        WIRE.0,
        ip = host_ip(host),
    );
    let ports = (0..ports).map(|port| {
        let (name, number) = (format!("p{host}-{port}"), 100 + u32::from(port));
        format!(
            " -- add-port br{host} {name} -- set interface {name} type=internal \
             ofport_request={number}"
        )
    });
    std::iter::once(words).chain(ports).collect()
}

impl Drop for Switches {
    fn drop(&mut self) {
        // The daemon removes its devices when it is asked to end, so ask first.
        for child in [&mut self.daemon, &mut self.database] {
            let _asked = Command::new("kill").arg(child.id().to_string()).output();
            let deadline = Instant::now() + Duration::from_secs(5);
            while matches!(child.try_wait(), Ok(None)) && Instant::now() < deadline {
                pause();
            }
            let _killed = child.kill();
            let _reaped = child.wait();
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

fn vsctl(folder: &Path, line: &str) {
    let database = format!("--db=unix:{}", folder.join("db.sock").display());
    let mut words = vec![database.as_str(), "--timeout=30"];
    words.extend(line.split_whitespace());
    run("ovs-vsctl", folder, &words);
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
    reason = "polls before there is anything else to do"
)]
fn pause() {
    std::thread::sleep(Duration::from_millis(5));
}
