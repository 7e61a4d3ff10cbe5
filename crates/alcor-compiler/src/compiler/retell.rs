//! Changes of what is no network's own, told to the hosts of the ports that lean on it, and to no others.

use super::{Compiler, scope};
use crate::journal::Journal;
use crate::scope::{Former, Scope};
use alcor_types::{NetworkId, PortId, Revision};
use std::collections::BTreeSet;

impl Compiler {
    /// The network has grown large or is small again: who tells of its ports as members of groups is
    /// another now. Walks the network's ports.
    pub(super) fn retell_members(
        &mut self,
        revision: Revision,
        network: NetworkId,
        journal: &mut Journal,
    ) {
        let whole = !self.is_large(network);
        let scope = self.scopes.get(&network).into_iter();
        let ports: Vec<_> = scope.flat_map(Scope::ports).cloned().collect();
        let (groups, mut context) = self.groups(revision, journal);
        for port in &ports {
            groups.tell_port(port, whole, &mut context);
        }
    }

    /// Makes a change, and tells the hosts of these ports what it changed of them.
    pub(super) fn retelling(
        &mut self,
        revision: Revision,
        ports: &BTreeSet<PortId>,
        journal: &mut Journal,
        change: impl FnOnce(&mut Self),
    ) {
        let former: Vec<_> = ports.iter().filter_map(|port| self.former(*port)).collect();
        change(self);
        for (network, port) in former {
            let scope = scope(&mut self.scopes, network, self.log_limit, revision);
            let news = scope.retell(revision, vec![port], &self.hosts);
            journal.news(network, news);
        }
    }

    /// What hosts are told of the port now, to compare with later.
    pub(super) fn former(&self, port: PortId) -> Option<(NetworkId, Former)> {
        let network = *self.ports.get(&port)?;
        let told = self.scopes.get(&network)?.told(port, &self.hosts);
        Some((network, (port, told)))
    }
}
