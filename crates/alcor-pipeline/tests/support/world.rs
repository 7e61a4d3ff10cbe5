//! Hosts with bridges that run our flows, and the network between them.

use super::facts::{HOSTS, PORTS, name};
use super::frame::Frame;
use super::goals::{host_ip, port_id, tunnel_port};
use super::switch::Switch;
use alcor_compiler::oracle::Intent;
use alcor_compiler::{Compiler, Delta, Demand, Fact, Found};
use alcor_goalstate::{GoalChange, GoalKey, ScopeId, Sought, TunnelKind};
use alcor_openflow::{Field, PortNo};
use alcor_pipeline::{Input, Pipeline, Punt};
use alcor_types::{HostName, NetworkId, Port, PortId, Revision};
use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr};

/// Zones below are ports'.
const FIRST_ZONE: u16 = 40_000;

/// A host: an agent's pipeline, the bridge, and what it knows of every scope.
pub(crate) struct Host {
    name: HostName,
    pipeline: Pipeline,
    switch: Switch,
    held: BTreeMap<ScopeId, (Revision, BTreeSet<GoalKey>)>,
    /// Whom it has asked for in large networks.
    demand: Demand,
}

impl Host {
    fn new(number: u8) -> Self {
        let mut pipeline = Pipeline::at(host_ip(number));
        for kind in TunnelKind::ALL {
            let ofport = Some(tunnel_port(kind));
            pipeline.apply(&Input::Tunnel { kind, ofport });
        }
        pipeline.apply(&Input::Complete);
        Self {
            name: name(number),
            pipeline,
            switch: Switch::default(),
            held: BTreeMap::new(),
            demand: Demand::default(),
        }
    }

    /// The flows of its bridge.
    #[allow(dead_code, reason = "only the real bridges are given them")]
    pub(crate) fn flows(&self) -> Vec<alcor_openflow::Flow> {
        self.switch.flows()
    }

    /// Tells its pipeline what no goal says.
    pub(crate) fn hear(&mut self, news: impl IntoIterator<Item = Input>) {
        for input in news {
            self.pipeline.apply(&input);
        }
        self.switch.apply(self.pipeline.take_changes());
    }

    /// Gives every translation here a zone of connections.
    pub(crate) fn keep_translations(&mut self) {
        let translating = self.pipeline.translating().into_iter();
        let numbered: Vec<_> = translating.zip(FIRST_ZONE..).collect();
        let zone = |(of, zone)| Input::Zone {
            of,
            zone: Some(zone),
        };
        self.hear(numbered.into_iter().map(zone));
    }

    /// Takes the news of one scope, as delivery would bring it.
    pub(crate) fn follow(&mut self, region: &Compiler, scope: impl Into<ScopeId>) {
        let scope = scope.into();
        if self.sees_it_grow(region, scope) {
            self.drop_scope(scope);
        }
        let since = self.held.get(&scope).map(|(revision, _)| *revision);
        let delta = since.map(|since| region.changes_with(scope, &self.name, since, &self.demand));
        match delta {
            Some(Delta::Current) => {}
            Some(Delta::Changes { revision, changes }) => self.take(scope, revision, changes),
            Some(Delta::Gone) => self.drop_scope(scope),
            None | Some(Delta::TooOld) => self.start_over(region, scope),
        }
        self.switch.apply(self.pipeline.take_changes());
    }

    /// Whether a network is large now, or is no more: what is held of it then is told anew.
    fn sees_it_grow(&mut self, region: &Compiler, scope: ScopeId) -> bool {
        let Some(network) = scope.network() else {
            return false;
        };
        let large = region.is_large(network);
        if large == self.demand.of(network).is_some() {
            return false;
        }
        if large {
            self.demand.set(network, BTreeSet::new());
        } else {
            self.demand.end(network);
        }
        true
    }

    /// Asks for somebody in a large network. False where nobody was found who was not known.
    fn ask(&mut self, region: &Compiler, (network, sought): (NetworkId, Sought)) -> bool {
        let Found::Neighbors(found) = region.find(network, &self.name, sought) else {
            return false;
        };
        let mut news = false;
        for (port, goal) in found {
            if self.demand.add(network, port) {
                self.pipeline.apply(&Input::Put(goal.clone()));
                let (_, keys) = self.held.entry(network.into()).or_default();
                keys.insert(goal.key());
                news = true;
            }
        }
        self.switch.apply(self.pipeline.take_changes());
        news
    }

    fn forget(&mut self, port: PortId) {
        let networks: Vec<_> = self.demand.iter().map(|(network, _)| network).collect();
        for network in networks {
            self.demand.remove(network, port);
        }
        self.hear([Input::Delete(GoalKey::Neighbor(port))]);
    }

    /// Takes the news of every scope of the host, and leaves those that it has no more.
    pub(crate) fn follow_all(&mut self, region: &Compiler) {
        let held = self.held.keys().copied();
        let scopes: BTreeSet<_> = held.chain(region.host_scopes(&self.name)).collect();
        for scope in scopes {
            self.follow(region, scope);
        }
    }

    fn start_over(&mut self, region: &Compiler, scope: ScopeId) {
        self.drop_scope(scope);
        if let Some(view) = region.snapshot_with(scope, &self.name, &self.demand) {
            let puts = view.goals.into_iter().map(GoalChange::Put);
            self.take(scope, view.revision, puts.collect());
        }
    }

    fn take(&mut self, scope: ScopeId, revision: Revision, changes: Vec<GoalChange>) {
        let (at, keys) = self.held.entry(scope).or_default();
        *at = revision;
        for change in changes {
            match &change {
                GoalChange::Put(goal) => drop(keys.insert(goal.key())),
                GoalChange::Delete { key, .. } => {
                    keys.remove(key);
                    if let (GoalKey::Neighbor(port), Some(network)) = (key, scope.network()) {
                        self.demand.remove(network, *port);
                    }
                }
            }
            self.pipeline.apply(&change.into());
        }
    }

    fn drop_scope(&mut self, scope: ScopeId) {
        let (_, keys) = self.held.remove(&scope).unwrap_or_default();
        for key in keys {
            self.pipeline.apply(&Input::Delete(key));
        }
    }
}

/// Facts of one revision, and who looks at the news after it.
pub(crate) type Step = (Vec<Fact>, u8);

/// Whom packets waited for, and on which hosts.
pub(crate) type Asked = Vec<(usize, (NetworkId, Sought))>;

/// What became of a frame: which VMs got what, what went to the agent of its host, and whom it waited for.
type Sent = (Vec<(PortId, Frame)>, Vec<Punt>, Asked);

/// The hosts and the network between them.
pub(crate) struct World {
    pub(crate) hosts: Vec<Host>,
}

impl World {
    pub(crate) fn new() -> Self {
        Self {
            hosts: (0..HOSTS).map(Host::new).collect(),
        }
    }

    /// Plays a history of facts, each step with the hosts that look at the news after it (bits), and
    /// whether VMs are plugged then (the highest bit). In the end every host has looked at everything.
    pub(crate) fn play(history: &[Step]) -> (Self, Intent, Compiler) {
        Self::played(history, Compiler::new(8))
    }

    /// The same where every network with ports is a large one.
    #[allow(dead_code, reason = "some tests have no large networks")]
    pub(crate) fn play_large(history: &[Step]) -> (Self, Intent, Compiler) {
        Self::played(history, Compiler::new(8).on_demand_above(0))
    }

    fn played(history: &[Step], mut region: Compiler) -> (Self, Intent, Compiler) {
        let mut intent = Intent::default();
        let mut world = Self::new();
        let last = history.len() - 1;
        for (number, (facts, looks)) in history.iter().enumerate() {
            region.apply(Revision(number as u64 + 1), facts);
            for fact in facts {
                intent.learn(fact);
            }
            if looks & 0x80 != 0 {
                world.plug(&intent);
            }
            for (at, host) in world.hosts.iter_mut().enumerate() {
                if number == last || looks >> at & 1 == 1 {
                    host.follow_all(&region);
                }
            }
        }
        world.plug(&intent);
        (world, intent, region)
    }

    /// One more step of a history, after which every host looks at everything.
    #[allow(dead_code, reason = "only the real bridges go on")]
    pub(crate) fn go_on(
        &mut self,
        (region, intent): (&mut Compiler, &mut Intent),
        revision: Revision,
        facts: &[Fact],
    ) {
        region.apply(revision, facts);
        for fact in facts {
            intent.learn(fact);
        }
        for host in &mut self.hosts {
            host.follow_all(region);
        }
    }

    fn ofport(number: u8) -> PortNo {
        PortNo(100 + u32::from(number))
    }

    /// VMs are where the intent has them.
    pub(crate) fn plug(&mut self, intent: &Intent) {
        for number in 0..PORTS {
            let (port, ofport) = (port_id(number), Self::ofport(number));
            let place = intent.ports().find(|known| known.id == port);
            let place = place.and_then(|port| port.host.clone());
            for host in &mut self.hosts {
                let here = place.as_ref() == Some(&host.name);
                host.pipeline.apply(&if here {
                    Input::Plugged { port, ofport }
                } else {
                    Input::Unplugged { port }
                });
                host.switch.apply(host.pipeline.take_changes());
            }
        }
    }

    /// A VM sends the first frame of a connection: which VMs get what, and what goes to the agent of its host.
    pub(crate) fn send(&self, from: &Port, frame: &Frame) -> (Vec<(PortId, Frame)>, Vec<Punt>) {
        let (received, punted, asked) = self.try_to_send(from, frame);
        assert_eq!(asked, [], "nobody is asked for in small networks");
        (received, punted)
    }

    /// The same in large networks, whose hosts ask for whom they do not know.
    #[allow(dead_code, reason = "some tests have no large networks")]
    pub(crate) fn send_asking(
        &mut self,
        region: &Compiler,
        from: &Port,
        frame: &Frame,
    ) -> Vec<PortId> {
        loop {
            let (received, _, asked) = self.try_to_send(from, frame);
            let mut news = false;
            for (host, place) in asked {
                news |= self.hosts[host].ask(region, place);
            }
            if !news {
                return received.into_iter().map(|(id, _)| id).collect();
            }
        }
    }

    /// Whom a frame waits for, and on which hosts, before anybody has answered.
    #[allow(dead_code, reason = "some tests have no large networks")]
    pub(crate) fn asked(&self, from: &Port, frame: &Frame) -> Asked {
        self.try_to_send(from, frame).2
    }

    /// How many ports of large networks a host knows for having asked.
    #[allow(dead_code, reason = "some tests have no large networks")]
    pub(crate) fn neighbors(&self, host: usize) -> usize {
        let networks = self.hosts[host].demand.iter();
        networks.map(|(_, ports)| ports.len()).sum()
    }

    /// A host gives a neighbour back.
    #[allow(dead_code, reason = "some tests have no large networks")]
    pub(crate) fn forget(&mut self, host: usize, port: PortId) {
        self.hosts[host].forget(port);
    }

    fn try_to_send(&self, from: &Port, frame: &Frame) -> Sent {
        let place = self
            .hosts
            .iter()
            .position(|host| Some(&host.name) == from.host.as_ref());
        let Some(place) = place else {
            return Default::default();
        };
        for host in &self.hosts {
            host.switch.connections.forget();
        }
        let number = (0..PORTS)
            .find(|number| port_id(*number) == from.id)
            .unwrap();
        let outcome = self.hosts[place]
            .switch
            .receive(Self::ofport(number), frame);
        let mut received = Vec::new();
        let mut asked: Asked = outcome.asked.into_iter().map(|it| (place, it)).collect();
        for (port, frame) in outcome.sent {
            if is_tunnel(port) {
                received.extend(self.carry((place, port), &frame, &mut asked));
            } else {
                received.push((vm(port), frame.on_the_wire()));
            }
        }
        (received, outcome.punted, asked)
    }

    /// Through the tunnel to another host.
    fn carry(
        &self,
        (from, by): (usize, PortNo),
        frame: &Frame,
        asked: &mut Asked,
    ) -> Vec<(PortId, Frame)> {
        let end = u32::try_from(frame.get(Field::TunIpv4Dst)).unwrap();
        let end = IpAddr::V4(Ipv4Addr::from_bits(end));
        let to = (0..HOSTS).find(|number| host_ip(*number) == end).unwrap();
        assert_ne!(usize::from(to), from, "a host sends to itself");
        let mut inner = frame.on_the_wire();
        inner.set(Field::TunnelId, frame.get(Field::TunnelId));
        let outcome = self.hosts[usize::from(to)].switch.receive(by, &inner);
        assert_eq!(outcome.punted, [], "the agent hears of its own VMs only");
        let there = usize::from(to);
        asked.extend(outcome.asked.into_iter().map(|it| (there, it)));
        let sent = outcome.sent.into_iter();
        sent.map(|(port, frame)| {
            assert!(!is_tunnel(port), "a frame from a tunnel goes into a tunnel");
            (vm(port), frame.on_the_wire())
        })
        .collect()
    }
}

fn is_tunnel(port: PortNo) -> bool {
    TunnelKind::ALL.map(tunnel_port).contains(&port)
}

fn vm(ofport: PortNo) -> PortId {
    port_id(u8::try_from(ofport.0 - 100).unwrap())
}
