//! Laws of the compiler over random histories of small regions.

#![expect(clippy::unwrap_used, reason = "a test fails by a panic")]

mod support;

use alcor_compiler::oracle::Intent;
use alcor_compiler::{Compiler, Demand, Fact, Found};
use alcor_goalstate::{Goal, Limits, ScopeId, Sought, digest};
use alcor_types::{HostName, MacAddr, PortId, Revision};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use support::*;

const NETWORKS: u8 = 3;
const SUBNETS: u8 = 3;
const PORTS: u8 = 6;
const HOSTS: u8 = 3;
const ROUTERS: u8 = 2;
const ACLS: u8 = 4;

/// Subnet `n` is always of network `n % NETWORKS`, as ids never change networks.
fn network_of(number: u8) -> u8 {
    number % NETWORKS
}

fn any_network() -> impl Strategy<Value = Fact> {
    (0..NETWORKS, any::<bool>(), 0_u8..5).prop_map(|(number, up, kind)| {
        let mut network = network(number);
        network.admin_state_up = up;
        match kind {
            0 => network.segments[0].segmentation_id = Some(alcor_types::Vni::MAX.get()),
            // A type that agents do not program.
            1 => network.segments[0].network_type = alcor_types::NetworkType::Gre,
            2 => network.segments[0].network_type = alcor_types::NetworkType::Geneve,
            _ => {}
        }
        network.qos_policy_id = (kind & 1 == 1).then(|| policy_id(number));
        put_network(network)
    })
}

fn any_subnet() -> impl Strategy<Value = Fact> {
    (0..SUBNETS, any::<bool>()).prop_map(|(number, dhcp)| {
        let mut subnet = subnet(number, network_of(number));
        subnet.enable_dhcp = dhcp;
        subnet.subnetpool_id = (number < 2).then(|| pool_id(number));
        put_subnet(subnet)
    })
}

fn any_port() -> impl Strategy<Value = Fact> {
    let host = proptest::option::weighted(0.9, 0..HOSTS);
    let name = prop::sample::select(vec!["", "a", "b"]);
    (0..PORTS, 0..SUBNETS, host, any::<u8>(), name).prop_map(
        |(number, subnet, host, bits, name)| {
            let network = network_of(number);
            let mut port = port(number, network, subnet, host);
            port.admin_state_up = bits & 3 != 0;
            port.standard.name = name.into();
            if bits & 4 != 0 {
                port.mac_address = MacAddr([2, 0, 0, 0, 0, number]);
            }
            if bits & 8 != 0 {
                port.fixed_ips.clear();
            }
            if bits & 16 != 0 {
                port.standard.tags.insert("tag".into());
            }
            port.qos_policy_id = (bits & 32 != 0).then(|| policy_id(bits >> 7));
            if bits & 64 != 0 {
                port.device_owner = "network:dhcp".into();
            }
            put_port(port)
        },
    )
}

fn any_router() -> impl Strategy<Value = Fact> {
    (0..ROUTERS, any::<bool>(), any::<bool>()).prop_map(|(number, up, routes)| {
        let mut router = router(number);
        router.admin_state_up = up;
        if routes {
            router.routes.push(alcor_types::HostRoute {
                destination: "192.0.2.0/24".parse().unwrap(),
                nexthop: "10.0.0.7".parse().unwrap(),
            });
        }
        put_router(router)
    })
}

/// Ports of routers have numbers of their own; now and then one is somebody else's.
fn any_interface() -> impl Strategy<Value = Fact> {
    (PORTS..PORTS + 4, 0..SUBNETS, 0..ROUTERS, 0..8_u8).prop_map(
        |(number, subnet, router, kind)| {
            let network = network_of(number);
            let mut port = interface(number, network, subnet, router);
            match kind {
                0 => port.device_owner.clear(),
                1 => port.admin_state_up = false,
                _ => {}
            }
            put_port(port)
        },
    )
}

/// ACL `n` is of network `n % NETWORKS`; the first of a network may be its default.
fn any_acl() -> impl Strategy<Value = Fact> {
    (0..ACLS, any::<bool>(), any::<bool>()).prop_map(|(number, default, named)| {
        let network = network_of(number);
        let subnets = named.then_some(network).filter(|_| number < NETWORKS);
        put_acl(acl(number, network, default && number < NETWORKS, subnets))
    })
}

fn any_node() -> impl Strategy<Value = Fact> {
    // Two nodes may claim one address for a while.
    (0..HOSTS, 0..HOSTS + 1).prop_map(|(number, address)| {
        let mut node = node(number);
        node.local_ip = tunnel_ip(address);
        put_node(node)
    })
}

/// Routers lead to network 2; ports 20 and 21 are their gateways, 30 and above hold floating IPs.
fn any_way_out() -> impl Strategy<Value = Fact> {
    let seat = proptest::option::weighted(0.8, 0..HOSTS);
    let gateway = (0..ROUTERS, seat).prop_map(|(router, seat)| {
        let mut port = port(20 + router, 2, 2, seat);
        port.device_owner = "network:router_gateway".into();
        port.device_id = router_id(router).to_string();
        put_port(port)
    });
    let bounded = || proptest::option::of(0..3_u8).prop_map(|number| number.map(policy_id));
    let leading = (0..ROUTERS, any::<bool>(), bounded()).prop_map(|(number, snat, policy)| {
        let mut router = router(number);
        router.gateways = vec![gateway_of(number, snat)];
        router.gateways[0].qos_policy_id = policy;
        put_router(router)
    });
    let held = (0..2_u8).prop_map(|number| {
        let mut port = port(30 + number, 2, 2, None);
        port.device_owner = "network:floatingip".into();
        put_port(port)
    });
    let place = (0..ROUTERS, proptest::option::weighted(0.9, 0..HOSTS));
    let outlet = (0..3_u8, place).prop_map(|(number, (router, at))| {
        let mut port = port(40 + number, 2, 2, at);
        port.device_owner = alcor_types::ROUTER_OUTLET_OWNER.into();
        port.device_id = router_id(router).to_string();
        put_port(port)
    });
    let closed = (0..3_u8).prop_map(|number| Fact::Port(port_id(40 + number), None));
    let inside = proptest::option::of((0..PORTS, 0..ROUTERS));
    let known = (0..2_u8, inside, bounded()).prop_map(|(number, at, policy)| {
        let mut floating = floating(number, at);
        floating.qos_policy_id = policy;
        put_floating(floating)
    });
    let forwarding = (0..2_u8, 0..2_u8).prop_map(|(number, on)| put_forwarding(number, on));
    let gone = (0..2_u8).prop_map(|number| Fact::FloatingIp(floating(number, None).id, None));
    let ended = (0..2_u8).prop_map(|number| Fact::PortForwarding(forwarding_id(number), None));
    prop_oneof![
        2 => gateway, 1 => leading, 1 => held, 1 => known, 1 => forwarding, 1 => gone, 1 => ended,
        2 => outlet, 1 => closed,
    ]
}

fn any_deletion() -> impl Strategy<Value = Fact> {
    prop_oneof![
        1 => (0..NETWORKS).prop_map(|id| Fact::Network(network_id(id), None)),
        1 => (0..SUBNETS).prop_map(|id| Fact::Subnet(subnet_id(id), None)),
        4 => (0..PORTS + 4).prop_map(|id| Fact::Port(port_id(id), None)),
        1 => prop::sample::select(vec![20, 21, 30]).prop_map(|id| Fact::Port(port_id(id), None)),
        1 => (0..ROUTERS).prop_map(|id| Fact::Router(router_id(id), None)),
        1 => (0..ACLS).prop_map(|id| Fact::NetworkAcl(acl_id(id), None)),
        1 => (0..ACLS, 0..3_u8).prop_map(|(of, id)| Fact::NetworkAclRule(acl_rule_id(of, id), None)),
        1 => (0..NETWORKS, any::<bool>()).prop_map(|(id, whole)| {
            Fact::RouteTable(table(id, whole, 0).id, None)
        }),
        1 => (0..HOSTS).prop_map(|id| Fact::Node(host(id), None)),
        1 => (0..2_u8).prop_map(|id| Fact::TapService(tap_service(id).id, None)),
        1 => (0..4_u8).prop_map(|id| Fact::TapFlow(tap_flow(id, 0, 2).id, None)),
        1 => (0..2_u8).prop_map(|id| Fact::Trunk(trunk(id, &[]).id, None)),
        1 => (0..4_u8).prop_map(|id| Fact::QosRule(qos_rule(id, 0, 0).id, None)),
    ]
}

/// A rule that may change its policy: that never happens, and nothing leans on it.
fn any_qos_rule() -> impl Strategy<Value = Fact> {
    let numbers = (0..4_u8, 0..3_u8, 1..3_u32);
    numbers.prop_map(|(id, policy, rate)| put_qos_rule(qos_rule(id, policy, rate)))
}

/// Services 0 and 1 are ports 0 and 1; they look at others.
fn any_tap() -> impl Strategy<Value = Fact> {
    let flow = (0..4_u8, 0..2_u8, 2..PORTS);
    prop_oneof![
        (0..2_u8).prop_map(|number| put_tap_service(tap_service(number))),
        flow.prop_map(|(id, service, source)| put_tap_flow(tap_flow(id, service, source))),
    ]
}

/// Ports 0 and 1 carry others, and for a moment perhaps both the same.
fn any_trunk() -> impl Strategy<Value = Fact> {
    let carried = prop::collection::btree_map(2..PORTS, 1..4_u16, 0..3);
    (0..2_u8, carried).prop_map(|(number, carried)| {
        let carried: Vec<_> = carried.into_iter().collect();
        put_trunk(trunk(number, &carried))
    })
}

fn any_fact() -> impl Strategy<Value = Fact> {
    prop_oneof![
        1 => any_network(),
        1 => any_subnet(),
        1 => any_pool(),
        6 => any_port(),
        2 => any_node(),
        1 => any_router(),
        1 => (0..NETWORKS, any::<bool>(), 0..ROUTERS)
            .prop_map(|(id, whole, router)| put_table(table(id, whole, router))),
        2 => any_interface(),
        2 => any_acl(),
        2 => (0..ACLS, 0..3_u8, 0..3_u16).prop_map(|(of, id, number)| put_acl_rule(of, id, number)),
        2 => any_qos_rule(),
        2 => any_tap(),
        2 => any_trunk(),
        3 => any_deletion(),
        3 => any_way_out(),
    ]
}

/// Pools with a scope, without one, and gone.
fn any_pool() -> impl Strategy<Value = Fact> {
    (0..2_u8, 0..4_u8).prop_map(|(number, scope)| match scope {
        3 => Fact::SubnetPool(pool_id(number), None),
        scope => put_pool(number, (scope > 0).then_some(scope)),
    })
}

/// The same, with networks' own numbers of ports from which on they are large.
fn with_numbers(mut history: Vec<Vec<Fact>>, own: &[Option<u32>]) -> Vec<Vec<Fact>> {
    let networks = history.iter_mut().flatten().filter_map(|fact| match fact {
        Fact::Network(_, Some(network)) => Some(Arc::make_mut(network)),
        _ => None,
    });
    for (network, above) in networks.zip(own.iter().cycle()) {
        network.on_demand_above = *above;
    }
    history
}

/// Facts in commits.
fn any_history() -> impl Strategy<Value = Vec<Vec<Fact>>> {
    prop::collection::vec(prop::collection::vec(any_fact(), 1..5), 1..40)
}

/// The last word on every resource.
fn settled(history: &[Vec<Fact>]) -> Vec<Fact> {
    let mut last = BTreeMap::new();
    for fact in history.iter().flatten() {
        let name = match fact {
            Fact::Network(id, _) => id.to_string(),
            Fact::Subnet(id, _) => id.to_string(),
            Fact::SubnetPool(id, _) => id.to_string(),
            Fact::Port(id, _) => id.to_string(),
            Fact::Node(host, _) => host.to_string(),
            Fact::Router(id, _) => id.to_string(),
            Fact::RouteTable(id, _) => id.to_string(),
            Fact::SecurityGroup(id, _) => id.to_string(),
            Fact::SecurityGroupRule(id, _) => id.to_string(),
            Fact::AddressGroup(id, _) => id.to_string(),
            Fact::FloatingIp(id, _) => id.to_string(),
            Fact::PortForwarding(id, _) => id.to_string(),
            Fact::NetworkAcl(id, _) => id.to_string(),
            Fact::NetworkAclRule(id, _) => id.to_string(),
            Fact::QosRule(id, _) => id.to_string(),
            Fact::TapService(id, _) => id.to_string(),
            Fact::TapFlow(id, _) => id.to_string(),
            Fact::Trunk(id, _) => id.to_string(),
        };
        last.insert(name, fact.clone());
    }
    last.into_values().collect()
}

/// A goal without its revision.
fn content(mut goal: Goal) -> Goal {
    let revision = match &mut goal {
        Goal::Vpc(goal) => &mut goal.revision,
        Goal::Subnet(goal) => &mut goal.revision,
        Goal::Acl(goal) => &mut goal.revision,
        Goal::Port(goal) => &mut goal.revision,
        Goal::Dhcp(goal) => &mut goal.revision,
        Goal::Floating(goal) => &mut goal.revision,
        Goal::Peer(goal) => &mut goal.revision,
        Goal::Neighbor(goal) => &mut goal.revision,
        Goal::Interface(goal) => &mut goal.revision,
        Goal::Group(goal) => &mut goal.revision,
        Goal::Member(goal) => &mut goal.revision,
        Goal::AddressGroup(goal) => &mut goal.revision,
        Goal::Outlet(goal) => &mut goal.revision,
    };
    *revision = Revision::ZERO;
    goal
}

fn places() -> impl Iterator<Item = (u8, HostName)> {
    (0..NETWORKS).flat_map(|network| (0..HOSTS).map(move |number| (network, host(number))))
}

fn contents(region: &Compiler, network: u8, host: &HostName) -> Vec<Goal> {
    let goals = wanted(region, network_id(network), host);
    goals.into_iter().map(content).collect()
}

fn played(history: &[Vec<Fact>]) -> Compiler {
    played_above(usize::MAX, history)
}

/// Where networks with more ports than this are large.
fn played_above(ports: usize, history: &[Vec<Fact>]) -> Compiler {
    let mut region = Compiler::new(16).on_demand_above(ports);
    for (number, facts) in history.iter().enumerate() {
        region.apply(Revision(number as u64 + 1), facts);
    }
    region
}

proptest! {
    #[test]
    fn a_load_equals_the_facts_one_by_one_in_any_order(
        (history, order) in any_history().prop_flat_map(|history| {
            let facts = Just(settled(&history)).prop_shuffle();
            (Just(history), facts)
        })
    ) {
        let at = Revision(1000);
        let loaded = Compiler::load(at, order.iter().cloned(), 16);
        let mut stepped = Compiler::new(16);
        for fact in &order {
            stepped.apply(at, std::slice::from_ref(fact));
        }
        let played = played(&history);
        for (network, host) in places() {
            let scope = network_id(network);
            prop_assert_eq!(loaded.snapshot(scope, &host), stepped.snapshot(scope, &host));
            prop_assert_eq!(loaded.digest(scope, &host), stepped.digest(scope, &host));
            prop_assert_eq!(loaded.scope_revision(scope), stepped.scope_revision(scope));
            prop_assert_eq!(contents(&loaded, network, &host), contents(&played, network, &host));
        }
    }

    #[test]
    fn whoever_follows_holds_the_snapshot(
        history in any_history(),
        log_limit in 0_usize..40,
        above in prop::sample::select(vec![usize::MAX, usize::MAX, 0, 1, 2]),
        looks in prop::collection::vec(any::<u16>(), 40),
        repeats in prop::collection::vec(any::<prop::sample::Index>(), 40),
        own in prop::collection::vec(prop::option::of(0_u32..4), 7),
    ) {
        let history = with_numbers(history, &own);
        let mut region = Compiler::new(log_limit).on_demand_above(above);
        let mut followers: BTreeMap<_, Follower> =
            places().map(|place| (place, Follower::default())).collect();
        for (number, facts) in history.iter().enumerate() {
            region.apply(Revision(number as u64 + 1), facts);
            // An old commit comes again.
            let old = repeats[number].index(number + 1);
            region.apply(Revision(old as u64 + 1), &history[old]);
            for (index, ((network, host), follower)) in followers.iter_mut().enumerate() {
                if looks[number] >> index & 1 == 1 {
                    follower.follow(&region, network_id(*network), host);
                }
            }
        }
        for ((network, host), mut follower) in followers {
            let scope = network_id(network);
            follower.follow(&region, scope, &host);
            prop_assert_eq!(follower.held(), wanted(&region, scope, &host));
            let digest = region.digest(scope, &host).unwrap_or(0);
            prop_assert_eq!(follower.goals.digest(), digest);
        }
    }

    #[test]
    fn the_digest_is_that_of_the_goals(history in any_history()) {
        let region = played(&history);
        for (network, host) in places() {
            let scope = network_id(network);
            let view = region.snapshot(scope, &host);
            let expected = view.map(|view| digest::goals(&view.goals));
            prop_assert_eq!(region.digest(scope, &host), expected);
        }
    }

    #[test]
    fn of_large_networks_a_host_holds_what_it_has_asked_for(
        history in any_history(),
        above in 0_usize..4,
        asked in prop::collection::btree_set(0..PORTS, 0..4),
    ) {
        let region = played_above(above, &history);
        for (network, host) in places() {
            let id = network_id(network);
            let mut demand = Demand::default();
            demand.set(id, asked.iter().map(|port| port_id(*port)).collect());
            let view = region.snapshot_with(id, &host, &demand);
            let goals = view.as_ref().map(|view| digest::goals(&view.goals));
            prop_assert_eq!(region.digest_with(id, &host, &demand), goals);
            let (all, large) = (region.snapshot(id, &host), region.is_large(id));
            let goals = all.iter().flat_map(|view| &view.goals);
            let neighbors = goals.filter(|goal| matches!(goal, Goal::Neighbor(_)));
            for goal in neighbors {
                let told = view.iter().any(|view| view.goals.contains(goal));
                let Goal::Neighbor(neighbor) = goal else { continue };
                prop_assert_eq!(told, !large || demand.contains(id, neighbor.port));
                let found = region.find(id, &host, Sought::Mac(neighbor.mac));
                let same = matches!(&found, Found::Neighbors(all) if large && all.iter().all(
                    |(_, found)| matches!(found, Goal::Neighbor(it) if it.mac == neighbor.mac),
                ));
                prop_assert!(same || !large, "{found:?}");
            }
        }
    }

    #[test]
    fn touches_tell_who_came_and_who_went(history in any_history()) {
        let mut region = Compiler::new(16);
        for (number, facts) in history.iter().enumerate() {
            let members = |region: &Compiler| -> BTreeMap<_, _> {
                let scopes = (0..NETWORKS).map(network_id);
                scopes.map(|id| (id, BTreeSet::from_iter(region.scope_hosts(id)))).collect()
            };
            let before = members(&region);
            let revisions: Vec<_> =
                (0..NETWORKS).map(|id| region.scope_revision(network_id(id))).collect();
            let touches = region.apply(Revision(number as u64 + 1), facts);
            let after = members(&region);
            for id in 0..NETWORKS {
                let scope = network_id(id);
                let touch = touches.iter().find(|touch| touch.scope == scope.into());
                let joined = touch.map_or(&[][..], |touch| &touch.joined);
                let left = touch.map_or(&[][..], |touch| &touch.left);
                prop_assert!(after[&scope].difference(&before[&scope]).eq(joined));
                prop_assert!(before[&scope].difference(&after[&scope]).eq(left));
                let news = region.scope_revision(scope) != revisions[usize::from(id)];
                let readers = news && !after[&scope].is_empty();
                prop_assert!(touch.is_some() || !readers, "a reader must be woken");
            }
        }
    }

    #[test]
    fn a_host_holds_a_scope_where_a_port_of_it_is_bound(history in any_history()) {
        let region = played(&history);
        for number in 0..HOSTS {
            let host = host(number);
            let scopes: Vec<_> = (0..NETWORKS)
                .map(network_id)
                .filter(|id| region.scope_hosts(*id).contains(&host))
                .map(ScopeId::from)
                .collect();
            prop_assert_eq!(region.host_scopes(&host), scopes);
        }
    }

    #[test]
    fn ports_are_bounded_as_their_policies_say(history in any_history()) {
        let region = played(&history);
        let mut intent = Intent::default();
        history.iter().flatten().for_each(|fact| intent.learn(fact));
        for (network, host) in places() {
            for goal in wanted(&region, network_id(network), &host) {
                if let Goal::Port(port) = goal {
                    prop_assert_eq!(*port.limits, Limits::of(&intent.bounds(port.id)));
                }
            }
        }
    }

    #[test]
    fn goals_hold_exactly_what_the_oracle_allows(history in any_history()) {
        let region = played(&history);
        let mut intent = Intent::default();
        history.iter().flatten().for_each(|fact| intent.learn(fact));
        for from in intent.ports() {
            for to in intent.ports() {
                let reaches = from.id != to.id && told(&region, from, to.id);
                prop_assert_eq!(reaches, intent.reaches(from.id, to.id));
            }
        }
    }
}

/// Whether the host of `from` is told of both ports, and that both and the network are up.
fn told(region: &Compiler, from: &alcor_types::Port, to: PortId) -> bool {
    let Some(view) = from
        .host
        .as_ref()
        .and_then(|at| region.snapshot(from.network_id, at))
    else {
        return false;
    };
    let up = |id: PortId| {
        view.goals.iter().any(|goal| match goal {
            Goal::Port(port) => port.id == id && port.admin_state_up,
            Goal::Neighbor(neighbor) => neighbor.port == id,
            _ => false,
        })
    };
    let is_up = |goal: &Goal| matches!(goal, Goal::Vpc(vpc) if vpc.admin_state_up);
    view.goals.iter().any(is_up) && up(from.id) && up(to)
}
