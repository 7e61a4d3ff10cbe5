//! The fields of a packet as Open vSwitch writes them.

use std::collections::BTreeMap;

/// Fields by their names, such as `dl_dst` and `nw_ttl`; words without a value, such as `tcp`, have
/// an empty one.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Fields(BTreeMap<String, String>);

impl Fields {
    /// Reads `icmp,in_port=1,dl_src=...`. Whatever the text, something comes of it.
    pub fn parse(text: &str) -> Self {
        let words = text.trim().split(',').filter(|word| !word.is_empty());
        let pairs = words.map(|word| word.split_once('=').unwrap_or((word, "")));
        Self(
            pairs
                .map(|(name, value)| (name.trim().to_owned(), value.to_owned()))
                .collect(),
        )
    }

    /// A field's value.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// A field's value as a number, in the notations of flows.
    pub fn number(&self, name: &str) -> Option<u64> {
        number(self.get(name)?)
    }

    /// All fields with their values.
    pub fn all(&self) -> impl Iterator<Item = (&str, &str)> {
        let all = self.0.iter();
        all.map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Gives a field a value.
    pub fn set(&mut self, name: &str, value: &str) {
        self.0.insert(name.to_owned(), value.to_owned());
    }
}

/// Decimal, or hexadecimal after `0x`.
pub(crate) fn number(text: &str) -> Option<u64> {
    match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    }
}
