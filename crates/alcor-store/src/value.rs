//! A row's value: bytes that everybody shares who holds them, in one piece of memory with their count. An empty
//! one, as of most entries of indexes, takes no memory.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

/// Bytes that do not change; a clone shares them.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Value(Option<Arc<[u8]>>);

impl Value {
    /// No bytes.
    pub const fn new() -> Self {
        Self(None)
    }

    /// A copy of these bytes.
    pub fn copy_of(bytes: &[u8]) -> Self {
        Self((!bytes.is_empty()).then(|| bytes.into()))
    }
}

impl Deref for Value {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.0.as_deref().unwrap_or_default()
    }
}

impl From<&[u8]> for Value {
    fn from(bytes: &[u8]) -> Self {
        Self::copy_of(bytes)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::copy_of(text.as_bytes())
    }
}

impl From<Vec<u8>> for Value {
    fn from(bytes: Vec<u8>) -> Self {
        Self::copy_of(&bytes)
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::copy_of(text.as_bytes())
    }
}

impl PartialEq<[u8]> for Value {
    fn eq(&self, other: &[u8]) -> bool {
        **self == *other
    }
}

impl PartialEq<str> for Value {
    fn eq(&self, other: &str) -> bool {
        **self == *other.as_bytes()
    }
}

/// As text where it is text, escaped elsewhere.
impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.escape_ascii())
    }
}
