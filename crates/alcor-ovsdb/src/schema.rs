//! The part of a database schema (RFC 7047 section 3.2) that a client needs: the type of
//! each column, to fill in defaults and to apply differences.

use std::collections::BTreeMap;

use serde_json::Value;
use uuid::Uuid;

use crate::error::DecodeError;
use crate::value::{Atom, Datum};

/// The type of an atom (`<atomic-type>`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AtomType {
    /// `integer`
    Integer,
    /// `real`
    Real,
    /// `boolean`
    Boolean,
    /// `string`
    Text,
    /// `uuid`
    Uuid,
}

impl AtomType {
    /// Reads a base type: a name, or an object with `type` and constraints.
    fn from_json(value: &Value) -> Result<Self, DecodeError> {
        match value.get("type").unwrap_or(value).as_str() {
            Some("integer") => Ok(Self::Integer),
            Some("real") => Ok(Self::Real),
            Some("boolean") => Ok(Self::Boolean),
            Some("string") => Ok(Self::Text),
            Some("uuid") => Ok(Self::Uuid),
            _ => Err(DecodeError::shape("an atomic type", value)),
        }
    }

    /// The default of RFC 7047 section 5.2.1. A real zero is written `0`, as OVSDB does.
    fn default_atom(self) -> Atom {
        match self {
            Self::Integer | Self::Real => Atom::Integer(0),
            Self::Boolean => Atom::Boolean(false),
            Self::Text => Atom::Text(String::new()),
            Self::Uuid => Atom::Uuid(Uuid::nil()),
        }
    }
}

/// The type of a column (`<type>`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ColumnType {
    /// The type of the elements, or of a map's keys.
    pub key: AtomType,
    /// The type of a map's values; `None` when the column is no map.
    pub value: Option<AtomType>,
    /// Whether the column may be empty.
    pub optional: bool,
    /// Whether the column may hold more than one element. Monitors report the changes of
    /// such a column as a difference.
    pub many: bool,
}

impl ColumnType {
    fn from_json(value: &Value) -> Result<Self, DecodeError> {
        let key = AtomType::from_json(value.get("key").unwrap_or(value))?;
        let map_value = value.get("value").map(AtomType::from_json).transpose()?;
        let optional = value.get("min").and_then(Value::as_u64) == Some(0);
        let many = value.get("max").is_some_and(|max| max.as_u64() != Some(1));
        Ok(Self {
            key,
            value: map_value,
            optional,
            many,
        })
    }

    /// What the column holds in a row that does not mention it.
    pub fn default_value(&self) -> Datum {
        match (self.optional, self.value) {
            (true, Some(_)) => Datum::Map(BTreeMap::new()),
            (true, None) => Datum::empty(),
            (false, Some(value)) => Datum::map([(self.key.default_atom(), value.default_atom())]),
            (false, None) => Datum::set([self.key.default_atom()]),
        }
    }
}

/// A database's tables and the types of their columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schema {
    /// The version of the schema, such as `8.3.1`; empty when it has none.
    pub version: String,
    tables: BTreeMap<String, BTreeMap<String, ColumnType>>,
}

impl Schema {
    /// Reads the answer to `get_schema`.
    pub fn from_json(value: &Value) -> Result<Self, DecodeError> {
        let version = value
            .get("version")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned();
        let tables = members(value, "tables")?;
        let tables = tables.map(|(name, table)| Ok((name.clone(), columns(table)?)));
        Ok(Self {
            version,
            tables: tables.collect::<Result<_, _>>()?,
        })
    }

    /// The type of a column.
    pub fn column(&self, table: &str, column: &str) -> Result<&ColumnType, DecodeError> {
        let columns = self
            .tables
            .get(table)
            .ok_or_else(|| DecodeError::unknown_column(table, "*"))?;
        columns
            .get(column)
            .ok_or_else(|| DecodeError::unknown_column(table, column))
    }
}

fn columns(table: &Value) -> Result<BTreeMap<String, ColumnType>, DecodeError> {
    let read = |(name, column): (&String, &Value)| {
        let kind = column.get("type").unwrap_or(&Value::Null);
        Ok((name.clone(), ColumnType::from_json(kind)?))
    };
    members(table, "columns")?.map(read).collect()
}

fn members<'a>(
    value: &'a Value,
    name: &str,
) -> Result<impl Iterator<Item = (&'a String, &'a Value)>, DecodeError> {
    let member = value.get(name).unwrap_or(&Value::Null);
    let object = member
        .as_object()
        .ok_or_else(|| DecodeError::shape("a schema object", member))?;
    Ok(object.iter())
}
