//! Whatever order changes come in, and whenever they are taken, the bridge ends up with the
//! flows that the same goals give from nothing.

#![expect(clippy::unwrap_used, reason = "the blocks of the tests are blocks")]

mod support;

use alcor_goalstate::{
    Bounded, Carrier, Goal, GoalKey, RuleRemote, SubnetRoute, SubnetRoutes, TrunkPart, TunnelKind,
};
use alcor_openflow::{Flow, Meter, PortNo};
use alcor_pipeline::{
    Contents, FlowChanges, Input, Installed, MeterChanges, Neighbor, Pipeline, Zoned,
};
use alcor_types::{
    AclAction, AclProtocol, AddressScopeId, AllowedAddressPair, Direction, EtherType, Ipv6Mode,
    PortId, Revision,
};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use support::goals::*;
use support::north::*;
use support::switch::Switch;

/// What is true after a series of inputs, in the plainest form.
#[derive(Default)]
struct Truth {
    goals: BTreeMap<GoalKey, Goal>,
    plugged: BTreeMap<PortId, PortNo>,
    tunnels: BTreeMap<TunnelKind, Option<PortNo>>,
    complete: bool,
    /// What leads out: wires, zones and neighbours, each by its name.
    outside: BTreeMap<String, Input>,
}

impl Truth {
    fn learn(&mut self, input: &Input) {
        match input {
            Input::Put(goal) => drop(self.goals.insert(goal.key(), goal.clone())),
            Input::Delete(key) => drop(self.goals.remove(key)),
            Input::Plugged { port, ofport } => {
                self.plugged.retain(|_, held| held != ofport);
                self.plugged.insert(*port, *ofport);
            }
            Input::Unplugged { port } => drop(self.plugged.remove(port)),
            Input::Tunnel { kind, ofport } => drop(self.tunnels.insert(*kind, *ofport)),
            Input::Complete => self.complete = true,
            Input::Wire { .. } => drop(self.outside.insert("wire".into(), input.clone())),
            Input::Zone { of, .. } => {
                self.outside.insert(of.to_string(), input.clone());
            }
            Input::Hop {
                network, address, ..
            } => {
                let name = format!("{network} {address}");
                self.outside.insert(name, input.clone());
            }
        }
    }

    fn inputs(self) -> Vec<Input> {
        let goals = self.goals.into_values().map(Input::Put);
        let plugged = self.plugged.into_iter();
        let plugged = plugged.map(|(port, ofport)| Input::Plugged { port, ofport });
        let tunnels = self.tunnels.into_iter();
        let tunnels = tunnels.map(|(kind, ofport)| Input::Tunnel { kind, ofport });
        let complete = self.complete.then_some(Input::Complete);
        goals
            .chain(plugged)
            .chain(tunnels)
            .chain(complete)
            .chain(self.outside.into_values())
            .collect()
    }
}

/// Few numbers, so that goals meet: MAC and IP addresses clash inside a network, networks
/// clash over a VNI, and ports over a port number.
fn any_goal() -> impl Strategy<Value = Goal> {
    let sets = prop_oneof![any_group(), any_member(), any_address_group()];
    let lease = (1..6_u8, 1..4_u8).prop_map(|(id, subnet)| Goal::Dhcp(lease(id, subnet)));
    prop_oneof![
        2 => any_vpc(), 1 => any_subnet(), 3 => any_port(), 4 => any_neighbor(), 1 => lease,
        3 => any_interface(), 4 => any_secured(), 8 => sets, 4 => any_floating(),
        3 => any_acl(), 2 => any_placed(), 4 => any_trunked(), 3 => any_outlet(),
    ]
}

fn any_vpc() -> impl Strategy<Value = Goal> {
    let mtu = prop::sample::select(vec![0, 1300, 1450, 1500]);
    let numbers = (1..4_u8, 1..7_u8, any::<bool>(), 1..4_u64, mtu);
    numbers.prop_map(|(id, of, up, revision, mtu)| {
        let mut goal = vpc(id);
        goal.mtu = mtu;
        let physical_network = PHYSICAL.to_owned();
        goal.carrier = match of {
            1 | 2 => Carrier::Vxlan(vni(of)),
            3 | 4 => Carrier::Geneve(vni(of - 2)),
            5 => Carrier::Vlan {
                physical_network,
                tag: 100,
            },
            _ => Carrier::Flat { physical_network },
        };
        goal.admin_state_up = up;
        goal.revision = Revision(revision);
        Goal::Vpc(goal)
    })
}

fn any_subnet() -> impl Strategy<Value = Goal> {
    let modes = prop::option::of(prop::sample::select(vec![
        None,
        Some(Ipv6Mode::Slaac),
        Some(Ipv6Mode::Dhcpv6Stateful),
    ]));
    (
        1..4_u8,
        1..3_u8,
        any::<bool>(),
        any::<bool>(),
        (modes, any_scope()),
    )
        .prop_map(|(id, vpc, dhcp, gateway, (six, scope))| {
            let mut goal = subnet(id, vpc);
            goal.dhcp = dhcp;
            goal.gateway_ip = goal.gateway_ip.filter(|_| gateway);
            if let Some(mode) = six {
                goal = subnet6(id, vpc, mode);
            }
            goal.address_scope = scope;
            if gateway {
                goal.cidr = match goal.cidr {
                    ipnet::IpNet::V4(_) => format!("10.0.{id}.0/24").parse().unwrap(),
                    ipnet::IpNet::V6(_) => format!("fd00:{id}::/64").parse().unwrap(),
                };
            }
            Goal::Subnet(goal)
        })
}

fn any_scope() -> impl Strategy<Value = Option<AddressScopeId>> {
    let scope = (1..3_u128).prop_map(|number| AddressScopeId(uuid::Uuid::from_u128(number)));
    prop::option::of(scope)
}

fn any_port() -> impl Strategy<Value = Goal> {
    (1..6_u8, 1..3_u8, 1..6_u8, any::<bool>(), 0..24_u8).prop_map(|(id, vpc, like, up, bounds)| {
        let mut goal = port(id, vpc);
        goal.limits = limits(bounds).into();
        goal.taps = taps(bounds % 4, id);
        let other = port_like(like);
        (goal.mac, goal.fixed_ips, goal.admin_state_up) = (other.mac, other.fixed_ips, up);
        Goal::Port(goal)
    })
}

fn any_secured() -> impl Strategy<Value = Goal> {
    let secured = (
        1..6_u8,
        prop::collection::btree_set(1..4_u8, 0..3),
        any::<bool>(),
    );
    secured.prop_map(|(id, groups, pair)| {
        let groups: Vec<_> = groups.into_iter().collect();
        let mut goal = support::goals::secured(id, 1, &groups);
        let anywhere = AllowedAddressPair {
            ip_address: "0.0.0.0/0".parse().unwrap(),
            mac_address: None,
        };
        goal.allowed_address_pairs.extend(pair.then_some(anywhere));
        Goal::Port(goal)
    })
}

/// Two may claim one tag for a moment, and a port may even claim to carry itself.
fn any_trunked() -> impl Strategy<Value = Goal> {
    let carrier = prop::option::weighted(0.7, (1..6_u8, 1..3_u16));
    (1..6_u8, 1..3_u8, carrier, 0..24_u8).prop_map(|(id, vpc, carrier, bounds)| {
        let mut goal = port(id, vpc);
        goal.limits = limits(bounds).into();
        goal.taps = taps(bounds % 4, id);
        let part = match carrier {
            Some((parent, tag)) => TrunkPart::SubPort {
                parent: port_id(parent),
                tag,
            },
            None => TrunkPart::Parent,
        };
        goal.identity.trunk = Some(part);
        Goal::Port(goal)
    })
}

/// A port with addresses of several subnets.
fn any_placed() -> impl Strategy<Value = Goal> {
    let subnets = prop::collection::btree_map(1..4_u8, any::<bool>(), 0..4);
    (1..6_u8, subnets).prop_map(|(id, subnets)| {
        let mut goal = port(id, 1);
        let fixed = subnets.into_iter().map(|(subnet, six)| {
            let mut fixed = fixed6(id + 16 * subnet, subnet)[0];
            if !six {
                fixed.ip_address = ip(id + 16 * subnet).into();
            }
            fixed
        });
        goal.fixed_ips = fixed.collect();
        Goal::Port(goal)
    })
}

/// Two ACLs may claim one subnet for a moment.
fn any_acl() -> impl Strategy<Value = Goal> {
    let kinds = vec![
        AclProtocol::All,
        AclProtocol::Tcp(Some((79, 90))),
        AclProtocol::Udp(None),
        AclProtocol::Icmp(Some((8, 0))),
        AclProtocol::Icmpv6(Some((128, 0))),
    ];
    let rule = (
        0..9_u16,
        prop::sample::select(BLOCKS),
        prop::sample::select(kinds),
        any::<[bool; 2]>(),
    );
    let rules = prop::collection::vec(rule, 0..4);
    (1..4_u8, prop::collection::btree_set(1..4_u8, 0..3), rules).prop_map(|(id, on, rules)| {
        let rules = rules
            .into_iter()
            .map(|(number, block, protocol, [out, deny])| {
                let mut rule = acl_rule(number);
                (rule.prefix, rule.protocol) = (block.parse().unwrap(), protocol);
                if out {
                    rule.direction = Direction::Egress;
                }
                if deny {
                    rule.action = AclAction::Deny;
                }
                ((rule.direction, number), rule)
            });
        // Each number once, as the store has them.
        let rules: BTreeMap<_, _> = rules.collect();
        let on: Vec<_> = on.into_iter().collect();
        Goal::Acl(acl(id, &on, rules.into_values().collect()))
    })
}

fn any_neighbor() -> impl Strategy<Value = Goal> {
    (1..6_u8, 1..3_u8, 1..6_u8, 1..4_u8).prop_map(|(id, vpc, like, at)| {
        let mut goal = neighbor(id, vpc, at);
        let other = port_like(like);
        (goal.mac, goal.fixed_ips) = (other.mac, other.fixed_ips);
        Goal::Neighbor(goal)
    })
}

fn any_interface() -> impl Strategy<Value = Goal> {
    let way = (
        1..3_u8,
        1..4_u8,
        any::<[bool; 4]>(),
        (0..24_u8, any_scope()),
    );
    let ways = prop::collection::vec(way, 0..3);
    let numbers = (0..5_u8, 1..3_u8, 1..4_u8, 1..3_u8, 0..8_u8, ways);
    numbers.prop_map(|(id, vpc, subnet, router, kind, ways)| {
        let mut goal = interface(id, vpc, subnet, router);
        goal.port = port_id(20 + id);
        goal.admin_state_up = kind != 0;
        if kind & 2 == 2 {
            goal.fixed_ips.extend(fixed6(id, subnet));
        }
        if kind & 1 == 1 {
            goal.routes = vec![alcor_types::HostRoute {
                destination: "192.0.2.0/24".parse().unwrap(),
                nexthop: ip(kind).into(),
            }];
        }
        let ways = ways.into_iter();
        goal.gateways = ways
            .map(
                |(router, network, [here, snat, flat, small], (bounds, scope))| {
                    let mut way = gateway(router, network, here);
                    way.mtu = if small { 1400 } else { way.mtu };
                    way.snat = snat;
                    way.subnets[0].address_scope = scope;
                    let addresses = [outside(router), outside(50 + router)];
                    let bounded = addresses.map(|address| Bounded {
                        address,
                        limits: limits(bounds),
                    });
                    way.bounded.extend(bounded);
                    if flat {
                        let physical_network = PHYSICAL.to_owned();
                        way.carrier = Carrier::Flat { physical_network };
                        way.forwardings.clear();
                        way.addresses.push("2001:db8::7".parse().unwrap());
                    }
                    way
                },
            )
            .collect();
        if kind & 2 == 2 {
            goal.tables = vec![SubnetRoutes {
                subnet: subnet_id(subnet),
                routes: vec![SubnetRoute {
                    destination: "192.0.2.0/24".parse().unwrap(),
                    nexthop: (kind & 4 == 0).then(|| ip(kind).into()),
                }],
            }];
        }
        Goal::Interface(goal)
    })
}

fn any_floating() -> impl Strategy<Value = Goal> {
    let numbers = (
        1..4_u8,
        1..6_u8,
        1..3_u8,
        1..4_u8,
        1..4_u64,
        0..3_u8,
        0..24_u8,
    );
    numbers.prop_map(|(number, port, router, network, revision, like, bounds)| {
        let mut goal = floating(number, port, router, network);
        goal.limits = limits(bounds);
        goal.revision = Revision(revision);
        if like > 0 {
            goal.address = outside(like);
        }
        Goal::Floating(goal)
    })
}

fn any_outlet() -> impl Strategy<Value = Goal> {
    let numbers = (0..5_u8, 1..4_u8, 1..3_u8, 1..4_u8, 0..24_u8);
    numbers.prop_map(|(interface, number, router, network, bounds)| {
        let mut goal = outlet(interface, number, router, network);
        goal.limits = limits(bounds);
        Goal::Outlet(goal)
    })
}

fn any_way() -> impl Strategy<Value = Input> {
    let wire = prop::option::weighted(0.8, prop::sample::select(vec![PortNo(21), PortNo(22)]));
    let wire = wire.prop_map(|ofport| Input::Wire {
        physical_network: PHYSICAL.to_owned(),
        ofport,
    });
    let zone = (1..3_u8, prop::option::weighted(0.8, 7..9_u16));
    let zone = zone.prop_map(|(router, zone)| Input::Zone {
        of: Zoned::Router(router_id(router)),
        zone,
    });
    let own = (1..4_u8, 1..6_u8, prop::option::weighted(0.9, 9..12_u16));
    let own = own.prop_map(|(number, port, zone)| {
        let goal = floating(number, port, 1, 1);
        let of = Zoned::Floating(goal.id, goal.port, goal.fixed);
        Input::Zone { of, zone }
    });
    let known = (0..3_u8).prop_map(|number| match number {
        0 => Neighbor::Asked,
        number => Neighbor::At(mac(number)),
    });
    let hop = (1..4_u8, 1..4_u8, prop::option::weighted(0.8, known));
    let hop = hop.prop_map(|(network, address, neighbor)| Input::Hop {
        network: vpc_id(network),
        address: outside(address),
        neighbor,
    });
    let bounded = prop::sample::select(vec![1, 2, 3, 51, 52, 61, 62]);
    let bounded = (1..4_u8, bounded, prop::bool::weighted(0.9));
    let bounded = bounded.prop_map(|(network, number, has)| Input::Zone {
        of: Zoned::Bounded(vpc_id(network), outside(number)),
        zone: has.then(|| u16::from(network) * 100 + u16::from(number)),
    });
    prop_oneof![1 => wire, 1 => zone, 3 => own, 3 => bounded, 1 => hop]
}

fn any_remote() -> impl Strategy<Value = RuleRemote> {
    let block = prop::sample::select(BLOCKS);
    prop_oneof![
        Just(RuleRemote::Any),
        block.prop_map(|block| RuleRemote::Prefix(block.parse().unwrap())),
        (1..4_u8).prop_map(|id| RuleRemote::Group(group_id(id))),
        (1..3_u8).prop_map(|id| RuleRemote::AddressGroup(address_group_id(id))),
    ]
}

fn any_group() -> impl Strategy<Value = Goal> {
    let one = (1..4_u8, any_remote(), 0..4_u16, any::<[bool; 2]>());
    let rules = prop::collection::vec(one, 0..4);
    (1..4_u8, rules, any::<bool>()).prop_map(|(id, rules, stateful)| {
        let rules = rules.into_iter().map(|(number, remote, port, [out, six])| {
            let mut rule = rule(id, number);
            rule.remote = remote;
            rule.port_max = Some(80 + port);
            rule.protocol = rule.protocol.filter(|_| port > 0);
            if out {
                rule.direction = Direction::Egress;
            }
            if six {
                rule.ethertype = EtherType::Ipv6;
            }
            (number, rule)
        });
        // Each once, as the store has them.
        let rules: BTreeMap<_, _> = rules.collect();
        let mut goal = group(id, rules.into_values().collect());
        goal.stateful = stateful;
        Goal::Group(goal)
    })
}

/// Blocks of both families, one of all addresses and one of half of them.
const BLOCKS: &[&str] = &[
    "10.0.0.2/32",
    "10.0.0.3/32",
    "10.0.0.0/24",
    "0.0.0.0/0",
    "0.0.0.0/1",
    "fd00::/64",
    "::/0",
];

fn any_blocks() -> impl Strategy<Value = Vec<&'static str>> {
    prop::collection::btree_set(prop::sample::select(BLOCKS), 0..3)
        .prop_map(|blocks| blocks.into_iter().collect())
}

fn any_member() -> impl Strategy<Value = Goal> {
    let member = (1..4_u8, 1..6_u8, any_blocks());
    member.prop_map(|(group, port, blocks)| {
        Goal::Member(support::goals::member(group, port, &blocks))
    })
}

fn any_address_group() -> impl Strategy<Value = Goal> {
    let group = (1..3_u8, any_blocks());
    group.prop_map(|(id, blocks)| Goal::AddressGroup(address_group(id, &blocks)))
}

fn port_like(number: u8) -> alcor_goalstate::PortGoal {
    let mut goal = port(number, 1);
    // 1 is the gateway's address, too; 5 has two addresses.
    if number == 5 {
        goal.fixed_ips.extend(port(4, 1).fixed_ips);
    }
    goal
}

fn any_input() -> impl Strategy<Value = Input> {
    let ofport = || prop::sample::select(vec![PortNo(1), PortNo(2), PortNo(3)]);
    let plugged = (1..6_u8, ofport()).prop_map(|(id, ofport)| Input::Plugged {
        port: port_id(id),
        ofport,
    });
    let unplugged = (1..6_u8).prop_map(|id| Input::Unplugged { port: port_id(id) });
    let tunnel = (
        prop::sample::select(TunnelKind::ALL.to_vec()),
        prop::option::weighted(0.8, 10..12_u32),
    );
    prop_oneof![
        8 => any_goal().prop_map(Input::Put),
        4 => any_goal().prop_map(|goal| Input::Delete(goal.key())),
        4 => plugged,
        1 => unplugged,
        1 => tunnel.prop_map(|(kind, number)| Input::Tunnel {
            kind,
            // No two ports have one number.
            ofport: number.map(|number| PortNo(number + 5 * kind as u32)),
        }),
        2 => Just(Input::Complete),
        3 => any_way(),
    ]
}

fn sorted(pipeline: &Pipeline) -> Vec<Flow> {
    let mut flows: Vec<_> = pipeline.desired().collect();
    flows.sort();
    flows
}

fn sorted_meters(pipeline: &Pipeline) -> Vec<Meter> {
    let mut meters: Vec<_> = pipeline.meters().collect();
    meters.sort();
    meters
}

proptest! {
    #[test]
    fn changes_lead_to_the_flows_of_the_goals(
        inputs in prop::collection::vec((any_input(), any::<bool>()), 1..60)
    ) {
        let mut pipeline = Pipeline::new();
        let mut switch = Switch::default();
        let mut truth = Truth::default();
        for (input, take) in &inputs {
            pipeline.apply(input);
            truth.learn(input);
            if *take {
                switch.apply(pipeline.take_changes());
            }
        }
        switch.apply(pipeline.take_changes());

        let mut fresh = Pipeline::new();
        truth.inputs().iter().rev().for_each(|input| fresh.apply(input));
        let desired = sorted(&fresh);
        prop_assert!(desired.windows(2).all(|pair| pair[0].key != pair[1].key), "one owner a flow");
        prop_assert_eq!(sorted(&pipeline), desired.clone());
        prop_assert_eq!(switch.flows(), desired.clone());
        prop_assert_eq!(switch.meters(), sorted_meters(&fresh));
        let used: BTreeSet<_> = desired.iter().filter_map(|flow| flow.instructions.meter).collect();
        prop_assert!(used.into_iter().eq(fresh.meters().map(|meter| meter.id).collect::<BTreeSet<_>>()));

        let mut scratch = Switch::default();
        scratch.apply(fresh.take_changes());
        prop_assert_eq!(scratch.flows(), desired);
    }

    #[test]
    fn a_comparison_repairs_any_bridge(
        held in prop::collection::vec(any_input(), 0..40),
        wanted in prop::collection::vec(any_input(), 0..40),
        lost in prop::collection::vec(any::<bool>(), 8),
    ) {
        let mut former = Pipeline::new();
        for input in &held {
            former.apply(input);
        }
        let flows = former.desired().zip(lost.iter().cycle());
        let there: Vec<Flow> = flows.filter(|(_, lost)| !**lost).map(|(flow, _)| flow).collect();
        let meters: Vec<_> = former.meters().collect();

        let mut pipeline = Pipeline::new();
        for input in &wanted {
            pipeline.apply(input);
        }
        let changes = pipeline.diff(Contents {
            flows: there.iter().map(Installed::from).collect(),
            meters: meters.clone(),
        });
        let mut switch = Switch::default();
        switch.apply(FlowChanges {
            add: there,
            delete: Vec::new(),
            meters: MeterChanges { put: meters, delete: Vec::new() },
        });
        switch.apply(changes);
        prop_assert_eq!(switch.flows(), sorted(&pipeline));
        prop_assert_eq!(switch.meters(), sorted_meters(&pipeline));
        prop_assert!(pipeline.take_changes().is_empty());
    }
}
