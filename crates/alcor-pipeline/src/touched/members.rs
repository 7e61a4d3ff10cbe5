//! Which owners' flows change with the groups of ports that are known, and with the networks whose ports may
//! have to be asked for because of groups.

use super::sets;
use crate::Owner;
use crate::member::{Local, Membership};
use crate::state::State;
use alcor_goalstate::RuleRemote;
use alcor_types::{Direction, NetworkId};
use std::collections::BTreeSet;

/// A port of another host enters and leaves groups, or its addresses change.
pub(super) fn by_membership(state: &State, versions: [Option<&Membership>; 2]) -> Vec<Owner> {
    if versions[0] == versions[1] {
        return Vec::new();
    }
    let groups = versions.into_iter().flatten().flat_map(|of| &of.groups);
    let groups: BTreeSet<_> = groups.copied().collect();
    let owners = groups.into_iter().flat_map(|group| {
        let [former, now] = versions.map(|of| of.map_or(&[][..], |of| of.in_group(group)));
        sets::by_blocks(state, RuleRemote::Group(group), former, now)
    });
    owners.collect()
}

/// The same of a port here. Rules of which it is the first port come to life with it, so that all that may
/// use its addresses counts.
pub(super) fn by_own_membership(former: Option<&Local>, now: Option<&Local>) -> Vec<Owner> {
    let [former, now] = [former, now].map(|local| local.map(|local| &local.membership));
    let versions = former.into_iter().chain(now).filter(|_| former != now);
    let blocks = versions.flat_map(|of| &of.blocks);
    let owners = blocks.flat_map(|block| {
        let ways = [Direction::Egress, Direction::Ingress];
        ways.map(|way| Owner::Remote(way, *block))
    });
    owners.collect()
}

/// The first port of a network here asks, and after the last one nobody does.
pub(super) fn by_place(former: Option<&Local>, now: Option<&Local>) -> Vec<Owner> {
    let [former, now] = [former, now].map(|local| local.map(|local| local.vpc));
    let places = former.into_iter().chain(now).filter(|_| former != now);
    places.map(Owner::Vpc).collect()
}

/// What asks for ports of these networks, to which routers lead in another way now; nothing where none of
/// all that routers join with them is large.
pub(super) fn around(state: &State, ids: impl Iterator<Item = NetworkId>) -> Vec<Owner> {
    let near = near(state, ids);
    let large = near.iter().any(|id| state.is_on_demand(*id));
    let near = near.into_iter().filter(|_| large);
    near.flat_map(|id| asking(state, id)).collect()
}

/// The same of a network that grows large, or is small again.
pub(super) fn around_grown(state: &State, id: NetworkId) -> Vec<Owner> {
    let near = near(state, std::iter::once(id)).into_iter();
    near.flat_map(|id| asking(state, id)).collect()
}

fn near(state: &State, ids: impl Iterator<Item = NetworkId>) -> BTreeSet<NetworkId> {
    ids.flat_map(|id| state.domain(id)).collect()
}

fn asking(state: &State, id: NetworkId) -> Vec<Owner> {
    let ports = state.vpcs.get(&id).into_iter().flat_map(|vpc| &vpc.ports);
    let guards = ports.map(|port| Owner::Guard(*port));
    guards.chain([Owner::Vpc(id)]).collect()
}
