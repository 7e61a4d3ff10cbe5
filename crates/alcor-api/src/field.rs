//! One attribute's value as filters compare it and sorting orders it, without making text of
//! ids and addresses first.

use crate::value::flag_of_text;
use alcor_types::{MacAddr, Timestamp};
use ipnet::IpNet;
use std::borrow::Cow;
use std::net::IpAddr;
use uuid::Uuid;

/// A value of an attribute of one resource. Values of one attribute are of one variant, or
/// [`Field::Null`], which sorts first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Field<'a> {
    /// No value.
    Null,
    /// A boolean.
    Flag(bool),
    /// An integer, or a time in seconds.
    Number(i64),
    /// An id.
    Id(Uuid),
    /// An Ethernet address.
    Mac(MacAddr),
    /// An IP address.
    Address(IpAddr),
    /// A block of addresses.
    Block(IpNet),
    /// Anything else.
    Text(Cow<'a, str>),
}

impl<'a> Field<'a> {
    /// A text that lives in the row.
    pub(crate) fn text(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }

    /// A second of UTC.
    pub(crate) fn time(time: Timestamp) -> Self {
        Self::Number(time.0)
    }

    /// The value, or null where there is none.
    pub(crate) fn or_null<T>(value: Option<T>, of: impl FnOnce(T) -> Self) -> Self {
        value.map_or(Self::Null, of)
    }

    /// The same value without a borrow of the row.
    pub(crate) fn into_owned(self) -> Field<'static> {
        match self {
            Self::Null => Field::Null,
            Self::Flag(flag) => Field::Flag(flag),
            Self::Number(number) => Field::Number(number),
            Self::Id(id) => Field::Id(id),
            Self::Mac(mac) => Field::Mac(mac),
            Self::Address(address) => Field::Address(address),
            Self::Block(block) => Field::Block(block),
            Self::Text(text) => Field::Text(Cow::Owned(text.into_owned())),
        }
    }
}

/// The type of an attribute's values where a query string names one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Any text.
    Text,
    /// Any text, compared without case; the reader gives it in lower case.
    Folded,
    /// A boolean.
    Flag,
    /// An integer.
    Number,
    /// A UUID.
    Id,
    /// An Ethernet address.
    Mac,
    /// An IP address.
    Address,
    /// A block of addresses.
    Block,
    /// A second of UTC.
    Time,
    /// A list or an object: it can be neither filtered nor sorted by this type.
    Compound,
}

impl Kind {
    /// What the query string's `text` asks for. `Ok(None)` is a value that no row has, such as
    /// an id that is none; the error is the reason, for types where Neutron refuses the value.
    pub(crate) fn wanted(self, text: &str) -> Result<Option<Field<'static>>, String> {
        let owned = || Field::Text(Cow::Owned(text.to_owned()));
        Ok(match self {
            Self::Text => Some(owned()),
            Self::Folded => Some(Field::Text(Cow::Owned(text.to_ascii_lowercase()))),
            _ if text.is_empty() => Some(Field::Null),
            Self::Flag => {
                Some(Field::Flag(flag_of_text(text).ok_or_else(|| {
                    format!("'{text}' cannot be converted to boolean")
                })?))
            }
            Self::Number => Some(Field::Number(
                text.parse()
                    .map_err(|_| format!("'{text}' is not an integer"))?,
            )),
            Self::Id => Uuid::parse_str(text).ok().map(Field::Id),
            Self::Mac => text.parse().ok().map(Field::Mac),
            Self::Address => text.parse().ok().map(Field::Address),
            Self::Block => text.parse().ok().map(Field::Block),
            Self::Time => Some(Field::time(time_of_text(text)?)),
            Self::Compound => None,
        })
    }
}

/// Reads a time as `changed_since` gives it: ISO 8601, in UTC where no zone is named.
pub(crate) fn time_of_text(text: &str) -> Result<Timestamp, String> {
    let instant = text.parse::<jiff::Timestamp>().or_else(|_| {
        let civil = text.parse::<jiff::civil::DateTime>()?;
        jiff::tz::TimeZone::UTC.to_timestamp(civil)
    });
    instant
        .map(|time| Timestamp(time.as_second()))
        .map_err(|_| format!("'{text}' is not a time, like 2026-11-22T10:46:00Z"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_with_and_without_a_zone() {
        for text in [
            "2025-11-22T10:46:00Z",
            "2025-11-22T10:46:00",
            "2025-11-22 10:46:00",
            "2025-11-22T11:46:00+01:00",
        ] {
            assert_eq!(time_of_text(text), Ok(Timestamp(1_763_808_360)), "{text}");
        }
        assert!(time_of_text("yesterday").is_err());
    }

    #[test]
    fn a_value_of_the_wrong_type_matches_nothing_or_is_refused_as_neutron_does() {
        assert_eq!(Kind::Id.wanted("no-uuid"), Ok(None));
        assert_eq!(Kind::Flag.wanted("TRUE"), Ok(Some(Field::Flag(true))));
        assert!(Kind::Flag.wanted("perhaps").is_err());
        assert!(Kind::Number.wanted("1x").is_err());
        assert_eq!(
            Kind::Mac.wanted("FA:16:3E:00:00:01"),
            Kind::Mac.wanted("fa-16-3e-00-00-01")
        );
    }

    #[test]
    fn null_sorts_before_every_value() {
        assert!(Field::Null < Field::text(""));
        assert!(Field::Null < Field::Number(i64::MIN));
    }
}
