//! Delivery in a deterministic simulation: one region, one agent, and everything between
//! them that can go wrong. A session is an ordered stream that can break at any byte: what
//! was under way is lost, never reordered. Whatever happens, once it is quiet the agent holds
//! exactly what intent says; and what intent never stopped to say, the agent never drops.

#![allow(clippy::unwrap_used, reason = "a wrong value fails the test")]

use alcor_agent::Holdings;
use alcor_compiler::{Compiler, Fact};
use alcor_delivery::{Dispatch, Settled};
use alcor_goalstate::wire::{Push, PushKind, Release, Want};
use alcor_goalstate::{Goal, GoalKey, ScopeId, Sought};
use alcor_types::{
    Direction, EtherType, FixedIp, HostName, MacAddr, Network, NetworkId, NetworkType, Node,
    NodeId, Port, PortId, Remote, Revision, SecurityGroup, SecurityGroupId, SecurityGroupRule,
    SecurityGroupRuleId, Sharing, Standard, Subnet, SubnetId, TrafficMatch, Transport,
};
use proptest::collection::vec;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use uuid::Uuid;

/// What may happen.
#[derive(Clone, Debug)]
enum Step {
    /// Port number `.0` of network `.1` is bound to host `.2`, and renamed.
    Bind(u8, u8, u8),
    /// A port is deleted.
    Unbind(u8),
    /// Rule number `.0` of group number `.0` comes to name group `.1`, or goes.
    Name(u8, Option<u8>),
    /// The region sends, and the agent reads, up to so many pushes.
    Run(u8),
    /// The stream breaks; what was under way is lost. A new session begins.
    Break,
    /// The agent starts anew and has forgotten everything.
    AgentRestart,
    /// The region starts anew: its logs are gone, its store is not.
    RegionRestart,
    /// The agent refuses the next push.
    Refuse,
    /// The agent asks who has the address of port number `.0` in network `.1`.
    Want(u8, u8),
    /// Port number `.0` of network `.1` asks elsewhere for a port of the agent's host.
    Introduce(u8, u8),
    /// The agent gives the `.0`th of the neighbours that it holds back.
    Release(u8),
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0u8..12, 0u8..3, 0u8..3).prop_map(|(port, net, host)| Step::Bind(port, net, host)),
        2 => (0u8..12).prop_map(Step::Unbind),
        1 => (0u8..3, prop::option::of(0u8..3)).prop_map(|(of, to)| Step::Name(of, to)),
        4 => (0u8..4).prop_map(Step::Run),
        2 => Just(Step::Break),
        1 => Just(Step::AgentRestart),
        1 => Just(Step::RegionRestart),
        1 => Just(Step::Refuse),
    ]
}

/// The same where networks grow large and small again.
fn any_step_on_demand() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => any_step(),
        3 => (0u8..12, 0u8..3).prop_map(|(port, net)| Step::Want(port, net)),
        2 => (0u8..12, 0u8..3).prop_map(|(port, net)| Step::Introduce(port, net)),
        1 => (0u8..8).prop_map(Step::Release),
    ]
}

/// The host under test.
fn host(number: u8) -> HostName {
    format!("h{number}").into()
}

fn network_id(number: u8) -> NetworkId {
    Uuid::from_u128(100 + u128::from(number)).into()
}

fn network(number: u8) -> Fact {
    let id = network_id(number);
    let network = Network {
        project_id: "p".into(),
        segments: vec![Transport {
            network_type: NetworkType::Vxlan,
            physical_network: None,
            segmentation_id: Some(7 + u32::from(number)),
        }],
        ..Network::new(id)
    };
    Fact::Network(id, Some(Arc::new(network)))
}

fn subnet(number: u8) -> Fact {
    let id = SubnetId(network_id(number).0);
    let subnet = Subnet {
        project_id: "p".into(),
        ..Subnet::new(id, network_id(number), "10.0.0.0/24".parse().unwrap())
    };
    Fact::Subnet(id, Some(Arc::new(subnet)))
}

fn node(number: u8) -> Fact {
    let node = Node {
        server_port: 50001,
        bridge: "br-int".to_owned(),
        ..Node::new(
            NodeId(Uuid::from_u128(number.into())),
            host(number),
            IpAddr::V4(Ipv4Addr::new(192, 0, 2, number)),
        )
    };
    Fact::Node(host(number), Some(Arc::new(node)))
}

fn group_id(number: u8) -> SecurityGroupId {
    Uuid::from_u128(200 + u128::from(number)).into()
}

fn group(number: u8) -> Fact {
    let group = SecurityGroup {
        id: group_id(number),
        project_id: "p".into(),
        standard: Standard::default(),
        is_default: false,
        stateful: true,
        shared: Sharing::default(),
    };
    Fact::SecurityGroup(group.id, Some(Arc::new(group)))
}

/// The rule of a group that names another.
fn rule(of: u8, remote: Option<u8>) -> Fact {
    let id = SecurityGroupRuleId(Uuid::from_u128(300 + u128::from(of)));
    let rule = remote.map(|remote| SecurityGroupRule {
        id,
        project_id: "p".into(),
        standard: Standard::default(),
        security_group_id: group_id(of),
        traffic: TrafficMatch {
            direction: Direction::Ingress,
            ethertype: EtherType::Ipv4,
            protocol: None,
            port_range_min: None,
            port_range_max: None,
            remote: Remote::Group(group_id(remote)),
        },
    });
    Fact::SecurityGroupRule(id, rule.map(Arc::new))
}

fn fixed() -> impl Iterator<Item = Fact> {
    (0..3).flat_map(|n| [network(n), subnet(n), node(n), group(n)])
}

fn port(number: u8, net: u8, on: u8, name: u64) -> (PortId, Port) {
    // A port never changes its network, so the network is part of its id.
    let id = PortId(Uuid::from_u128(
        1000 + 16 * u128::from(net) + u128::from(number),
    ));
    let ip = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 10 + number));
    let port = Port {
        standard: Standard {
            name: name.to_string(),
            ..Standard::default()
        },
        fixed_ips: vec![FixedIp {
            subnet_id: SubnetId(network_id(net).0),
            ip_address: ip,
        }],
        host: Some(host(on)),
        // The first ports are in no group, so that some hosts have networks alone.
        security_groups: (3..12)
            .contains(&number)
            .then(|| group_id(number % 3))
            .into_iter()
            .collect(),
        ..Port::new(id, network_id(net), MacAddr([2, 0, 0, 0, net, number]))
    };
    (id, port)
}

/// The region, the agent of host 0, and the stream between them.
struct World {
    revision: Revision,
    intent: BTreeMap<PortId, Port>,
    rules: BTreeMap<u8, u8>,
    compiler: Compiler,
    dispatch: Dispatch,
    wire: VecDeque<Push>,
    agent: Holdings,
    above: usize,
}

/// Small, so that cursors really become too old.
const LOG_LIMIT: usize = 4;

impl World {
    fn new() -> Self {
        Self::on_demand_above(usize::MAX)
    }

    /// Where networks with more ports than this are large.
    fn on_demand_above(above: usize) -> Self {
        let compiler = Compiler::new(LOG_LIMIT).on_demand_above(above);
        let compiler = compiler.loaded(Revision(1), fixed());
        let (dispatch, _) = Dispatch::start(host(0), &compiler, &[]);
        let (intent, wire) = (BTreeMap::new(), VecDeque::new());
        let agent = Holdings::default();
        let mut world = Self {
            revision: Revision(1),
            intent,
            rules: BTreeMap::new(),
            compiler,
            dispatch,
            wire,
            agent,
            above,
        };
        world.connect();
        world
    }

    fn step(&mut self, step: &Step) {
        match step {
            Step::Bind(number, net, on) => {
                let (id, port) = port(*number, *net, *on, self.revision.0);
                self.write(id, Some(port));
            }
            Step::Unbind(number) => {
                let gone = self.intent.keys().nth(usize::from(*number)).copied();
                if let Some(id) = gone {
                    self.write(id, None);
                }
            }
            Step::Name(of, to) => {
                match to {
                    Some(to) => self.rules.insert(*of, *to),
                    None => self.rules.remove(of),
                };
                self.tell(rule(*of, *to));
            }
            Step::Run(pushes) => self.run((*pushes).into()),
            Step::Break => self.connect(),
            Step::AgentRestart => {
                self.agent = Holdings::default();
                self.connect();
            }
            Step::RegionRestart => {
                self.compiler = self.reloaded();
                // It remembers nothing of its agents.
                (self.dispatch, _) = Dispatch::start(host(0), &self.compiler, &[]);
                self.connect();
            }
            Step::Refuse => self.refuse(),
            Step::Want(number, net) => self.want(*net, &[*number]),
            Step::Introduce(number, net) => {
                let mac = Sought::Mac(MacAddr([2, 0, 0, 0, *net, *number]));
                self.dispatch.tell(&self.compiler, network_id(*net), mac);
            }
            Step::Release(at) => self.release((*at).into()),
        }
    }

    fn want(&mut self, net: u8, ports: &[u8]) {
        let address = |number: &u8| Sought::Address([10, 0, 0, 10 + number].into());
        let sought = ports.iter().map(|number| address(number).to_bytes());
        let want = Want {
            id: 1,
            network: network_id(net).to_string(),
            sought: sought.collect(),
            ..Want::default()
        };
        self.dispatch.want(&self.compiler, &want, false);
    }

    fn release(&mut self, at: usize) {
        let goals = self.agent.goals();
        let mut neighbors = goals.filter_map(|goal| match goal {
            Goal::Neighbor(goal) => Some((goal.vpc, goal.port)),
            _ => None,
        });
        let Some((network, port)) = neighbors.nth(at) else {
            return;
        };
        let release = Release {
            network: network.to_string(),
            ports: vec![port.as_bytes().to_vec()],
        };
        self.dispatch.release(&self.compiler, &release);
    }

    /// The neighbours that the agent holds of a network, by the last byte of their addresses.
    fn neighbors(&self, net: u8) -> Vec<u8> {
        let goals = self.agent.goals();
        let of = goals.filter_map(|goal| match goal {
            Goal::Neighbor(goal) if goal.vpc == network_id(net) => Some(goal),
            _ => None,
        });
        let mut bytes: Vec<_> = of.map(|goal| goal.mac.0[5]).collect();
        bytes.sort_unstable();
        bytes
    }

    /// The ports, by the last byte of their addresses, that the agent knows as members of the group: because
    /// the group says so, or the ports themselves.
    fn members(&self, group: u8) -> BTreeSet<u8> {
        let group = group_id(group);
        let members = self.agent.goals().filter_map(|goal| match goal {
            Goal::Member(goal) if goal.group == group => Some(goal.port),
            Goal::Neighbor(goal) if goal.security_groups.contains(&group) => Some(goal.port),
            Goal::Port(goal) if goal.security_groups.contains(&group) => Some(goal.id),
            _ => None,
        });
        // See `port`.
        let number = |port: PortId| (port.0.as_u128() - 1000) % 16;
        members
            .filter_map(|port| number(port).try_into().ok())
            .collect()
    }

    /// All that is under way arrives, and between two pushes this holds.
    fn quiet_while(&mut self, holds: impl Fn(&Self) -> bool) {
        while self.send() {}
        while let Some(push) = self.wire.pop_front() {
            self.agent.apply(&push).unwrap();
            self.dispatch.received(push.sequence);
            assert!(holds(self), "after {push:?}");
            while self.send() {}
        }
    }

    /// Whether the agent takes the network for a large one.
    fn asks(&self, net: u8) -> bool {
        let mut goals = self.agent.goals();
        goals.any(
            |goal| matches!(goal, Goal::Vpc(vpc) if vpc.id == network_id(net) && vpc.on_demand),
        )
    }

    fn write(&mut self, id: PortId, port: Option<Port>) {
        match &port {
            Some(port) => self.intent.insert(id, port.clone()),
            None => self.intent.remove(&id),
        };
        self.tell(Fact::Port(id, port.map(Arc::new)));
    }

    fn tell(&mut self, fact: Fact) {
        self.revision = self.revision.next();
        let touches = self.compiler.apply(self.revision, &[fact]);
        for touch in touches {
            let members = match &touch.only {
                None => self.compiler.scope_hosts(touch.scope),
                Some(only) if self.holds_one_of(touch.scope, &only.ports) => vec![host(0)],
                Some(only) => [&only.places[..], &touch.joined[..]].concat(),
            };
            if members
                .iter()
                .chain(&touch.left)
                .any(|member| *member == host(0))
            {
                self.dispatch.mark(touch.scope, None);
            }
        }
    }

    fn holds_one_of(&self, scope: ScopeId, ports: &[PortId]) -> bool {
        let demand = self.dispatch.demand();
        let network = scope.network();
        let holds = |port: &PortId| network.is_some_and(|id| demand.contains(id, *port));
        ports.iter().any(holds)
    }

    fn reloaded(&self) -> Compiler {
        let rules = self.rules.iter();
        let rules = rules.map(|(of, to)| rule(*of, Some(*to)));
        let ports = self
            .intent
            .iter()
            .map(|(id, port)| Fact::Port(*id, Some(Arc::new(port.clone()))));
        let compiler = Compiler::new(LOG_LIMIT).on_demand_above(self.above);
        compiler.loaded(self.revision, fixed().chain(rules).chain(ports))
    }

    fn connect(&mut self) {
        self.wire.clear();
        let remembered = self.dispatch.demand();
        let known = self.agent.known();
        let (dispatch, welcome) = Dispatch::resume(host(0), &self.compiler, &known, remembered);
        self.dispatch = dispatch;
        self.agent.welcome(&welcome.scopes);
    }

    fn send(&mut self) -> bool {
        let push = self.dispatch.next(&self.compiler);
        let sent = push.is_some();
        self.wire.extend(push);
        sent
    }

    /// The region sends ahead; the agent reads later, unless the stream breaks before.
    fn run(&mut self, pushes: usize) {
        while self.send() {}
        for _ in 0..pushes {
            if let Some(push) = self.wire.pop_front() {
                self.agent.apply(&push).unwrap();
                self.dispatch.received(push.sequence);
            }
        }
    }

    /// The next push arrives damaged, if it is one that can be.
    fn refuse(&mut self) {
        self.send();
        let Some(push) = self.wire.front_mut() else {
            return;
        };
        let state = push.goal_state.as_mut();
        let Some(vpc) = state.and_then(|state| state.vpc_states.values_mut().next()) else {
            return;
        };
        vpc.configuration.as_mut().unwrap().tunnel_id = 0;
        let push = self.wire.pop_front().unwrap();
        self.agent.apply(&push).unwrap_err();
        if self.dispatch.refused(&self.compiler, push.sequence) == Settled::GivenUp {
            // Only a new session tries again.
            self.connect();
        }
    }

    fn quiet(&mut self) {
        // Bounded: every round delivers, and nothing new is written.
        for _ in 0..100 {
            self.run(usize::from(u8::MAX));
        }
    }

    fn held(&self) -> BTreeMap<GoalKey, Goal> {
        self.agent
            .goals()
            .map(|goal| (goal.key(), content(goal.clone())))
            .collect()
    }

    fn wanted(&self) -> BTreeMap<GoalKey, Goal> {
        let scopes = self.compiler.host_scopes(&host(0)).into_iter();
        let demand = self.dispatch.demand();
        let views = scopes.filter_map(|scope| self.compiler.snapshot_with(scope, &host(0), demand));
        views
            .flat_map(|view| view.goals)
            .map(|goal| (goal.key(), content(goal)))
            .collect()
    }
}

/// The goal without its revision: a region that started anew says the same under a new one.
fn content(mut goal: Goal) -> Goal {
    let revision = match &mut goal {
        Goal::Vpc(goal) => &mut goal.revision,
        Goal::Subnet(goal) => &mut goal.revision,
        Goal::Acl(goal) => &mut goal.revision,
        Goal::Port(goal) => &mut goal.revision,
        Goal::Dhcp(goal) => &mut goal.revision,
        Goal::Floating(goal) => &mut goal.revision,
        Goal::Peer(goal) => &mut goal.revision,
        Goal::Outlet(goal) => &mut goal.revision,
        Goal::Neighbor(goal) => &mut goal.revision,
        Goal::Interface(goal) => &mut goal.revision,
        Goal::Group(goal) => &mut goal.revision,
        Goal::Member(goal) => &mut goal.revision,
        Goal::AddressGroup(goal) => &mut goal.revision,
    };
    *revision = Revision::ZERO;
    goal
}

#[test]
fn an_agent_that_refuses_everything_is_not_sent_snapshots_for_ever() {
    let mut world = World::new();
    world.step(&Step::Bind(1, 0, 0));
    let refusals = std::iter::from_fn(|| {
        let push = world.dispatch.next(&world.compiler)?;
        Some(world.dispatch.refused(&world.compiler, push.sequence))
    });
    let answers: Vec<_> = refusals.take(10).collect();
    assert_eq!(answers.last(), Some(&Settled::GivenUp));
    assert_eq!(answers.len(), 4);
}

/// A damaged snapshot, a delta behind it, and a stream that breaks before the next snapshot: the
/// delta must not make the scope look complete, or the new session would build on it.
#[test]
fn what_was_under_way_behind_a_refused_push_completes_nothing() {
    let mut world = World::new();
    for step in [
        Step::Bind(0, 0, 0),
        Step::Bind(1, 0, 1),
        Step::Run(0),
        Step::Bind(2, 0, 0),
        Step::Refuse,
        Step::Run(1),
    ] {
        world.step(&step);
    }
    assert_eq!(world.agent.known(), vec![], "nothing is complete");
    world.step(&Step::Unbind(0));
    world.step(&Step::Break);
    world.quiet();
    assert_eq!(world.held(), world.wanted());
    assert!(world.agent.is_complete());
}

/// Between two pushes the agent must never hold a port without the group that it is in: its
/// connections would end.
#[test]
fn a_port_is_told_of_its_new_group_before_and_of_its_old_one_after() {
    let mut world = World::new();
    world.step(&Step::Bind(3, 0, 0));
    world.quiet();
    let (id, mut moved) = port(3, 0, 0, 9);
    moved.security_groups = vec![group_id(1)];
    world.write(id, Some(moved));
    let pushes = std::iter::from_fn(|| world.dispatch.next(&world.compiler));
    let order: Vec<_> = pushes
        .map(|push| (push.scope.clone(), push.kind()))
        .collect();
    let group = |number| ScopeId::from(group_id(number)).to_string();
    let expected = [
        (group(1), PushKind::SnapshotOfScope),
        (network_id(0).to_string(), PushKind::DeltaOfScope),
        (group(0), PushKind::LeaveScope),
    ];
    assert_eq!(order, expected);
}

/// Port 0 is here, the others are elsewhere.
fn crowd(world: &mut World, ports: std::ops::Range<u8>) {
    for number in ports {
        world.step(&Step::Bind(number, 0, u8::from(number > 0)));
    }
}

#[test]
fn a_network_that_grows_large_goes_on_with_what_is_held_and_then_asks() {
    let mut world = World::on_demand_above(4);
    crowd(&mut world, 0..4);
    world.quiet();
    assert_eq!((world.neighbors(0), world.asks(0)), (vec![1, 2, 3], false));
    crowd(&mut world, 4..8);
    world.quiet();
    let held = world.neighbors(0);
    assert!(held.starts_with(&[1, 2, 3]) && world.asks(0), "{held:?}");
    world.step(&Step::Bind(8, 0, 1));
    world.quiet();
    assert_eq!(world.neighbors(0), held, "nobody has asked for the newest");
    world.step(&Step::Want(8, 0));
    world.quiet();
    assert!(world.neighbors(0).contains(&8));
    // It moves, and is gone.
    world.step(&Step::Bind(8, 0, 2));
    world.quiet();
    assert_eq!(world.held(), world.wanted());
    world.step(&Step::Bind(8, 0, 0));
    world.quiet();
    assert_eq!(world.neighbors(0), held);
}

#[test]
fn a_network_that_is_small_again_is_told_whole_before_agents_stop_to_ask() {
    let mut world = World::on_demand_above(4);
    crowd(&mut world, 0..8);
    world.step(&Step::AgentRestart);
    world.quiet();
    for _ in 0..8 {
        world.step(&Step::Release(0));
        world.quiet();
    }
    assert_eq!((world.neighbors(0), world.asks(0)), (vec![], true));
    for _ in 0..5 {
        // The agent of host 0 stays in the network.
        let last = world.intent.keys().next_back().copied().unwrap();
        world.write(last, None);
        while world.send() {}
        while let Some(push) = world.wire.pop_front() {
            world.agent.apply(&push).unwrap();
            world.dispatch.received(push.sequence);
            let all = world.intent.len() - 1;
            assert!(world.asks(0) || world.neighbors(0).len() >= all);
        }
    }
    assert_eq!((world.neighbors(0), world.asks(0)), (vec![1, 2], false));
}

/// However large it has become meanwhile, a host is not told the whole network: it asks for whom it uses.
#[test]
fn who_was_away_while_a_network_grew_large_is_not_told_all_of_it() {
    let mut world = World::on_demand_above(4);
    crowd(&mut world, 0..4);
    world.quiet();
    assert_eq!((world.neighbors(0), world.asks(0)), (vec![1, 2, 3], false));
    // It hears of nothing while more happens than the log remembers.
    crowd(&mut world, 4..12);
    world.step(&Step::Break);
    world.quiet();
    assert_eq!((world.neighbors(0), world.asks(0)), (vec![], true));
    world.step(&Step::Want(2, 0));
    world.quiet();
    assert_eq!(world.neighbors(0), [2]);
}

#[test]
fn members_are_known_at_every_moment_while_their_network_grows_and_shrinks() {
    let mut world = World::on_demand_above(4);
    world.step(&Step::Name(0, Some(0)));
    for (number, on) in [(3, 0), (6, 1), (9, 2)] {
        world.step(&Step::Bind(number, 0, on));
    }
    world.quiet();
    let all = BTreeSet::from([3, 6, 9]);
    for number in [0, 1, 2, 4, 5] {
        world.step(&Step::Bind(number, 0, 1));
        world.quiet_while(|world| world.members(0).is_superset(&all));
    }
    assert!(world.asks(0));
    let told = |world: &World| world.agent.scope(group_id(0)).unwrap().iter().count();
    assert_eq!(told(&world), 1, "of the group its rules alone");
    for number in [0, 1, 2, 4, 5] {
        let (id, _) = port(number, 0, 1, 0);
        world.write(id, None);
        world.quiet_while(|world| world.members(0).is_superset(&all));
    }
    assert!(!world.asks(0));
    assert_eq!(told(&world), 4, "its rules and its members");
    assert_eq!(world.held(), world.wanted());
}

/// What a port of a large network costs whom: its own host, and who has asked for it.
#[test]
fn a_port_that_joins_a_large_network_or_its_groups_is_told_to_few() {
    let mut world = World::on_demand_above(4);
    world.step(&Step::Name(0, Some(0)));
    crowd(&mut world, 0..8);
    world.quiet();
    world.step(&Step::Bind(9, 0, 1));
    assert!(world.dispatch.next(&world.compiler).is_none());
    world.step(&Step::Want(9, 0));
    world.quiet();
    assert!(world.members(0).contains(&9));
    // It leaves its group.
    let (id, mut bare) = port(9, 0, 1, 0);
    bare.security_groups = Vec::new();
    world.write(id, Some(bare));
    world.quiet();
    assert!(!world.members(0).contains(&9));
}

#[test]
fn who_has_forgotten_everything_is_told_what_it_had_asked_for() {
    let mut world = World::on_demand_above(4);
    crowd(&mut world, 0..8);
    world.step(&Step::Bind(9, 0, 1));
    world.quiet();
    world.step(&Step::Want(9, 0));
    world.quiet();
    let held = world.held();
    for step in [Step::AgentRestart, Step::RegionRestart] {
        world.step(&step);
        world.quiet();
        assert_eq!(world.held(), held, "{step:?}");
    }
}

/// A first packet is answered: whoever is asked for is told of the asker, once, and does not ask itself.
#[test]
fn who_is_asked_for_is_introduced_to_the_asker() {
    let mut world = World::on_demand_above(4);
    crowd(&mut world, 0..8);
    world.step(&Step::Bind(9, 0, 1));
    world.quiet();
    let want = |asker: PortId| Want {
        id: 1,
        network: network_id(0).to_string(),
        sought: vec![Sought::Address([10, 0, 0, 19].into()).to_bytes()],
        askers: vec![asker.as_bytes().to_vec()],
    };
    // Nobody speaks for a port of another host.
    let [own, other] = [0, 1].map(|number| port(number, 0, 0, 0).0);
    world.dispatch.want(&world.compiler, &want(other), false);
    assert_eq!(world.dispatch.take_introductions(), []);
    world.dispatch.want(&world.compiler, &want(own), false);
    let asker = Sought::Mac(MacAddr([2, 0, 0, 0, 0, 0]));
    let told = [(host(1), network_id(0), asker)];
    assert_eq!(world.dispatch.take_introductions(), told);
    world.quiet();
    // The same from the other side.
    let before = world.neighbors(0);
    assert!(!before.contains(&10));
    world.step(&Step::Bind(10, 0, 1));
    world.quiet();
    world.step(&Step::Introduce(10, 0));
    assert!(world.dispatch.has_news());
    world.quiet();
    assert!(world.neighbors(0).contains(&10));
    world.step(&Step::Introduce(10, 0));
    assert!(!world.dispatch.has_news(), "it is known already");
}

/// All hosts are cold at once, and the region has room for few: those go first, the others are put off
/// and come later.
#[test]
fn who_is_put_off_is_told_when_it_asks_again() {
    let mut world = World::on_demand_above(4);
    crowd(&mut world, 0..8);
    world.step(&Step::Bind(9, 0, 1));
    world.quiet();
    let want = Want {
        id: 7,
        network: network_id(0).to_string(),
        sought: vec![Sought::Address([10, 0, 0, 19].into()).to_bytes()],
        ..Want::default()
    };
    let put_off = world.dispatch.want(&world.compiler, &want, true);
    assert!(put_off.shed && put_off.done == 0);
    let push = world.dispatch.next(&world.compiler).unwrap();
    assert!(
        push.answer
            .as_ref()
            .is_some_and(|answer| answer.busy && answer.want == 7)
    );
    world.agent.apply(&push).unwrap();
    world.dispatch.received(push.sequence);
    assert!(!world.neighbors(0).contains(&9));
    world.dispatch.want(&world.compiler, &want, false);
    world.quiet();
    assert!(world.neighbors(0).contains(&9));
}

/// The agent holds just what it is to hold, knows that this is all, and an audit finds nothing.
fn ends_well(world: &mut World) -> Result<(), TestCaseError> {
    world.quiet();
    prop_assert_eq!(world.held(), world.wanted());
    prop_assert!(world.agent.is_complete());
    let different = world.dispatch.audit(&world.compiler, &world.agent.known());
    prop_assert_eq!(different, vec![]);
    Ok(())
}

proptest! {
    #[test]
    fn whatever_breaks_and_is_asked_the_agent_holds_what_it_asked_for(
        steps in vec(any_step_on_demand(), 1..80),
        above in 0usize..6,
    ) {
        let mut world = World::on_demand_above(above);
        for step in &steps {
            world.step(step);
        }
        ends_well(&mut world)?;
        for net in 0..3 {
            if world.compiler.has_host(network_id(net), &host(0)) {
                prop_assert_eq!(world.asks(net), world.compiler.is_large(network_id(net)));
            }
        }
    }

    #[test]
    fn whatever_breaks_the_agent_ends_with_exactly_what_intent_says(steps in vec(any_step(), 1..60)) {
        let mut world = World::new();
        for step in &steps {
            world.step(step);
        }
        ends_well(&mut world)?;
    }

    /// Fail static: neither a break nor a restart of the region makes the agent drop a goal
    /// that intent keeps.
    #[test]
    fn no_restart_of_the_region_makes_the_agent_drop_what_is_still_wanted(
        before in vec(any_step(), 1..40),
        breaks in vec(prop_oneof![Just(Step::Break), Just(Step::RegionRestart), (0u8..3).prop_map(Step::Run)], 1..10),
    ) {
        let mut world = World::new();
        for step in &before {
            world.step(step);
        }
        world.quiet();
        let wanted = world.wanted();
        for step in &breaks {
            world.step(step);
            prop_assert_eq!(world.held(), wanted.clone());
        }
    }

    #[test]
    fn the_audit_finds_what_the_agent_lost(steps in vec(any_step(), 1..30), lose in any::<prop::sample::Index>()) {
        let mut world = World::new();
        world.step(&Step::Bind(1, 0, 0));
        for step in &steps {
            world.step(step);
        }
        world.quiet();
        let mut known = world.agent.known();
        prop_assume!(!known.is_empty());
        let at = lose.index(known.len());
        known[at].digest ^= 1;
        let different = world.dispatch.audit(&world.compiler, &known);
        prop_assert_eq!(different.len(), 1);
        world.quiet();
        prop_assert_eq!(world.held(), world.wanted());
    }
}
