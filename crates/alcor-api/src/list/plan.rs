//! The query planner: which rows to look at for a set of filters.
//!
//! It takes the index that selects most among those the filters name. All rows it proposes are
//! still checked against every filter, so a plan can be wasteful but never wrong.

#[cfg(test)]
mod tests;

use crate::enforce;
use crate::field::Field;
use crate::query::Filter;
use crate::resource::{Reading, Resource};
use alcor_managers::records::{self, Index, Record};
use alcor_managers::{Caller, schema};
use alcor_store::Key;
use alcor_store::records::Table;
use alcor_types::EVERYONE;
use uuid::Uuid;

/// An index that answers a filter.
pub(crate) struct IndexRule {
    /// The attribute whose filter it answers.
    pub(crate) attribute: &'static str,
    /// Its rank: the lower, the fewer rows one value has.
    rank: u8,
    entries: Entries,
}

/// How a filter's value leads to entries.
enum Entries {
    /// The value's own.
    Of(Index),
    /// Those of grants: true stands for what everyone or the caller got.
    Granted(Index),
    /// Those that the function names.
    Named(Namer),
}

/// Names the entries that hold every row with this value; none where no index does.
type Namer = fn(&Field<'_>) -> Option<Vec<Lookup>>;

impl IndexRule {
    /// An index by the attribute's value.
    pub(crate) const fn new(attribute: &'static str, index: Index, rank: u8) -> Self {
        Self::by(attribute, Entries::Of(index), rank)
    }

    /// An index by the projects that something is granted to.
    pub(crate) const fn granted(attribute: &'static str, index: Index, rank: u8) -> Self {
        Self::by(attribute, Entries::Granted(index), rank)
    }

    /// Several indexes, for an attribute that is worked out and not stored.
    pub(crate) const fn named(attribute: &'static str, entries: Namer, rank: u8) -> Self {
        Self::by(attribute, Entries::Named(entries), rank)
    }

    const fn by(attribute: &'static str, entries: Entries, rank: u8) -> Self {
        Self {
            attribute,
            rank,
            entries,
        }
    }

    /// The entries that hold every row with this value; none where the index has no such.
    fn lookups(&self, value: &Field<'_>, caller: &Caller) -> Option<Vec<Lookup>> {
        match self.entries {
            Entries::Of(index) => {
                let parts = parts(value)?;
                let table = None;
                Some(vec![Lookup {
                    table,
                    index,
                    parts,
                }])
            }
            Entries::Granted(index) => {
                matches!(value, Field::Flag(true)).then(|| granted(index, caller))
            }
            Entries::Named(name) => name(value),
        }
    }
}

/// The entries of what is granted to everyone and to the caller's project.
pub(crate) fn granted(index: Index, caller: &Caller) -> Vec<Lookup> {
    vec![
        Lookup::new(index, &[EVERYONE.as_bytes()]),
        Lookup::new(index, &[caller.project_id.as_str().as_bytes()]),
    ]
}

/// The rank of an address, which few ports share.
const RANK_ADDRESS: u8 = 1;
/// The rank of a subnet.
const RANK_SUBNET: u8 = 5;
/// The rank of a tag.
const RANK_TAG: u8 = 6;
/// The rank of all a tenant may see.
const RANK_SCOPE: u8 = 8;

/// One value of an index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Lookup {
    /// The table that has the index, where it is another than that of the rows; their keys are
    /// the same.
    table: Option<Table>,
    /// The index.
    pub(crate) index: Index,
    /// The parts of the value.
    pub(crate) parts: Vec<Vec<u8>>,
}

impl Lookup {
    /// A value of these parts.
    pub(crate) fn new(index: Index, parts: &[&[u8]]) -> Self {
        Self {
            table: None,
            index,
            parts: parts.iter().map(|part| part.to_vec()).collect(),
        }
    }

    /// A value of an index of what is kept beside the rows, in a table of its own.
    pub(crate) fn beside(table: Table, index: Index, parts: &[&[u8]]) -> Self {
        Self {
            table: Some(table),
            ..Self::new(index, parts)
        }
    }

    /// The primary keys it has, in their order or the reverse, beyond `after`.
    pub(super) fn keys_beyond<'a, T: Record>(
        &self,
        reading: &'a Reading,
        after: Option<&[u8]>,
        reverse: bool,
    ) -> impl Iterator<Item = Key> + use<'a, T> {
        let parts: Vec<&[u8]> = self.parts.iter().map(Vec::as_slice).collect();
        let table = self.table.unwrap_or(T::TABLE);
        records::keys_in(&reading.snapshot, table, self.index, &parts, after, reverse)
    }

    /// The primary keys it has.
    pub(crate) fn keys<T: Record>(&self, reading: &Reading) -> Vec<Key> {
        self.keys_beyond::<T>(reading, None, false).collect()
    }
}

/// Where rows come from, always in the order of their ids.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// The whole table.
    Scan,
    /// These primary keys, sorted, each once.
    Keys(Vec<Vec<u8>>),
    /// The union of these index values.
    Lookups(Vec<Lookup>),
}

/// The plan for `filters`, asked by `caller`.
pub(crate) fn plan<R: Resource>(
    filters: &[Filter<R>],
    caller: &Caller,
    reading: &Reading,
) -> Source {
    if enforce::sees_none::<R>(caller) {
        return Source::Keys(Vec::new());
    }
    if let Some(keys) = filters.iter().find_map(by_id) {
        return Source::Keys(keys);
    }
    let mut best: Option<(u8, Vec<Lookup>)> = None;
    for (rank, lookups) in filters.iter().filter_map(|filter| lookups(filter, caller)) {
        if best.as_ref().is_none_or(|(lowest, _)| rank < *lowest) {
            best = Some((rank, lookups));
        }
    }
    if !caller.sees_all() && best.as_ref().is_none_or(|(rank, _)| *rank > RANK_SCOPE) {
        best = R::scope(caller, reading)
            .map(|lookups| (RANK_SCOPE, lookups))
            .or(best);
    }
    best.map_or(Source::Scan, |(_, lookups)| Source::Lookups(lookups))
}

fn by_id<R: Resource>(filter: &Filter<R>) -> Option<Vec<Vec<u8>>> {
    let Filter::OneOf { attribute, values } = filter else {
        return None;
    };
    if attribute.name != R::ID {
        return None;
    }
    let mut ids: Vec<Uuid> = values
        .iter()
        .filter_map(|value| match value {
            Field::Id(id) => Some(*id),
            _ => None,
        })
        .collect();
    ids.sort_unstable();
    ids.dedup();
    Some(ids.iter().map(|id| id.as_bytes().to_vec()).collect())
}

fn lookups<R: Resource>(filter: &Filter<R>, caller: &Caller) -> Option<(u8, Vec<Lookup>)> {
    match filter {
        Filter::OneOf { attribute, values } => {
            let rule = R::indexes()
                .iter()
                .find(|rule| rule.attribute == attribute.name)?;
            let values = values.iter().map(|value| rule.lookups(value, caller));
            let values: Vec<_> = values.collect::<Option<_>>()?;
            Some((rule.rank, values.into_iter().flatten().collect()))
        }
        Filter::Tags { not: true, .. } | Filter::ChangedSince(_) => None,
        Filter::Tags { tags, any, .. } => Some((RANK_TAG, by_tags(R::TAG_INDEX?, tags, *any)?)),
        Filter::FixedIps(wanted) => by_fixed_ips(
            wanted.subnets.as_deref(),
            wanted
                .addresses
                .as_ref()
                .map(|all| all.iter().map(|ip| schema::ip_part(*ip)).collect()),
        ),
    }
}

/// The parts of an index value for a filter's value: none for an index that holds only what is
/// true. `None` when the index has no entry for the value.
fn parts(value: &Field<'_>) -> Option<Vec<Vec<u8>>> {
    let part = match value {
        Field::Id(id) => id.as_bytes().to_vec(),
        Field::Mac(mac) => mac.0.to_vec(),
        Field::Address(address) => schema::ip_part(*address),
        Field::Block(block) => block.to_string().into_bytes(),
        Field::Text(text) if !text.is_empty() => text.as_bytes().to_vec(),
        Field::Number(number) => u32::try_from(*number).ok()?.to_be_bytes().to_vec(),
        Field::Flag(true) => return Some(Vec::new()),
        Field::Text(_) | Field::Null | Field::Flag(false) => return None,
    };
    Some(vec![part])
}

fn by_tags(index: Index, tags: &[String], any: bool) -> Option<Vec<Lookup>> {
    let lookup = |tag: &String| Lookup::new(index, &[tag.as_bytes()]);
    if tags.iter().any(String::is_empty) {
        return None;
    }
    Some(if any {
        tags.iter().map(lookup).collect()
    } else {
        tags.first().map(lookup).into_iter().collect()
    })
}

/// Addresses select most; a subnet beside them is left to the filter.
fn by_fixed_ips(
    subnets: Option<&[Uuid]>,
    addresses: Option<Vec<Vec<u8>>>,
) -> Option<(u8, Vec<Lookup>)> {
    if let Some(addresses) = addresses {
        let lookup = |part: &Vec<u8>| Lookup::new(schema::PORT_BY_IP, &[part]);
        return Some((RANK_ADDRESS, addresses.iter().map(lookup).collect()));
    }
    let lookup = |id: &Uuid| Lookup::new(schema::PORT_BY_SUBNET, &[id.as_bytes()]);
    Some((RANK_SUBNET, subnets?.iter().map(lookup).collect()))
}
