//! The first place where the switches do not do what the intent says.
//!
//! Intent and switches are compared at the packet's end. Where they disagree, the way on the last
//! switch is looked through from its start for a flow that nobody wants and for a wanted one that
//! is not there; either is named with its owner.

use super::switches::{End, Visit};
use super::words::{Words, is_echo};
use alcor_compiler::oracle::Step;
use alcor_openflow::{Field, Flow};
use alcor_pipeline::{Owner, stage};
use alcor_types::{MacAddr, PortId};
use alcor_unixctl::{Fields, Lookup, Probe};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What differs, in words.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Difference {
    /// On which host.
    pub(super) host: String,
    /// In which table, where it is one.
    pub(super) table: Option<u8>,
    /// What differs.
    pub(super) what: String,
    /// What to do.
    pub(super) remedy: String,
}

/// Whether the intent has the packet arrive.
pub(super) fn arrives(words: &Words<'_>, steps: &[Step]) -> bool {
    match steps.last() {
        Some(Step::Delivered { .. } | Step::Left { .. }) => true,
        Some(Step::Own { .. } | Step::OwnOutside { .. }) => is_echo(words.packet),
        _ => false,
    }
}

/// Nothing where they agree, or where the switches were not asked to the end.
pub(super) fn first(
    words: &Words<'_>,
    steps: &[Step],
    visits: &[Visit],
    end: &End,
) -> Option<Difference> {
    // That a packet waits is as it should be, unless what it waits for was asked for before.
    let waiting = visits.iter().filter(|visit| visit.held.is_some());
    let forgotten = { waiting }.find_map(|visit| on(words, visit));
    if forgotten.is_some() {
        return forgotten;
    }
    let wanted = arrives(words, steps);
    let same = match (steps.last(), end) {
        (_, End::Unasked { host, .. }) => visits.is_empty() || carried_to(steps, host),
        (Some(Step::Delivered { port }), End::Port(got)) => port == got,
        // Of a next hop that is not known yet the agent asks; packets after this one leave. So it is of a
        // neighbour: what becomes of the packet is seen once the region has said who that is.
        (_, End::Waits)
        | (Some(Step::Own { .. }), End::Answered | End::Port(_) | End::Agent)
        | (Some(Step::Left { .. }), End::Sought) => true,
        (Some(Step::Left { network, from, .. }), End::Left { .. }) => {
            let (network, from) = (*network, *from);
            *end == End::Left { network, from }
        }
        (Some(Step::OwnOutside { address, .. }), _) => by_gateway(words, steps, *address, end),
        (_, End::Port(_) | End::Answered | End::Sought | End::Stranger(_) | End::Left { .. }) => {
            false
        }
        // The agent says that a packet cannot go on.
        (_, End::Agent) => !matches!(steps.last(), Some(Step::Delivered { .. })),
        (_, End::Dropped | End::Absent | End::Nowhere(_) | End::Unplugged(_)) => !wanted,
    };
    (!same).then(|| named(words, steps, visits, end))
}

/// Whether it is what becomes of a packet to a router's own address outside. Where a VM has sent it, the
/// tracker gives an address back on the way, which `ofproto/trace` does not show.
fn by_gateway(words: &Words<'_>, steps: &[Step], address: IpAddr, end: &End) -> bool {
    let came = matches!(steps.first(), Some(Step::Came { .. }));
    match end {
        _ if !is_echo(words.packet) => *end == End::Dropped,
        End::Left { from, .. } => *from == address,
        _ => !came,
    }
}

/// Whether the intent, too, sends the packet to this host.
fn carried_to(steps: &[Step], host: &str) -> bool {
    carried(steps).any(|to| to == host)
}

/// The hosts that the intent sends the packet to.
fn carried(steps: &[Step]) -> impl Iterator<Item = &str> {
    steps.iter().filter_map(|step| match step {
        Step::Carried { to, .. } | Step::Wired { to, .. } => Some(to.as_str()),
        Step::Taken { host, .. } => Some(host.as_str()),
        _ => None,
    })
}

fn named(words: &Words<'_>, steps: &[Step], visits: &[Visit], end: &End) -> Difference {
    let intended = steps
        .last()
        .map(|step| words.step(step).1)
        .unwrap_or_default();
    if let End::Unplugged(port) = end {
        return unplugged(words, *port);
    }
    let Some(visit) = visits.last() else {
        return bare(String::new(), format!("the intent: {intended}"));
    };
    if let Some(found) = visits.iter().find_map(|visit| on(words, visit)) {
        return found;
    }
    if let (End::Dropped | End::Absent, Some(Step::Delivered { port })) = (end, steps.last())
        && !visit.inspection.plugged.contains_key(port)
    {
        return unplugged(words, *port);
    }
    let last = visit.trace.lookups.last();
    let at = last.map_or_else(String::new, |lookup| {
        let (table, stage) = (lookup.table, stage::of(lookup.table));
        format!(" in table {table} ({stage})")
    });
    let did = match end {
        End::Port(port) => format!("gives it to port {}", words.port(*port)),
        End::Answered => "answers it".to_owned(),
        End::Agent => "gives it to the agent".to_owned(),
        End::Sought => "has the agent look for the next hop".to_owned(),
        End::Left { network, from } => {
            let network = words.network(*network);
            format!("sends it onto the wire of network {network}, from {from}")
        }
        End::Absent => "waits for a neighbour that the region does not know".to_owned(),
        End::Stranger(ofport) => format!("sends it out of OpenFlow port {ofport}"),
        End::Nowhere(what) => format!("sends it {what}"),
        _ => format!("drops it{at}"),
    };
    Difference {
        table: last.map(|lookup| lookup.table),
        ..bare(
            visit.host.clone(),
            format!("the intent: {intended}; the switch {did}"),
        )
    }
}

fn bare(host: String, what: String) -> Difference {
    let remedy = format!("look at `alcor diff {host}`: the agent may be behind");
    Difference {
        host,
        table: None,
        what,
        remedy,
    }
}

fn unplugged(words: &Words<'_>, port: PortId) -> Difference {
    let host = words.intent.port(port).and_then(|port| port.host.clone());
    let host = host.map(|host| host.to_string()).unwrap_or_default();
    Difference {
        what: format!("port {} has no interface in the bridge", words.port(port)),
        remedy: format!("plug its VM: an interface with external_ids:iface-id={port}"),
        table: None,
        host,
    }
}

/// The first lookup of a host that went wrong.
fn on(words: &Words<'_>, visit: &Visit) -> Option<Difference> {
    visit
        .trace
        .lookups
        .iter()
        .find_map(|lookup| wrong(words, visit, lookup))
}

fn wrong(words: &Words<'_>, visit: &Visit, lookup: &Lookup) -> Option<Difference> {
    let table = lookup.table;
    let of = |what: String| Difference {
        host: visit.host.clone(),
        table: Some(table),
        what,
        remedy: format!("`alcor repair {}` mends it", visit.host),
    };
    let stage = stage::of(table);
    if let Some((owner, flow)) = missing(visit, lookup) {
        let (priority, about) = (flow.key.priority, words.owner(*owner));
        return Some(of(format!(
            "table {table} ({stage}) lacks the flow {about}, priority {priority}"
        )));
    }
    let Some(Err(cookie)) = visit.owner(lookup) else {
        return None;
    };
    let rule = lookup.rule.as_ref()?;
    Some(of(format!(
        "table {table} ({stage}): a flow that nobody wants decides: priority {}, {}, cookie {cookie:#x}",
        rule.priority, rule.matching
    )))
}

/// A wanted flow that is not there and would have decided.
fn missing<'a>(visit: &'a Visit, lookup: &Lookup) -> Option<&'a (Owner, Flow)> {
    let decided = lookup.rule.as_ref().map_or(0, |rule| rule.priority);
    let start = Fields::parse(&visit.asked.to_string());
    let states = [&start, &visit.trace.end];
    let absent = visit.inspection.missing.iter().filter(|(_, flow)| {
        flow.key.table == lookup.table
            && flow.key.priority >= decided
            && may_match(flow, &visit.asked, states)
    });
    absent.max_by_key(|(_, flow)| flow.key.priority)
}

/// Whether no field of the match contradicts both the packet at its start and at its end. What is
/// not known may match.
fn may_match(flow: &Flow, asked: &Probe, states: [&Fields; 2]) -> bool {
    flow.key.matching.iter().all(|(field, value, mask)| {
        match field {
            Field::IpProto => return value == u128::from(asked.protocol),
            Field::EthType => return value == family(asked),
            _ => {}
        }
        let Some(name) = name(field) else { return true };
        let known = states.map(|state| state.get(name).and_then(number));
        let set: Vec<_> = known.into_iter().flatten().collect();
        set.is_empty() || set.iter().any(|known| known & mask == value)
    })
}

fn family(asked: &Probe) -> u128 {
    if asked.addresses.0.is_ipv6() {
        0x86dd
    } else {
        0x0800
    }
}

/// The field in the words of the switch.
fn name(field: Field) -> Option<&'static str> {
    Some(match field {
        Field::InPort => "in_port",
        Field::Metadata => "metadata",
        Field::EthSrc => "dl_src",
        Field::EthDst => "dl_dst",
        Field::Ipv4Src => "nw_src",
        Field::Ipv4Dst => "nw_dst",
        Field::Ipv6Src => "ipv6_src",
        Field::Ipv6Dst => "ipv6_dst",
        Field::TcpDst => "tcp_dst",
        Field::UdpDst => "udp_dst",
        Field::SctpDst => "sctp_dst",
        Field::Icmpv4Type => "icmp_type",
        Field::Icmpv6Type => "icmpv6_type",
        Field::TunnelId => "tun_id",
        Field::Reg0 => "reg0",
        Field::Reg2 => "reg2",
        _ => return None,
    })
}

/// A field's value as flows have it.
fn number(text: &str) -> Option<u128> {
    if let Ok(address) = text.parse::<Ipv4Addr>() {
        return Some(address.to_bits().into());
    }
    if let Ok(address) = text.parse::<Ipv6Addr>() {
        return Some(address.to_bits());
    }
    if let Ok(mac) = text.parse::<MacAddr>() {
        return Some(mac.to_u64().into());
    }
    match text.strip_prefix("0x") {
        Some(digits) => u128::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    }
}
