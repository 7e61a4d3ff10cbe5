//! Digests: how region and agent find out that they hold the same, in eight bytes a scope.
//!
//! Every goal has a 64-bit hash of its wire form without the revision (a region that starts
//! anew gives its goals the revision it loaded at, and nothing has changed by that); a set's
//! digest is the XOR of its goals'
//! hashes. So adding and removing cost the same whatever the set's size, order does not
//! matter, and the region can take one host's own ports out of a sum that all hosts share.
//! The hash is FNV-1a with a final mix: stable across builds and machines. It guards
//! against loss and bugs, not against forgery.

use crate::{Goal, encode};
use prost::Message;

/// The hash of one goal's content, whatever its revision. Two goals of different kinds or
/// contents have different hashes but for chance (about 2^-64).
pub fn goal(goal: &Goal) -> u64 {
    macro_rules! content {
        ($kind:literal, $message:expr) => {{
            let mut message = $message;
            message.store_revision = 0;
            hash($kind, &message.encode_to_vec())
        }};
    }
    match goal {
        Goal::Vpc(goal) => content!(0, encode::vpc(goal)),
        Goal::Subnet(goal) => content!(1, encode::subnet(goal)),
        Goal::Acl(goal) => content!(20, encode::acl::acl(goal)),
        Goal::Port(goal) => content!(2, encode::port(goal)),
        Goal::Neighbor(goal) => content!(3, encode::neighbor(goal)),
        Goal::Dhcp(goal) => content!(5, encode::dhcp(goal)),
        Goal::Interface(goal) => content!(6, encode::interface(goal)),
        Goal::Group(goal) => content!(4, encode::group::group(goal)),
        Goal::Member(goal) => content!(10, encode::group::member(goal)),
        Goal::AddressGroup(goal) => content!(11, encode::group::addresses(goal)),
        Goal::Peer(goal) => content!(24, encode::peer::peer(goal)),
        Goal::Floating(goal) => content!(21, encode::north::floating(goal)),
        Goal::Outlet(goal) => content!(30, encode::north::outlet(goal)),
    }
}

/// The digest of a set of goals.
pub fn goals<'a>(set: impl IntoIterator<Item = &'a Goal>) -> u64 {
    set.into_iter().fold(0, |sum, one| sum ^ goal(one))
}

/// The hash of a text that is no goal.
pub(crate) fn of_text(text: &str) -> u64 {
    hash(u8::MAX, text.as_bytes())
}

/// FNV-1a over the kind and the bytes, then the finaliser of SplitMix64, so that every input
/// bit reaches every output bit.
fn hash(kind: u8, bytes: &[u8]) -> u64 {
    const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0100_0000_01b3;
    let step = |sum: u64, byte: &u8| (sum ^ u64::from(*byte)).wrapping_mul(PRIME);
    let mut sum = bytes.iter().fold(step(OFFSET, &kind), step);
    sum = (sum ^ (sum >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    sum = (sum ^ (sum >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    sum ^ (sum >> 31)
}
