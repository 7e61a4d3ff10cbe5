//! DHCPv6 options by name or number, for ports' own options of IP version 6.

use super::OptionError;
use super::value::{domain, hex, plain};
use std::net::Ipv6Addr;

/// The form of an option's value.
#[derive(Clone, Copy)]
enum Kind {
    Addresses,
    Names,
    Text,
    Seconds,
    /// Servers of the time, each in a suboption (RFC 5908).
    TimeServers,
    /// Texts, each with its length before it (RFC 5970).
    Parameters,
    Any,
}

/// Number, dnsmasq's name, form of the value.
const NAMES: &[(u16, &str, Kind)] = &[
    (21, "sip-server-domain", Kind::Names),
    (22, "sip-server", Kind::Addresses),
    (23, "dns-server", Kind::Addresses),
    (24, "domain-search", Kind::Names),
    (27, "nis-server", Kind::Addresses),
    (28, "nis+-server", Kind::Addresses),
    (29, "nis-domain", Kind::Names),
    (30, "nis+-domain", Kind::Names),
    (31, "sntp-server", Kind::Addresses),
    (32, "information-refresh-time", Kind::Seconds),
    (56, "ntp-server", Kind::TimeServers),
    (59, "bootfile-url", Kind::Text),
    (60, "bootfile-param", Kind::Parameters),
];

/// What the protocol itself says: identifiers, addresses, times, authentication, relays.
const RESERVED: std::ops::RangeInclusive<u16> = 1..=20;
const DELEGATION: [u16; 2] = [25, 26];

/// The longest value, in bytes, as for the API's field.
const LONGEST: usize = 255;

impl Kind {
    fn expected(self) -> &'static str {
        match self {
            Self::Addresses | Self::TimeServers => "IPv6 addresses with commas between them",
            Self::Names => "domain names with commas between them",
            Self::Text => "1 to 255 bytes of text without control characters",
            Self::Seconds => "a number from 0 to 4294967295",
            Self::Parameters => "texts with commas between them",
            Self::Any => "addresses, pairs of hex digits with colons, or text",
        }
    }

    fn encode(self, text: &str) -> Option<Vec<u8>> {
        let data = match self {
            Self::Addresses => list(text, |one| Some(address(one)?.to_vec())),
            Self::TimeServers => list(text, |one| {
                Some([&[0, 1, 0, 16][..], &address(one)?].concat())
            }),
            Self::Names => list(text, domain),
            Self::Text => plain(text),
            Self::Seconds => text
                .trim()
                .parse::<u32>()
                .ok()
                .map(|n| n.to_be_bytes().into()),
            Self::Parameters => list(text, |one| {
                let length = u16::try_from(one.len()).ok()?;
                Some([&length.to_be_bytes(), &plain(one)?[..]].concat())
            }),
            Self::Any => Self::Addresses
                .encode(text)
                .or_else(|| hex(text.trim()).filter(|data| data.len() > 1))
                .or_else(|| plain(text)),
        }?;
        (1..=LONGEST).contains(&data.len()).then_some(data)
    }
}

/// The number and the bytes of the option `name` with the text `value`.
///
/// `name` is the number (`23`) or dnsmasq's name (`dns-server`), with or without `option6:` before
/// it.
///
/// # Errors
///
/// What is wrong with the name or the value.
pub fn parse6(name: &str, value: &str) -> Result<(u16, Vec<u8>), OptionError> {
    let bare = name.strip_prefix("option6:").unwrap_or(name);
    let (code, kind) = find(bare).ok_or_else(|| OptionError::Unknown6(name.to_owned()))?;
    if RESERVED.contains(&code) || DELEGATION.contains(&code) {
        return Err(OptionError::Reserved(name.to_owned()));
    }
    let data = kind.encode(value).ok_or_else(|| OptionError::Value {
        name: name.to_owned(),
        value: value.to_owned(),
        expected: kind.expected(),
    })?;
    Ok((code, data))
}

fn find(name: &str) -> Option<(u16, Kind)> {
    let number = name.parse::<u16>().ok().filter(|_| !name.starts_with('+'));
    let mut rows = NAMES.iter();
    let row = rows.find(|(code, text, _)| number.map_or(*text == name, |n| n == *code));
    match (row, number) {
        (Some((code, _, kind)), _) => Some((*code, *kind)),
        (None, Some(number)) if number > 0 => Some((number, Kind::Any)),
        _ => None,
    }
}

fn list(text: &str, item: impl Fn(&str) -> Option<Vec<u8>>) -> Option<Vec<u8>> {
    let items: Option<Vec<_>> = text.split(',').map(|part| item(part.trim())).collect();
    Some(items?.concat())
}

/// dnsmasq wants addresses in brackets.
fn address(text: &str) -> Option<[u8; 16]> {
    let bare = text.strip_prefix('[').and_then(|it| it.strip_suffix(']'));
    let address: Ipv6Addr = bare.unwrap_or(text).parse().ok()?;
    Some(address.octets())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers_mean_the_same() {
        let one = [&[0x20, 1, 0xd, 0xb8][..], &[0; 11], &[1]].concat();
        for (name, number, value, bytes) in [
            ("dns-server", "23", "2001:db8::1", one.clone()),
            ("dns-server", "23", "[2001:db8::1]", one.clone()),
            ("domain-search", "24", "a.b", b"\x01a\x01b\0".to_vec()),
            (
                "ntp-server",
                "56",
                "2001:db8::1",
                [&[0, 1, 0, 16][..], &one].concat(),
            ),
            (
                "bootfile-url",
                "59",
                "tftp://[::1]/x",
                b"tftp://[::1]/x".to_vec(),
            ),
            ("bootfile-param", "60", "a, bc", b"\0\x01a\0\x02bc".to_vec()),
            ("information-refresh-time", "32", "600", vec![0, 0, 2, 88]),
        ] {
            let expected = Ok((number.parse().unwrap(), bytes));
            assert_eq!(parse6(name, value), expected, "{name}");
            assert_eq!(parse6(number, value), expected, "{name}");
            assert_eq!(parse6(&format!("option6:{name}"), value), expected);
        }
        assert_eq!(parse6("700", "de:ad"), Ok((700, vec![0xde, 0xad])));
    }

    #[test]
    fn errors_name_the_option() {
        for (name, value) in [
            ("no-such-option", "1"),
            ("0", "1"),
            ("65536", "1"),
            ("1", "00:01"),
            ("25", "x"),
            ("dns-server", "10.0.0.1"),
            ("dns-server", ""),
            ("domain-search", "a..b"),
            ("bootfile-url", "a\nb"),
        ] {
            let error = parse6(name, value).expect_err(name).to_string();
            assert!(error.contains(name), "{error}");
        }
    }
}
