//! What QoS policies bound and mark, on both sides of a port.

use crate::member::Local;
use crate::meter::Meters;
use crate::state::State;
use crate::table::{
    DELIVER, EGRESS_BITS, EGRESS_MARK, EGRESS_PACKETS, INGRESS_BITS, INGRESS_PACKETS, MATCH, MISS,
    RECEIVER, SENDER, SPOOF,
};
use alcor_goalstate::Limits;
use alcor_openflow::{Action, Field, Flow, Match, Meter, MeterUnit, PortNo};
use alcor_types::{Direction, PortId};

/// No interface has this number; see [`apart`].
const NOBODY: PortNo = PortNo(0xfeff);

/// The tables one after the other, for whoever is not bounded.
pub(super) fn passing() -> [Flow; 5] {
    let steps = [
        (EGRESS_PACKETS, EGRESS_BITS),
        (EGRESS_BITS, EGRESS_MARK),
        (EGRESS_MARK, SPOOF),
        (INGRESS_PACKETS, INGRESS_BITS),
        (INGRESS_BITS, DELIVER),
    ];
    steps.map(|(table, next)| Flow::new(table, MISS, Match::new()).goto(next))
}

/// Where what a port sends goes first.
pub(super) fn entry(limits: &Limits) -> u8 {
    if limits.egress.is_none() && limits.dscp.is_none() {
        SPOOF
    } else {
        EGRESS_PACKETS
    }
}

/// The port's ways through its meters, and its mark.
pub(super) fn flows(ofport: PortNo, limits: &Limits) -> Vec<Flow> {
    let mut flows = Vec::new();
    if let Some(meters) = Meters::of_port(ofport) {
        flows.extend(meters.all(limits).map(|meter| {
            let (table, port, next) = place(meters, &meter);
            let matching = Match::new().with(port, ofport);
            Flow::new(table, MATCH, matching).meter(meter.id).goto(next)
        }));
    }
    if let Some(mark) = limits.dscp {
        flows.extend([Match::new().ipv4(), Match::new().ipv6()].map(|family| {
            let matching = family.with(SENDER, ofport);
            let flow = Flow::new(EGRESS_MARK, MATCH, matching);
            flow.apply([Action::set(Field::IpDscp, mark)]).goto(SPOOF)
        }));
    }
    flows
}

/// The table of a meter's flow, the register it asks, and the table after it.
fn place(meters: Meters, meter: &Meter) -> (u8, Field, u8) {
    let sent = meter.id == meters.id(Direction::Egress, meter.unit);
    match (sent, meter.unit) {
        (true, MeterUnit::Packets) => (EGRESS_PACKETS, SENDER, EGRESS_BITS),
        (true, MeterUnit::Kilobits) => (EGRESS_BITS, SENDER, EGRESS_MARK),
        (false, MeterUnit::Packets) => (INGRESS_PACKETS, RECEIVER, INGRESS_BITS),
        (false, MeterUnit::Kilobits) => (INGRESS_BITS, RECEIVER, DELIVER),
    }
}

/// The meters of a port; none while the port has no flows.
pub(super) fn meters(state: &State, id: PortId) -> Vec<Meter> {
    let found = || {
        let local = state.locals.get(&id).filter(|local| local.up)?;
        let meters = Meters::of_port(state.ofport(id)?)?;
        state.active(local.vpc)?;
        Some(meters.all(&local.limits).collect())
    };
    found().unwrap_or_default()
}

/// What one of many receivers gets. A meter that drops a packet takes it out of all that follows
/// in the same list of the datapath's actions, also what is for others: a bounded receiver needs a
/// copy of its own. Open vSwitch makes one for `clone` only where it holds something that cannot be
/// undone, and looks no deeper than the list itself. Truncating is such a thing; for the port that
/// the packet came from, as which one is named that is not there, it does nothing.
pub(super) fn apart(local: &Local, actions: Vec<Action>) -> Vec<Action> {
    if local.limits.ingress.is_none() {
        return actions;
    }
    let nothing = [
        Action::Push(Field::InPort16.into()),
        Action::set(Field::InPort16, NOBODY),
        Action::OutputTrunc {
            port: NOBODY,
            max_len: 64,
        },
        Action::Pop(Field::InPort16.into()),
    ];
    vec![Action::Clone(nothing.into_iter().chain(actions).collect())]
}
