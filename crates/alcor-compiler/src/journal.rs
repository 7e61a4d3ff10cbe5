//! Notes taken while facts are applied: which scopes have news, and who was in them before.

use crate::Touch;
use crate::hosts::Hosts;
use crate::scope::Scope;
use alcor_types::{HostName, NetworkId};
use std::collections::{BTreeMap, HashMap};

/// What one call of `apply` did.
#[derive(Default)]
pub(crate) struct Journal(BTreeMap<NetworkId, Notes>);

#[derive(Default)]
struct Notes {
    news: bool,
    /// Whether the host was in the scope before the call.
    before: BTreeMap<HostName, bool>,
}

impl Journal {
    /// Notes, before a change, whether the host is in the scope. The first note counts.
    pub(crate) fn host(&mut self, id: NetworkId, host: &HostName, inside: bool) {
        let before = &mut self.0.entry(id).or_default().before;
        before.entry(host.clone()).or_insert(inside);
    }

    /// Notes, after a change, whether it touched a goal of the scope.
    pub(crate) fn news(&mut self, id: NetworkId, news: bool) {
        self.0.entry(id).or_default().news |= news;
    }

    /// Whom the call concerns.
    pub(crate) fn touches(self, scopes: &HashMap<NetworkId, Scope>, hosts: &Hosts) -> Vec<Touch> {
        let touches = self.0.into_iter().filter_map(|(id, notes)| {
            let scope = scopes.get(&id);
            let touch = notes.compare(id, |host| {
                scope.is_some_and(|scope| scope.has_host(host, hosts))
            });
            let readers = has_readers(id, scopes, hosts);
            let silent = touch.joined.is_empty() && touch.left.is_empty();
            (!silent || notes.news && readers).then_some(touch)
        });
        touches.collect()
    }
}

/// Whether any host is to hold the scope.
fn has_readers(id: NetworkId, scopes: &HashMap<NetworkId, Scope>, hosts: &Hosts) -> bool {
    readers(id, scopes, hosts).next().is_some()
}

/// The hosts that are to hold the scope: those with a port in its domain. One may come twice.
pub(crate) fn readers<'a>(
    id: NetworkId,
    scopes: &'a HashMap<NetworkId, Scope>,
    hosts: &'a Hosts,
) -> impl Iterator<Item = &'a HostName> {
    let scope = scopes.get(&id);
    let domain = hosts.routing.domain(id);
    let bound = domain
        .filter_map(|id| scopes.get(&id))
        .flat_map(Scope::bound_hosts);
    bound.filter(move |host| scope.is_some_and(|scope| scope.has_host(host, hosts)))
}

impl Notes {
    fn compare(&self, scope: NetworkId, inside: impl Fn(&HostName) -> bool) -> Touch {
        let mut touch = Touch {
            scope,
            joined: Vec::new(),
            left: Vec::new(),
        };
        for (host, before) in &self.before {
            match (before, inside(host)) {
                (false, true) => touch.joined.push(host.clone()),
                (true, false) => touch.left.push(host.clone()),
                _ => {}
            }
        }
        touch
    }
}
