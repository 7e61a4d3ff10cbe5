//! What VMs ask of routers and servers of IPv6: who hears it, and who does not.

mod support;

use alcor_openflow::{Field, PortNo};
use alcor_pipeline::{Input, Pipeline, Punt};
use alcor_responder::link_local;
use alcor_types::Ipv6Mode;
use std::net::Ipv6Addr;
use support::frame::Frame;
use support::goals::*;
use support::switch::{Outcome, Switch};

const SENDER: PortNo = PortNo(102);
const PEER: PortNo = PortNo(103);

/// Network 1 with the ports 2 and 3 here, and what else is given.
fn switch(more: impl IntoIterator<Item = Input>) -> Switch {
    let (mut pipeline, mut switch) = (Pipeline::new(), Switch::default());
    let ports = [(2, SENDER), (3, PEER)].into_iter();
    let ports = ports.flat_map(|(number, ofport)| {
        let plugged = Input::Plugged {
            port: port_id(number),
            ofport,
        };
        [put(port(number, 1)), plugged]
    });
    for input in [put(vpc(1))].into_iter().chain(ports).chain(more) {
        pipeline.apply(&input);
    }
    switch.apply(pipeline.take_changes());
    switch
}

fn router() -> alcor_goalstate::InterfaceGoal {
    let mut router = interface(9, 1, 1, 1);
    router.fixed_ips = fixed6(9, 1).into();
    router
}

fn asks_routers(switch: &Switch) -> Outcome {
    let fields = [(Field::IpProto, 58), (Field::Icmpv6Type, 133)];
    let all_routers = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 2);
    switch.receive(SENDER, &Frame::question6(mac(2), all_routers, &fields))
}

fn asks_servers(switch: &Switch) -> Outcome {
    let fields = [
        (Field::IpProto, 17),
        (Field::UdpSrc, 546),
        (Field::UdpDst, 547),
    ];
    let all_servers = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 1, 2);
    switch.receive(SENDER, &Frame::question6(mac(2), all_servers, &fields))
}

fn heard_by(outcome: &Outcome) -> Vec<PortNo> {
    outcome.sent.iter().map(|(port, _)| *port).collect()
}

#[test]
fn a_solicitation_is_for_the_agent_where_a_router_has_an_answer() {
    let slaac = || put(subnet6(1, 1, Some(Ipv6Mode::Slaac)));
    let outcome = asks_routers(&switch([slaac(), put(router())]));
    let network = vpc_id(1);
    assert_eq!(outcome.punted, [Punt::Solicitation { network }]);
    assert_eq!(heard_by(&outcome), [PEER], "which may be a router, too");
    let mut off = router();
    off.admin_state_up = false;
    for silent in [
        vec![slaac()],
        vec![slaac(), put(off)],
        vec![put(subnet6(1, 1, None)), put(router())],
    ] {
        let outcome = asks_routers(&switch(silent));
        assert_eq!(
            (&outcome.punted[..], heard_by(&outcome)),
            (&[][..], vec![PEER])
        );
    }
}

#[test]
fn dhcpv6_is_for_the_agent_alone_where_it_is_served() {
    let network = vpc_id(1);
    for (mode, served) in [
        (None, true),
        (Some(Ipv6Mode::Dhcpv6Stateful), true),
        (Some(Ipv6Mode::Dhcpv6Stateless), true),
        (Some(Ipv6Mode::Slaac), false),
    ] {
        let outcome = asks_servers(&switch([put(subnet6(1, 1, mode))]));
        let punts = served.then_some(Punt::Dhcp6 { network });
        assert_eq!(outcome.punted, Vec::from_iter(punts), "{mode:?}");
        assert_eq!(heard_by(&outcome).is_empty(), served, "{mode:?}");
    }
    let mut off = subnet6(1, 1, None);
    off.dhcp = false;
    assert_eq!(asks_servers(&switch([put(off)])).punted, []);
}

#[test]
fn a_router_answers_for_its_addresses_as_one() {
    let switch = switch([put(subnet6(1, 1, Some(Ipv6Mode::Slaac))), put(router())]);
    let own = link_local(mac(2));
    let flags = |target| {
        let outcome = switch.receive(SENDER, &Frame::solicitation(mac(2), own, target));
        let [(SENDER, answer)] = &outcome.sent[..] else {
            panic!("{outcome:?}");
        };
        assert_eq!(answer.get(Field::NdTarget), target.to_bits());
        assert_eq!(answer.get(Field::NdTll), u128::from(mac(9).to_u64()));
        answer.get(Field::NdReserved)
    };
    for target in [
        link_local(mac(9)),
        Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, 9),
    ] {
        assert_eq!(flags(target), 0xe000_0000, "{target}");
    }
}
