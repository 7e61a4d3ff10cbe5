//! The way of a packet from bridge to bridge, by tunnels and wires, as Open vSwitch traces each part of
//! it.

use super::proof::ANSWER;
use super::region::{WIRED, WIRED_TAG};
use super::support::facts::HOSTS;
use super::support::goals::{GENEVE, TUNNEL, host_ip, vpc_id};
use super::switches::{End, Switches};
use super::ways::{EXTERNALS, TAG, WIRE, external_id};
use alcor_compiler::oracle::Intent;
use alcor_pipeline::{seat_mac, table};
use alcor_types::{MacAddr, NetworkId};
use alcor_unixctl::{Exit, Fields, Probe, Trace, Tunnelled};
use std::net::IpAddr;

/// What is said of packets that come from a tunnel and may go into one: those that a gateway leads in
/// again.
const TURNS: [&str; 2] = ["simulate NAT", "set_field:0->in_port"];
/// How often a packet is on a wire.
const LEGS: usize = 6;

/// Stands for the wire of VMs where external networks have their numbers.
pub(crate) const INSIDE: u8 = EXTERNALS;

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
    /// What becomes of a packet that a VM of a host sends, through as many hosts as it takes.
    pub(crate) async fn vm_sends(
        &mut self,
        intent: &Intent,
        (host, probe): (u8, Probe),
        ct: [&str; 2],
    ) -> (End, String) {
        let first = self.host((host, probe), ct).await;
        self.goes_on(intent, first, ct).await
    }

    /// What becomes of a frame that a machine outside sends.
    pub(crate) async fn machine_sends(
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
            if !is_ours(intent, network_at(network), to) {
                // The router itself has answered, unless it was an answer that came.
                let reply = matches!((sent.protocol, sent.port), (1, 0) | (58, 129));
                let answers = reply && ct[0] != ANSWER;
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
                    Exit::Port { ofport, tunnel, .. } if is_tunnel(*ofport) => {
                        assert!(tunnel, "the tunnel is one to Open vSwitch: {text}");
                        carried = Some((tunnelled(at, &trace), *ofport));
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
            let Some(((to, tunnel), by)) = carried else {
                return (end, onto, told);
            };
            assert!(
                probe.tunnel.is_none() || TURNS.iter().any(|sign| told.contains(sign)),
                "from a tunnel into a tunnel: {told}"
            );
            probe = probe.after(&trace);
            (probe.tunnel, probe.in_port) = (Some(tunnel), by);
            at = to;
            text = self.ask(at, &probe, ct).await;
        }
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

/// Whether the frame's address on the wire of a network is one of ours: a port's, or that of a router
/// which leads out.
fn is_ours(intent: &Intent, network: NetworkId, mac: MacAddr) -> bool {
    let mut ports = intent.ports().filter(|port| port.network_id == network);
    let mut seats = intent.seats_on(network);
    ports.any(|port| port.mac_address == mac)
        || seats.any(|(port, end, _)| seat_mac(end, port) == mac)
}

/// The network that a wire is of: an external one, or that of VMs.
fn network_at(wire: u8) -> NetworkId {
    match wire {
        INSIDE => vpc_id(WIRED),
        external => external_id(external),
    }
}

fn left(sent: &Probe) -> End {
    End::Outside {
        network: match sent.vlan {
            Some(WIRED_TAG) => INSIDE,
            tag => u8::from(tag == Some(TAG)),
        },
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

fn is_tunnel(ofport: u32) -> bool {
    [TUNNEL.0, GENEVE.0].contains(&ofport)
}
