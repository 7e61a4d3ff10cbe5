//! The monitored part of a database, kept right by applying updates. Pure: the connection
//! feeds it, tests can too.

use std::collections::{BTreeMap, BTreeSet, btree_map::Entry};
use std::sync::Arc;

use uuid::Uuid;

use crate::error::DecodeError;
use crate::row::Row;
use crate::schema::Schema;
use crate::update::{RowUpdate, TableUpdates};
use crate::value::{Atom, Datum};

/// The rows of one table by identity.
pub type Table = BTreeMap<Uuid, Arc<Row>>;

/// What happened to a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// The row appeared.
    Inserted(Arc<Row>),
    /// Columns changed.
    Modified {
        /// The row before.
        old: Arc<Row>,
        /// The row after.
        new: Arc<Row>,
    },
    /// The row disappeared; this is its last state.
    Deleted(Arc<Row>),
}

/// A change with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowChange {
    /// The table.
    pub table: String,
    /// The row.
    pub uuid: Uuid,
    /// What happened.
    pub change: Change,
}

/// A consistent state of all monitored tables. Cloning copies references, not rows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tables(BTreeMap<String, Arc<Table>>);

impl Tables {
    /// The rows of a table in order of their identity; none if it is not monitored.
    pub fn rows(&self, table: &str) -> impl Iterator<Item = (Uuid, &Row)> {
        let rows = self.0.get(table).into_iter().flat_map(|rows| rows.iter());
        rows.map(|(uuid, row)| (*uuid, row.as_ref()))
    }

    /// One row.
    pub fn row(&self, table: &str, uuid: Uuid) -> Option<&Row> {
        self.0.get(table)?.get(&uuid).map(AsRef::as_ref)
    }

    /// The number of rows in all tables.
    pub fn len(&self) -> usize {
        self.0.values().map(|table| table.len()).sum()
    }

    /// Whether there is no row at all.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Applies one update and says what changed. `columns` are the monitored ones; the
    /// schema gives their types.
    ///
    /// After an error the tables are no longer right and must be thrown away.
    pub fn apply(
        &mut self,
        schema: &Schema,
        columns: &BTreeMap<String, Vec<String>>,
        updates: TableUpdates,
    ) -> Result<Vec<RowChange>, DecodeError> {
        let mut changes = Vec::new();
        for (table, rows) in updates.0 {
            let monitored = columns
                .get(&table)
                .ok_or_else(|| DecodeError::unknown_column(&table, "*"))?;
            let context = Context {
                schema,
                table: &table,
                columns: monitored,
            };
            let cached = Arc::make_mut(self.0.entry(table.clone()).or_default());
            for (uuid, update) in rows {
                let change = context.apply(cached, uuid, update)?;
                changes.push(RowChange {
                    table: table.clone(),
                    uuid,
                    change,
                });
            }
        }
        Ok(changes)
    }
}

/// What is known about the table that an update is for.
struct Context<'a> {
    schema: &'a Schema,
    table: &'a str,
    columns: &'a [String],
}

impl Context<'_> {
    fn apply(
        &self,
        cached: &mut Table,
        uuid: Uuid,
        update: RowUpdate,
    ) -> Result<Change, DecodeError> {
        let Entry::Occupied(mut entry) = cached.entry(uuid) else {
            let RowUpdate::Insert(row) = update else {
                return Err(DecodeError::UnknownRow {
                    table: self.table.to_owned(),
                    uuid,
                });
            };
            let row = Arc::new(self.completed(row)?);
            cached.insert(uuid, Arc::clone(&row));
            return Ok(Change::Inserted(row));
        };
        let old = Arc::clone(entry.get());
        let new = match update {
            RowUpdate::Delete => return Ok(Change::Deleted(entry.remove())),
            RowUpdate::Insert(row) => Arc::new(self.completed(row)?),
            RowUpdate::Replace(row) => Arc::new(replaced(&old, &row)),
            RowUpdate::Difference(row) => Arc::new(self.patched(&old, &row)?),
        };
        entry.insert(Arc::clone(&new));
        Ok(Change::Modified { old, new })
    }

    /// Servers leave out columns that hold their default; a reader should not care.
    fn completed(&self, mut row: Row) -> Result<Row, DecodeError> {
        for column in self.columns {
            if row.get(column).is_none() {
                row.set(
                    column,
                    self.schema.column(self.table, column)?.default_value(),
                );
            }
        }
        Ok(row)
    }

    fn patched(&self, old: &Row, difference: &Row) -> Result<Row, DecodeError> {
        let mut row = old.clone();
        for (column, change) in difference.columns() {
            let many = self.schema.column(self.table, column)?.many;
            let new = match row.get(column) {
                Some(old) if many => combined(old, change),
                Some(_) | None => change.clone(),
            };
            row.set(column, new);
        }
        Ok(row)
    }
}

fn replaced(old: &Row, new: &Row) -> Row {
    let mut row = old.clone();
    for (column, value) in new.columns() {
        row.set(column, value.clone());
    }
    row
}

/// Applies a difference: an element on both sides goes, an element on one side stays; a
/// map's key with another value takes the value of the difference.
fn combined(old: &Datum, difference: &Datum) -> Datum {
    match (old, difference) {
        (Datum::Set(old), Datum::Set(difference)) => Datum::Set(old ^ difference),
        (Datum::Map(old), Datum::Map(difference)) => Datum::Map(combined_maps(old, difference)),
        // The types never differ for a column of one schema; the newer one is the truth.
        (Datum::Set(_) | Datum::Map(_), _) => difference.clone(),
    }
}

fn combined_maps(
    old: &BTreeMap<Atom, Atom>,
    difference: &BTreeMap<Atom, Atom>,
) -> BTreeMap<Atom, Atom> {
    let keys: BTreeSet<_> = old.keys().chain(difference.keys()).collect();
    let pairs = keys
        .into_iter()
        .filter_map(|key| match (old.get(key), difference.get(key)) {
            (Some(before), Some(after)) if before == after => None,
            (_, Some(value)) | (Some(value), None) => Some((key.clone(), value.clone())),
            (None, None) => None,
        });
    pairs.collect()
}

#[cfg(test)]
mod tests {
    use proptest::collection::{btree_map, btree_set};
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    /// What a server sends for a map: keys that went or came, and keys with their new value.
    fn map_difference(
        old: &BTreeMap<Atom, Atom>,
        new: &BTreeMap<Atom, Atom>,
    ) -> BTreeMap<Atom, Atom> {
        let gone = old.iter().filter(|(key, _)| !new.contains_key(key));
        let came = new
            .iter()
            .filter(|(key, value)| old.get(key) != Some(value));
        gone.chain(came)
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect()
    }

    fn number() -> impl Strategy<Value = Atom> {
        (0_i64..6).prop_map(Atom::Integer)
    }

    proptest! {
        #[test]
        fn a_difference_of_sets_leads_to_the_new_set(
            old in btree_set(number(), 0..6),
            new in btree_set(number(), 0..6),
        ) {
            let difference = old.symmetric_difference(&new).cloned().collect();
            let result = combined(&Datum::Set(old), &Datum::Set(difference));
            prop_assert_eq!(result, Datum::Set(new));
        }

        #[test]
        fn a_difference_of_maps_leads_to_the_new_map(
            old in btree_map(number(), number(), 0..6),
            new in btree_map(number(), number(), 0..6),
        ) {
            let difference = Datum::Map(map_difference(&old, &new));
            prop_assert_eq!(combined(&Datum::Map(old), &difference), Datum::Map(new));
        }
    }

    fn schema() -> Schema {
        let json = json!({"tables": {"T": {"columns": {
            "name": {"type": "string"},
            "tags": {"type": {"key": "integer", "min": 0, "max": "unlimited"}},
        }}}});
        Schema::from_json(&json).unwrap()
    }

    fn apply(tables: &mut Tables, update: RowUpdate) -> Result<Vec<RowChange>, DecodeError> {
        let columns = [("T".to_owned(), vec!["name".to_owned(), "tags".to_owned()])].into();
        let rows = [(Uuid::nil(), update)].into();
        tables.apply(
            &schema(),
            &columns,
            TableUpdates([("T".to_owned(), rows)].into()),
        )
    }

    #[test]
    fn columns_that_are_left_out_have_their_default() {
        let mut tables = Tables::default();
        apply(&mut tables, RowUpdate::Insert(Row::new())).unwrap();
        let expected = Row::new().with("name", "").with("tags", Datum::empty());
        assert_eq!(tables.row("T", Uuid::nil()), Some(&expected));
    }

    #[test]
    fn a_change_of_an_unknown_row_is_an_error() {
        for update in [RowUpdate::Delete, RowUpdate::Difference(Row::new())] {
            let error = apply(&mut Tables::default(), update);
            assert!(
                matches!(error, Err(DecodeError::UnknownRow { .. })),
                "{error:?}"
            );
        }
    }

    #[test]
    fn a_snapshot_does_not_follow_later_changes() {
        let mut tables = Tables::default();
        apply(&mut tables, RowUpdate::Insert(Row::new().with("name", "a"))).unwrap();
        let snapshot = tables.clone();
        apply(&mut tables, RowUpdate::Delete).unwrap();
        assert_eq!((snapshot.len(), tables.len()), (1, 0));
    }
}
