//! What a port of this host may send.

use super::resolve::{ARP_REQUEST, solicitation};
use super::{limits, tap, trunk};
use crate::Punt;
use crate::member::Local;
use crate::state::State;
use crate::table::{ANSWER, CLASSIFY, DELIVER, DHCP, MATCH, OWN, RECEIVER, RESOLVE, SENDER};
use alcor_openflow::{Action, Controller, Field, Flow, Match, PortNo, Subfield};
use alcor_types::{MacAddr, PortId};
use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr};

const DHCP_CLIENT: u16 = 68;
const DHCP_SERVER: u16 = 67;

/// Nothing while the port is unplugged, switched off, or its network is.
pub(super) fn flows(state: &State, id: PortId) -> Option<Vec<Flow>> {
    let local = state.locals.get(&id).filter(|local| local.up)?;
    let ofport = state.ofport(id)?;
    let (vpc, key) = state.active(local.vpc)?;

    let mut flows = classify(state, id, local, (ofport, key.number()));
    flows.extend(trunk::flows(state, id, local, ofport));
    flows.extend(deliver(state, id, local, ofport));
    if let Some(taps) = &local.taps {
        flows.extend(tap::comes(state, id, taps));
    }
    flows.extend(limits::flows(ofport, &local.limits));
    let own = local.addresses.iter();
    flows.extend(own.map(|address| probe(ofport, *address)));
    if let Some(leases) = state.leases.get(&id) {
        let servers = leases.iter().filter_map(|subnet| vpc.servers.get(subnet));
        flows.extend(dhcp(id, ofport, &servers.copied().collect()));
    }
    Some(flows)
}

/// Names the sender and its network.
fn classify(state: &State, id: PortId, local: &Local, (ofport, key): (PortNo, u64)) -> Vec<Flow> {
    let entry = limits::entry(&local.limits);
    let copies = local.taps.as_deref();
    let copies = copies.map_or_else(Vec::new, |taps| tap::sent(state, taps));
    let frames = trunk::frames(state, id, local, ofport).into_iter();
    let flows = frames.map(|(priority, frames, first)| {
        Flow::new(CLASSIFY, priority, frames)
            .apply(first.into_iter().chain(copies.clone()))
            .write_metadata(key, u64::MAX)
            .goto(entry)
    });
    flows.collect()
}

/// The way out, where it is more than the port's interface.
fn deliver(state: &State, id: PortId, local: &Local, ofport: PortNo) -> Option<Flow> {
    let taps = local.taps.as_deref();
    let copies = taps.map_or_else(Vec::new, |taps| tap::received(state, taps));
    let carried = state.carried(id).is_some();
    if copies.is_empty() && !carried {
        return None;
    }
    let itself = if carried {
        trunk::out(state, id)?
    } else {
        vec![Action::OutputReg {
            port: Subfield::new(RECEIVER, 0, 16),
            max_len: 0,
        }]
    };
    let deliver = Flow::new(DELIVER, MATCH, Match::new().with(RECEIVER, ofport));
    Some(deliver.apply(itself.into_iter().chain(copies)))
}

/// Whoever asks for its own address looks for a duplicate (RFC 5227) or makes it known; an
/// answer would tell it that somebody else has the address. Its peers may hear of it.
fn probe(ofport: PortNo, own: IpAddr) -> Flow {
    let question = match own {
        IpAddr::V4(own) => Match::new().arp().arp_op(ARP_REQUEST).arp_tpa(own),
        IpAddr::V6(own) => solicitation().with(Field::NdTarget, own),
    };
    Flow::new(RESOLVE, OWN, question.with(SENDER, ofport)).goto(ANSWER)
}

/// Broadcasts of the client (everything but a renewal), and what it sends to its server.
fn dhcp(id: PortId, ofport: PortNo, servers: &BTreeSet<Ipv4Addr>) -> Vec<Flow> {
    let request = || {
        let from = Match::new().with(SENDER, ofport).udp();
        from.udp_src(DHCP_CLIENT).udp_dst(DHCP_SERVER)
    };
    let to_agent = |matching| {
        let punt = Punt::Dhcp4 { port: id };
        let controller = Controller::with_userdata(punt.to_bytes());
        Flow::new(DHCP, MATCH, matching).apply([controller.into()])
    };
    let broadcast = request().eth_dst(MacAddr::BROADCAST);
    let unicast = servers.iter().map(|server| request().ipv4_dst(*server));
    let all = std::iter::once(broadcast).chain(unicast);
    all.map(to_agent).collect()
}
