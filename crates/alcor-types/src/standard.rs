//! The attributes that Neutron gives to every resource ("standard attributes").

use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;

/// A second of UTC, in seconds since 1970. Prints as Neutron does: `2026-11-22T10:46:00Z`.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// The present second by the machine's clock.
    pub fn now() -> Self {
        Self(jiff::Timestamp::now().as_second())
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_second(self.0) {
            Ok(time) => write!(f, "{}", time.strftime("%Y-%m-%dT%H:%M:%SZ")),
            Err(_) => f.write_str("1970-01-01T00:00:00Z"),
        }
    }
}

/// Neutron's standard attributes.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Standard {
    /// A label of the owner's; need not be unique. At most 255 characters.
    pub name: String,
    /// Free text of the owner's. At most 255 characters.
    pub description: String,
    /// Labels to filter by; a set, in order. At most 50, each at most 255 characters.
    pub tags: BTreeSet<String>,
    /// Counts the writes to this resource from 0 on (`If-Match: revision_number=N`).
    pub revision_number: u64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last written.
    pub updated_at: Timestamp,
}

impl Standard {
    /// Notes one more write at `now`.
    pub fn touch(&mut self, now: Timestamp) {
        self.revision_number += 1;
        self.updated_at = now;
    }
}

#[cfg(test)]
mod tests {
    use super::Timestamp;

    #[test]
    fn timestamps_print_as_neutron_does() {
        assert_eq!(Timestamp(1_763_808_360).to_string(), "2025-11-22T10:46:00Z");
    }
}
