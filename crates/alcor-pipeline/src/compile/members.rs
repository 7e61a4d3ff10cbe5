//! Rules that name groups, where ports of large networks may be in these: the host knows only the members
//! that it has asked for.
//!
//! When no rule has allowed a packet of a port whose rules name a group, the other end may be a member that
//! is not known here. If its address belongs to a large network from which packets get here, the packet asks
//! [`ADDRESS`] who has it, as any packet asks for its next hop; if nobody here knows, it waits there. Then
//! its rules are asked again, for the last time. A member that has fallen out of use is found again in the
//! same way, so that its connections go on.

use crate::key::NetworkKey;
use crate::state::State;
use crate::table::{
    ADDRESS, ADDRESS_OF, FOUND, MATCH, MISS, RECEIVING, SCRATCH, SENDING, Side, UNKNOWN, ipv4_of,
    looked_up,
};
use alcor_goalstate::RuleRemote;
use alcor_openflow::{Action, Field, Flow, Match, PortNo, Subfield};
use alcor_types::{Direction, NetworkId, SecurityGroupId};
use ipnet::IpNet;

/// [`looked_up`], as a value of its register.
const LOOKED_UP: u32 = 1 << 3;

/// Where no large network is near, rules are asked once.
pub(super) fn asks(
    state: &State,
    (vpc, ofport): (NetworkId, PortNo),
    groups: &[SecurityGroupId],
    direction: Direction,
) -> Option<Flow> {
    let mut rules = state.sets.rules_of(groups);
    let names_group = rules.any(|rule| {
        let group = matches!(rule.remote, RuleRemote::Group(_));
        group && rule.direction == direction
    });
    if !names_group || state.asked_blocks(vpc).is_empty() {
        return None;
    }
    let side = Side::of(direction);
    let once = Match::new().with_masked(FOUND, 0_u32, LOOKED_UP);
    let packets = once.with(side.port, ofport);
    Some(Flow::new(side.rules, UNKNOWN, packets).goto(side.whose))
}

/// The other end's address is in no block of a large network.
pub(super) fn passing(side: &Side) -> Flow {
    let miss = Flow::new(side.whose, MISS, Match::new());
    miss.apply(again(side))
}

/// From and to the blocks of large networks, for the ports of a network.
pub(super) fn flows(state: &State, id: NetworkId) -> Vec<Flow> {
    let here = state.active(id);
    let Some((_, here)) = here.filter(|(vpc, _)| !vpc.ports.is_empty()) else {
        return Vec::new();
    };
    let blocks = state.asked_blocks(id).into_iter();
    let flows = blocks.flat_map(|(block, there)| {
        [&SENDING, &RECEIVING].map(|side| looks_up(side, here, (block, there)))
    });
    flows.collect()
}

/// Asks [`ADDRESS`], and leaves the packet as it was. Of two blocks the smaller one counts.
fn looks_up(side: &Side, here: NetworkKey, (block, there): (IpNet, NetworkKey)) -> Flow {
    let packets = (side.peer)(Match::new().metadata(here.number()), block);
    let address = match block {
        IpNet::V4(_) => Action::copy(side.peer_of.0, ipv4_of()),
        IpNet::V6(_) => Action::copy(side.peer_of.1, ADDRESS_OF),
    };
    let kept = Subfield::new(SCRATCH, 0, 48);
    let found = Subfield::new(SCRATCH, 64, 32);
    let asks = [
        Action::copy(Field::EthDst, kept),
        Action::copy(FOUND, found),
        Action::set(ADDRESS_OF, 0_u128),
        address,
        Action::set(Field::Metadata, there.number()),
        Action::set(FOUND, 0_u32),
        Action::resubmit(ADDRESS),
        Action::copy(kept, Field::EthDst),
        Action::copy(found, FOUND),
        Action::set(Field::Metadata, here.number()),
    ];
    let priority = MATCH + u16::from(block.prefix_len());
    Flow::new(side.whose, priority, packets).apply(asks.into_iter().chain(again(side)))
}

fn again(side: &Side) -> [Action; 2] {
    [Action::load(looked_up(), 1), Action::resubmit(side.rules)]
}
