//! By which addresses outside hosts translate for routers: each host is told of its own alone, by
//! every interface of the router.

use super::Scope;
use alcor_goalstate::{Goal, GoalKey, OutletGoal};
use alcor_types::{HostName, NetworkId, PortId, Revision};

impl Scope {
    /// The host's outlet to a network by a router's interface; of two, while news is under way, the
    /// first.
    pub(crate) fn outlet_goal(
        &self,
        host: &HostName,
        (interface, network): (PortId, NetworkId),
    ) -> Option<Goal> {
        self.network.as_ref()?;
        let mut goals = self.outlets.get(host)?.values();
        let goal = goals.find(|goal| goal.interface == interface && goal.network == network);
        goal.copied().map(Goal::Outlet)
    }

    /// All of the host's outlets.
    pub(crate) fn outlet_goals(&self, host: &HostName) -> impl Iterator<Item = Goal> {
        let all = self.outlets.get(host).into_iter().flatten();
        let goals = all.map(|(_, goal)| (goal.interface, goal.network));
        let keys: std::collections::BTreeSet<_> = goals.collect();
        keys.into_iter()
            .filter_map(|key| self.outlet_goal(host, key))
    }

    /// An outlet was opened, changed or closed: by this interface, and by this port of its own.
    pub(crate) fn set_outlet(
        &mut self,
        revision: Revision,
        host: &HostName,
        place: (PortId, PortId),
        goal: Option<OutletGoal>,
    ) -> bool {
        let held = self
            .outlets
            .get(host)
            .and_then(|held| held.get(&place))
            .copied();
        let network = match (held, goal) {
            (Some(held), Some(goal)) if at(goal, held.revision) == held => return false,
            (None, None) => return false,
            (Some(former), _) => former.network,
            (None, Some(goal)) => goal.network,
        };
        let outlets = self.outlets.entry(host.clone()).or_default();
        match goal {
            Some(goal) => drop(outlets.insert(place, at(goal, revision))),
            None => drop(outlets.remove(&place)),
        }
        // Another one that was hidden by this is news now.
        for goal in outlets.values_mut() {
            if (goal.interface, goal.network) == (place.0, network) {
                goal.revision = revision;
            }
        }
        if outlets.is_empty() {
            self.outlets.remove(host);
        }
        self.log_outlet(revision, host, (place.0, network));
        self.network.is_some()
    }

    /// The network came or went, and with it what hosts are told.
    pub(super) fn retell_outlets(&mut self, revision: Revision) {
        let mut told = Vec::new();
        for (host, goals) in &mut self.outlets {
            for goal in goals.values_mut() {
                goal.revision = revision;
                told.push((host.clone(), (goal.interface, goal.network)));
            }
        }
        for (host, key) in told {
            self.log_outlet(revision, &host, key);
        }
    }

    fn log_outlet(&mut self, revision: Revision, host: &HostName, key: (PortId, NetworkId)) {
        let key = GoalKey::Outlet(key.0, key.1);
        self.log.touch_own(revision, host, key);
    }
}

fn at(goal: OutletGoal, revision: Revision) -> OutletGoal {
    OutletGoal { revision, ..goal }
}
