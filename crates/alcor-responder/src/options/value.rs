//! The values of options: from the text a user writes to the bytes of RFC 2132.

use super::routes;
use ipnet::Ipv4Net;
use std::net::Ipv4Addr;

/// The form of an option's value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    Address,
    Addresses,
    AddressPairs,
    Mask,
    Text,
    Flag,
    U8,
    U16,
    U32,
    I32,
    Mtu,
    Seconds,
    Names,
    Routes,
    Bytes,
    Any,
}

/// The longest value, in bytes, as for the API's field. Longer ones would be cut in parts
/// (RFC 3396), which few clients put together again.
const LONGEST: usize = 255;

/// The smallest MTU that option 26 may carry (RFC 2132, section 5.1).
const SMALLEST_MTU: u16 = 68;

impl Kind {
    /// What to write, for errors.
    pub(super) fn expected(self) -> &'static str {
        match self {
            Self::Address => "an IPv4 address",
            Self::Addresses => "IPv4 addresses with commas between them",
            Self::AddressPairs => "pairs of IPv4 addresses with commas between all of them",
            Self::Mask => "a netmask, like 255.255.255.0",
            Self::Text => "1 to 255 bytes of text without control characters",
            Self::Flag => "0 or 1",
            Self::U8 => "a number from 0 to 255",
            Self::U16 => "a number from 0 to 65535",
            Self::U32 => "a number from 0 to 4294967295",
            Self::I32 => "a number from -2147483648 to 2147483647",
            Self::Mtu => "a number from 68 to 65535",
            Self::Seconds => "a time above 0 in seconds, or with m, h, d or w, or infinite",
            Self::Names => "domain names with commas between them",
            Self::Routes => "routes as DESTINATION/LENGTH,ROUTER with commas between them",
            Self::Bytes => "pairs of hex digits with colons between them, or text",
            Self::Any => "addresses, a number, pairs of hex digits with colons, or text",
        }
    }
}

/// The bytes of a value, one to 255 of them; none when the text does not fit.
pub(super) fn encode(kind: Kind, text: &str) -> Option<Vec<u8>> {
    let data = match kind {
        Kind::Address => octets(text.trim()),
        Kind::Addresses => list(text, octets),
        Kind::AddressPairs => list(text, octets).filter(|data| data.len() % 8 == 0),
        Kind::Mask => mask(text.trim()),
        Kind::Text => plain(text),
        Kind::Flag => number::<u8>(text).filter(|n| *n <= 1).map(|n| vec![n]),
        Kind::U8 => number::<u8>(text).map(|n| vec![n]),
        Kind::U16 => number::<u16>(text).map(|n| n.to_be_bytes().into()),
        Kind::U32 => number::<u32>(text).map(|n| n.to_be_bytes().into()),
        Kind::I32 => number::<i32>(text).map(|n| n.to_be_bytes().into()),
        Kind::Mtu => mtu(text),
        Kind::Seconds => seconds(text.trim()).map(|n| n.to_be_bytes().into()),
        Kind::Names => list(text, domain),
        Kind::Routes => classless_routes(text),
        Kind::Bytes => bytes(text),
        Kind::Any => any(text),
    }?;
    Some(data).filter(|data| (1..=LONGEST).contains(&data.len()))
}

/// Every item between commas encoded, one after the other.
fn list(text: &str, item: impl Fn(&str) -> Option<Vec<u8>>) -> Option<Vec<u8>> {
    let items: Option<Vec<_>> = text.split(',').map(|part| item(part.trim())).collect();
    Some(items?.concat())
}

fn octets(text: &str) -> Option<Vec<u8>> {
    let address: Ipv4Addr = text.parse().ok()?;
    Some(address.octets().into())
}

fn mask(text: &str) -> Option<Vec<u8>> {
    let address: Ipv4Addr = text.parse().ok()?;
    ipnet::ipv4_mask_to_prefix(address).ok()?;
    Some(address.octets().into())
}

pub(super) fn plain(text: &str) -> Option<Vec<u8>> {
    let printable = !text.chars().any(char::is_control);
    printable.then(|| text.as_bytes().into())
}

fn number<N: std::str::FromStr>(text: &str) -> Option<N> {
    text.trim().parse().ok()
}

fn mtu(text: &str) -> Option<Vec<u8>> {
    let mtu = number::<u16>(text).filter(|mtu| *mtu >= SMALLEST_MTU)?;
    Some(mtu.to_be_bytes().into())
}

/// Seconds as dnsmasq reads them: `3600`, `60m`, `1h`, `7d`, `1w`, `infinite`.
fn seconds(text: &str) -> Option<u32> {
    if text == "infinite" {
        return Some(u32::MAX);
    }
    let (digits, factor) = match text.as_bytes().last()? {
        b's' => (&text[..text.len() - 1], 1),
        b'm' => (&text[..text.len() - 1], 60),
        b'h' => (&text[..text.len() - 1], 3_600),
        b'd' => (&text[..text.len() - 1], 86_400),
        b'w' => (&text[..text.len() - 1], 604_800),
        _ => (text, 1),
    };
    let count: u32 = digits.parse().ok()?;
    count.checked_mul(factor).filter(|sum| *sum > 0)
}

/// A domain name as DNS writes it (RFC 1035, section 3.1; RFC 3397 allows it uncompressed).
pub(crate) fn domain(text: &str) -> Option<Vec<u8>> {
    let mut wire = Vec::with_capacity(text.len() + 2);
    for label in text.strip_suffix('.').unwrap_or(text).split('.') {
        let length = u8::try_from(label.len()).ok()?;
        let right = (1..=63).contains(&length) && label.bytes().all(|b| b.is_ascii_graphic());
        wire.push(right.then_some(length)?);
        wire.extend_from_slice(label.as_bytes());
    }
    wire.push(0);
    Some(wire).filter(|wire| wire.len() <= 255)
}

fn classless_routes(text: &str) -> Option<Vec<u8>> {
    let parts: Vec<&str> = text.split(',').map(str::trim).collect();
    let (pairs, rest) = parts.as_chunks::<2>();
    let list: Option<Vec<_>> = pairs.iter().map(|[to, by]| route(to, by)).collect();
    rest.is_empty().then_some(routes::encode(&list?))
}

fn route(to: &str, by: &str) -> Option<(Ipv4Net, Ipv4Addr)> {
    let to: Ipv4Net = to.parse().ok()?;
    let by = by.parse().ok()?;
    (to.addr() == to.network()).then_some((to, by))
}

/// `01:02:ff`, or text where there is no colon in it.
fn bytes(text: &str) -> Option<Vec<u8>> {
    if text.contains(':') {
        hex(text.trim())
    } else {
        plain(text)
    }
}

pub(super) fn hex(text: &str) -> Option<Vec<u8>> {
    text.split(':').map(hex_pair).collect()
}

fn hex_pair(pair: &str) -> Option<u8> {
    let digits = pair.len() == 2 && pair.bytes().all(|digit| digit.is_ascii_hexdigit());
    u8::from_str_radix(pair, 16).ok().filter(|_| digits)
}

/// The form that dnsmasq would take the value for, where nothing is known of the option:
/// addresses, hex with colons, a number in as few bytes as hold it, text.
fn any(text: &str) -> Option<Vec<u8>> {
    let pairs = || hex(text.trim()).filter(|data| data.len() > 1);
    list(text, octets)
        .or_else(pairs)
        .or_else(|| shortest(number(text)?))
        .or_else(|| plain(text))
}

fn shortest(number: u32) -> Option<Vec<u8>> {
    let wide = number.to_be_bytes();
    match number {
        0..=0xff => wide.get(3..),
        0x100..=0xffff => wide.get(2..),
        _ => Some(&wide[..]),
    }
    .map(Into::into)
}
