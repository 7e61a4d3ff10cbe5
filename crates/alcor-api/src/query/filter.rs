//! Filters: repeated keys widen (one of these values), different keys narrow (all of these).

use super::{CONTROLS, QueryString};
use crate::attribute::{Attribute, find};
use crate::error::RequestError;
use crate::field::{Field, time_of_text};
use crate::resource::{Resource, Row};
use alcor_types::{FixedIp, Timestamp};
use std::collections::BTreeSet;
use std::net::IpAddr;
use uuid::Uuid;

/// One condition on a row.
pub(crate) enum Filter<R: Resource> {
    /// The attribute has one of these values.
    OneOf {
        /// The attribute; it has a reader.
        attribute: &'static Attribute<R>,
        /// The values.
        values: Vec<Field<'static>>,
    },
    /// The row's tags.
    Tags {
        /// The tags in question.
        tags: Vec<String>,
        /// Whether one of them is enough.
        any: bool,
        /// Whether rows that satisfy this are unwanted.
        not: bool,
    },
    /// Written at or after this second.
    ChangedSince(Timestamp),
    /// One of a port's fixed IPs is so.
    FixedIps(FixedIps),
}

/// What one and the same fixed IP of a port must be.
#[derive(Default)]
pub(crate) struct FixedIps {
    /// Its subnet is one of these, where any are named.
    pub(crate) subnets: Option<Vec<Uuid>>,
    /// It is one of these, where any are named.
    pub(crate) addresses: Option<Vec<IpAddr>>,
    /// Its text contains one of these, where any are named.
    substrings: Vec<String>,
}

impl FixedIps {
    fn allow(&self, ip: &FixedIp) -> bool {
        let subnet = |wanted: &Vec<Uuid>| wanted.contains(&ip.subnet_id.0);
        let address = |wanted: &Vec<IpAddr>| wanted.contains(&ip.ip_address);
        self.subnets.as_ref().is_none_or(subnet)
            && self.addresses.as_ref().is_none_or(address)
            && (self.substrings.is_empty() || self.contains(&ip.ip_address.to_string()))
    }

    fn contains(&self, text: &str) -> bool {
        self.substrings.iter().any(|part| text.contains(part))
    }

    /// Takes one `key=value` of the parameter `fixed_ips`. A value that no address or subnet
    /// can have is remembered as "named, but none".
    fn add(&mut self, pair: &str) -> Result<(), RequestError> {
        match pair.split_once('=') {
            Some(("subnet_id", id)) => {
                let subnets = self.subnets.get_or_insert_default();
                subnets.extend(Uuid::parse_str(id).ok());
            }
            Some(("ip_address", address)) => {
                let addresses = self.addresses.get_or_insert_default();
                addresses.extend(address.parse::<IpAddr>().ok());
            }
            Some(("ip_address_substr", part)) => self.substrings.push(part.to_owned()),
            _ => {
                return Err(RequestError::invalid(
                    "fixed_ips",
                    "write fixed_ips=ip_address=A, fixed_ips=subnet_id=S or \
                     fixed_ips=ip_address_substr=T",
                ));
            }
        }
        Ok(())
    }
}

impl<R: Resource> Filter<R> {
    /// The numbers that this attribute is filtered by, where this filter is about it.
    pub(crate) fn numbers(&self, name: &str) -> Vec<i64> {
        let Self::OneOf { attribute, values } = self else {
            return Vec::new();
        };
        let number = |value: &Field<'_>| match value {
            Field::Number(number) => Some(*number),
            _ => None,
        };
        let wanted = values.iter().filter(|_| attribute.name == name);
        wanted.filter_map(number).collect()
    }

    /// Whether the row is wanted.
    pub(crate) fn allows(&self, row: &Row<'_, R>) -> bool {
        match self {
            Self::OneOf { attribute, values } => attribute.is_one_of(row, values),
            Self::Tags { tags, any, not } => {
                let has = |own: &BTreeSet<String>| {
                    let mut each = tags.iter().map(|tag| own.contains(tag));
                    if *any {
                        each.any(|has| has)
                    } else {
                        each.all(|has| has)
                    }
                };
                R::standard(&row.record).is_some_and(|standard| has(&standard.tags) != *not)
            }
            Self::ChangedSince(time) => {
                R::standard(&row.record).is_some_and(|standard| standard.updated_at >= *time)
            }
            Self::FixedIps(wanted) => R::fixed_ips(&row.record).iter().any(|ip| wanted.allow(ip)),
        }
    }
}

/// Reads every filter of the query; unknown names are refused, as `filter-validation` says.
pub(super) fn read<R: Resource>(query: &QueryString) -> Result<Vec<Filter<R>>, RequestError> {
    let names: BTreeSet<&str> = query
        .pairs()
        .map(|(name, _)| name)
        .filter(|name| !CONTROLS.contains(name))
        .collect();
    let mut unknown = Vec::new();
    let mut filters = Vec::new();
    for name in names {
        match one(query, name)? {
            Some(filter) => filters.push(filter),
            None => unknown.push(name.chars().take(80).collect::<String>()),
        }
    }
    if unknown.is_empty() {
        return Ok(filters);
    }
    unknown.truncate(10);
    Err(RequestError::BadRequest(format!(
        "'{}' is invalid attribute for filtering",
        unknown.join("', '")
    )))
}

fn one<R: Resource>(query: &QueryString, name: &str) -> Result<Option<Filter<R>>, RequestError> {
    let standard = R::HAS_STANDARD;
    let tags = |any, not| {
        let tags = query.all(name).flat_map(|value| value.split(','));
        Filter::Tags {
            tags: tags.map(str::to_owned).collect(),
            any,
            not,
        }
    };
    Ok(Some(match name {
        "tags" if standard => tags(false, false),
        "tags-any" if standard => tags(true, false),
        "not-tags" if standard => tags(false, true),
        "not-tags-any" if standard => tags(true, true),
        "changed_since" if standard => {
            let text = query.all(name).last().unwrap_or_default();
            let time = time_of_text(text).map_err(|why| RequestError::invalid(name, why))?;
            Filter::ChangedSince(time)
        }
        "fixed_ips" if R::HAS_FIXED_IPS => {
            let mut wanted = FixedIps::default();
            query.all(name).try_for_each(|pair| wanted.add(pair))?;
            Filter::FixedIps(wanted)
        }
        _ => match find::<R>(name).filter(|attribute| attribute.is_filter()) {
            Some(attribute) => one_of(query, name, attribute)?,
            None => return Ok(None),
        },
    }))
}

fn one_of<R: Resource>(
    query: &QueryString,
    name: &str,
    attribute: &'static Attribute<R>,
) -> Result<Filter<R>, RequestError> {
    let mut values = Vec::new();
    for text in query.all(name) {
        let wanted = attribute.kind.wanted(text);
        values.extend(wanted.map_err(|why| RequestError::invalid(name, why))?);
    }
    Ok(Filter::OneOf { attribute, values })
}
