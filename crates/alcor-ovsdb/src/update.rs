//! What a monitor reports: the initial rows and later changes, in the three forms that
//! exist (`update` of RFC 7047; `update2` and `update3` of ovsdb-server(7)).

use std::collections::BTreeMap;

use serde_json::{Value, json};
use uuid::Uuid;

use crate::error::DecodeError;
use crate::row::Row;

/// The kind of monitor, newest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flavour {
    /// `monitor_cond_since` and `update3`.
    CondSince,
    /// `monitor_cond` and `update2`.
    Cond,
    /// `monitor` and `update`, which every server has.
    Plain,
}

impl Flavour {
    /// All kinds in the order in which they are tried.
    pub const ALL: [Self; 3] = [Self::CondSince, Self::Cond, Self::Plain];

    pub(crate) fn method(self) -> &'static str {
        match self {
            Self::CondSince => "monitor_cond_since",
            Self::Cond => "monitor_cond",
            Self::Plain => "monitor",
        }
    }

    pub(crate) fn from_notification(method: &str) -> Option<Self> {
        match method {
            "update3" => Some(Self::CondSince),
            "update2" => Some(Self::Cond),
            "update" => Some(Self::Plain),
            _ => None,
        }
    }

    /// The parameters of the call; `requests` as in RFC 7047 section 4.1.5.
    pub(crate) fn params(self, database: &str, id: &str, requests: &Value) -> Vec<Value> {
        let mut params = vec![json!(database), json!(id), requests.clone()];
        if self == Self::CondSince {
            // The nil transaction is never found, so the answer is always the full state.
            params.push(json!(Uuid::nil().to_string()));
        }
        params
    }

    /// Reads the result of the call: the initial rows.
    pub(crate) fn initial(self, result: &Value) -> Result<TableUpdates, DecodeError> {
        match (self, result.as_array().map(Vec::as_slice)) {
            (Self::CondSince, Some([_found, _transaction, updates])) => {
                TableUpdates::from_json(self, updates)
            }
            (Self::CondSince, _) => {
                Err(DecodeError::shape("[found, transaction, updates]", result))
            }
            (Self::Cond | Self::Plain, _) => TableUpdates::from_json(self, result),
        }
    }

    /// Splits the parameters of a notification into monitor id and updates.
    pub(crate) fn split(self, params: &[Value]) -> Result<(&str, &Value), DecodeError> {
        let (id, updates) = match (self, params) {
            (Self::CondSince, [id, _transaction, updates]) => (id, updates),
            (Self::Cond | Self::Plain, [id, updates]) => (id, updates),
            _ => {
                let got = "another number of parameters";
                return Err(DecodeError::Shape {
                    expected: "a monitor update",
                    got,
                });
            }
        };
        let id = id
            .as_str()
            .ok_or_else(|| DecodeError::shape("our monitor id", id))?;
        Ok((id, updates))
    }
}

/// One row's part of an update.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RowUpdate {
    /// The row is new to us; columns with their default value may be missing.
    Insert(Row),
    /// Some columns changed; these are their new values.
    Replace(Row),
    /// Some columns changed; sets and maps are given as difference to the old value.
    Difference(Row),
    /// The row is gone.
    Delete,
}

/// Updates by table and row.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TableUpdates(pub BTreeMap<String, BTreeMap<Uuid, RowUpdate>>);

impl TableUpdates {
    /// Reads `<table-updates>` (plain) or `<table-updates2>`.
    pub fn from_json(flavour: Flavour, value: &Value) -> Result<Self, DecodeError> {
        let tables = members(value)?.map(|(table, rows)| {
            let rows = members(rows)?
                .map(|(uuid, update)| Ok((row_id(uuid)?, RowUpdate::from_json(flavour, update)?)));
            Ok((table.clone(), rows.collect::<Result<_, _>>()?))
        });
        tables.collect::<Result<_, _>>().map(Self)
    }
}

impl RowUpdate {
    fn from_json(flavour: Flavour, value: &Value) -> Result<Self, DecodeError> {
        match flavour {
            Flavour::Plain => Self::from_old_and_new(value),
            Flavour::Cond | Flavour::CondSince => Self::from_kind(value),
        }
    }

    /// `{"old": ROW, "new": ROW}`, each optional.
    fn from_old_and_new(value: &Value) -> Result<Self, DecodeError> {
        match (value.get("old"), value.get("new")) {
            (None, Some(new)) => Ok(Self::Insert(Row::from_json(new)?)),
            (Some(_), Some(new)) => Ok(Self::Replace(Row::from_json(new)?)),
            (Some(_), None) => Ok(Self::Delete),
            (None, None) => Err(DecodeError::shape("`old` or `new`", value)),
        }
    }

    /// `{"initial" | "insert" | "modify" | "delete": ROW}`.
    fn from_kind(value: &Value) -> Result<Self, DecodeError> {
        let mut members = members(value)?;
        let (Some((kind, row)), None) = (members.next(), members.next()) else {
            return Err(DecodeError::shape("an object with one member", value));
        };
        match kind.as_str() {
            "initial" | "insert" => Ok(Self::Insert(Row::from_json(row)?)),
            "modify" => Ok(Self::Difference(Row::from_json(row)?)),
            "delete" => Ok(Self::Delete),
            _ => Err(DecodeError::shape(
                "`initial`, `insert`, `modify` or `delete`",
                value,
            )),
        }
    }
}

fn row_id(text: &str) -> Result<Uuid, DecodeError> {
    let malformed = DecodeError::Shape {
        expected: "a row's UUID",
        got: "another string",
    };
    Uuid::try_parse(text).map_err(|_| malformed)
}

fn members(value: &Value) -> Result<serde_json::map::Iter<'_>, DecodeError> {
    let object = value
        .as_object()
        .ok_or_else(|| DecodeError::shape("an object", value))?;
    Ok(object.iter())
}
