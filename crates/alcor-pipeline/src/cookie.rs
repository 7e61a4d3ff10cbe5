//! What the cookie of a flow says.
//!
//! | bits | meaning |
//! | --- | --- |
//! | 63..60 | kind of the owner: 1 base, 2 network, 3 port, 4 MAC address, 5 IPv4 address, 6 flood |
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
    let mut hasher = Fnv(0xcbf2_9ce4_8422_2325);
    value.hash(&mut hasher);
    let sum = hasher.finish();
    (sum >> 32) as u32 ^ (sum & 0xffff_ffff) as u32
}

/// FNV-1a with a final mix: the standard library's hasher promises nothing from one process
/// to the next.
struct Fnv(u64);

impl Hasher for Fnv {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    fn finish(&self) -> u64 {
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed ^ mixed >> 27
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
}
