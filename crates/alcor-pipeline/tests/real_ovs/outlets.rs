//! Random outlets of a region: hosts by whose own addresses routers translate, as delivery opens and
//! closes them.

use super::region::put;
use super::support::facts::name;
use super::support::goals::{mac, port_id, router_id};
use super::ways::{external_id, fixed, outside};
use alcor_compiler::oracle::Intent;
use alcor_compiler::{Compiler, Fact};
use alcor_types::{Port, PortId, ROUTER_OUTLET_OWNER};
use proptest::prelude::*;
use std::net::IpAddr;

/// Each outlet: of which router, to which external network, on which host. One router has some on all
/// hosts, the other on some.
const OUTLETS: [(u8, u8, u8); 5] = [(0, 0, 0), (0, 0, 1), (0, 0, 2), (1, 1, 0), (1, 0, 1)];

/// The port of an outlet.
fn outlet_id(number: u8) -> PortId {
    port_id(180 + number)
}

/// The addresses of all outlets on an external network.
pub(crate) fn addresses(external: u8) -> impl Iterator<Item = IpAddr> {
    let numbered = (0_u8..).zip(OUTLETS);
    let there = numbered.filter(move |(_, (_, on, _))| *on == external);
    there.map(move |(number, _)| outside(false, external, 70 + number))
}

/// An outlet, or none any more.
fn outlet(number: u8, open: bool) -> Fact {
    let (router, external, host) = OUTLETS[usize::from(number)];
    if !open {
        return Fact::Port(outlet_id(number), None);
    }
    put(Port {
        fixed_ips: fixed(external, &[false], 70 + number),
        device_id: router_id(router).to_string(),
        device_owner: ROUTER_OUTLET_OWNER.to_owned(),
        host: Some(name(host)),
        ..Port::new(outlet_id(number), external_id(external), mac(180 + number))
    })
}

/// The outlets that delivery closes: those on hosts without ports behind their router.
pub(crate) fn idle(intent: &Intent, region: &Compiler) -> Vec<Fact> {
    let outlets = intent
        .ports()
        .filter(|port| port.device_owner == ROUTER_OUTLET_OWNER);
    let idle = outlets.filter(|port| {
        let number = (0..)
            .zip(OUTLETS)
            .find(|(number, _)| outlet_id(*number) == port.id);
        let (_, (router, _, host)) = number.unwrap();
        !region.hosts_behind(router_id(router)).contains(&name(host))
    });
    idle.map(|port| Fact::Port(port.id, None)).collect()
}

/// Whatever may happen to outlets.
pub(crate) fn any_fact() -> impl Strategy<Value = Fact> {
    let all = 0..u8::try_from(OUTLETS.len()).unwrap();
    (all, prop::bool::weighted(0.6)).prop_map(|(number, open)| outlet(number, open))
}

/// Some outlets, or none: half of the regions translate at gateways alone.
pub(crate) fn any_start() -> impl Strategy<Value = Vec<Fact>> {
    prop_oneof![
        1 => Just(Vec::new()),
        1 => prop::collection::vec(any_fact(), 3..9),
    ]
}
