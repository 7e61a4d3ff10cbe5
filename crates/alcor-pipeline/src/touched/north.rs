//! Owners that a change of what leads out may touch.

use crate::router::Interface;
use crate::state::State;
use crate::{Neighbor, North, Owner, Zoned};
use alcor_goalstate::{FloatingGoal, OutletGoal};
use alcor_types::{FloatingIpId, NetworkId, PortId, RouterId};
use std::collections::BTreeSet;
use std::net::IpAddr;

/// A router's port is written: its ways out may be other ones.
pub(super) fn by_interface<'a>(
    state: &State,
    versions: impl Iterator<Item = &'a Interface>,
) -> BTreeSet<Owner> {
    let mut owners = BTreeSet::new();
    for interface in versions {
        let router = interface.router;
        owners.insert(North::Exits(router).into());
        owners.extend(externals(state));
        // Another port of the router may tell its ways now.
        let told = state.ports_like(router).flat_map(|other| &other.gateways);
        for way in interface.gateways.iter().chain(told) {
            owners.extend(state.owners_on(way.network));
            owners.insert(North::External(way.network).into());
            owners.insert(North::Entry(way.network, way.mac).into());
            let forwarded = way.forwardings.iter().map(|it| it.address);
            let addresses = way.addresses.iter().copied().chain(forwarded);
            owners.extend(addresses.map(|at| Owner::from(North::Outside(way.network, at))));
            let hops = state
                .outside
                .hops
                .keys()
                .filter(|(on, _)| *on == way.network);
            owners.extend(hops.map(|(on, at)| Owner::from(North::Hop(*on, *at))));
        }
        owners.extend(of_router(state, router));
    }
    owners
}

/// A network or port that routers lean on is other: all of their ways out may be.
pub(super) fn of_router(state: &State, router: RouterId) -> BTreeSet<Owner> {
    let told = state.ports_like(router).flat_map(|port| &port.gateways);
    let networks: BTreeSet<_> = told.map(|way| way.network).collect();
    let floating = state
        .outside
        .floating()
        .filter(|goal| goal.router == router);
    let floating = floating.map(|goal| North::Outside(goal.network, goal.address).into());
    let own: Owner = North::Exits(router).into();
    let all = networks.into_iter().flat_map(|network| {
        let told = state.ports_like(router).flat_map(|port| &port.gateways);
        let told = told.filter(move |way| way.network == network);
        let places = told.flat_map(move |way| {
            let forwarded = way.forwardings.iter().map(|it| it.address);
            let addresses = way.addresses.iter().copied().chain(forwarded);
            let outside = addresses.map(move |at| North::Outside(network, at));
            let whole = [North::Entry(network, way.mac), North::External(network)];
            outside.chain(whole).map(Owner::from)
        });
        state.owners_on(network).into_iter().chain(places)
    });
    // Where the router is entered depends on where it leads out.
    let entries = state.ports_like(router);
    let entries = entries.flat_map(|port| port.slots().map(|slot| slot.owner(port.vpc)));
    let all = all.chain(floating).chain(entries).chain([own]);
    all.chain(externals(state)).collect()
}

/// Of external networks that are carried alike one is let in: which, depends on all of them.
fn externals(state: &State) -> impl Iterator<Item = Owner> {
    let networks = state.externals().into_iter();
    networks.map(|network| North::External(network).into())
}

pub(super) fn by_floating(
    state: &State,
    port: PortId,
    id: FloatingIpId,
    now: Option<&FloatingGoal>,
) -> Vec<Owner> {
    let former = state.outside.goal(port, id);
    if former == now {
        return Vec::new();
    }
    let places = [former, now].into_iter().flatten();
    let owners = places.flat_map(|goal| {
        let outside = North::Outside(goal.network, goal.address);
        // Whom the address falls to when it is given up, or whom it is taken from.
        let others = state.outside.claimants(goal.network, goal.address);
        let exits = others.map(North::Exits);
        [outside, North::Exits(goal.router)]
            .into_iter()
            .chain(exits)
    });
    owners.map(Owner::from).collect()
}

pub(super) fn by_outlet(
    state: &State,
    key: (PortId, NetworkId),
    now: Option<&OutletGoal>,
) -> Vec<Owner> {
    let former = state.outside.outlets.get(&key);
    if former == now {
        return Vec::new();
    }
    let places = [former, now].into_iter().flatten();
    let owners = places.flat_map(|goal| {
        // Another interface may tell of another one.
        let same = state.outside.outlets.values();
        let same = same.filter(|it| it.router == goal.router && it.network == goal.network);
        let outside = same.chain([goal]);
        let outside = outside.map(|it| North::Outside(it.network, it.address.into()));
        outside
            .chain([North::Exits(goal.router)])
            .collect::<Vec<_>>()
    });
    owners.map(Owner::from).collect()
}

/// A port here came, went, or changed.
pub(super) fn by_port(state: &State, port: PortId) -> Vec<Owner> {
    let floating = state.outside.of_port(port);
    let owners = floating.flat_map(|goal| {
        let outside = North::Outside(goal.network, goal.address);
        [outside, North::Exits(goal.router)]
    });
    owners.map(Owner::from).collect()
}

pub(super) fn by_zone(state: &State, of: Zoned, now: Option<u16>) -> Vec<Owner> {
    if state.outside.zones.get(&of).copied() == now {
        return Vec::new();
    }
    match of {
        Zoned::Router(router) => of_router(state, router).into_iter().collect(),
        Zoned::Floating(_, port, _) => by_port(state, port),
        Zoned::Bounded(network, address) => vec![North::Outside(network, address).into()],
    }
}

pub(super) fn by_hop(
    state: &State,
    (network, address): (NetworkId, IpAddr),
    now: Option<Neighbor>,
) -> Vec<Owner> {
    let former = state.outside.hops.get(&(network, address)).copied();
    let changed = former != now;
    let owner = changed.then(|| North::Hop(network, address).into());
    owner.into_iter().collect()
}

/// Everything that may have flows.
pub(super) fn all(state: &State) -> BTreeSet<Owner> {
    let networks = state.externals().into_iter();
    let exits = state.routers.keys();
    let exits = exits.map(|router| Owner::from(North::Exits(*router)));
    let on = networks.flat_map(|network| state.owners_on(network));
    on.chain(exits).collect()
}
