//! What becomes of the packets of a port of this host: whether its addresses are looked at, which
//! rules are asked, and which network ACL.

use super::{acl, members, rules, spoof};
use crate::member::Security;
use crate::state::State;
use crate::table::{
    DHCP, FIRST, INGRESS, MATCH, RECEIVER, RECEIVING, SENDER, SENDING, SPOOF, STATELESS, Side,
    UNCHECKED,
};
use alcor_openflow::{Field, Flow, Match, PortNo};
use alcor_types::{Direction, MacAddr, NetworkId, PortId, SecurityGroupId};

/// Nothing while the port is unplugged, switched off, or its network is.
pub(super) fn flows(state: &State, id: PortId) -> Option<Vec<Flow>> {
    let local = state.locals.get(&id).filter(|local| local.up)?;
    let ofport = state.ofport(id)?;
    state.active(local.vpc)?;
    let mut flows = match &local.security {
        Some(security) => checked(state, (local.vpc, ofport), local.mac, security),
        None => unchecked(ofport),
    };
    flows.extend(acl::of_port(state, ofport, local));
    Some(flows)
}

fn checked(
    state: &State,
    (vpc, ofport): (NetworkId, PortNo),
    mac: MacAddr,
    security: &Security,
) -> Vec<Flow> {
    let mut flows = spoof::flows(ofport, mac, security);
    // A port is among the receivers of what it says to everybody. It is not sent that in the
    // end, but its rules would be asked, and would end the connection.
    let itself = Match::new().with(SENDER, ofport).with(RECEIVER, ofport);
    flows.push(Flow::new(INGRESS, FIRST, itself));
    if state.sets.complete {
        for direction in [Direction::Egress, Direction::Ingress] {
            flows.extend(asks(state, ofport, &security.groups, direction));
            flows.extend(members::asks(
                state,
                (vpc, ofport),
                &security.groups,
                direction,
            ));
        }
    }
    flows
}

fn unchecked(ofport: PortNo) -> Vec<Flow> {
    let pass = |table, port: Field, next| {
        let matching = Match::new().with(port, ofport);
        Flow::new(table, UNCHECKED, matching).goto(next)
    };
    let side = |side: &Side| pass(side.entry, side.port, side.next);
    vec![pass(SPOOF, SENDER, DHCP), side(&SENDING), side(&RECEIVING)]
}

/// The rules of one side. A port whose groups keep no connections goes to them at once.
fn asks(
    state: &State,
    ofport: PortNo,
    groups: &[SecurityGroupId],
    direction: Direction,
) -> Vec<Flow> {
    let side = Side::of(direction);
    let port = || Match::new().with(side.port, ofport);
    let asked = state.sets.rules_of(groups);
    let asked = asked.filter(|rule| rule.direction == direction);
    let clauses = asked.filter_map(|rule| rules::clause(state, rule, rules::PORT));
    let clauses: Vec<_> = clauses.collect();
    let mut flows = Vec::new();
    if !clauses.is_empty() {
        flows.push(Flow::new(side.rules, MATCH, port()).apply(clauses));
    }
    if state.sets.is_stateless(groups) {
        let at_once = [port().ipv4(), port().ipv6()];
        let at_once =
            at_once.map(|matching| Flow::new(side.entry, STATELESS, matching).goto(side.rules));
        flows.extend(at_once);
    }
    flows
}
