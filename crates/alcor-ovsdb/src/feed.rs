//! The place where the connection's task leaves monitor updates and the consumer picks
//! them up.
//!
//! The tables are always right. The list of single changes is bounded: when the consumer
//! is too slow it is dropped as a whole, and the consumer is told to read the tables again.

use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::error::{DecodeError, Error};
use crate::monitor::MonitorEvent;
use crate::schema::Schema;
use crate::tables::{RowChange, Tables};
use crate::update::TableUpdates;

/// Shared by the connection's task (writer) and one `Monitor` (reader).
#[derive(Debug)]
pub(crate) struct Feed {
    schema: Arc<Schema>,
    columns: BTreeMap<String, Vec<String>>,
    limit: usize,
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    tables: Arc<Tables>,
    changes: Vec<RowChange>,
    overflowed: bool,
    closed: Option<Error>,
}

impl Feed {
    /// A feed that keeps at most `limit` changes for a slow consumer.
    pub(crate) fn new(
        schema: Arc<Schema>,
        columns: BTreeMap<String, Vec<String>>,
        limit: usize,
    ) -> Self {
        let (state, changed) = (Mutex::default(), Notify::new());
        Self {
            schema,
            columns,
            limit,
            state,
            changed,
        }
    }

    /// Fills the tables for the first time; this is a state, not a change.
    pub(crate) fn start(&self, updates: TableUpdates) -> Result<(), DecodeError> {
        let mut tables = Tables::default();
        tables.apply(&self.schema, &self.columns, updates)?;
        self.state.lock().tables = Arc::new(tables);
        Ok(())
    }

    /// Applies an update and wakes the consumer.
    pub(crate) fn apply(&self, updates: TableUpdates) -> Result<(), DecodeError> {
        let mut state = self.state.lock();
        let tables = Arc::make_mut(&mut state.tables);
        let changes = tables.apply(&self.schema, &self.columns, updates)?;
        state.remember(changes, self.limit);
        drop(state);
        self.changed.notify_one();
        Ok(())
    }

    /// Ends the feed; what was not picked up yet still is.
    pub(crate) fn close(&self, reason: Error) {
        self.state.lock().closed.get_or_insert(reason);
        self.changed.notify_one();
    }

    /// The current state.
    pub(crate) fn tables(&self) -> Arc<Tables> {
        Arc::clone(&self.state.lock().tables)
    }

    /// The next event; safe to drop while waiting.
    pub(crate) async fn next(&self) -> Result<MonitorEvent, Error> {
        loop {
            if let Some(event) = self.state.lock().take() {
                return event;
            }
            self.changed.notified().await;
        }
    }
}

impl State {
    fn remember(&mut self, changes: Vec<RowChange>, limit: usize) {
        if self.overflowed {
            return;
        }
        self.overflowed = self.changes.len() + changes.len() > limit;
        if self.overflowed {
            self.changes = Vec::new();
        } else {
            self.changes.extend(changes);
        }
    }

    fn take(&mut self) -> Option<Result<MonitorEvent, Error>> {
        if std::mem::take(&mut self.overflowed) {
            return Some(Ok(MonitorEvent::Reread));
        }
        if !self.changes.is_empty() {
            return Some(Ok(MonitorEvent::Changed(std::mem::take(&mut self.changes))));
        }
        self.closed.clone().map(Err)
    }
}
