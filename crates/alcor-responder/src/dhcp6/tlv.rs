//! Options of DHCPv6: a number, a length and so many bytes each (RFC 8415, 21.1).
//!
//! Read here and not by dhcproto, which takes what follows a broken option for the end of the
//! message, and computes with lengths that it has not checked.

use crate::Reason;
use dhcproto::v6::OptionCode;

/// All options of a message or of an option that holds others.
pub(super) fn parse(mut rest: &[u8]) -> Result<Vec<(OptionCode, &[u8])>, Reason> {
    let mut options = Vec::new();
    while !rest.is_empty() {
        let (code, tail) = word(rest)?;
        let (length, tail) = word(tail)?;
        let data = tail.get(..length.into()).ok_or(Reason::BadOptions)?;
        options.push((OptionCode::from(code), data));
        rest = &tail[data.len()..];
    }
    Ok(options)
}

/// Adds an option. One that is too long is left out whole: there is none among what we say.
pub(super) fn put(to: &mut Vec<u8>, code: impl Into<u16>, data: &[u8]) {
    if let Ok(length) = u16::try_from(data.len()) {
        to.extend(code.into().to_be_bytes());
        to.extend(length.to_be_bytes());
        to.extend(data);
    }
}

fn word(bytes: &[u8]) -> Result<(u16, &[u8]), Reason> {
    let (word, rest) = bytes.split_first_chunk().ok_or(Reason::BadOptions)?;
    Ok((u16::from_be_bytes(*word), rest))
}
