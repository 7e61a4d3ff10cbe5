//! Address scopes: a router parts what it would take from one into another, by the way that counts
//! alone, and translates nothing inside of one.

#![expect(clippy::unwrap_used, reason = "a test fails by a panic")]

mod support;

use alcor_compiler::oracle::Packet;
use alcor_goalstate::{Goal, InterfaceGoal, SubnetGoal, SubnetRoute, SubnetRoutes};
use alcor_openflow::{Field, Flow, PortNo};
use alcor_pipeline::{Input, Zoned, table};
use alcor_types::{AddressScopeId, HostRoute};
use std::net::IpAddr;
use support::bridge::{Bridge, ofport, plug};
use support::frame::Frame;
use support::goals::*;
use support::north::*;
use uuid::Uuid;

/// The subnet of network `number`, `10.0.NUMBER.0/24`, in a scope of its own.
fn scoped(number: u8) -> SubnetGoal {
    SubnetGoal {
        cidr: format!("10.0.{number}.0/24").parse().unwrap(),
        address_scope: Some(AddressScopeId(Uuid::from_u128(number.into()))),
        ..subnet(number, number)
    }
}

fn route(to: &str, nexthop: IpAddr) -> SubnetRoute {
    SubnetRoute {
        destination: to.parse().unwrap(),
        nexthop: Some(nexthop),
    }
}

/// A router of two networks, with this table of the first one's subnet, and VMs 2 and 9 in that.
fn bridge(table: Vec<SubnetRoute>) -> Bridge {
    let away = HostRoute {
        destination: "10.9.0.0/16".parse().unwrap(),
        nexthop: ip(9).into(),
    };
    let own = InterfaceGoal {
        routes: vec![away],
        tables: vec![SubnetRoutes {
            subnet: subnet_id(0),
            routes: table,
        }],
        ..interface(61, 0, 0, 1)
    };
    let other = interface(62, 2, 2, 1);
    let goals = [0, 2]
        .into_iter()
        .flat_map(|number| [put(vpc(number)), put(scoped(number))]);
    let vms = [2, 9]
        .into_iter()
        .flat_map(|number| [put(port(number, 0)), plug(number)]);
    let goals = goals.chain(vms).chain([put(own), put(other)]);
    let stranger = [put(port(3, 2)), plug(3)];
    Bridge::new(goals.chain(stranger))
}

/// Where a packet of VM 2 leaves the bridge.
fn leaves_by(bridge: &Bridge, to: [u8; 4]) -> Vec<PortNo> {
    let packet = Packet {
        mac: mac(2),
        from: ip(2).into(),
        to: to.into(),
        protocol: 6,
        port: 80,
        code: 0,
    };
    let mut frame = Frame::first(&packet, mac(61));
    frame.set(Field::NwTtl, 64);
    let outcome = bridge.sent_by(2, &frame);
    assert!(outcome.punted.is_empty(), "{:?}", outcome.punted);
    outcome.sent.into_iter().map(|(port, _)| port).collect()
}

#[test]
fn the_way_that_counts_is_judged_and_no_other() {
    // The router's own way leads to VM 3's subnet, which is in another scope.
    assert_eq!(leaves_by(&bridge(Vec::new()), [10, 0, 2, 77]), []);
    // By the table it goes to a VM of its own subnet.
    let near = bridge(vec![route("10.0.2.0/24", ip(9).into())]);
    assert_eq!(leaves_by(&near, [10, 0, 2, 77]), [ofport(9)]);
    // The router's further route stays inside the scope; the table's would not.
    assert_eq!(leaves_by(&bridge(Vec::new()), [10, 9, 0, 1]), [ofport(9)]);
    let far = bridge(vec![route("10.9.0.0/16", [10, 0, 2, 3].into())]);
    assert_eq!(leaves_by(&far, [10, 9, 0, 1]), []);
}

/// What leaves 10.0.0.0/24 for an external network in the scope of this number, where the router's gateway
/// is on no host and this host has an outlet.
fn leaving(scope: u8) -> Vec<Flow> {
    let mut way = gateway(1, 9, false);
    way.subnets[0].address_scope = Some(AddressScopeId(Uuid::from_u128(scope.into())));
    let own = InterfaceGoal {
        gateways: vec![way],
        ..interface(20, 1, 1, 1)
    };
    let inner = SubnetGoal {
        address_scope: Some(AddressScopeId(Uuid::from_u128(1))),
        ..subnet(1, 1)
    };
    let wire = Input::Wire {
        physical_network: PHYSICAL.to_owned(),
        ofport: Some(PortNo(21)),
    };
    let zone = Input::Zone {
        of: Zoned::Router(router_id(1)),
        zone: Some(40_000),
    };
    let inside = [put(vpc(1)), put(inner), put(own)];
    let outside = [wire, Input::Put(Goal::Outlet(outlet(0, 0, 1, 9))), zone];
    let bridge = Bridge::new(inside.into_iter().chain(outside));
    let flows = bridge.switch.flows().into_iter();
    let exits = flows.filter(|flow| flow.key.table == table::EXIT && flow.key.priority > 0);
    exits.collect()
}

#[test]
fn an_outlet_translates_nothing_inside_of_a_scope() {
    let priorities = |flows: &[Flow]| {
        flows
            .iter()
            .map(|flow| flow.key.priority)
            .collect::<Vec<_>>()
    };
    assert_eq!(priorities(&leaving(2)), [table::OUTLET]);
    let same = leaving(1);
    const { assert!(table::DIRECT > table::OUTLET) };
    let stays = same.iter().find(|flow| flow.key.priority == table::DIRECT);
    let instructions = &stays.unwrap().instructions;
    assert!(instructions.apply.is_empty() && instructions.goto_table.is_none());
}
