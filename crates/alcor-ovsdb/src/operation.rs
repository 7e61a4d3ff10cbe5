//! The operations of a transaction (RFC 7047 section 5.2).

use std::fmt;
use std::time::Duration;

use serde_json::{Value, json};

use crate::clause::{Condition, Mutation};
use crate::row::Row;

/// When a `wait` is satisfied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// The selected rows are the given rows.
    Equal,
    /// They are not.
    NotEqual,
}

/// A test of rows; a transaction whose test does not hold in time fails with `timed out`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wait {
    /// The table.
    pub table: String,
    /// Which rows.
    pub conditions: Vec<Condition>,
    /// Which columns are compared.
    pub columns: Vec<String>,
    /// The direction of the comparison.
    pub until: Until,
    /// What the rows are compared with.
    pub rows: Vec<Row>,
    /// How long to wait; zero tests once. Sent in whole milliseconds.
    pub timeout: Duration,
}

impl Wait {
    fn to_json(&self) -> Value {
        let until = match self.until {
            Until::Equal => "==",
            Until::NotEqual => "!=",
        };
        let rows: Vec<_> = self.rows.iter().map(Row::to_json).collect();
        json!({"op": "wait", "table": self.table, "where": list(&self.conditions),
               "columns": self.columns, "until": until, "rows": rows,
               "timeout": milliseconds(self.timeout)})
    }
}

/// One operation of a transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Operation {
    /// Adds a row.
    Insert {
        /// The table.
        table: String,
        /// Columns; those left out get their default.
        row: Row,
        /// A name by which other operations of the transaction refer to the new row.
        uuid_name: Option<String>,
    },
    /// Reads rows.
    Select {
        /// The table.
        table: String,
        /// Which rows.
        conditions: Vec<Condition>,
        /// Which columns; all when empty.
        columns: Vec<String>,
    },
    /// Overwrites columns.
    Update {
        /// The table.
        table: String,
        /// Which rows.
        conditions: Vec<Condition>,
        /// The new values.
        row: Row,
    },
    /// Changes columns in place.
    Mutate {
        /// The table.
        table: String,
        /// Which rows.
        conditions: Vec<Condition>,
        /// The changes, in order.
        mutations: Vec<Mutation>,
    },
    /// Removes rows.
    Delete {
        /// The table.
        table: String,
        /// Which rows.
        conditions: Vec<Condition>,
    },
    /// Holds the transaction back until rows look as described.
    Wait(Wait),
    /// Leaves a remark in the database's log.
    Comment(String),
    /// Fails the transaction on purpose.
    Abort,
}

impl Operation {
    /// Adds a row under a name that the rest of the transaction can refer to.
    pub fn insert(table: &str, uuid_name: &str, row: Row) -> Self {
        Self::Insert {
            table: table.to_owned(),
            row,
            uuid_name: Some(uuid_name.to_owned()),
        }
    }

    /// Reads these columns of the rows that meet all conditions.
    pub fn select(table: &str, conditions: Vec<Condition>, columns: &[&str]) -> Self {
        Self::Select {
            table: table.to_owned(),
            conditions,
            columns: owned(columns),
        }
    }

    /// Overwrites columns of the rows that meet all conditions.
    pub fn update(table: &str, conditions: Vec<Condition>, row: Row) -> Self {
        Self::Update {
            table: table.to_owned(),
            conditions,
            row,
        }
    }

    /// Changes columns of the rows that meet all conditions.
    pub fn mutate(table: &str, conditions: Vec<Condition>, mutations: Vec<Mutation>) -> Self {
        Self::Mutate {
            table: table.to_owned(),
            conditions,
            mutations,
        }
    }

    /// Removes the rows that meet all conditions.
    pub fn delete(table: &str, conditions: Vec<Condition>) -> Self {
        Self::Delete {
            table: table.to_owned(),
            conditions,
        }
    }

    /// Fails the transaction unless a `select` with the same arguments would give `rows`.
    pub fn require(
        table: &str,
        conditions: Vec<Condition>,
        columns: &[&str],
        rows: Vec<Row>,
    ) -> Self {
        Self::Wait(Wait {
            table: table.to_owned(),
            conditions,
            columns: owned(columns),
            until: Until::Equal,
            rows,
            timeout: Duration::ZERO,
        })
    }

    /// The JSON form.
    pub fn to_json(&self) -> Value {
        match self {
            Self::Insert {
                table,
                row,
                uuid_name,
            } => {
                let mut object = json!({"op": "insert", "table": table, "row": row.to_json()});
                if let Some(name) = uuid_name {
                    object["uuid-name"] = json!(name);
                }
                object
            }
            Self::Select {
                table,
                conditions,
                columns,
            } => {
                let mut object = json!({"op": "select", "table": table, "where": list(conditions)});
                if !columns.is_empty() {
                    object["columns"] = json!(columns);
                }
                object
            }
            Self::Update {
                table,
                conditions,
                row,
            } => {
                json!({"op": "update", "table": table, "where": list(conditions), "row": row.to_json()})
            }
            Self::Mutate {
                table,
                conditions,
                mutations,
            } => {
                let mutations: Vec<_> = mutations.iter().map(Mutation::to_json).collect();
                json!({"op": "mutate", "table": table, "where": list(conditions),
                       "mutations": mutations})
            }
            Self::Delete { table, conditions } => {
                json!({"op": "delete", "table": table, "where": list(conditions)})
            }
            Self::Wait(wait) => wait.to_json(),
            Self::Comment(text) => json!({"op": "comment", "comment": text}),
            Self::Abort => json!({"op": "abort"}),
        }
    }
}

/// The operation in words, for errors and logs; no values.
impl fmt::Display for Operation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Insert { table, .. } => write!(formatter, "insert into {table}"),
            Self::Select { table, .. } => write!(formatter, "select from {table}"),
            Self::Update { table, .. } => write!(formatter, "update of {table}"),
            Self::Mutate { table, .. } => write!(formatter, "mutate of {table}"),
            Self::Delete { table, .. } => write!(formatter, "delete from {table}"),
            Self::Wait(wait) => write!(formatter, "wait on {}", wait.table),
            Self::Comment(_) => formatter.write_str("comment"),
            Self::Abort => formatter.write_str("abort"),
        }
    }
}

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

fn list(conditions: &[Condition]) -> Vec<Value> {
    conditions.iter().map(Condition::to_json).collect()
}

fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
