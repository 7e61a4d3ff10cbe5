//! What can be wrong with bytes from a switch. Decoders answer with these and never panic:
//! the peer is another process, perhaps of another version.

/// Bytes that are not the message, match or action they should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// The bytes end before the structure does.
    #[error("{what}: {needed} more bytes needed, {left} left")]
    Truncated {
        /// The structure that was being read.
        what: &'static str,
        /// Bytes needed for its next part.
        needed: usize,
        /// Bytes that were there.
        left: usize,
    },
    /// A length inside the structure contradicts its contents or its surroundings.
    #[error("{what}: length {length} is not possible here")]
    Length {
        /// The structure that was being read.
        what: &'static str,
        /// The length it claims, in bytes.
        length: usize,
    },
    /// A number has no meaning that this crate knows.
    #[error("{what}: {number} is unknown")]
    Unknown {
        /// What the number stands for.
        what: &'static str,
        /// The number itself.
        number: u64,
    },
    /// The message is of another OpenFlow version than 1.3.
    #[error("OpenFlow version {0:#04x}; only 0x04 (1.3) is spoken here")]
    Version(u8),
}
