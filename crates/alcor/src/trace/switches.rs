//! The packet on the real switches, one bridge after the other, as Open vSwitch itself traces it.

use super::held::Held;
use super::place::Places;
use alcor_agent::Inspection;
use alcor_compiler::oracle::{Intent, Step};
use alcor_goalstate::{Carrier, TunnelKind};
use alcor_pipeline::{Owner, cookie, table};
use alcor_types::{HostName, MacAddr, NetworkId, PortId};
use alcor_unixctl::{Client, Exit, Lookup, Probe, Trace, Tunnelled};
use std::collections::BTreeMap;
use std::net::IpAddr;

/// More hosts than this are a loop.
const MAX_HOSTS: usize = 8;
/// How often the tracker is asked in one bridge, after the first time.
const SIDES: usize = 5;

/// How a packet ended on the switches.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum End {
    /// A port got it.
    Port(PortId),
    /// It went back to where it came from: somebody here has answered.
    Answered,
    /// The agent got it, to answer in somebody's place.
    Agent,
    /// The agent got it, to find the next hop on an external network.
    Sought,
    /// It waited for a neighbour that the region does not know.
    Absent,
    /// It waits there while the agent asks the region whether somebody is in a group.
    Waits,
    /// Nobody got it.
    Dropped,
    /// The port that sends it is not plugged.
    Unplugged(PortId),
    /// It left the region by the wire of a network.
    Left {
        /// The network.
        network: NetworkId,
        /// The address that it came from then.
        from: IpAddr,
    },
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
    /// Where the packet waits while the region is asked.
    pub(super) held: Option<Held>,
}

impl Visit {
    /// Whose flow decided; `Err` where it is nobody's that the region knows.
    pub(super) fn owner(&self, lookup: &Lookup) -> Option<Result<Owner, u64>> {
        let cookie = lookup.rule.as_ref()?.cookie;
        let owner = self.inspection.owners.get(&(cookie & cookie::OWNER_MASK));
        Some(owner.copied().ok_or(cookie))
    }

    /// Whether the last flow is for the agent to find a next hop.
    fn seeks(&self) -> bool {
        let last = self.trace.lookups.last();
        last.is_some_and(|lookup| lookup.table == table::NEXT)
    }

    /// The physical network that the port leads to.
    fn wire(&self, ofport: u32) -> Option<&str> {
        let mut wires = self.inspection.wires.iter();
        let found = wires.find(|(_, number)| number.0 == ofport);
        found.map(|(name, _)| name.as_str())
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

/// By what the packet comes to a host.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Entrance {
    /// A port that is plugged there.
    Plugged(PortId),
    /// A tunnel.
    Tunnel(TunnelKind, Tunnelled),
    /// The wire of a physical network.
    Wire(Carrier),
}

/// Who is where, as the intent has it.
pub(super) struct Map<'a> {
    /// Where tunnels end, by the host's name.
    pub(super) hosts: &'a BTreeMap<IpAddr, String>,
    pub(super) intent: &'a Intent,
    /// What becomes of the packet.
    pub(super) steps: &'a [Step],
}

/// Where the packet starts, and what the tracker is to say of it.
pub(super) struct Start<'a> {
    pub(super) host: &'a str,
    pub(super) entrance: Entrance,
    pub(super) packet: Probe,
    /// At the first side of a port that it meets, and at those after that.
    pub(super) ct_next: [&'a str; 2],
}

/// Follows a packet from the first host on.
pub(super) async fn follow(start: Start<'_>, places: &Places, map: &Map<'_>) -> (Vec<Visit>, End) {
    let (mut visits, mut probe) = (Vec::new(), start.packet);
    let (mut host, mut entrance) = (start.host.to_owned(), start.entrance);
    while visits.len() < MAX_HOSTS {
        let visited = visit(&host, &mut probe, &entrance, start.ct_next, places).await;
        let mut visited = match visited {
            Ok(visited) => visited,
            Err(why) => return (visits, unable(host, &entrance, why)),
        };
        visited.held = Held::at(&visited, map.intent);
        let next = leave(&visited, map);
        probe = visited.asked.clone().after(&visited.trace);
        match next {
            Next::Told(to, by, sent) => (host, entrance, probe) = (to, by, sent),
            Next::Host(to, by) => (host, entrance) = (to, by),
            Next::Found(to, by, mac) => {
                (host, entrance) = (to, by);
                probe.macs.1 = mac.to_string();
            }
            Next::End(end) => {
                visits.push(visited);
                return (visits, end);
            }
        }
        visits.push(visited);
    }
    (
        visits,
        End::Nowhere("it goes from host to host without an end".to_owned()),
    )
}

/// Where the packet cannot enter a host, or that cannot be asked.
fn unable(host: String, entrance: &Entrance, why: Option<String>) -> End {
    let why = match (why, entrance) {
        (Some(why), _) => why,
        (None, Entrance::Plugged(port)) => return End::Unplugged(*port),
        (None, Entrance::Tunnel(..)) => "it has no tunnel port".to_owned(),
        (None, Entrance::Wire(carrier)) => {
            let name = carrier.physical_network().unwrap_or_default();
            format!("it has no way to physical network {name}: see --bridge-mappings")
        }
    };
    End::Unasked { host, why }
}

/// One host; `Err(None)` where the packet cannot enter it.
async fn visit(
    host: &str,
    probe: &mut Probe,
    entrance: &Entrance,
    [first, rest]: [&str; 2],
    places: &Places,
) -> Result<Visit, Option<String>> {
    let place = places.of(host).map_err(Some)?;
    let inspection = alcor_agent::inspect(&place.config);
    let inspection = inspection.await.map_err(|error| Some(error.to_string()))?;
    (probe.tunnel, probe.vlan) = (None, None);
    let enters = match entrance {
        Entrance::Plugged(port) => {
            let carried = inspection.carried.get(port);
            probe.vlan = carried.map(|(_, tag)| *tag);
            let interface = carried.map_or(*port, |(parent, _)| *parent);
            inspection.plugged.get(&interface)
        }
        Entrance::Tunnel(kind, tunnel) => {
            probe.tunnel = Some(*tunnel);
            inspection.tunnels.get(kind)
        }
        Entrance::Wire(carrier) => {
            if let Carrier::Vlan { tag, .. } = carrier {
                probe.vlan = Some(*tag);
            }
            let physical = carrier.physical_network();
            physical.and_then(|name| inspection.wires.get(name))
        }
    };
    probe.in_port = enters.copied().ok_or(None)?.0;
    let text = |error: alcor_unixctl::Error| Some(error.to_string());
    let mut switch = Client::connect(&place.control).await.map_err(text)?;
    let flow = probe.to_string();
    let mut words = vec![place.config.bridge.as_str(), &flow, "--ct-next", first];
    // Once for each side of a port and each translation that it meets; more are not used.
    words.extend(["--ct-next", rest].repeat(SIDES));
    let answer = switch.call("ofproto/trace", &words).await.map_err(text)?;
    Ok(Visit {
        host: host.to_owned(),
        asked: probe.clone(),
        trace: Trace::parse(&answer),
        inspection,
        held: None,
    })
}

/// Where it goes from a host.
enum Next {
    /// To another host.
    Host(String, Entrance),
    /// To another host, once the agent has found its Ethernet address.
    Found(String, Entrance, MacAddr),
    /// To another host, as this packet, once the region has told the agent of a neighbour there.
    Told(String, Entrance, Probe),
    /// To its end.
    End(End),
}

fn leave(visit: &Visit, map: &Map<'_>) -> Next {
    if let Some(held) = &visit.held {
        let next = held.next(visit, map.intent, map.hosts);
        return match next {
            _ if held.is_of_member() => Next::End(End::Waits),
            Some((host, entrance)) => Next::Told(host, entrance, held.sent(visit)),
            None => Next::End(End::Absent),
        };
    }
    let mut end = End::Dropped;
    for exit in &visit.trace.exits {
        if let Some(kind) = visit.tunnel(exit) {
            return match carried(visit, kind, map.hosts) {
                Ok(next) => next,
                Err(what) => Next::End(End::Nowhere(what)),
            };
        }
        match exit {
            Exit::Back => end = End::Answered,
            Exit::Controller if visit.seeks() => return sought(visit, map),
            Exit::Controller => end = End::Agent,
            Exit::Port { ofport, .. } if visit.wire(*ofport).is_some() => {
                return wired(visit, *ofport, map);
            }
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
    Next::End(end)
}

/// The next hop is not known yet. Where it is one of ours, what comes after the agent's question goes
/// there.
fn sought(visit: &Visit, map: &Map<'_>) -> Next {
    let hop = visit.trace.end.number("reg11");
    let found = map.steps.iter().find_map(|step| match step {
        Step::Taken {
            network,
            address: IpAddr::V4(address),
            host,
        } if Some(u64::from(address.to_bits())) == hop => {
            let mac = map.intent.mac_outside(*network, (*address).into())?;
            let carrier = map.intent.network(*network).and_then(Carrier::of)?;
            Some((host, carrier, mac))
        }
        _ => None,
    });
    match found {
        Some((host, carrier, mac)) if host.as_str() != visit.host => {
            Next::Found(host.to_string(), Entrance::Wire(carrier), mac)
        }
        _ => Next::End(End::Sought),
    }
}

/// Over a wire: to the host that has the frame's address there, or to a machine that is none of ours.
fn wired(visit: &Visit, ofport: u32, map: &Map<'_>) -> Next {
    let sent = visit.asked.clone().after(&visit.trace);
    let physical = visit.wire(ofport).unwrap_or_default();
    let networks = || map.intent.carried_by(physical, sent.vlan);
    let mac = sent.macs.1.parse().ok();
    let taking = mac.and_then(|mac| {
        networks().find_map(|network| {
            let host = map.intent.host_of(network, mac);
            let host = host.or_else(|| seat_at(map.intent, network, mac))?;
            Some((network, host))
        })
    });
    if let Some((network, host)) = taking
        && let Some(carrier) = map.intent.network(network).and_then(Carrier::of)
    {
        // The wire brings nothing back to who sent it.
        if host.as_str() == visit.host {
            let what = "to the wire for an address of its own".to_owned();
            return Next::End(End::Nowhere(what));
        }
        return Next::Host(host.to_string(), Entrance::Wire(carrier));
    }
    let from = sent.addresses.0;
    let left = networks().next().map(|network| End::Left { network, from });
    Next::End(left.unwrap_or(End::Stranger(ofport)))
}

/// The host where a router leads out that takes frames for this Ethernet address.
fn seat_at(intent: &Intent, network: NetworkId, mac: MacAddr) -> Option<&HostName> {
    let mut seats = intent.seats_on(network);
    let found = seats.find(|(port, end, _)| alcor_pipeline::seat_mac(*end, *port) == mac);
    found.map(|(.., host)| host)
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
    Ok(Next::Host(host, Entrance::Tunnel(kind, tunnel)))
}
