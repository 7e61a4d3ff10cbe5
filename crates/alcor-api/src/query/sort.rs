//! `sort_key` and `sort_dir`: pairs of an attribute and a direction. The id ends every order,
//! so that no two rows are equal and pages never overlap.

use super::QueryString;
use crate::attribute::{Reader, find};
use crate::error::RequestError;
use crate::field::Field;
use crate::resource::{Resource, Row};
use std::cmp::Ordering;

/// The direction of one sort key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    /// Lowest first.
    Ascending,
    /// Highest first.
    Descending,
}

impl Direction {
    fn read(text: &str) -> Result<Self, RequestError> {
        match text {
            "asc" => Ok(Self::Ascending),
            "desc" => Ok(Self::Descending),
            _ => Err(RequestError::BadRequest(format!(
                "'{}' is invalid value for sort_dirs, valid value is 'asc' and 'desc'",
                text.chars().take(80).collect::<String>()
            ))),
        }
    }

    fn apply(self, order: Ordering) -> Ordering {
        match self {
            Self::Ascending => order,
            Self::Descending => order.reverse(),
        }
    }
}

/// A total order of the rows.
pub(crate) struct Order<R: Resource> {
    keys: Vec<(Reader<R>, Direction)>,
    id: Direction,
}

/// Where a row stands in an order.
pub(crate) struct Place {
    fields: Vec<Field<'static>>,
    key: Vec<u8>,
}

impl Place {
    /// The row's primary key.
    pub(crate) fn into_key(self) -> Vec<u8> {
        self.key
    }
}

impl<R: Resource> Order<R> {
    pub(super) fn read(query: &QueryString) -> Result<Self, RequestError> {
        let names: Vec<_> = query.all("sort_key").collect();
        let mut directions = query
            .all("sort_dir")
            .map(Direction::read)
            .collect::<Result<Vec<_>, _>>()?;
        if directions.len() > names.len() {
            return Err(RequestError::BadRequest(
                "The number of sort_keys and sort_dirs must be same".to_owned(),
            ));
        }
        directions.resize(names.len(), Direction::Ascending);
        let mut order = Self {
            keys: Vec::new(),
            id: Direction::Ascending,
        };
        for (name, direction) in names.into_iter().zip(directions) {
            if name == "id" {
                // Ids are unique: what follows them decides nothing.
                order.id = direction;
                break;
            }
            order.keys.push((sortable::<R>(name)?, direction));
        }
        Ok(order)
    }

    /// The direction of the ids where they alone decide, so that the table's own order serves.
    pub(crate) fn by_id(&self) -> Option<Direction> {
        self.keys.is_empty().then_some(self.id)
    }

    /// Where `row` stands.
    pub(crate) fn place(&self, row: &Row<'_, R>) -> Place {
        let fields = self.keys.iter().map(|(read, _)| read(row).into_owned());
        Place {
            fields: fields.collect(),
            key: row.key(),
        }
    }

    /// Which of two places comes first.
    pub(crate) fn compare(&self, one: &Place, other: &Place) -> Ordering {
        let mut pairs = one.fields.iter().zip(&other.fields).zip(&self.keys);
        pairs
            .find_map(|((a, b), (_, direction))| {
                Some(direction.apply(a.cmp(b))).filter(|order| order.is_ne())
            })
            .unwrap_or_else(|| self.id.apply(one.key.cmp(&other.key)))
    }
}

fn sortable<R: Resource>(name: &str) -> Result<Reader<R>, RequestError> {
    find::<R>(name)
        .and_then(|attribute| attribute.read)
        .ok_or_else(|| {
            RequestError::BadRequest(format!(
                "'{}' is invalid attribute for sort_keys",
                name.chars().take(80).collect::<String>()
            ))
        })
}
