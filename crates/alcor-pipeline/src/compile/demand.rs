//! Large networks: hosts know only those neighbours that they have asked for, so that a packet for an
//! address that nobody here knows waits while the region is asked. It goes on where it waited, and looks
//! again; who has not been found by then is nobody.

use crate::Punt;
use crate::state::State;
use crate::table::{ADDRESS, ADDRESS_OF, ASK, ASK_NOT, FOUND, LOCAL, REMOTE, SENDER, SOUGHT};
use alcor_openflow::{Action, Controller, Flow, Match};
use alcor_types::NetworkId;

/// The block of link-local addresses in IPv6, as [`ADDRESS_OF`] holds it.
const LINK_LOCAL: (u128, u128) = (0xfe80 << 112, 0xffc0 << 112);

/// For who asks [`ADDRESS`], and for unicast. VMs choose their link-local addresses themselves, so
/// that only they can answer for those: everybody hears the question, as in a small network.
pub(super) fn flows(state: &State, id: NetworkId) -> Vec<Flow> {
    let Some((vpc, key)) = state.active(id) else {
        return Vec::new();
    };
    if !vpc.identity.as_ref().is_some_and(|it| it.on_demand) {
        return Vec::new();
    }
    let unknown = || Match::new().metadata(key.number()).with(FOUND, 0_u32);
    let (prefix, mask) = LINK_LOCAL;
    let own_choice = unknown().with_masked(ADDRESS_OF, prefix, mask);
    let from_elsewhere = unknown().with(SENDER, 0_u32);
    let address = wait(Punt::UnknownAddress { network: id }, ADDRESS);
    let unicast = wait(Punt::UnknownMac { network: id }, REMOTE);
    vec![
        Flow::new(ADDRESS, ASK, unknown()).apply(address),
        Flow::new(ADDRESS, ASK_NOT, own_choice),
        Flow::new(LOCAL, ASK, unknown()).apply(unicast),
        Flow::new(LOCAL, ASK_NOT, from_elsewhere),
    ]
}

/// Up to the agent, and once it lets the packet go on, to the table again.
fn wait(punt: Punt, again: u8) -> [Action; 3] {
    let asked = Controller::with_userdata(punt.to_bytes()).paused();
    [
        asked.into(),
        Action::set(FOUND, SOUGHT),
        Action::resubmit(again),
    ]
}
