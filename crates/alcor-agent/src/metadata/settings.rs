//! Where metadata is to be had, and the secret that vouches for who asks.

use std::fmt;

/// The Nova-style service behind 169.254.169.254.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MetadataSettings {
    /// Its address, such as `http://127.0.0.1:8775`.
    pub url: String,
    /// What Nova calls `metadata_proxy_shared_secret`.
    pub secret: Secret,
}

/// A secret. It can sign, but neither be printed nor logged by accident.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Keeps the text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// HMAC-SHA256 of the text, in hex digits.
    pub(super) fn sign(&self, text: &str) -> String {
        let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, self.0.as_bytes());
        let tag = ring::hmac::sign(&key, text.as_bytes());
        let digit = |half: u8| char::from_digit(half.into(), 16);
        let halves = tag.as_ref().iter().flat_map(|byte| [byte >> 4, byte & 15]);
        halves.filter_map(digit).collect()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(redacted)")
    }
}
