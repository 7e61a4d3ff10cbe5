//! Which neighbours an emulated host holds of networks that are told on demand. Of other networks it
//! keeps no names, for that would take as much room as all else together.

use alcor_compiler::Demand;
use alcor_goalstate::wire::{Push, PushKind, ScopeRevision};
use alcor_goalstate::{Goal, GoalChange, GoalKey, ScopeId};
use alcor_types::PortId;
use std::collections::{BTreeSet, HashMap};

/// The neighbours of each such network; nothing where it grew large under way, so that not all names are
/// known.
#[derive(Clone, Debug, Default)]
pub(crate) struct Asked(HashMap<ScopeId, Option<BTreeSet<PortId>>>);

impl Asked {
    /// Takes in what a push says of a scope.
    pub(crate) fn note(&mut self, scope: ScopeId, push: &Push, changes: &[GoalChange]) {
        let whole = push.begins && push.kind() == PushKind::SnapshotOfScope;
        if whole {
            self.0.remove(&scope);
        }
        for change in changes {
            match (change, self.0.get_mut(&scope)) {
                (GoalChange::Put(Goal::Vpc(vpc)), known) => match (vpc.on_demand, known) {
                    (false, _) => drop(self.0.remove(&scope)),
                    (true, None) => drop(self.0.insert(scope, whole.then(BTreeSet::new))),
                    (true, Some(_)) => {}
                },
                (GoalChange::Put(Goal::Neighbor(goal)), Some(Some(ports))) => {
                    ports.insert(goal.port);
                }
                (
                    GoalChange::Delete {
                        key: GoalKey::Neighbor(port),
                        ..
                    },
                    Some(Some(ports)),
                ) => {
                    ports.remove(port);
                }
                _ => {}
            }
        }
    }

    /// The neighbours of all such networks.
    pub(crate) fn demand(&self) -> Demand {
        let mut demand = Demand::default();
        for (scope, ports) in &self.0 {
            if let (ScopeId::Network(network), Some(ports)) = (scope, ports) {
                demand.set(*network, ports.clone());
            }
        }
        demand
    }

    /// Whether a network has grown large under way: a new session tells all names again.
    pub(crate) fn lacks_names(&self) -> bool {
        self.0.values().any(Option::is_none)
    }

    /// A snapshot ends half-way: which neighbours are held from before it is not known.
    pub(crate) fn lose(&mut self, scope: ScopeId) {
        if let Some(ports) = self.0.get_mut(&scope) {
            *ports = None;
        }
    }

    /// The host has left the scope.
    pub(crate) fn forget(&mut self, scope: ScopeId) {
        self.0.remove(&scope);
    }

    /// Adds to what a new session tells of a scope; nothing where the region must remember it.
    pub(crate) fn tell(&self, scope: ScopeId, mut said: ScopeRevision) -> Option<ScopeRevision> {
        let Some(ports) = self.0.get(&scope) else {
            return Some(said);
        };
        let ports = ports.as_ref()?;
        said.on_demand = true;
        said.neighbors = ports.iter().map(|port| port.as_bytes().to_vec()).collect();
        Some(said)
    }
}
