//! The hosts of a large network. What is for everybody goes to all of them, and without neighbours a
//! host would not know them.

use super::Scope;
use crate::hosts::Hosts;
use alcor_goalstate::{Goal, GoalKey, PeerGoal};
use alcor_types::Revision;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// A network with ports on more hosts than this has no broadcast from host to host: a sender would
/// have to copy each frame so many times.
const HOSTS: usize = 1024;

/// See the module.
#[derive(Default)]
pub(super) struct Spread {
    /// Where tunnels to each host end, how many ports are there, and since when.
    hosts: BTreeMap<IpAddr, (usize, Revision)>,
    /// Whether there are too many. It stays so until there are a fifth less.
    silent: bool,
    /// Counts what hosts must hear of.
    news: u64,
}

impl Spread {
    fn add(&mut self, revision: Revision, host: IpAddr) -> bool {
        let (ports, _) = self.hosts.entry(host).or_insert((0, revision));
        *ports += 1;
        *ports == 1
    }

    fn remove(&mut self, host: IpAddr) -> bool {
        let Some((ports, _)) = self.hosts.get_mut(&host) else {
            return false;
        };
        *ports -= 1;
        let last = *ports == 0;
        if last {
            self.hosts.remove(&host);
        }
        last
    }
}

impl Scope {
    /// Counts what all hosts of a large network must hear of.
    pub(crate) fn spread_news(&self) -> u64 {
        let directory = self.directory.as_ref();
        directory.map_or(0, |directory| directory.spread.news)
    }

    /// A host of a large network as a goal, for the others.
    pub(crate) fn peer_goal(&self, host_ip: IpAddr) -> Option<Goal> {
        self.network.as_ref()?;
        let spread = &self.directory.as_ref()?.spread;
        let (_, revision) = spread.hosts.get(&host_ip).filter(|_| !spread.silent)?;
        Some(Goal::Peer(PeerGoal {
            vpc: self.id,
            revision: *revision,
            host_ip,
        }))
    }

    /// All hosts of a large network but one.
    pub(crate) fn peer_goals(&self, own: Option<IpAddr>) -> impl Iterator<Item = Goal> {
        let loud = self.directory.iter().filter(|known| !known.spread.silent);
        let hosts = loud.flat_map(|directory| directory.spread.hosts.keys());
        let others = hosts.filter(move |host| Some(**host) != own);
        others.filter_map(|host| self.peer_goal(*host))
    }

    /// A port is told of on another host than before, or no longer.
    pub(super) fn spread(
        &mut self,
        revision: Revision,
        former: Option<IpAddr>,
        now: Option<IpAddr>,
    ) {
        let Some(directory) = self.directory.as_mut().filter(|_| former != now) else {
            return;
        };
        let spread = &mut directory.spread;
        let left = former.filter(|host| spread.remove(*host));
        let come = now.filter(|host| spread.add(revision, *host));
        let changed: Vec<_> = left.into_iter().chain(come).collect();
        if changed.is_empty() {
            return;
        }
        let count = spread.hosts.len();
        let silent = count > HOSTS || spread.silent && count * 5 > HOSTS * 4;
        if silent && spread.silent {
            // Nobody is told of any: to say so to all hosts would cost as much as to tell them.
            return;
        }
        spread.news += 1;
        if silent != spread.silent {
            spread.silent = silent;
            self.log_peers(revision);
        }
        for host in changed {
            self.log_peer_host(revision, host);
        }
    }

    /// The network has just grown large: where its ports are.
    pub(super) fn spread_out(&mut self, revision: Revision, hosts: &Hosts) {
        if self.directory.is_none() {
            return;
        }
        let told = self
            .ports
            .keys()
            .filter_map(|id| self.neighbor_goal(*id, hosts));
        let places: Vec<_> = told.filter_map(|goal| place(&goal)).collect();
        for host in places {
            self.spread(revision, None, Some(host));
        }
    }

    /// All hosts are told now, or no longer.
    pub(super) fn log_peers(&mut self, revision: Revision) {
        let directory = self.directory.as_ref().into_iter();
        let hosts = directory.flat_map(|directory| directory.spread.hosts.keys());
        let hosts: Vec<_> = hosts.copied().collect();
        for host in hosts {
            self.log_peer_host(revision, host);
        }
    }

    /// Who is told of these hosts has changed. True when there is anything to hear.
    pub(crate) fn retell_peers(
        &mut self,
        revision: Revision,
        places: impl Iterator<Item = IpAddr>,
    ) -> bool {
        if !self.is_large() {
            return false;
        }
        places.for_each(|host| self.log_peer_host(revision, host));
        true
    }

    fn log_peer_host(&mut self, revision: Revision, host: IpAddr) {
        let key = GoalKey::Peer(self.id, host);
        self.log.touch(revision, key);
    }
}

/// Where the host of a neighbour is.
pub(super) fn place(neighbor: &Goal) -> Option<IpAddr> {
    match neighbor {
        Goal::Neighbor(goal) => Some(goal.host_ip),
        _ => None,
    }
}
