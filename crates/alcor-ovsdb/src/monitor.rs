//! A caller's view of monitored tables.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::connection::Connection;
use crate::error::Error;
use crate::feed::Feed;
use crate::tables::{RowChange, Tables};

/// Which columns of which tables to follow.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MonitorRequest(BTreeMap<String, Vec<String>>);

impl MonitorRequest {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Follows these columns of a table; they replace an earlier choice for that table.
    pub fn table(mut self, table: &str, columns: &[&str]) -> Self {
        let columns = columns.iter().map(|&column| column.to_owned()).collect();
        self.0.insert(table.to_owned(), columns);
        self
    }

    pub(crate) fn columns(&self) -> &BTreeMap<String, Vec<String>> {
        &self.0
    }

    pub(crate) fn to_json(&self) -> Value {
        let tables = self.0.iter();
        let tables = tables.map(|(table, columns)| (table.clone(), json!([{"columns": columns}])));
        Value::Object(tables.collect::<Map<_, _>>())
    }
}

/// What a monitor has to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MonitorEvent {
    /// These rows changed, in the order of the transactions.
    Changed(Vec<RowChange>),
    /// More changed than is kept for a slow reader: read [`Monitor::tables`] again. Changes
    /// reported after this may already be part of what is read.
    Reread,
}

/// Monitored tables, kept current until the connection ends. Dropping it ends the monitor.
#[derive(Debug)]
pub struct Monitor {
    feed: Arc<Feed>,
    /// The connection stays open as long as somebody follows its tables.
    _connection: Connection,
}

impl Monitor {
    pub(crate) fn new(feed: Arc<Feed>, connection: Connection) -> Self {
        Self {
            feed,
            _connection: connection,
        }
    }

    /// The current state of all monitored tables, between two transactions.
    pub fn tables(&self) -> Arc<Tables> {
        self.feed.tables()
    }

    /// Waits for the next event; safe to drop while waiting. Fails when the connection ends.
    pub async fn next(&mut self) -> Result<MonitorEvent, Error> {
        self.feed.next().await
    }
}
