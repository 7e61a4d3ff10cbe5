//! A real ovs-vswitchd with a bridge for every host. What passes between them is carried by the
//! test: nobody here sends a packet, Open vSwitch is only asked what it would do with one.

use super::support::facts::HOSTS;
use super::support::goals::{TUNNEL, host_ip};
use super::ways::{EXTERNALS, TAG, WIRE, external_id};
use alcor_compiler::oracle::Intent;
use alcor_openflow::{
    BundleItem, Client, Connection, Endpoint, Events, Flow, FlowMod, Match, Settings,
};
use alcor_pipeline::table;
use alcor_types::{MacAddr, NetworkId};
use alcor_unixctl::{Client as Control, Exit, Fields, Probe, Trace, Tunnelled};
use std::net::IpAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

const SCHEMA: &str = "/usr/share/openvswitch/vswitch.ovsschema";
/// What is said of packets that come from a tunnel and may go into one: those that a gateway leads in
/// again.
const TURNS: [&str; 2] = ["simulate NAT", "set_field:0->in_port"];
/// How often a packet leaves and comes in again.
const LEGS: usize = 4;
/// How often the tracker is asked in one bridge, after the first time.
const SIDES: usize = 5;
const PATIENCE: Duration = Duration::from_secs(30);

/// The daemons and the connections to them. Gone when dropped.
pub(crate) struct Switches {
    // Connections end before the daemons do.
    bridges: Vec<(Client, Events)>,
    control: Control,
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

/// The wire of an external network.
pub(crate) struct Wire<'a> {
    pub(crate) intent: &'a Intent,
    pub(crate) network: NetworkId,
}

impl Wire<'_> {
    fn number(&self) -> u8 {
        let mut all = 0..EXTERNALS;
        all.find(|number| external_id(*number) == self.network)
            .unwrap()
    }
}

/// How it ended, the host that put it onto the wire where that is its end, and all that was said.
type Way = (End, Option<(u8, Probe)>, String);

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

    /// What becomes of a packet that a VM of a host sends, through as many hosts as it takes.
    pub(crate) async fn from_vm(
        &mut self,
        intent: &Intent,
        (host, probe): (u8, Probe),
        ct: [&str; 2],
    ) -> (End, String) {
        let first = self.host((host, probe), ct).await;
        self.goes_on(intent, first, ct).await
    }

    /// What becomes of a frame that a machine outside sends.
    pub(crate) async fn from_outside(
        &mut self,
        wire: &Wire<'_>,
        frame: Probe,
        ct: [&str; 2],
    ) -> (End, String) {
        let first = self.wire(None, tagged(frame, wire.number()), ct).await;
        self.goes_on(wire.intent, first, ct).await
    }

    /// Of a frame that comes to what a router has translated: `ofproto/trace` shows where the tracker
    /// is asked, and not the address that it gives back. From there on it goes on with that address.
    pub(crate) async fn translated_back(
        &mut self,
        wire: &Wire<'_>,
        frame: Probe,
        own: IpAddr,
        ct: &str,
    ) -> (End, String) {
        let frame = tagged(frame, wire.number());
        let mut ends = Vec::new();
        for host in 0..HOSTS {
            let asked = self.ask(host, &frame, [ct; 2]).await;
            let Some((_, mut known)) = tracked(&asked) else {
                continue;
            };
            known.set("nw_dst", &own.to_string());
            let (back, text) = self.resume(host, &frame, (table::RETURN, known), ct).await;
            let first = self.carry(host, (back, text), [ct; 2]).await;
            ends.push(self.goes_on(wire.intent, first, [ct; 2]).await);
        }
        assert!(ends.len() < 2, "two hosts have it: {ends:?}");
        ends.pop().unwrap_or((End::Dropped, String::new()))
    }

    /// Goes on in the table where the tracker would give the packet back, with what is known there. A
    /// trace that starts so cannot be taken up after the next question to the tracker, so that it
    /// starts there again.
    async fn resume(
        &mut self,
        host: u8,
        frame: &Probe,
        (mut table, mut known): (u8, Fields),
        ct: &str,
    ) -> (Probe, String) {
        let (bridge, states) = (format!("br{host}"), ct.replace(',', "|"));
        let mut told = String::new();
        loop {
            self.asked += 1;
            let back = frame.clone().with(&known);
            let kept = known.all();
            let kept = kept.filter(|(name, _)| name.starts_with("reg") || *name == "metadata");
            let kept = kept.map(|(name, value)| format!("set_field:{value}->{name},"));
            let actions = kept.collect::<String>() + &format!("resubmit(,{table})");
            let flow = format!("{back},ct_state={states}");
            let words = [&bridge, &flow, "--ct-next", ct, &actions];
            let call = self.control.call("ofproto/trace-packet-out", &words);
            let text = call.await.unwrap();
            told.push_str(&text);
            match tracked(&text) {
                Some(next) => (table, known) = next,
                None => return (back, told),
            }
        }
    }

    /// Whatever of ours a frame on the wire is for takes it, on another host.
    async fn goes_on(&mut self, intent: &Intent, first: Way, ct: [&str; 2]) -> (End, String) {
        let (mut end, mut frame, mut told) = first;
        for _ in 0..LEGS {
            let (End::Outside { network, to, .. }, Some((from, sent))) = (end, frame.take()) else {
                break;
            };
            let mut ours = intent
                .ports()
                .filter(|port| port.network_id == external_id(network));
            if !ours.any(|port| port.mac_address == to) {
                // The router itself has answered.
                let answers = matches!((sent.protocol, sent.port), (1, 0) | (58, 129));
                if answers {
                    end = End::Answered(sent.addresses.0);
                }
                break;
            }
            let (next, on, more) = self.wire(Some(from), sent, ct).await;
            told.push_str(&more);
            (end, frame) = (next, on);
        }
        (end, told)
    }

    /// Every host hears what is on the wire, but for the one that sent it; one at most takes it.
    async fn wire(&mut self, from: Option<u8>, mut frame: Probe, ct: [&str; 2]) -> Way {
        frame.in_port = WIRE.0;
        let (mut taken, mut told): (Vec<Way>, _) = (Vec::new(), String::new());
        for host in (0..HOSTS).filter(|host| Some(*host) != from) {
            let way = self.host((host, frame.clone()), ct).await;
            if way.0 == End::Dropped {
                told.push_str(&way.2);
            } else {
                taken.push(way);
            }
        }
        assert!(taken.len() < 2, "two hosts take it: {taken:?}");
        taken.pop().unwrap_or((End::Dropped, None, told))
    }

    /// From a port of a host on.
    async fn host(&mut self, (host, probe): (u8, Probe), ct: [&str; 2]) -> Way {
        let text = self.ask(host, &probe, ct).await;
        self.carry(host, (probe, text), ct).await
    }

    /// Through as many tunnels as it takes.
    async fn carry(
        &mut self,
        host: u8,
        (mut probe, mut text): (Probe, String),
        ct: [&str; 2],
    ) -> Way {
        let (mut at, mut told) = (host, String::new());
        loop {
            let trace = Trace::parse(&text);
            told.push_str(&text);
            let (mut end, mut onto, mut carried) = (End::Dropped, None, None);
            for exit in &trace.exits {
                match exit {
                    Exit::Controller => end = End::Agent,
                    Exit::Back => end = End::Port(at, probe.in_port),
                    Exit::Port { ofport, tunnel, .. } if *ofport == TUNNEL.0 => {
                        assert!(tunnel, "the tunnel is one to Open vSwitch: {text}");
                        carried = Some(tunnelled(at, &trace));
                    }
                    Exit::Port {
                        trouble: Some(_), ..
                    } => {}
                    Exit::Port { ofport, .. } if *ofport == WIRE.0 => {
                        let sent = sent(probe.clone(), &trace);
                        end = left(&sent);
                        onto = Some((at, sent));
                    }
                    Exit::Port { ofport, .. } => end = End::Port(at, *ofport),
                }
            }
            let Some((to, tunnel)) = carried else {
                return (end, onto, told);
            };
            assert!(
                probe.tunnel.is_none() || TURNS.iter().any(|sign| told.contains(sign)),
                "from a tunnel into a tunnel: {told}"
            );
            probe = probe.after(&trace);
            (probe.tunnel, probe.in_port) = (Some(tunnel), TUNNEL.0);
            at = to;
            text = self.ask(at, &probe, ct).await;
        }
    }

    async fn ask(&mut self, host: u8, probe: &Probe, [first, rest]: [&str; 2]) -> String {
        self.asked += 1;
        let (bridge, flow) = (format!("br{host}"), probe.to_string());
        // Once for each side of a port and each translation that the packet may meet.
        let mut words = vec![bridge.as_str(), &flow, "--ct-next", first];
        words.extend(["--ct-next", rest].repeat(SIDES));
        self.control.call("ofproto/trace", &words).await.unwrap()
    }
}

/// The frame as it is on the wire.
fn sent(probe: Probe, trace: &Trace) -> Probe {
    let mut sent = probe.after(trace);
    sent.tunnel = None;
    sent
}

/// The table that the tracker gives the packet back to, and what is known of it then; nothing where it
/// is not asked.
fn tracked(text: &str) -> Option<(u8, Fields)> {
    let at = "will be resumed at table ";
    let table = text.lines().find_map(|line| line.split_once(at))?.1;
    let flow = text
        .lines()
        .find_map(|line| line.strip_prefix("Flow: recirc_id="))?;
    let table = table.trim_end_matches('.').parse().unwrap();
    Some((table, Fields::parse(flow)))
}

fn left(sent: &Probe) -> End {
    End::Outside {
        network: u8::from(sent.vlan == Some(TAG)),
        from: sent.addresses.0,
        to: sent.macs.1.parse().unwrap(),
    }
}

/// The second external network's frames bear a tag.
fn tagged(mut frame: Probe, network: u8) -> Probe {
    frame.vlan = (network == 1).then_some(TAG);
    frame
}

/// To which host, and with what key and ends.
fn tunnelled(from: u8, trace: &Trace) -> (u8, Tunnelled) {
    let end: IpAddr = trace.end.get("tun_dst").unwrap().parse().unwrap();
    let to = (0..=u8::MAX).find(|host| host_ip(*host) == end).unwrap();
    assert_ne!(from, to, "a host sends to itself");
    let tunnel = Tunnelled {
        key: trace.end.number("tun_id").unwrap(),
        from: host_ip(from),
        to: end,
    };
    (to, tunnel)
}

/// Two tunnels of one daemon must differ: here, in where they end.
fn bridge(host: u8, ports: u8) -> String {
    let words = format!(
        "add-br br{host} -- set bridge br{host} datapath_type=netdev fail_mode=secure \
         protocols=OpenFlow13 -- add-port br{host} t{host} -- set interface t{host} type=vxlan \
         options:key=flow options:remote_ip=flow options:local_ip={} ofport_request={} \
         -- add-port br{host} w{host} -- set interface w{host} type=internal ofport_request={}",
        host_ip(host),
        TUNNEL.0,
        WIRE.0
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
