//! Which scope of a host is told next. Owners have their turns, so that a scope of one waits for no more than
//! the one that is being told, however many of another's have news; an owner's own are told in the order in
//! which their news came. Two rules go before that:
//!
//! A set that the host has not held before comes first, because ports will lean on it. A scope that the host
//! has left waits until all is told that was news when this was found: until it is told otherwise, the
//! host's ports still lean on it. Neither can hold the others up for long: a set is new once, and what
//! was news by then is told in the end.

use crate::service::Owner;
use alcor_goalstate::ScopeId;
use alcor_store::Turns;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Scopes with news, each once.
#[derive(Debug, Default)]
pub(super) struct News {
    /// When each scope was marked, and whose it is.
    marked: BTreeMap<ScopeId, (u64, Owner)>,
    /// When those were marked that are not known to be left.
    times: BTreeSet<u64>,
    new_sets: BTreeSet<ScopeId>,
    turns: Turns<Owner, ScopeId>,
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
            self.turns.push(owner.clone(), scope);
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

    /// Whose scope is next.
    pub(super) fn next_owner(&self) -> Owner {
        if let Some(set) = self.new_sets.first() {
            let (_, owner) = self.marked.get(set)?;
            return owner.clone();
        }
        self.turns.next_lane().cloned().flatten()
    }

    /// Takes the scope that is to be told next, where `needed` says whether the host needs one.
    pub(super) fn next(&mut self, needed: impl Fn(ScopeId) -> bool) -> Option<ScopeId> {
        let next = self.take(needed);
        if self.is_empty() {
            // Of very many sessions most have no news, and are not to keep room for any.
            *self = Self {
                clock: self.clock,
                ..Self::default()
            };
        }
        next
    }

    fn take(&mut self, needed: impl Fn(ScopeId) -> bool) -> Option<ScopeId> {
        loop {
            let scope = match self.new_sets.pop_first().or_else(|| self.pop_left()) {
                Some(scope) => scope,
                None => self.pop_turn()?,
            };
            let (marked, _) = self.marked.get(&scope)?;
            // One that is known to be left is not among these any more.
            let first_look = self.times.remove(marked);
            if needed(scope) || !first_look {
                self.marked.remove(&scope);
                return Some(scope);
            }
            self.left.push_back((self.clock, scope));
        }
    }

    /// Notes how much work it was to tell the owner's scope, beyond the least.
    pub(super) fn charge(&mut self, owner: &Owner, work: u64) {
        self.turns.charge(owner, work);
    }

    /// A scope that the host has left, once all is told that had news when that was found.
    fn pop_left(&mut self) -> Option<ScopeId> {
        let (found, _) = self.left.front()?;
        let told = self.times.first().is_none_or(|oldest| oldest > found);
        let (_, scope) = told.then(|| self.left.pop_front()).flatten()?;
        Some(scope)
    }

    fn pop_turn(&mut self) -> Option<ScopeId> {
        let (owner, scope) = self.turns.take()?;
        self.turns.charge(&owner, 1);
        Some(scope)
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

    fn all(news: &mut News) -> Vec<ScopeId> {
        std::iter::from_fn(|| news.next(|_| true)).collect()
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
            told.extend(news.next(|_| true));
        }
        assert!(told.contains(&network(9)), "{told:?}");
    }

    #[test]
    fn one_owners_scope_waits_for_one_of_anothers() {
        let mut news = busy(50);
        assert_eq!(news.next(|_| true), Some(network(1)));
        assert_eq!(news.next_owner(), Some(owner("busy")));
        news.mark(network(99), Some(owner("quiet")), false);
        assert_eq!(news.next_owner(), Some(owner("quiet")));
        assert_eq!(news.next(|_| true), Some(network(99)));
        let rest: Vec<_> = (2..=50).map(network).collect();
        assert_eq!(all(&mut news), rest);
        assert!(news.is_empty());
    }

    #[test]
    fn whose_news_is_much_work_waits_for_more_of_anothers() {
        let mut news = busy(9);
        assert_eq!(news.next(|_| true), Some(network(1)));
        news.charge(&Some(owner("busy")), 10);
        for number in 90..=94 {
            news.mark(network(number), Some(owner("quiet")), false);
            assert_eq!(news.next(|_| true), Some(network(number)));
            news.charge(&Some(owner("quiet")), 1);
        }
        assert_eq!(news.next(|_| true), Some(network(2)));
    }

    #[test]
    fn sets_that_are_new_to_the_host_come_first() {
        let mut news = News::default();
        news.mark(network(1), Some(owner("a")), true);
        news.mark(group(2), Some(owner("a")), false);
        news.mark(group(3), Some(owner("b")), true);
        assert_eq!(news.next_owner(), Some(owner("b")));
        assert_eq!(all(&mut news), [group(3), network(1), group(2)]);
    }

    #[test]
    fn what_the_host_has_left_waits_for_all_that_was_news_by_then() {
        let mut news = News::default();
        let needed = |scope| scope != group(1);
        news.mark(group(1), None, false);
        news.mark(network(1), Some(owner("a")), false);
        news.mark(network(2), Some(owner("b")), false);
        let first = news.next(needed).unwrap();
        // Newer news does not hold it up.
        news.mark(network(3), Some(owner("a")), false);
        let second = news.next(needed).unwrap();
        let told = BTreeSet::from([first, second]);
        assert_eq!(told, [network(1), network(2)].into());
        assert_eq!(news.next(needed), Some(group(1)));
        assert_eq!(news.next(needed), Some(network(3)));
        assert_eq!(news.next(needed), None);
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
