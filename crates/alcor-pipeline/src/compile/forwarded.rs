//! Answers of forwarded ports: they leave by the gateway that has translated their questions, whatever
//! becomes of what the VM begins itself.

use super::exits::{leaving, sent};
use super::seat;
use crate::state::{Inner, State};
use crate::table::{EXIT, FORWARDED, LEFT};
use crate::traffic;
use alcor_goalstate::{Forwarding, RouterGateway};
use alcor_openflow::{Action, Ct, Field, Flow, Match, Nat};
use alcor_types::RouterId;
use std::net::IpAddr;

/// Only where they would leave otherwise: by this host's own outlet, or untranslated. Where address scopes
/// let nothing out they do not, either: no flow could tell them from what the VM begins.
pub(super) fn flows(state: &State, router: RouterId, way: &RouterGateway) -> Vec<Flow> {
    let inner = state.inner(router);
    let here = state.is_here(way);
    let outlet = state.outlet(router, way.network).is_some();
    let flows = way.forwardings.iter().flat_map(|one| {
        let from = inner
            .iter()
            .find(|it| it.cidr.contains(&one.internal_address));
        let untranslated =
            |from: &&Inner| !way.snat && from.is_in_scope_of(way) || from.is_never_translated(way);
        let astray = from.filter(|from| untranslated(from) || outlet && !here);
        let packets = astray.map(|from| (from, answers(router, way, one, from)));
        packets.into_iter().flat_map(move |(from, packets)| {
            let flows = packets
                .into_iter()
                .map(|packet| Flow::new(EXIT, FORWARDED, packet));
            flows.filter_map(move |flow| {
                if here {
                    return restored(state, router, way, flow);
                }
                seat::toward(state, way, from.port, flow)
            })
        })
    });
    flows.collect()
}

/// With the address back that was asked; what the VM begins by that port leaves as it is.
fn restored(state: &State, router: RouterId, way: &RouterGateway, flow: Flow) -> Option<Flow> {
    let (key, ..) = state.external(way.network)?;
    let known = Ct::zone(state.zone_of(router)?)
        .table(LEFT)
        .exec(Nat::known());
    Some(flow.apply(sent(way.mac, key).chain([Action::from(known)])))
}

/// What comes from the port inside.
fn answers(router: RouterId, way: &RouterGateway, one: &Forwarding, from: &Inner) -> Vec<Match> {
    let IpAddr::V4(inside) = one.internal_address else {
        return Vec::new();
    };
    let packet = leaving(router, way.network)
        .metadata(from.key.number())
        .ipv4();
    let packet = packet
        .ipv4_src_prefix(inside, 32)
        .with(Field::IpProto, one.protocol);
    let Some(field) = traffic::source_field(one.protocol) else {
        return vec![packet];
    };
    let blocks = traffic::blocks(one.internal.first, one.internal.last).into_iter();
    let blocks = blocks.map(|(value, mask)| packet.clone().with_masked(field, value, mask));
    blocks.collect()
}
