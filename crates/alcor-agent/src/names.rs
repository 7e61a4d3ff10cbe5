//! The names of the networks here, made when a VM first asks, and kept as goals change.

use alcor_goalstate::{Goal, GoalChange, GoalKey, ScopeGoals};
use alcor_responder::dns::Zone;
use alcor_types::{FixedIp, NetworkId};
use std::collections::HashMap;

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Names(HashMap<NetworkId, Zone>);

impl Names {
    /// A goal has changed.
    pub(crate) fn note(&mut self, change: &GoalChange) {
        match change {
            GoalChange::Put(goal) => {
                if let Some((network, named)) = named(goal)
                    && let Some(zone) = self.0.get_mut(&network)
                {
                    enter(zone, goal.key(), &named);
                }
            }
            GoalChange::Delete { key, .. } => {
                if let GoalKey::Vpc(id) = key {
                    self.0.remove(id);
                }
                for zone in self.0.values_mut() {
                    zone.remove(key);
                }
            }
        }
    }

    /// The names of a network, whose goals these are.
    pub(crate) fn zone(&mut self, network: NetworkId, goals: &ScopeGoals) -> &Zone {
        self.0.entry(network).or_insert_with(|| {
            let mut zone = Zone::default();
            for goal in goals.iter() {
                if let Some((_, named)) = named(goal).filter(|(of, _)| *of == network) {
                    enter(&mut zone, goal.key(), &named);
                }
            }
            zone
        })
    }
}

/// A name and the addresses that it stands for.
type Named<'g> = (&'g str, &'g [FixedIp]);

fn named(goal: &Goal) -> Option<(NetworkId, Named<'_>)> {
    match goal {
        Goal::Port(goal) => Some((goal.vpc, (&goal.identity.dns_name, &goal.fixed_ips))),
        Goal::Neighbor(goal) => Some((goal.vpc, (&goal.dns_name, &goal.fixed_ips))),
        Goal::Interface(goal) => Some((goal.vpc, (&goal.dns_name, &goal.fixed_ips))),
        _ => None,
    }
}

fn enter(zone: &mut Zone, holder: GoalKey, (name, addresses): &Named<'_>) {
    let addresses = addresses.iter().map(|fixed| fixed.ip_address);
    zone.set(holder, name, addresses);
}
