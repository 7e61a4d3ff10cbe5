//! Whether what the hosts hold is what intent says. Intent is read back through the API; what
//! must be on a host is worked out from it anew, and who may reach whom is the oracle's word.

mod facts;

use crate::agent::Agent;
use crate::fleet::Fleet;
use crate::held::{ScopeHeld, name};
use crate::phases::Dice;
use crate::plan::host_name;
use crate::scenario;
use alcor_compiler::oracle::Intent;
use alcor_compiler::{Compiler, Fact};
use alcor_goalstate::{Goal, GoalKey, PeerGoal, ScopeId, digest};
use alcor_rest::Rest;
use alcor_types::{HostName, NetworkId, Port, PortId, Revision};
use serde::Serialize;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

/// Differences that are told in full.
const TOLD: usize = 20;

/// What the check came to.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
pub struct Verdict {
    /// Pairs of ports asked for.
    pub pairs: usize,
    /// Of these the pairs that the oracle says reach each other.
    pub reaching: usize,
    /// Hosts compared goal by goal.
    pub hosts: usize,
    /// Goals of these hosts.
    pub goals: usize,
    /// How many differences there are.
    pub differences: usize,
    /// Some of them in words.
    pub told: Vec<String>,
}

impl Verdict {
    fn differs(&mut self, what: String) {
        self.differences += 1;
        if self.told.len() < TOLD {
            self.told.push(what);
        }
    }
}

/// Reads intent back and compares.
pub(crate) async fn check(
    rest: &Rest,
    fleet: &Fleet,
    asked: &scenario::Check,
    seed: u64,
) -> anyhow::Result<Verdict> {
    let facts = facts::read(rest).await?;
    let mut intent = Intent::default();
    for fact in &facts {
        intent.learn(fact);
    }
    let ports: Vec<Arc<Port>> = facts
        .iter()
        .filter_map(|fact| match fact {
            Fact::Port(_, port) => port.clone(),
            _ => None,
        })
        .collect();
    let compiler = Compiler::load(Revision(1), facts.into_iter(), 1);
    let hosts: HashMap<HostName, u32> = (0..u32::try_from(fleet.len())?)
        .map(|host| (HostName::from(host_name(host)), host))
        .collect();
    let mut field = Field {
        fleet,
        compiler: &compiler,
        intent: &intent,
        hosts: &hosts,
        apart: HashSet::new(),
    };
    field.apart = field.ports_of_large_networks(&ports);
    let (mut verdict, mut dice) = (Verdict::default(), Dice(seed));
    for host in some_of(fleet.len(), asked.hosts as usize, &mut dice) {
        field.compare(u32::try_from(host)?, &mut verdict);
    }
    field.pairs(&ports, asked.pairs, &mut dice, &mut verdict);
    Ok(verdict)
}

/// All numbers below `all`, or so many random ones of them.
fn some_of(all: usize, wanted: usize, dice: &mut Dice) -> BTreeSet<usize> {
    if wanted >= all {
        return (0..all).collect();
    }
    let mut some = BTreeSet::new();
    while some.len() < wanted {
        some.insert(dice.below(all));
    }
    some
}

struct Field<'a> {
    fleet: &'a Fleet,
    compiler: &'a Compiler,
    intent: &'a Intent,
    hosts: &'a HashMap<HostName, u32>,
    /// Ports of large networks: these tell of their groups themselves. None has allowed pairs here.
    apart: HashSet<PortId>,
}

impl Field<'_> {
    fn ports_of_large_networks(&self, ports: &[Arc<Port>]) -> HashSet<PortId> {
        let networks: BTreeSet<_> = ports.iter().map(|port| port.network_id).collect();
        let large = |network: &NetworkId| {
            let scope = ScopeId::from(*network);
            let host = self.compiler.scope_hosts(scope).into_iter().next();
            let number = host.as_ref().and_then(|host| self.hosts.get(host));
            let place = number.copied().zip(host);
            place.is_some_and(|(number, host)| self.is_large(scope, number, &host))
        };
        let networks: BTreeSet<_> = networks.into_iter().filter(large).collect();
        let ports = ports.iter();
        let apart = ports.filter(|port| networks.contains(&port.network_id));
        apart.map(|port| port.id).collect()
    }

    /// Compares all goals of a host: the same scopes, and in each the same goals.
    fn compare(&self, host: u32, verdict: &mut Verdict) {
        let host_name = HostName::from(host_name(host));
        verdict.hosts += 1;
        self.fleet.look(host, |agent| {
            let wanted = self.compiler.host_scopes(&host_name);
            for scope in &wanted {
                self.compare_scope(agent, &host_name, *scope, verdict);
            }
            let stale = agent
                .scopes()
                .keys()
                .filter(|scope| !wanted.contains(scope));
            for scope in stale {
                verdict.differs(format!("{host_name} holds {scope}, which it does not need"));
            }
        });
    }

    fn compare_scope(&self, agent: &Agent, host: &HostName, scope: ScopeId, verdict: &mut Verdict) {
        let (Some(mut view), Some(held)) = (
            self.compiler.snapshot(scope, host),
            agent.scopes().get(&scope),
        ) else {
            return verdict.differs(format!("{host} does not hold {scope}"));
        };
        if grow(&mut view.goals, held) {
            // Of a large network only those neighbours must be there that were asked for.
            view.goals.retain(|goal| {
                let key = goal.key();
                !matches!(key, GoalKey::Neighbor(_)) || held.get(name(&key)).is_some()
            });
        }
        view.goals.retain(|goal| match goal.key() {
            GoalKey::Member(_, port) => !self.apart.contains(&port),
            _ => true,
        });
        verdict.goals += view.goals.len();
        let wrong = |goal: &&Goal| held.get(name(&goal.key())) != Some(digest::goal(goal));
        for goal in view.goals.iter().filter(wrong) {
            let key = goal.key();
            verdict.differs(format!(
                "{host} holds nothing or another thing under {key:?}"
            ));
        }
        if held.len() != view.goals.len() || held.digest() != digest::goals(&view.goals) {
            let (held, wanted) = (held.len(), view.goals.len());
            verdict.differs(format!(
                "{host} holds {held} goals of {scope}, not these {wanted}"
            ));
        }
    }

    /// Asks the oracle about random pairs, half of them of one network, and compares with what the
    /// hosts of the two hold.
    fn pairs(&self, ports: &[Arc<Port>], wanted: u32, dice: &mut Dice, verdict: &mut Verdict) {
        let mut by_network: HashMap<_, Vec<&Arc<Port>>> = HashMap::new();
        for port in ports {
            by_network.entry(port.network_id).or_default().push(port);
        }
        for number in 0..wanted.min(u32::try_from(ports.len()).unwrap_or(u32::MAX)) {
            let from = &ports[dice.below(ports.len())];
            let near = &by_network[&from.network_id];
            let to = if number % 2 == 0 {
                near[dice.below(near.len())]
            } else {
                &ports[dice.below(ports.len())]
            };
            self.pair(from, to, verdict);
        }
    }

    fn pair(&self, from: &Port, to: &Port, verdict: &mut Verdict) {
        let said = self.intent.reaches(from.id, to.id);
        let done = from.id != to.id && from.network_id == to.network_id && self.carries(from, to);
        verdict.pairs += 1;
        verdict.reaching += usize::from(said);
        if said != done {
            let (from, to) = (from.id, to.id);
            verdict.differs(format!(
                "{from} to {to}: the oracle says {said}, the hosts {done}"
            ));
        }
    }

    /// Whether the sender's host knows where the receiver is, and the receiver's host has it.
    fn carries(&self, from: &Port, to: &Port) -> bool {
        let way = if from.host == to.host {
            GoalKey::Port(to.id)
        } else {
            GoalKey::Neighbor(to.id)
        };
        self.holds(from, GoalKey::Port(from.id))
            && self.holds(from, way)
            && self.holds(to, GoalKey::Port(to.id))
    }

    /// Whether the host of `at` holds under the key what intent says.
    fn holds(&self, at: &Port, key: GoalKey) -> bool {
        let scope = ScopeId::from(at.network_id);
        let place = at
            .host
            .as_ref()
            .and_then(|host| Some((host, *self.hosts.get(host)?)));
        let Some((host, number)) = place else {
            return false;
        };
        let held = self.fleet.look(number, |agent| {
            let held = agent.scopes().get(&scope)?;
            held.get(name(&key))
        });
        let asked = matches!(key, GoalKey::Neighbor(_)) && held.is_none();
        if asked && self.is_large(scope, number, host) {
            return self.wanted(scope, host, key).is_some();
        }
        held.is_some() && held == self.wanted(scope, host, key)
    }

    /// Whether the host takes the network for one whose neighbours are asked for.
    fn is_large(&self, scope: ScopeId, number: u32, host: &HostName) -> bool {
        let Some(mut view) = self.compiler.snapshot(scope, host) else {
            return false;
        };
        self.fleet.look(number, |agent| {
            let held = agent.scopes().get(&scope);
            held.is_some_and(|held| grow(&mut view.goals, held))
        })
    }

    /// The hash of the goal that the host is to hold under the key.
    fn wanted(&self, scope: ScopeId, host: &HostName, key: GoalKey) -> Option<u64> {
        let view = self.compiler.snapshot(scope, host)?;
        let goal = view.goals.iter().find(|goal| goal.key() == key)?;
        Some(digest::goal(goal))
    }
}

/// A network on more hosts than this has no broadcast between them, and no host is told of the others.
const SPREAD: usize = 1024;

/// Whether the host holds the network as one whose neighbours are asked for; if so, that is what intent
/// says, and that its other hosts are told. How many ports make a network large is the region's setting,
/// which no API tells.
fn grow(goals: &mut Vec<Goal>, held: &ScopeHeld) -> bool {
    let vpcs = goals.iter_mut().filter_map(|goal| match goal {
        Goal::Vpc(vpc) => Some(vpc),
        _ => None,
    });
    for vpc in vpcs {
        vpc.on_demand = true;
        let large = Goal::Vpc(vpc.clone());
        if held.get(name(&large.key())) == Some(digest::goal(&large)) {
            let peers = peers(goals);
            goals.extend(peers);
            return true;
        }
        vpc.on_demand = false;
    }
    false
}

/// The hosts of a network's neighbours.
fn peers(goals: &[Goal]) -> Vec<Goal> {
    let places = goals.iter().filter_map(|goal| match goal {
        Goal::Neighbor(goal) => Some((goal.vpc, goal.host_ip)),
        _ => None,
    });
    let places: BTreeSet<_> = places.collect();
    let told = places.into_iter().map(|(vpc, host_ip)| {
        Goal::Peer(PeerGoal {
            vpc,
            revision: Revision::ZERO,
            host_ip,
        })
    });
    let told: Vec<_> = told.collect();
    if told.len() < SPREAD {
        told
    } else {
        Vec::new()
    }
}
