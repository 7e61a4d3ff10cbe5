//! Which options a reply carries, and in which order.
//!
//! The essential options have first claim to the room in the message, then those that the
//! client asks for, in its order. They go out in the client's order, since a client lists
//! what it needs most first (RFC 2132, section 9.8); what it did not ask for comes last.
//! An option goes out whole or not at all.

use crate::Binding;
use crate::options::code;

/// The options that a message without a lease does not have (RFC 2131, section 4.3.5).
const OF_LEASE: [u8; 3] = [code::LEASE_TIME, code::RENEWAL_TIME, code::REBINDING_TIME];

/// The options to send to a client that asks for `parameters`, in at most `room` bytes.
pub(super) fn choose<'b>(
    parameters: Option<&[u8]>,
    binding: &'b Binding,
    lease: bool,
    mut room: usize,
) -> Vec<(u8, &'b [u8])> {
    let mut wanted = wanted(parameters, binding);
    wanted.retain(|(code, _)| lease || !OF_LEASE.contains(code));
    let mut queue: Vec<usize> = (0..wanted.len()).collect();
    queue.sort_by_key(|at| wanted.get(*at).map(|(code, _)| Binding::rank(*code)));
    let mut fits = vec![false; wanted.len()];
    for at in queue {
        if let Some(left) = room.checked_sub(space(wanted[at].1)) {
            room = left;
            fits[at] = true;
        }
    }
    let chosen = wanted.into_iter().zip(fits);
    chosen
        .filter_map(|(option, fits)| fits.then_some(option))
        .collect()
}

/// What the client asks for and we know, in its order, and then what it needs anyhow; all that
/// we know for a client that does not say.
fn wanted<'b>(parameters: Option<&[u8]>, binding: &'b Binding) -> Vec<(u8, &'b [u8])> {
    let Some(parameters) = parameters else {
        return binding.all().collect();
    };
    let mut seen = [false; 256];
    let mut first = |code: u8| !std::mem::replace(&mut seen[usize::from(code)], true);
    let asked = parameters.iter().filter_map(|code| binding.option(*code));
    asked
        .chain(binding.essential())
        .filter(|(code, _)| first(*code))
        .collect()
}

/// The bytes that an option takes up, cut into parts of 255 where it is longer (RFC 3396).
pub(super) fn space(data: &[u8]) -> usize {
    data.len() + 2 * data.len().div_ceil(255)
}
