//! Which scope of a host is told next. Whose turn it is among owners is not known here: that is decided for all
//! hosts at once, by [`Slots`](alcor_store::Slots). Whoever has news here has asked there, and is told of when its
//! turn comes; an owner's own scopes are told in the order in which their news came. Two rules go before that,
//! whoever's turn it is:
//!
//! A set that the host has not held before comes first, because ports will lean on it. A scope that the host
//! has left waits until all is told that was news when this was found: until it is told otherwise, the
//! host's ports still lean on it. Neither can hold the others up for long: a set is new once, and what
//! was news by then is told in the end.

use crate::service::Owner;
use alcor_goalstate::ScopeId;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Scopes with news, each once.
#[derive(Debug, Default)]
pub(super) struct News {
    /// When each scope was marked, and whose it is.
    marked: BTreeMap<ScopeId, (u64, Owner)>,
    /// When those were marked that are not known to be left.
    times: BTreeSet<u64>,
    new_sets: BTreeSet<ScopeId>,
    /// The other scopes, by owners. None is empty.
    waiting: BTreeMap<Owner, VecDeque<ScopeId>>,
    /// Scopes that the host has left, and when that was found.
    left: VecDeque<(u64, ScopeId)>,
    clock: u64,
}

impl News {
    /// Notes that a scope has news, and whose it is; a set that the host has not held before is `new`.
    pub(super) fn mark(&mut self, scope: ScopeId, owner: Owner, new: bool) {
        if self.marked.contains_key(&scope) {
            return;
        }
        self.clock += 1;
        self.times.insert(self.clock);
        if new && scope.network().is_none() {
            self.new_sets.insert(scope);
        } else {
            let waiting = self.waiting.entry(owner.clone()).or_default();
            waiting.push_back(scope);
        }
        self.marked.insert(scope, (self.clock, owner));
    }

    /// Whether the scope has news.
    pub(super) fn contains(&self, scope: ScopeId) -> bool {
        self.marked.contains_key(&scope)
    }

    /// All scopes that have news.
    pub(super) fn scopes(&self) -> impl Iterator<Item = ScopeId> {
        self.marked.keys().copied()
    }

    /// Whether nothing has news.
    pub(super) fn is_empty(&self) -> bool {
        self.marked.is_empty()
    }

    /// Whose scopes could be told now, some perhaps more than once.
    pub(super) fn owners(&self) -> impl Iterator<Item = &Owner> {
        let first = self.new_sets.first().or_else(|| self.next_left());
        let first = first.and_then(|scope| self.marked.get(scope));
        first
            .map(|(_, owner)| owner)
            .into_iter()
            .chain(self.waiting.keys())
    }

    /// Takes the scope that is to be told next in the owner's turn, and tells whose it is. `needed` says whether
    /// the host needs one.
    pub(super) fn next(
        &mut self,
        turn: &Owner,
        needed: impl Fn(ScopeId) -> bool,
    ) -> Option<(ScopeId, Owner)> {
        let next = self.take(turn, needed);
        if self.is_empty() {
            // Of very many sessions most have no news, and are not to keep room for any.
            *self = Self {
                clock: self.clock,
                ..Self::default()
            };
        }
        next
    }

    fn take(&mut self, turn: &Owner, needed: impl Fn(ScopeId) -> bool) -> Option<(ScopeId, Owner)> {
        loop {
            let scope = match self.new_sets.pop_first().or_else(|| self.pop_left()) {
                Some(scope) => scope,
                None => self.pop_waiting(turn)?,
            };
            let (marked, _) = self.marked.get(&scope)?;
            // One that is known to be left is not among these any more.
            let first_look = self.times.remove(marked);
            if needed(scope) || !first_look {
                let (_, owner) = self.marked.remove(&scope)?;
                return Some((scope, owner));
            }
            self.left.push_back((self.clock, scope));
        }
    }

    /// A scope that the host has left, once all is told that had news when that was found.
    fn next_left(&self) -> Option<&ScopeId> {
        let (found, scope) = self.left.front()?;
        let told = self.times.first().is_none_or(|oldest| oldest > found);
        told.then_some(scope)
    }

    fn pop_left(&mut self) -> Option<ScopeId> {
        self.next_left()?;
        let (_, scope) = self.left.pop_front()?;
        Some(scope)
    }

    fn pop_waiting(&mut self, turn: &Owner) -> Option<ScopeId> {
        let waiting = self.waiting.get_mut(turn)?;
        let scope = waiting.pop_front();
        if waiting.is_empty() {
            self.waiting.remove(turn);
        }
        scope
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alcor_types::{NetworkId, ProjectId, SecurityGroupId};
    use uuid::Uuid;

    fn network(number: u128) -> ScopeId {
        NetworkId(Uuid::from_u128(number)).into()
    }

    fn group(number: u128) -> ScopeId {
        SecurityGroupId(Uuid::from_u128(number)).into()
    }

    fn owner(name: &str) -> ProjectId {
        ProjectId::from(name)
    }

    /// News of one owner's first so many networks.
    fn busy(networks: u128) -> News {
        let mut news = News::default();
        for number in 1..=networks {
            news.mark(network(number), Some(owner("busy")), false);
        }
        news
    }

    /// What is told next in the turn of the first who has any.
    fn next(news: &mut News, needed: impl Fn(ScopeId) -> bool) -> Option<ScopeId> {
        loop {
            let turn = news.owners().next()?.clone();
            if let Some((scope, _)) = news.next(&turn, &needed) {
                return Some(scope);
            }
        }
    }

    fn all(news: &mut News) -> Vec<ScopeId> {
        std::iter::from_fn(|| next(news, |_| true)).collect()
    }

    #[test]
    fn scopes_that_always_have_news_do_not_keep_another_waiting() {
        let mut news = News::default();
        news.mark(network(9), None, false);
        let mut told = Vec::new();
        for _ in 0..3 {
            for scope in [group(1), network(1)] {
                news.mark(scope, None, false);
            }
            told.extend(next(&mut news, |_| true));
        }
        assert!(told.contains(&network(9)), "{told:?}");
    }

    #[test]
    fn whoever_has_news_has_a_turn_and_is_told_of_then() {
        let (mut news, busy_one, quiet) = (busy(50), Some(owner("busy")), Some(owner("quiet")));
        news.mark(network(99), quiet.clone(), false);
        let owners: Vec<_> = news.owners().cloned().collect();
        assert_eq!(owners, [busy_one.clone(), quiet.clone()]);
        let told = news.next(&quiet, |_| true);
        assert_eq!(told, Some((network(99), quiet.clone())));
        assert_eq!(news.next(&quiet, |_| true), None);
        assert_eq!(news.owners().collect::<Vec<_>>(), [&busy_one]);
        let rest: Vec<_> = (1..=50).map(network).collect();
        assert_eq!(all(&mut news), rest);
        assert!(news.is_empty());
    }

    #[test]
    fn sets_that_are_new_to_the_host_come_first() {
        let mut news = News::default();
        news.mark(network(1), Some(owner("a")), true);
        news.mark(group(2), Some(owner("a")), false);
        news.mark(group(3), Some(owner("b")), true);
        let first = news.next(&Some(owner("a")), |_| true);
        assert_eq!(first, Some((group(3), Some(owner("b")))));
        assert_eq!(all(&mut news), [network(1), group(2)]);
    }

    #[test]
    fn what_the_host_has_left_waits_for_all_that_was_news_by_then() {
        let mut news = News::default();
        let needed = |scope| scope != group(1);
        news.mark(group(1), None, false);
        news.mark(network(1), Some(owner("a")), false);
        news.mark(network(2), Some(owner("b")), false);
        assert_eq!(next(&mut news, needed), Some(network(1)));
        // Newer news does not hold it up.
        news.mark(network(3), Some(owner("a")), false);
        let second = news.next(&Some(owner("b")), needed);
        assert_eq!(second.map(|(scope, _)| scope), Some(network(2)));
        assert_eq!(next(&mut news, needed), Some(group(1)));
        assert_eq!(next(&mut news, needed), Some(network(3)));
        assert_eq!(next(&mut news, needed), None);
        assert!(news.is_empty());
    }

    #[test]
    fn a_scope_has_one_place_however_often_it_is_marked() {
        let mut news = News::default();
        news.mark(network(1), None, false);
        news.mark(network(1), None, false);
        assert!(news.contains(network(1)));
        assert_eq!(all(&mut news), [network(1)]);
        assert!(!news.contains(network(1)));
    }
}
