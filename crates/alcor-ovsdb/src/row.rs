//! One row (or part of one) with typed access to its columns.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use uuid::Uuid;

use crate::error::DecodeError;
use crate::value::{Atom, Datum};

/// Columns of a row by name (`<row>`). A getter answers `None` when the column is absent,
/// empty, or of another type.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Row(BTreeMap<String, Datum>);

impl Row {
    /// A row without columns.
    pub fn new() -> Self {
        Self::default()
    }

    /// The row with this column set; for building rows in one expression.
    pub fn with(mut self, column: &str, value: impl Into<Datum>) -> Self {
        self.set(column, value);
        self
    }

    /// Sets a column.
    pub fn set(&mut self, column: &str, value: impl Into<Datum>) {
        self.0.insert(column.to_owned(), value.into());
    }

    /// Whether no column is set.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The columns in order of their names.
    pub fn columns(&self) -> impl Iterator<Item = (&str, &Datum)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// The raw value of a column.
    pub fn get(&self, column: &str) -> Option<&Datum> {
        self.0.get(column)
    }

    /// The string of a scalar or optional column.
    pub fn text(&self, column: &str) -> Option<&str> {
        match self.scalar(column)? {
            Atom::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The integer of a scalar or optional column.
    pub fn integer(&self, column: &str) -> Option<i64> {
        match self.scalar(column)? {
            Atom::Integer(number) => Some(*number),
            _ => None,
        }
    }

    /// The number of a scalar or optional column of reals. OVSDB prints a whole real
    /// without a fraction, so an integer on the wire is accepted.
    #[expect(
        clippy::cast_precision_loss,
        reason = "the column is a real with 53 bits anyway"
    )]
    pub fn real(&self, column: &str) -> Option<f64> {
        match self.scalar(column)? {
            Atom::Real(number) => Some(number.get()),
            Atom::Integer(number) => Some(*number as f64),
            _ => None,
        }
    }

    /// The boolean of a scalar or optional column.
    pub fn boolean(&self, column: &str) -> Option<bool> {
        match self.scalar(column)? {
            Atom::Boolean(flag) => Some(*flag),
            _ => None,
        }
    }

    /// The row reference of a scalar or optional column, such as `_uuid`.
    pub fn uuid(&self, column: &str) -> Option<Uuid> {
        match self.scalar(column)? {
            Atom::Uuid(uuid) => Some(*uuid),
            _ => None,
        }
    }

    /// All row references of a set column.
    pub fn uuids(&self, column: &str) -> impl Iterator<Item = Uuid> {
        self.atoms(column).filter_map(|atom| match atom {
            Atom::Uuid(uuid) => Some(*uuid),
            _ => None,
        })
    }

    /// All strings of a set column.
    pub fn texts(&self, column: &str) -> impl Iterator<Item = &str> {
        self.atoms(column).filter_map(|atom| match atom {
            Atom::Text(text) => Some(text.as_str()),
            _ => None,
        })
    }

    /// All pairs of a map column from strings to strings, such as `external_ids`.
    pub fn text_pairs(&self, column: &str) -> impl Iterator<Item = (&str, &str)> {
        let map = match self.get(column) {
            Some(Datum::Map(map)) => Some(map),
            Some(Datum::Set(_)) | None => None,
        };
        map.into_iter().flatten().filter_map(|pair| match pair {
            (Atom::Text(key), Atom::Text(value)) => Some((key.as_str(), value.as_str())),
            _ => None,
        })
    }

    /// The value under one key of a map column from strings to strings.
    pub fn text_at(&self, column: &str, key: &str) -> Option<&str> {
        self.text_pairs(column)
            .find(|(found, _)| *found == key)
            .map(|(_, value)| value)
    }

    /// The JSON form.
    pub fn to_json(&self) -> Value {
        let members = self
            .0
            .iter()
            .map(|(name, value)| (name.clone(), value.to_json()));
        Value::Object(members.collect::<Map<_, _>>())
    }

    /// Reads the JSON form.
    pub fn from_json(value: &Value) -> Result<Self, DecodeError> {
        let members = value
            .as_object()
            .ok_or_else(|| DecodeError::shape("a row", value))?;
        let columns = members
            .iter()
            .map(|(name, datum)| Ok((name.clone(), Datum::from_json(datum)?)));
        columns.collect::<Result<_, _>>().map(Self)
    }

    fn scalar(&self, column: &str) -> Option<&Atom> {
        self.get(column).and_then(Datum::scalar)
    }

    fn atoms(&self, column: &str) -> impl Iterator<Item = &Atom> {
        let set = match self.get(column) {
            Some(Datum::Set(set)) => Some(set),
            Some(Datum::Map(_)) | None => None,
        };
        set.into_iter().flatten()
    }
}
