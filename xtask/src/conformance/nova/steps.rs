//! What was done, how long it took and how it ended.

use comfy_table::{CellAlignment, Table, presets};
use std::fmt::Display;
use std::future::Future;
use std::time::{Duration, Instant};

/// The steps so far, in their order.
#[derive(Default)]
pub(super) struct Steps {
    rows: Vec<Row>,
}

struct Row {
    name: String,
    took: Duration,
    ended: &'static str,
}

impl Steps {
    /// Does a step and notes it, also when it fails.
    pub(super) async fn step<T>(
        &mut self,
        name: impl Display,
        work: impl Future<Output = anyhow::Result<T>>,
    ) -> anyhow::Result<T> {
        let started = Instant::now();
        let done = work.await;
        self.rows.push(Row {
            name: name.to_string(),
            took: started.elapsed(),
            ended: if done.is_ok() { "ok" } else { "failed" },
        });
        done.map_err(|error| error.context(name.to_string()))
    }

    /// A line a step.
    pub(super) fn table(&self) -> Table {
        let mut table = Table::new();
        table.load_preset(presets::NOTHING);
        table.set_header(["step", "time", ""]);
        for row in &self.rows {
            let took = format!("{:.1} s", row.took.as_secs_f64());
            table.add_row([row.name.as_str(), &took, row.ended]);
        }
        if let Some(column) = table.column_mut(1) {
            column.set_cell_alignment(CellAlignment::Right);
        }
        table
    }
}
