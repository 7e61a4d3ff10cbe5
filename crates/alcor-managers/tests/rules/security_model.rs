//! Random lives of security groups, their rules and the ports in them, beside a model that says
//! what is allowed and what must be there afterwards.

use crate::region::{Region, member};
use alcor_managers::port::{self, CreatePort, UpdatePort};
use alcor_managers::quota::{self, Kind};
use alcor_managers::security_group::{self, CreateRule, CreateSecurityGroup, TrafficRequest, rule};
use alcor_managers::{ApiError, audit};
use alcor_types::{NetworkId, PortId, ProjectId, SecurityGroupId, SecurityGroupRuleId};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

const PROJECT: &str = "blue";

#[derive(Debug, Clone)]
enum Step {
    MakeGroup,
    DropGroup(usize),
    /// A rule in the first group, about a port, from the second group where there is one.
    AddRule(usize, u16, Option<usize>),
    DropRule(usize),
    Plug(Vec<usize>),
    Move(usize, Vec<usize>),
    Unplug(usize),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let few = || prop::collection::vec(0..6_usize, 0..3);
    let step = prop_oneof![
        2 => Just(Step::MakeGroup),
        1 => (0..6_usize).prop_map(Step::DropGroup),
        3 => (0..6_usize, 1..4_u16, prop::option::of(0..6_usize))
            .prop_map(|(group, port, remote)| Step::AddRule(group, port, remote)),
        1 => (0..12_usize).prop_map(Step::DropRule),
        2 => few().prop_map(Step::Plug),
        1 => (0..6_usize, few()).prop_map(|(port, groups)| Step::Move(port, groups)),
        1 => (0..6_usize).prop_map(Step::Unplug),
    ];
    prop::collection::vec(step, 1..30)
}

/// What a rule says: its group, the port, and the remote group.
type Meaning = (SecurityGroupId, u16, Option<SecurityGroupId>);

#[derive(Default)]
struct Model {
    /// The groups beside the default one, and how many writes each has seen.
    groups: BTreeMap<SecurityGroupId, u64>,
    rules: BTreeMap<SecurityGroupRuleId, Meaning>,
    ports: BTreeMap<PortId, BTreeSet<SecurityGroupId>>,
}

struct World {
    region: Region,
    network: NetworkId,
    model: Model,
}

/// The key at a place that may be beyond the end.
fn nth<K: Copy, V>(map: &BTreeMap<K, V>, place: usize) -> Option<K> {
    map.keys().nth(place).copied()
}

/// The refusal's name, or none.
fn name<T>(outcome: &Result<T, ApiError>) -> Option<&'static str> {
    outcome.as_ref().err().map(ApiError::kind)
}

impl World {
    fn new() -> Self {
        let region = Region::new();
        let request = alcor_managers::network::CreateNetwork {
            project_id: Some(PROJECT.into()),
            ..Default::default()
        };
        let network = region.create_network(request).unwrap().id;
        Self {
            region,
            network,
            model: Model::default(),
        }
    }

    fn take(&mut self, step: Step) {
        match step {
            Step::MakeGroup => self.make_group(),
            Step::DropGroup(place) => self.drop_group(place),
            Step::AddRule(group, port, remote) => self.add_rule(group, port, remote),
            Step::DropRule(place) => self.drop_rule(place),
            Step::Plug(groups) => self.plug(&groups),
            Step::Move(port, groups) => self.put_into(port, &groups),
            Step::Unplug(place) => self.unplug(place),
        }
        self.check();
    }

    fn make_group(&mut self) {
        let request = CreateSecurityGroup::default();
        let made = self.region.run(move |txn, settings| {
            security_group::create(txn, &request, &member(PROJECT), settings)
        });
        let full = self.model.groups.len() == 9;
        assert_eq!(name(&made), full.then_some("OverQuota"));
        if let Ok(group) = made {
            self.model.groups.insert(group.id, 0);
        }
    }

    fn drop_group(&mut self, place: usize) {
        let Some(id) = nth(&self.model.groups, place) else {
            return;
        };
        let dropped = self
            .region
            .run(move |txn, _| security_group::delete(txn, id, &member(PROJECT), None));
        let used = self.model.ports.values().any(|groups| groups.contains(&id));
        assert_eq!(name(&dropped), used.then_some("SecurityGroupInUse"));
        if used {
            return;
        }
        self.model.groups.remove(&id);
        let (gone, left): (BTreeMap<_, _>, _) = std::mem::take(&mut self.model.rules)
            .into_iter()
            .partition(|(_, (group, _, remote))| *group == id || *remote == Some(id));
        self.model.rules = left;
        for (group, _, _) in gone.into_values() {
            self.model
                .groups
                .entry(group)
                .and_modify(|writes| *writes += 1);
        }
    }

    fn add_rule(&mut self, group: usize, port: u16, remote: Option<usize>) {
        let Some(group) = nth(&self.model.groups, group) else {
            return;
        };
        let remote = remote.and_then(|place| nth(&self.model.groups, place));
        let request = CreateRule {
            security_group_id: group.to_string(),
            traffic: TrafficRequest {
                direction: "ingress".to_owned(),
                protocol: Some("udp".to_owned()),
                port_range_min: Some(port.into()),
                port_range_max: Some(port.into()),
                remote_group_id: remote.map(|id| id.to_string()),
                ..TrafficRequest::default()
            },
            ..CreateRule::default()
        };
        let made = self
            .region
            .run(move |txn, settings| rule::create(txn, &request, &member(PROJECT), settings));
        let meaning = (group, port, remote);
        let twice = self.model.rules.values().any(|one| *one == meaning);
        assert_eq!(name(&made), twice.then_some("SecurityGroupRuleExists"));
        if let Ok(rule) = made {
            self.model.rules.insert(rule.id, meaning);
            self.model
                .groups
                .entry(group)
                .and_modify(|writes| *writes += 1);
        }
    }

    fn drop_rule(&mut self, place: usize) {
        let Some(id) = nth(&self.model.rules, place) else {
            return;
        };
        self.region
            .run(move |txn, _| rule::delete(txn, id, &member(PROJECT), None))
            .unwrap();
        let group = self.model.rules.remove(&id).unwrap().0;
        self.model
            .groups
            .entry(group)
            .and_modify(|writes| *writes += 1);
    }

    fn some_groups(&self, places: &[usize]) -> Vec<SecurityGroupId> {
        let groups = places
            .iter()
            .filter_map(|place| nth(&self.model.groups, *place));
        groups.collect()
    }

    fn plug(&mut self, places: &[usize]) {
        let groups = self.some_groups(places);
        let request = CreatePort {
            security_groups: Some(groups.clone()),
            ..CreatePort::new(self.network)
        };
        let port = self
            .region
            .run(move |txn, settings| port::create(txn, &request, &member(PROJECT), settings))
            .unwrap();
        self.model
            .ports
            .insert(port.id, groups.into_iter().collect());
    }

    fn put_into(&mut self, place: usize, places: &[usize]) {
        let Some(id) = nth(&self.model.ports, place) else {
            return;
        };
        let groups = self.some_groups(places);
        let request = UpdatePort {
            security_groups: Some(groups.clone()),
            ..UpdatePort::default()
        };
        self.region
            .run(move |txn, settings| port::update(txn, id, &request, &member(PROJECT), settings))
            .unwrap();
        self.model.ports.insert(id, groups.into_iter().collect());
    }

    fn unplug(&mut self, place: usize) {
        let Some(id) = nth(&self.model.ports, place) else {
            return;
        };
        self.region
            .run(move |txn, _| port::delete(txn, id, &member(PROJECT), None))
            .unwrap();
        self.model.ports.remove(&id);
    }

    /// The store holds what the model says, and nothing is wrong with it.
    fn check(&self) {
        let read = self.region.store.snapshot();
        assert_eq!(audit(&read).unwrap(), Vec::<String>::new());
        let mut rules = 0;
        for (id, writes) in &self.model.groups {
            let group = security_group::get(&read, *id, &member(PROJECT)).unwrap();
            assert_eq!(group.standard.revision_number, *writes);
            rules += 2;
            let affected = security_group::affected_ports(&read, *id).unwrap();
            assert_eq!(affected, self.affected(*id));
        }
        rules += self.model.rules.len();
        let project = ProjectId::from(PROJECT);
        let default = security_group::default_of(&read, &project).is_some();
        let used = |kind| quota::used(&read, kind, &project).unwrap();
        let groups = self.model.groups.len() + usize::from(default);
        assert_eq!(used(Kind::SecurityGroup), groups as u64);
        let rules = rules + 4 * usize::from(default);
        assert_eq!(used(Kind::SecurityGroupRule), rules as u64);
    }

    fn affected(&self, id: SecurityGroupId) -> BTreeSet<PortId> {
        let naming = self.model.rules.values();
        let naming = naming.filter(|(_, _, remote)| *remote == Some(id));
        let groups: BTreeSet<_> = naming.map(|rule| rule.0).chain([id]).collect();
        let ports = self.model.ports.iter();
        ports
            .filter(|(_, of)| !of.is_disjoint(&groups))
            .map(|(id, _)| *id)
            .collect()
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn groups_rules_and_ports_agree_with_the_model(steps in steps()) {
        let mut world = World::new();
        for step in steps {
            world.take(step);
        }
    }
}
