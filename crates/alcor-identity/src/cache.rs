//! Answers that may be used again: bounded in number and in age.
//!
//! Tokens that are not valid are kept apart from those that are, so that a flood of invented
//! ones pushes no valid one out.

use crate::error::IdentityError;
use alcor_policy::Subject;
use ring::digest::{SHA256, digest};
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How many valid tokens are remembered.
const VALID: usize = 20_000;

/// How many invalid tokens are remembered.
const INVALID: usize = 2_000;

/// How long a token that Keystone does not know stays so.
const INVALID_TIME: Duration = Duration::from_secs(5);

/// Stands for a token without being one.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Key([u8; 32]);

impl Key {
    /// Of this token.
    pub(crate) fn of(token: &str) -> Self {
        let mut key = [0; 32];
        let hash = digest(&SHA256, token.as_bytes());
        for (to, from) in key.iter_mut().zip(hash.as_ref()) {
            *to = *from;
        }
        Self(key)
    }
}

/// The answer to whether a token is valid.
pub(crate) type Answer = Result<Arc<Subject>, IdentityError>;

/// What Keystone said lately.
#[derive(Default)]
pub(crate) struct Cache {
    valid: Bounded<Arc<Subject>>,
    invalid: Bounded<()>,
}

impl Cache {
    /// What is known of the token at this time.
    pub(crate) fn get(&self, key: Key, now: Instant) -> Option<Answer> {
        if let Some(subject) = self.valid.get(key, now) {
            return Some(Ok(Arc::clone(subject)));
        }
        self.invalid
            .get(key, now)
            .map(|()| Err(IdentityError::Invalid))
    }

    /// Keeps a valid answer until then.
    pub(crate) fn keep(&mut self, key: Key, subject: &Arc<Subject>, until: Instant) {
        self.valid.put(key, Arc::clone(subject), until, VALID);
    }

    /// Remembers for a moment that the token is not valid, and forgets that it was.
    pub(crate) fn refuse(&mut self, key: Key, now: Instant) {
        self.valid.entries.remove(&key);
        self.invalid.put(key, (), now + INVALID_TIME, INVALID);
    }
}

/// Values with an end, of which the oldest leave first.
struct Bounded<V> {
    entries: HashMap<Key, (V, Instant)>,
    order: VecDeque<Key>,
}

impl<V> Default for Bounded<V> {
    fn default() -> Self {
        Self {
            entries: HashMap::new(),
            order: VecDeque::new(),
        }
    }
}

impl<V> Bounded<V> {
    fn get(&self, key: Key, now: Instant) -> Option<&V> {
        let (value, until) = self.entries.get(&key)?;
        (now < *until).then_some(value)
    }

    fn put(&mut self, key: Key, value: V, until: Instant, capacity: usize) {
        if self.entries.insert(key, (value, until)).is_none() {
            self.order.push_back(key);
        }
        while self.order.len() > capacity {
            if let Some(oldest) = self.order.pop_front() {
                self.entries.remove(&oldest);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_end_and_the_invalid_push_no_valid_one_out() {
        let now = Instant::now();
        let later = now + Duration::from_mins(1);
        let subject = Arc::new(Subject::default());
        let mut cache = Cache::default();
        let key = Key::of("token");
        cache.keep(key, &subject, later);
        for number in 0..INVALID * 2 {
            cache.refuse(Key::of(&number.to_string()), now);
        }
        assert_eq!(cache.get(key, now), Some(Ok(subject)));
        assert_eq!(cache.get(key, later), None);
        let last = Key::of(&(INVALID * 2 - 1).to_string());
        assert_eq!(cache.get(last, now), Some(Err(IdentityError::Invalid)));
        assert_eq!(cache.get(last, now + INVALID_TIME), None);
        assert_eq!(cache.get(Key::of("0"), now), None);
        assert_eq!(cache.invalid.entries.len(), INVALID);
        assert_eq!(cache.invalid.order.len(), INVALID);
    }

    #[test]
    fn a_token_once_refused_is_no_longer_valid() {
        let now = Instant::now();
        let mut cache = Cache::default();
        let key = Key::of("token");
        cache.keep(key, &Arc::default(), now + Duration::from_mins(1));
        cache.refuse(key, now);
        assert_eq!(cache.get(key, now), Some(Err(IdentityError::Invalid)));
    }
}
