//! What QoS policies bound of an address outside: what leaves by it, and what comes to it; and the mark
//! of what leaves, in place of one that the VM's port has given it.

use super::outside;
use crate::key::NetworkKey;
use crate::meter::Meters;
use crate::table::{ARRIVE, EXCEPT_2, INWARD, MATCH, NEXT, OUT_BITS, OUT_PACKETS};
use alcor_goalstate::Limits;
use alcor_openflow::{Action, Field, Flow, Match, Meter, MeterUnit};
use alcor_types::{Direction, MacAddr};
use std::net::Ipv4Addr;

/// By which meters the address is bounded, if it is.
type Bounds = Option<(Meters, Limits)>;

/// The flows of packets that come to the address, behind its meters; and those of its meters and its mark
/// for what leaves.
pub(super) fn flows(
    bounds: Bounds,
    inward: Vec<Flow>,
    (key, mac, address): (NetworkKey, MacAddr, Ipv4Addr),
) -> Vec<Flow> {
    let Some((meters, limits)) = bounds else {
        return inward;
    };
    let held: Vec<_> = meters.all(&limits).collect();
    let meter = |direction, unit| {
        let id = meters.id(direction, unit);
        held.iter().any(|meter| meter.id == id).then_some(id)
    };
    let mut flows = if limits.ingress.is_none() {
        inward
    } else {
        let [packets, bits] = UNITS.map(|unit| meter(Direction::Ingress, unit));
        let first = Flow::new(ARRIVE, EXCEPT_2, outside::to(key, mac, address));
        let behind = inward.into_iter().map(|flow| behind(flow, bits));
        let first = metered(first, packets).goto(INWARD);
        // What nobody listens to counts as well.
        let rest = Flow::new(INWARD, MATCH, outside::to(key, mac, address));
        [first, metered(rest, bits)]
            .into_iter()
            .chain(behind)
            .collect()
    };
    let [packets, bits] = UNITS.map(|unit| meter(Direction::Egress, unit));
    let sent = |table| {
        let sent = Match::new().metadata(key.number()).ipv4();
        Flow::new(table, MATCH, sent.ipv4_src_prefix(address, 32))
    };
    let counted = packets.map(|id| sent(OUT_PACKETS).meter(id).goto(OUT_BITS));
    let mark = limits.dscp.map(|mark| Action::set(Field::IpDscp, mark));
    let measured = bits.is_some() || mark.is_some();
    let measured = measured.then(|| metered(sent(OUT_BITS).apply(mark), bits).goto(NEXT));
    flows.extend(counted.into_iter().chain(measured));
    flows
}

const UNITS: [MeterUnit; 2] = [MeterUnit::Packets, MeterUnit::Kilobits];

/// The meters of the address.
pub(super) fn meters(bounds: Bounds) -> Vec<Meter> {
    let all = bounds.map(|(meters, limits)| meters.all(&limits).collect());
    all.unwrap_or_default()
}

/// A flow of packets to the address, where they have gone through the first meter; other flows stay.
fn behind(mut flow: Flow, bits: Option<u32>) -> Flow {
    if (flow.key.table, flow.key.priority) != (ARRIVE, EXCEPT_2) {
        return flow;
    }
    flow.key.table = INWARD;
    metered(flow, bits)
}

fn metered(flow: Flow, meter: Option<u32>) -> Flow {
    match meter {
        Some(meter) => flow.meter(meter),
        None => flow,
    }
}
