//! What the cookie of a flow says.
//!
//! | bits | meaning |
//! | --- | --- |
//! | 63..60 | kind of the owner: see [`Owner`]; 1 base, 3 port, 5 IP address, 7 router, 14 rule |
//! | 59..32 | hash of the owner |
//! | 31..0 | hash of what the flow does: instructions, timeouts and flags |
//!
//! So table, priority, match and cookie of a flow read back from a switch tell whether it is
//! the flow we want, without a look at its actions; `ovs-ofctl dump-flows br-int
//! cookie=0x3000000000000000/0xf000000000000000` shows the flows of ports, and
//! [`Owner`]'s [`mask`](OWNER_MASK) those of one owner.
//!
//! The hashes are stable on one machine and build. Another build may hash anew; then every
//! flow is replaced in place once, which no packet notices.

use crate::Owner;
use alcor_openflow::Flow;
use std::hash::{Hash, Hasher};

/// The bits that name the owner.
pub const OWNER_MASK: u64 = 0xffff_ffff_0000_0000;

/// The cookie of all flows of an owner, but for the bits outside [`OWNER_MASK`].
pub fn of_owner(owner: Owner) -> u64 {
    let name = u64::from(fold(&owner)) & 0x0fff_ffff;
    u64::from(owner.kind()) << 60 | name << 32
}

/// Gives a flow the cookie of its owner and content.
pub(crate) fn sign(flow: Flow, owner_bits: u64) -> Flow {
    let timeouts = (flow.idle_timeout, flow.hard_timeout, flow.flags);
    let content = fold(&(&flow.instructions, timeouts));
    flow.cookie(owner_bits | u64::from(content))
}

fn fold(value: &impl Hash) -> u32 {
    let mut hasher = Words(0);
    value.hash(&mut hasher);
    let sum = hasher.finish();
    (sum >> 32) as u32 ^ (sum & 0xffff_ffff) as u32
}

/// A hasher of words: one rotation and one multiplication each, then SplitMix64's finaliser.
/// The standard library's promises nothing from one process to the next, and one of bytes
/// would take most of the time that a flow takes to make.
struct Words(u64);

impl Words {
    fn mix(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}

impl Hasher for Words {
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.mix(u64::from_le_bytes(word));
        }
    }

    fn write_u8(&mut self, word: u8) {
        self.mix(word.into());
    }

    fn write_u16(&mut self, word: u16) {
        self.mix(word.into());
    }

    fn write_u32(&mut self, word: u32) {
        self.mix(word.into());
    }

    fn write_u64(&mut self, word: u64) {
        self.mix(word);
    }

    fn write_u128(&mut self, word: u128) {
        self.write(&word.to_le_bytes());
    }

    fn finish(&self) -> u64 {
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alcor_openflow::{Action, Match, PortNo};
    use alcor_types::PortId;

    #[test]
    fn the_cookie_tells_owner_and_content() {
        let owner = Owner::Port(PortId::random());
        let flow = |port| Flow::new(1, 2, Match::new()).apply([Action::Output(PortNo(port))]);
        let [one, two] = [1, 2].map(|port| sign(flow(port), of_owner(owner)).cookie);
        assert_eq!(one >> 60, 3);
        assert_eq!(one & OWNER_MASK, two & OWNER_MASK);
        assert_ne!(one, two);
        let other = of_owner(Owner::Port(PortId::random()));
        assert_ne!(other, one & OWNER_MASK);
    }

    #[test]
    fn small_differences_change_the_hash() {
        let hashes: std::collections::BTreeSet<u32> = (0..10_000_u64)
            .map(|number| fold(&Action::load(alcor_openflow::Field::Metadata, number)))
            .collect();
        assert!(hashes.len() > 9_990, "{} of 10000 differ", hashes.len());
    }
}
