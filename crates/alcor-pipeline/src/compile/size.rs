//! Packets that are too large for the network that a router sends them to: their senders are told how
//! large they may be, and so find the MTU of the path (RFC 1191 and RFC 8201).
//!
//! Nothing is measured where no network of the router has a larger MTU than the one that a packet is
//! for, and otherwise only what comes from such a network. Nothing is fragmented: of IPv4, too, a packet
//! that does not fit is dropped and its sender told, whether or not it may be fragmented.
//!
//! The datapath measures: that of userspace since Open vSwitch 2.12, Linux since 5.2. An older one has
//! ovs-vswitchd measure each packet.

use super::route::{at, family, sent, to_agent};
use crate::Punt;
use crate::key::NetworkKey;
use crate::router::Interface;
use crate::state::{Place, State, outer_key};
use crate::table::{EXCEPT, EXIT, HOP, MATCH, MEASURED, MISS, SCRATCH, SIZE, STATELESS, too_large};
use alcor_goalstate::RouterGateway;
use alcor_openflow::{Action, Flow, Match};
use alcor_types::{MacAddr, NetworkId, PortId, RouterId};
use std::net::IpAddr;

/// An Ethernet header, which is measured with the packet. No frame has a tag inside of the bridge.
const ETHERNET: u16 = 14;

/// Where a router sends packets: by a port, or to an external network.
#[derive(Clone, Copy)]
struct Target {
    router: RouterId,
    /// As [`SCRATCH`] holds it.
    id: u128,
    mtu: u16,
}

/// What holds without any router.
pub(super) fn passing() -> [Flow; 2] {
    let dropped = Flow::new(MEASURED, STATELESS, oversized(Match::new()));
    [Flow::new(SIZE, MISS, Match::new()).goto(MEASURED), dropped]
}

/// Whether some packets are measured before they leave by the port of a router to which such large ones
/// may come.
pub(super) fn is_measured(state: &State, out: &Interface, largest: u16) -> bool {
    state.mtu(out.vpc).is_some_and(|mtu| mtu < largest)
}

/// Where packets go that are to leave by the gateway.
pub(super) fn next(state: &State, router: RouterId, way: &RouterGateway) -> u8 {
    if gateway(state, router, way).is_some() {
        SIZE
    } else {
        EXIT
    }
}

/// What a router measures on the way out of its ports.
pub(super) fn of_ports(state: &State, router: RouterId) -> Vec<Flow> {
    let flows = ports(state, router).flat_map(|(target, out, key)| {
        let families = own_addresses(out).into_iter();
        let passed = families.map(|like| {
            let packets = family(target.packets(), like);
            Flow::new(MEASURED, MATCH, packets)
                .apply(sent(out, key))
                .goto(HOP)
        });
        let mut flows = target.measured(state);
        flows.extend(passed);
        flows.extend(target.told(state));
        flows
    });
    flows.collect()
}

/// The same of what is to leave by a gateway.
pub(super) fn of_gateway(state: &State, router: RouterId, way: &RouterGateway) -> Vec<Flow> {
    let Some(target) = gateway(state, router, way) else {
        return Vec::new();
    };
    let mut flows = target.measured(state);
    flows.push(Flow::new(MEASURED, MATCH, target.packets()).goto(EXIT));
    flows.extend(target.told(state));
    flows
}

/// What came to an address of ours outside, and was translated.
pub(super) fn of_place(
    state: &State,
    network: NetworkId,
    (address, mac): (IpAddr, MacAddr),
    place: &Place<'_>,
) -> Vec<Flow> {
    let (router, zone, inside) = match place {
        Place::Floating(goal, zone) => {
            let inside = state.locals.get(&goal.port).map(|local| local.vpc);
            (goal.router, Some(*zone), inside)
        }
        Place::Forwarded(router, ..) => (*router, state.zone_of(*router), None),
        Place::Outlet(outlet) => (outlet.router, state.zone_of(outlet.router), None),
        // See `of_entry`.
        Place::Gateway(..) => return Vec::new(),
    };
    let mut ways = state.gateways(router).iter();
    let Some(way) = ways.find(|way| way.network == network) else {
        return Vec::new();
    };
    let ports = ports(state, router);
    let ports = ports.filter(|(_, out, _)| inside.is_none_or(|vpc| out.vpc == vpc));
    let flows = ports.filter_map(|(target, ..)| target.told_outside(way, mac, (address, zone)));
    flows.collect()
}

/// What came to a gateway's own address, and what is routed in without translation.
pub(super) fn of_entry(state: &State, router: RouterId, way: &RouterGateway) -> Vec<Flow> {
    let four = way.addresses.iter().find(|address| address.is_ipv4());
    let six = way.addresses.iter().find(|address| address.is_ipv6());
    let own: Vec<_> = [four, six].into_iter().flatten().collect();
    let flows = ports(state, router).flat_map(|(target, ..)| {
        let told = own.iter().filter_map(move |address| {
            let translated = way.snat && address.is_ipv4();
            let zone = state.zone_of(router).filter(|_| translated);
            target.told_outside(way, way.mac, (**address, zone))
        });
        told.collect::<Vec<_>>()
    });
    flows.collect()
}

/// The ports of a router that larger packets may come for.
fn ports(
    state: &State,
    router: RouterId,
) -> impl Iterator<Item = (Target, &Interface, NetworkKey)> {
    let largest = state.largest(router);
    state.ports_of(router).filter_map(move |id| {
        let (out, key) = state.routing(id)?;
        is_measured(state, out, largest).then_some(())?;
        let target = Target::port(router, id, state.mtu(out.vpc)?);
        Some((target, out, key))
    })
}

/// An address of the router's port in each family that it speaks.
fn own_addresses(port: &Interface) -> Vec<IpAddr> {
    let families = [IpAddr::from([0; 4]), IpAddr::from([0; 16])].into_iter();
    families
        .filter_map(|like| port.address_like(like))
        .collect()
}

/// The gateway, where larger packets may come for it.
fn gateway(state: &State, router: RouterId, way: &RouterGateway) -> Option<Target> {
    let target = Target {
        router,
        id: way.network.0.as_u128(),
        mtu: way.mtu,
    };
    let measured = way.mtu > 0 && way.mtu < state.largest(router);
    measured.then_some(target)
}

impl Target {
    fn port(router: RouterId, port: PortId, mtu: u16) -> Self {
        let id = port.0.as_u128();
        Self { router, id, mtu }
    }

    fn packets(&self) -> Match {
        at(self.router).with(SCRATCH, self.id)
    }

    /// What comes from networks with larger packets is measured.
    fn measured(&self, state: &State) -> Vec<Flow> {
        let measure = Action::CheckPktLarger {
            length: self.mtu.saturating_add(ETHERNET),
            dst: too_large(),
        };
        let origins = state.larger(self.router, self.mtu).into_iter();
        let flows = origins.map(|key| {
            let from = self.packets().metadata(key.number());
            Flow::new(SIZE, MATCH, from)
                .apply([measure.clone()])
                .goto(MEASURED)
        });
        flows.collect()
    }

    /// A VM is told by the router's port that its packet came to.
    fn told(&self, state: &State) -> Vec<Flow> {
        let entries = state.ports_of(self.router);
        let entries = entries.filter_map(|port| state.routing(port));
        let larger = entries.filter(|(entry, _)| state.mtu(entry.vpc) > Some(self.mtu));
        let flows = larger.flat_map(|(entry, key)| {
            own_addresses(entry).into_iter().map(move |address| {
                let (mac, mtu) = (entry.mac, self.mtu);
                let punt = Punt::TooLarge { mac, address, mtu };
                self.complained((key, mac), address, punt)
            })
        });
        flows.collect()
    }

    /// Somebody outside is told from the address that the packet was for.
    fn told_outside(
        &self,
        way: &RouterGateway,
        mac: MacAddr,
        (address, zone): (IpAddr, Option<u16>),
    ) -> Option<Flow> {
        let punt = Punt::TooLargeFromOutside {
            network: way.network,
            address,
            mtu: self.mtu,
            zone: zone.unwrap_or(0),
        };
        let larger = way.mtu > self.mtu;
        larger.then(|| self.complained((outer_key(way), mac), address, punt))
    }

    fn complained(&self, (key, mac): (NetworkKey, MacAddr), like: IpAddr, punt: Punt) -> Flow {
        let packets = family(self.packets(), like).metadata(key.number());
        let packets = oversized(packets.eth_dst(mac));
        Flow::new(MEASURED, EXCEPT, packets).apply([to_agent(punt)])
    }
}

fn oversized(packets: Match) -> Match {
    let bit = too_large();
    let one = 1_u32 << bit.offset;
    packets.with_masked(bit.field, one, one)
}
