//! Ways out in the state: which external networks there are, and who has an address there.

use super::State;
use crate::key::NetworkKey;
use crate::meter::Meters;
use crate::{North, Owner, Zoned};
use alcor_goalstate::{Carrier, FloatingGoal, Forwarding, Limits, OutletGoal, RouterGateway};
use alcor_openflow::PortNo;
use alcor_types::{MacAddr, NetworkId, RouterId};
use std::collections::BTreeSet;
use std::net::IpAddr;

/// What an address of ours on an external network is.
pub(crate) enum Place<'a> {
    /// It stands for an address of a port here.
    Floating(&'a FloatingGoal, u16),
    /// It is a router's own, which leads out here.
    Gateway(RouterId, &'a RouterGateway),
    /// By it this host translates for a router.
    Outlet(&'a OutletGoal),
    /// Ports of it lead inside, here.
    Forwarded(RouterId, &'a RouterGateway, Vec<&'a Forwarding>),
}

impl Place<'_> {
    /// The Ethernet address that it is known by outside.
    pub(crate) fn mac(&self) -> Option<MacAddr> {
        match self {
            Self::Floating(goal, _) => Some(goal.mac),
            Self::Gateway(_, gateway) => Some(gateway.mac),
            Self::Outlet(outlet) => Some(outlet.mac),
            Self::Forwarded(_, _, forwardings) => forwardings.first().map(|it| it.mac),
        }
    }

    /// What bounds it at this address.
    fn limits(&self, address: IpAddr) -> Limits {
        let way = match self {
            Self::Floating(goal, _) => return goal.limits,
            Self::Outlet(outlet) => return outlet.limits,
            Self::Gateway(_, way) | Self::Forwarded(_, way, _) => way,
        };
        let mut bounded = way.bounded.iter();
        let bounded = bounded.find(|bounded| bounded.address == address);
        bounded.map_or_else(Limits::default, |bounded| bounded.limits)
    }
}

impl State {
    /// The ways out of a router, as its first port tells them.
    pub(crate) fn gateways(&self, router: RouterId) -> &[RouterGateway] {
        let mut ports = self.ports_of(router);
        let first = ports.next().and_then(|port| self.interfaces.get(&port));
        first.map_or(&[], |first| &first.gateways)
    }

    /// The routers with a way to the network, each with what it tells of it.
    pub(crate) fn ways_to(
        &self,
        network: NetworkId,
    ) -> impl Iterator<Item = (RouterId, &RouterGateway)> {
        let routers = self.routers.keys();
        routers.flat_map(move |router| {
            let gateways = self.gateways(*router).iter();
            gateways
                .filter(move |gateway| gateway.network == network)
                .map(|gateway| (*router, gateway))
        })
    }

    /// All external networks that routers here lead to.
    pub(crate) fn externals(&self) -> BTreeSet<NetworkId> {
        let routers = self.routers.keys();
        let gateways = routers.flat_map(|router| self.gateways(*router));
        gateways.map(|gateway| gateway.network).collect()
    }

    /// The external network in the bridge, and the port of its wire; none where this host has no wire
    /// of it.
    pub(crate) fn external(
        &self,
        network: NetworkId,
    ) -> Option<(NetworkKey, PortNo, &RouterGateway)> {
        let (_, gateway) = self.ways_to(network).next()?;
        let wire = *self.wires.get(gateway.carrier.physical_network()?)?;
        Some((NetworkKey::of(network, &gateway.carrier), wire, gateway))
    }

    /// The first of the external networks that are carried so.
    pub(crate) fn first_carried(&self, carrier: &Carrier) -> Option<NetworkId> {
        let mut networks = self.externals().into_iter();
        networks.find(|network| {
            let external = self.external(*network);
            external.is_some_and(|(_, _, way)| way.carrier == *carrier)
        })
    }

    /// Whether the gateway is on this host.
    pub(crate) fn is_here(&self, gateway: &RouterGateway) -> bool {
        gateway.host_ip == Some(self.tunnel_ip)
    }

    /// The router's zone of translated connections.
    pub(crate) fn zone_of(&self, router: RouterId) -> Option<u16> {
        let of = Zoned::Router(router);
        self.outside.zones.get(&of).copied()
    }

    /// Whether the floating IP can be served: its port is here and plugged, its router leads to its
    /// network, and connections can be kept.
    pub(crate) fn serves(&self, goal: &FloatingGoal) -> Option<u16> {
        let local = self.locals.get(&goal.port).filter(|local| local.up)?;
        self.ofport(goal.port)?;
        self.active(local.vpc)?;
        let gateways = self.gateways(goal.router);
        let leads = gateways.iter().any(|way| way.network == goal.network);
        let zone = || self.outside.zones.get(&Zoned::of(goal)).copied();
        leads.then(zone).flatten()
    }

    /// What this host answers for at an address outside.
    pub(crate) fn place(&self, network: NetworkId, address: IpAddr) -> Option<Place<'_>> {
        let floating = self.outside.floating_at(network, address);
        let floating = floating.and_then(|goal| Some(Place::Floating(goal, self.serves(goal)?)));
        floating.or_else(|| {
            let here = || self.ways_to(network).filter(|(_, way)| self.is_here(way));
            let own = here().find(|(_, way)| way.addresses.contains(&address));
            if let Some((router, way)) = own {
                return Some(Place::Gateway(router, way));
            }
            let forwarded = here().find_map(|(router, way)| {
                let all = way.forwardings.iter();
                let at: Vec<_> = all.filter(|it| it.address == address).collect();
                (!at.is_empty()).then_some(Place::Forwarded(router, way, at))
            });
            forwarded.or_else(|| self.outlet_at(network, address))
        })
    }

    /// The outlet with this address, where its router translates to the network.
    fn outlet_at(&self, network: NetworkId, address: IpAddr) -> Option<Place<'_>> {
        let mut outlets = self.outside.outlets.values();
        let outlet = outlets.find(|it| it.network == network && it.address == address)?;
        let known = self.outlet(outlet.router, network)?;
        (known.address == outlet.address).then_some(Place::Outlet(known))
    }

    /// By which address this host translates for a router that leads to the network.
    pub(crate) fn outlet(&self, router: RouterId, network: NetworkId) -> Option<&OutletGoal> {
        let mut ways = self.gateways(router).iter();
        let translates = ways.any(|way| way.network == network && way.snat);
        translates.then(|| self.outside.outlet(router, network))?
    }

    /// The floating IPs here of a router to a network.
    pub(crate) fn floating_of(
        &self,
        router: RouterId,
        network: NetworkId,
    ) -> impl Iterator<Item = (&FloatingGoal, u16)> {
        let all = self.outside.floating();
        let of = all.filter(move |goal| goal.router == router && goal.network == network);
        of.filter_map(|goal| Some((goal, self.serves(goal)?)))
    }

    /// The addresses of ours on an external network that this host may answer for.
    pub(crate) fn addresses_on(&self, network: NetworkId) -> BTreeSet<IpAddr> {
        let floating = self.outside.floating();
        let floating = floating.filter(|goal| goal.network == network);
        let floating = floating.map(|goal| goal.address);
        let gateways = self.ways_to(network).flat_map(|(_, way)| {
            let forwarded = way.forwardings.iter().map(|it| it.address);
            way.addresses.iter().copied().chain(forwarded)
        });
        let outlets = self.outside.outlets.values();
        let outlets = outlets.filter(|outlet| outlet.network == network);
        let outlets = outlets.map(|outlet| outlet.address.into());
        floating.chain(gateways).chain(outlets).collect()
    }

    /// Every address of ours outside, as an owner.
    pub(crate) fn outsides(&self) -> impl Iterator<Item = Owner> {
        let networks = self.externals().into_iter();
        networks.flat_map(|network| {
            let addresses = self.addresses_on(network).into_iter();
            addresses.map(move |address| North::Outside(network, address).into())
        })
    }

    /// Every owner of flows about the external network.
    pub(crate) fn owners_on(&self, network: NetworkId) -> BTreeSet<Owner> {
        let addresses = self.addresses_on(network).into_iter();
        let addresses = addresses.map(|address| North::Outside(network, address));
        let entries = self
            .ways_to(network)
            .flat_map(|(router, way)| [North::Entry(network, way.mac), North::Exits(router)]);
        let hops = self.outside.hops.keys().filter(|(on, _)| *on == network);
        let hops = hops.map(|(on, address)| North::Hop(*on, *address));
        let whole = std::iter::once(North::External(network));
        let all = whole.chain(addresses).chain(entries).chain(hops);
        all.map(Owner::from).collect()
    }

    /// What bounds an address of ours that is served here, and by which meters.
    pub(crate) fn bounds(&self, network: NetworkId, address: IpAddr) -> Option<(Meters, Limits)> {
        self.external(network)?;
        let limits = self.place(network, address)?.limits(address);
        let number = self.outside.zones.get(&Zoned::Bounded(network, address))?;
        (!limits.is_none()).then(|| (Meters::of_number(*number), limits))
    }

    /// The addresses outside that policies bound, and that this host may serve.
    fn bounded(&self) -> impl Iterator<Item = Zoned> {
        let floating = self.outside.floating();
        let floating = floating.filter(|goal| !goal.limits.is_none());
        let floating = floating.map(|goal| (goal.network, goal.address));
        let ways = self
            .routers
            .keys()
            .flat_map(|router| self.gateways(*router));
        let here = ways.filter(|way| self.is_here(way));
        let here = here.flat_map(|way| {
            let addresses = way.bounded.iter().map(|it| it.address);
            addresses.map(|address| (way.network, address))
        });
        let outlets = self.outside.outlets.values();
        let outlets = outlets.filter(|outlet| !outlet.limits.is_none());
        let outlets = outlets.map(|outlet| (outlet.network, outlet.address.into()));
        let all = floating.chain(here).chain(outlets);
        all.map(|(network, address)| Zoned::Bounded(network, address))
    }

    /// Whose connections are translated here, and what is bounded.
    pub(crate) fn translating(&self) -> BTreeSet<Zoned> {
        let floating = self.outside.floating().map(Zoned::of);
        let here = self.routers.keys().filter(|router| {
            let mut ways = self.gateways(**router).iter();
            ways.any(|way| self.is_here(way))
        });
        let here = here.map(|router| Zoned::Router(*router));
        let outlets = self.outside.outlets.values();
        let outlets = outlets.map(|outlet| Zoned::Router(outlet.router));
        let translated = floating.chain(here).chain(outlets);
        translated.chain(self.bounded()).collect()
    }
}
