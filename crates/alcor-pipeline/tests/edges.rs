//! What network ACLs cost in flows, and what becomes of fragments.

#![expect(clippy::unwrap_used, reason = "a test fails by a panic")]

mod support;

use alcor_goalstate::{AclRule, Goal};
use alcor_openflow::{Field, PortNo};
use alcor_pipeline::{Contents, Input, Owner, Pipeline, cookie};
use alcor_types::{AclAction, AclProtocol};
use support::frame::Frame;
use support::goals::*;
use support::switch::Switch;

fn plugged(pipeline: &mut Pipeline, number: u8) {
    pipeline.apply(&Input::Put(Goal::Port(port(number, 1))));
    pipeline.apply(&Input::Plugged {
        port: port_id(number),
        ofport: PortNo(100 + u32::from(number)),
    });
}

/// Ports 2 to `last` in a subnet that an ACL with these rules guards.
fn guarded(last: u8, rules: Vec<AclRule>) -> Pipeline {
    let mut pipeline = Pipeline::new();
    let goals = [
        Goal::Vpc(vpc(1)),
        Goal::Subnet(subnet(1, 1)),
        Goal::Acl(acl(1, &[1], rules)),
    ];
    for goal in goals {
        pipeline.apply(&Input::Put(goal));
    }
    for number in 2..=last {
        plugged(&mut pipeline, number);
    }
    pipeline
}

fn owned(pipeline: &Pipeline, owner: Owner) -> usize {
    let cookie = cookie::of_owner(owner);
    let flows = pipeline.desired();
    flows
        .filter(|flow| flow.cookie & cookie::OWNER_MASK == cookie)
        .count()
}

#[test]
fn rules_are_there_once_whatever_the_number_of_ports() {
    let acl = Owner::Acl(acl_id(1));
    let rules: Vec<_> = (0..50).map(acl_rule).collect();
    assert_eq!(owned(&guarded(1, rules.clone()), acl), 0, "without a port");
    assert_eq!(owned(&guarded(2, rules.clone()), acl), 50);
    let full = guarded(30, rules);
    assert_eq!(owned(&full, acl), 50);
    // Each way: of either family, and what stays inside; and three of a port that nobody checks.
    assert_eq!(owned(&full, Owner::Guard(port_id(30))), 9);
}

/// A TCP packet from outside to port 2: which part of it, and to which port.
fn arrives(pipeline: &mut Pipeline, fragment: u128, to: u128) -> bool {
    let mut switch = Switch::default();
    switch.apply(pipeline.diff(Contents::default()));
    let mut frame = Frame::ping(mac(3), mac(2));
    frame.set(Field::IpProto, 6);
    frame.set(Field::Ipv4Src, 0xc000_0201);
    frame.set(Field::Ipv4Dst, ip(2).to_bits().into());
    frame.set(Field::IpFrag, fragment);
    frame.set(Field::TcpDst, to);
    !switch.receive(PortNo(103), &frame).sent.is_empty()
}

#[test]
fn later_fragments_pass_where_their_ports_might() {
    let rule = |number, ports, action| {
        let mut rule = acl_rule(number);
        (rule.protocol, rule.action) = (AclProtocol::Tcp(ports), action);
        rule
    };
    let (whole, first, later) = (0, 1, 3);
    let out = AclRule {
        direction: alcor_types::Direction::Egress,
        ..acl_rule(1)
    };
    let deny = rule(1, Some((0, 79)), AclAction::Deny);
    let allow = rule(2, Some((80, 90)), AclAction::Allow);
    let mut some = guarded(3, vec![out, deny, allow]);
    for (fragment, to, passes) in [
        (whole, 80, true),
        (first, 80, true),
        (whole, 91, false),
        (first, 0, false),
        (later, 0, true),
    ] {
        assert_eq!(arrives(&mut some, fragment, to), passes, "{fragment} {to}");
    }
    // Without a rule that allows some of it, nothing of a packet passes.
    let none = rule(2, Some((80, 90)), AclAction::Deny);
    let mut none = guarded(3, vec![out, none]);
    assert!(!arrives(&mut none, later, 0));
    let any = rule(3, None, AclAction::Allow);
    let but = rule(2, Some((80, 90)), AclAction::Deny);
    let mut any = guarded(3, vec![out, but, any]);
    assert!(arrives(&mut any, later, 0) && !arrives(&mut any, first, 80));
    assert!(arrives(&mut any, first, 91));
}
