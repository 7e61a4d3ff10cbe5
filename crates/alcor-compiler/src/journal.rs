//! Notes taken while facts are applied: which scopes have news, and who was in them before.

use crate::{Compiler, Touch};
use alcor_goalstate::ScopeId;
use alcor_types::HostName;
use std::collections::BTreeMap;

/// What one call of `apply` did.
#[derive(Default)]
pub(crate) struct Journal(BTreeMap<ScopeId, Notes>);

#[derive(Default)]
struct Notes {
    news: bool,
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

    /// Whom the call concerns.
    pub(crate) fn touches(self, region: &Compiler) -> Vec<Touch> {
        let touches = self.0.into_iter().filter_map(|(id, notes)| {
            let touch = notes.compare(id, |host| region.has_host(id, host));
            let silent = touch.joined.is_empty() && touch.left.is_empty();
            (!silent || notes.news && region.has_hosts(id)).then_some(touch)
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
