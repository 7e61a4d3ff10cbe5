//! Notes taken while facts are applied: which scopes have news, and who was in them before.

use crate::{Compiler, Narrow, Touch};
use alcor_goalstate::ScopeId;
use alcor_types::{HostName, PortId};
use std::collections::{BTreeMap, BTreeSet};

/// What one call of `apply` did.
#[derive(Default)]
pub(crate) struct Journal(BTreeMap<ScopeId, Notes>);

#[derive(Default)]
struct Notes {
    news: bool,
    /// News of single ports of a large network, and where these are or were.
    ports: BTreeSet<PortId>,
    places: BTreeSet<HostName>,
    /// Whether the host was in the scope before the call.
    before: BTreeMap<HostName, bool>,
}

impl Journal {
    /// Notes, before a change, whether the host is in the scope. The first note counts.
    pub(crate) fn host(&mut self, id: impl Into<ScopeId>, host: &HostName, inside: bool) {
        let before = &mut self.0.entry(id.into()).or_default().before;
        before.entry(host.clone()).or_insert(inside);
    }

    /// Notes, after a change, whether it touched a goal of the scope.
    pub(crate) fn news(&mut self, id: impl Into<ScopeId>, news: bool) {
        self.0.entry(id.into()).or_default().news |= news;
    }

    /// Notes, after a change, whether it touched a goal of one port of a large network, which was or is
    /// in these places.
    pub(crate) fn port_news(
        &mut self,
        id: impl Into<ScopeId>,
        port: PortId,
        places: &[HostName],
        news: bool,
    ) {
        if news {
            let notes = self.0.entry(id.into()).or_default();
            notes.ports.insert(port);
            notes.places.extend(places.iter().cloned());
        }
    }

    /// Whom the call concerns.
    pub(crate) fn touches(self, region: &Compiler) -> Vec<Touch> {
        let touches = self.0.into_iter().filter_map(|(id, notes)| {
            let touch = notes.compare(id, |host| region.has_host(id, host));
            let silent = touch.joined.is_empty() && touch.left.is_empty();
            let news = notes.news || !notes.ports.is_empty();
            (!silent || news && region.has_hosts(id)).then_some(touch)
        });
        touches.collect()
    }
}

impl Notes {
    fn compare(&self, scope: ScopeId, inside: impl Fn(&HostName) -> bool) -> Touch {
        let mut touch = Touch {
            scope,
            joined: Vec::new(),
            left: Vec::new(),
            only: None,
            newcomers: self.ports.iter().copied().collect(),
        };
        if !self.news {
            touch.only = Some(Narrow {
                ports: touch.newcomers.clone(),
                places: self.places.iter().cloned().collect(),
            });
        }
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
