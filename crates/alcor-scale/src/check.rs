//! Whether what the hosts hold is what intent says. Intent is read back through the API; what
//! must be on a host is worked out from it anew, and who may reach whom is the oracle's word.

mod facts;
mod large;
mod real;

pub(crate) use real::observe;

use crate::agent::Agent;
use crate::fleet::Fleet;
use crate::held::name;
use crate::phases::Dice;
use crate::plan::host_name;
use crate::scenario;
use crate::switches::Switches;
use alcor_compiler::oracle::Intent;
use alcor_compiler::{Compiler, Demand, Fact, ScopeView};
use alcor_goalstate::{Goal, GoalKey, ScopeId, digest};
use alcor_rest::Rest;
use alcor_types::{HostName, NetworkId, Port, PortId, Revision};
use large::grow;
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
    /// Of these hosts the real ones, whose switches were compared, too.
    pub switches: usize,
    /// Flows of these switches.
    pub flows: usize,
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

/// What is compared with each other.
pub(crate) struct Compared<'a> {
    /// The API that tells intent.
    pub(crate) rest: &'a Rest,
    /// Emulated hosts.
    pub(crate) fleet: &'a Fleet,
    /// Real hosts.
    pub(crate) switches: Option<&'a Switches>,
    /// Networks of more ports are large.
    pub(crate) on_demand_above: usize,
}

/// Reads intent back and compares.
pub(crate) async fn check(
    of: &Compared<'_>,
    asked: &scenario::Check,
    seed: u64,
) -> anyhow::Result<Verdict> {
    let (mut verdict, mut dice) = (Verdict::default(), Dice(seed));
    let real = match of.switches {
        Some(switches) => real::look(switches, &mut verdict).await?,
        None => HashMap::new(),
    };
    let (facts, fleet) = (facts::read(of.rest).await?, of.fleet);
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
    let compiler = Compiler::new(1).on_demand_above(of.on_demand_above);
    let compiler = compiler.loaded(Revision(1), facts.into_iter());
    let hosts: HashMap<HostName, u32> = (0..u32::try_from(fleet.len())?)
        .map(|host| (HostName::from(host_name(host)), host))
        .collect();
    let mut field = Field {
        fleet,
        compiler: &compiler,
        intent: &intent,
        hosts: &hosts,
        real: &real,
        apart: HashSet::new(),
    };
    field.apart = field.ports_told_apart(&ports);
    for host in some_of(fleet.len(), asked.hosts as usize, &mut dice) {
        let host = HostName::from(host_name(u32::try_from(host)?));
        field.compare(&host, &mut verdict);
    }
    for host in real.keys() {
        field.compare(host, &mut verdict);
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
    real: &'a HashMap<HostName, Agent>,
    /// Ports of networks that are not large by their size and are told as large ones: these tell of their
    /// groups themselves. None has allowed pairs here.
    apart: HashSet<PortId>,
}

impl Field<'_> {
    /// What a host holds; nothing where there is no such host.
    fn look<T>(&self, host: &HostName, see: impl FnOnce(&Agent) -> T) -> Option<T> {
        match self.real.get(host) {
            Some(held) => Some(see(held)),
            None => Some(self.fleet.look(*self.hosts.get(host)?, see)),
        }
    }

    fn ports_told_apart(&self, ports: &[Arc<Port>]) -> HashSet<PortId> {
        let networks: BTreeSet<_> = ports.iter().map(|port| port.network_id).collect();
        let apart = |network: &NetworkId| {
            let scope = ScopeId::from(*network);
            let hosts = || self.compiler.scope_hosts(scope).into_iter().next();
            !self.is_large(scope) && hosts().is_some_and(|host| self.takes_for_large(scope, &host))
        };
        let networks: BTreeSet<_> = networks.into_iter().filter(apart).collect();
        let ports = ports.iter();
        let apart = ports.filter(|port| networks.contains(&port.network_id));
        apart.map(|port| port.id).collect()
    }

    /// Compares all goals of a host: the same scopes, and in each the same goals.
    fn compare(&self, host: &HostName, verdict: &mut Verdict) {
        verdict.hosts += 1;
        self.look(host, |agent| {
            let (wanted, demand) = (self.compiler.host_scopes(host), self.demand(agent));
            for scope in &wanted {
                let view = self.compiler.snapshot_with(*scope, host, &demand);
                self.compare_scope((agent, host), *scope, view, verdict);
            }
            let stale = agent
                .scopes()
                .keys()
                .filter(|scope| !wanted.contains(scope));
            for scope in stale {
                verdict.differs(format!("{host} holds {scope}, which it does not need"));
            }
        });
    }

    /// The neighbours that a host has asked for: of every large network some, or none.
    fn demand(&self, agent: &Agent) -> Demand {
        let mut demand = agent.demand();
        for scope in agent.scopes().keys() {
            if let ScopeId::Network(network) = scope
                && self.compiler.is_large(*network)
                && demand.of(*network).is_none()
            {
                demand.set(*network, BTreeSet::new());
            }
        }
        demand
    }

    fn compare_scope(
        &self,
        (agent, host): (&Agent, &HostName),
        scope: ScopeId,
        view: Option<ScopeView>,
        verdict: &mut Verdict,
    ) {
        let (Some(mut view), Some(held)) = (view, agent.scopes().get(&scope)) else {
            return verdict.differs(format!("{host} does not hold {scope}"));
        };
        if !self.is_large(scope) && grow(&mut view.goals, held) {
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
        let Some(host) = &at.host else {
            return false;
        };
        let held = self.look(host, |agent| {
            let held = agent.scopes().get(&scope)?;
            held.get(name(&key))
        });
        let wanted = self.compiler.goal_of(at.network_id, host, key);
        let (held, wanted) = (held.flatten(), wanted.map(|goal| digest::goal(&goal)));
        let asked = matches!(key, GoalKey::Neighbor(_)) && held.is_none();
        if asked && (self.is_large(scope) || self.takes_for_large(scope, host)) {
            return wanted.is_some();
        }
        held.is_some() && held == wanted
    }

    /// Whether hosts ask for the network's neighbours.
    fn is_large(&self, scope: ScopeId) -> bool {
        matches!(scope, ScopeId::Network(id) if self.compiler.is_large(id))
    }

    /// Whether the host asks for the neighbours of a network that is not large any more, but was until
    /// lately.
    fn takes_for_large(&self, scope: ScopeId, host: &HostName) -> bool {
        let Some(mut view) = self.compiler.snapshot(scope, host) else {
            return false;
        };
        let large = self.look(host, |agent| {
            let held = agent.scopes().get(&scope);
            held.is_some_and(|held| grow(&mut view.goals, held))
        });
        large == Some(true)
    }
}
