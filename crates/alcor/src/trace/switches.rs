//! The packet on the real switches, one bridge after the other, as Open vSwitch itself traces it.

use super::place::Places;
use alcor_agent::Inspection;
use alcor_goalstate::TunnelKind;
use alcor_pipeline::{Owner, cookie};
use alcor_types::PortId;
use alcor_unixctl::{Client, Exit, Lookup, Probe, Trace, Tunnelled};
use std::collections::BTreeMap;
use std::net::IpAddr;

/// More hosts than this are a loop.
const MAX_HOSTS: usize = 8;

/// How a packet ended on the switches.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum End {
    /// A port got it.
    Port(PortId),
    /// It went back to where it came from: somebody here has answered.
    Answered,
    /// The agent got it, to answer in somebody's place.
    Agent,
    /// Nobody got it.
    Dropped,
    /// The port that sends it is not plugged.
    Unplugged(PortId),
    /// It left by a port of the switch that is no port of the region's.
    Stranger(u32),
    /// It went to a host that cannot be asked.
    Unasked {
        /// The host.
        host: String,
        /// Why not.
        why: String,
    },
    /// It went to where no host is.
    Nowhere(String),
}

/// The way through one host.
pub(super) struct Visit {
    pub(super) host: String,
    pub(super) asked: Probe,
    pub(super) trace: Trace,
    pub(super) inspection: Inspection,
}

impl Visit {
    /// Whose flow decided; `Err` where it is nobody's that the region knows.
    pub(super) fn owner(&self, lookup: &Lookup) -> Option<Result<Owner, u64>> {
        let cookie = lookup.rule.as_ref()?.cookie;
        let owner = self.inspection.owners.get(&(cookie & cookie::OWNER_MASK));
        Some(owner.copied().ok_or(cookie))
    }

    fn port(&self, ofport: u32) -> Option<PortId> {
        let plugged = self.inspection.plugged.iter();
        let mut found = plugged.filter(|(_, number)| number.0 == ofport);
        let (port, _) = found.next()?;
        let Some(tag) = self.tag() else {
            return Some(*port);
        };
        let mut carried = self.inspection.carried.iter();
        let sub_port = carried.find(|(_, by)| **by == (*port, tag))?;
        Some(*sub_port.0)
    }

    /// The tag that the packet got last.
    fn tag(&self) -> Option<u16> {
        let actions = self.trace.lookups.last()?.actions.iter().rev();
        let mut set = actions.filter_map(|action| {
            let action = action.strip_prefix("set_field:")?;
            action.strip_suffix("->vlan_vid")?.parse::<u16>().ok()
        });
        set.next().map(|tci| tci & 0xfff)
    }

    fn tunnel(&self, exit: &Exit) -> Option<TunnelKind> {
        let Exit::Port { ofport, .. } = exit else {
            return None;
        };
        let mut tunnels = self.inspection.tunnels.iter();
        let found = tunnels.find(|(_, number)| number.0 == *ofport);
        found.map(|(kind, _)| *kind)
    }
}

/// Where the packet starts, and what the tracker is to say of it.
pub(super) struct Start<'a> {
    pub(super) host: &'a str,
    pub(super) port: PortId,
    pub(super) packet: Probe,
    /// At the first side of a port that it meets, and at those after that.
    pub(super) ct_next: [&'a str; 2],
}

/// Follows a packet from the sender's host on.
pub(super) async fn follow(
    start: Start<'_>,
    places: &Places,
    hosts: &BTreeMap<IpAddr, String>,
) -> (Vec<Visit>, End) {
    let (mut visits, mut probe) = (Vec::new(), start.packet);
    let mut from = From::Port(start.port);
    let mut host = start.host.to_owned();
    while visits.len() < MAX_HOSTS {
        let visited = match visit(&host, &mut probe, from, start.ct_next, places).await {
            Ok(visited) => visited,
            Err(why) if visits.is_empty() && why.is_none() => {
                return (visits, End::Unplugged(start.port));
            }
            Err(why) => {
                let why = why.unwrap_or_else(|| "it has no tunnel port".to_owned());
                return (visits, End::Unasked { host, why });
            }
        };
        let (next, end) = leave(&visited, hosts);
        visits.push(visited);
        match (next, end) {
            (Some((to, kind, tunnel)), _) => {
                if let Some(last) = visits.last() {
                    probe = last.asked.clone().after(&last.trace);
                }
                probe.tunnel = Some(tunnel);
                from = From::Tunnel(kind);
                host = to;
            }
            (None, end) => return (visits, end),
        }
    }
    (
        visits,
        End::Nowhere("it goes from host to host without an end".to_owned()),
    )
}

/// By what a packet enters a switch.
#[derive(Clone, Copy)]
enum From {
    Port(PortId),
    Tunnel(TunnelKind),
}

/// To which host, out of which tunnel there.
type Next = (String, TunnelKind, Tunnelled);

/// One host; `Err(None)` where the packet cannot enter it.
async fn visit(
    host: &str,
    probe: &mut Probe,
    from: From,
    [first, rest]: [&str; 2],
    places: &Places,
) -> Result<Visit, Option<String>> {
    let place = places.of(host).map_err(Some)?;
    let inspection = alcor_agent::inspect(&place.config);
    let inspection = inspection.await.map_err(|error| Some(error.to_string()))?;
    let enters = match from {
        From::Tunnel(kind) => inspection.tunnels.get(&kind),
        From::Port(port) => {
            let carried = inspection.carried.get(&port);
            probe.vlan = carried.map(|(_, tag)| *tag);
            let interface = carried.map_or(port, |(parent, _)| *parent);
            inspection.plugged.get(&interface)
        }
    };
    probe.in_port = enters.copied().ok_or(None)?.0;
    let text = |error: alcor_unixctl::Error| Some(error.to_string());
    let mut switch = Client::connect(&place.control).await.map_err(text)?;
    let flow = probe.to_string();
    let mut words = vec![place.config.bridge.as_str(), &flow];
    // Once for each side of a port that the packet meets; more are not used.
    words.extend(["--ct-next", first, "--ct-next", rest, "--ct-next", rest]);
    let answer = switch.call("ofproto/trace", &words).await.map_err(text)?;
    Ok(Visit {
        host: host.to_owned(),
        asked: probe.clone(),
        trace: Trace::parse(&answer),
        inspection,
    })
}

/// Where it goes from here: to another host, or to its end.
fn leave(visit: &Visit, hosts: &BTreeMap<IpAddr, String>) -> (Option<Next>, End) {
    let mut end = End::Dropped;
    for exit in &visit.trace.exits {
        if let Some(kind) = visit.tunnel(exit) {
            return match carried(visit, kind, hosts) {
                Ok(next) => (Some(next), End::Dropped),
                Err(what) => (None, End::Nowhere(what)),
            };
        }
        match exit {
            Exit::Back => end = End::Answered,
            Exit::Controller => end = End::Agent,
            Exit::Port {
                trouble: Some(_), ..
            } => {}
            Exit::Port { ofport, .. } => {
                end = visit
                    .port(*ofport)
                    .map_or(End::Stranger(*ofport), End::Port);
            }
        }
    }
    (None, end)
}

fn carried(
    visit: &Visit,
    kind: TunnelKind,
    hosts: &BTreeMap<IpAddr, String>,
) -> Result<Next, String> {
    let fields = &visit.trace.end;
    let four = fields.get("tun_dst").and_then(|end| end.parse().ok());
    let six = || fields.get("tun_ipv6_dst").and_then(|end| end.parse().ok());
    let unset = |end: &IpAddr| !end.is_unspecified();
    let end: Option<IpAddr> = four.filter(unset).or_else(six);
    let to = end.ok_or_else(|| "into a tunnel without an end".to_owned())?;
    let host = hosts.get(&to).cloned();
    let host = host.ok_or_else(|| format!("into a tunnel to {to}, where no host is"))?;
    let tunnel = Tunnelled {
        key: fields.number("tun_id").unwrap_or(0),
        from: visit.inspection.tunnel_ip,
        to,
    };
    Ok((host, kind, tunnel))
}
