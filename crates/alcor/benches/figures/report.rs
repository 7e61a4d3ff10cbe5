//! What a benchmark found: rows with our figure, its spread, the peer's and the goal, printed
//! as one aligned table or as JSON.

use crate::machine::{self, Machine};
use crate::samples::Samples;
use comfy_table::{CellAlignment, Table, presets};
use serde::Serialize;
use std::fmt;

/// What a figure is to be.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Goal {
    /// At least so much.
    AtLeast(f64),
    /// Less than so much.
    Below(f64),
}

impl Goal {
    fn is_met(self, figure: f64) -> bool {
        match self {
            Self::AtLeast(goal) => figure >= goal,
            Self::Below(goal) => figure < goal,
        }
    }
}

impl fmt::Display for Goal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtLeast(goal) => write!(f, ">= {}", number(*goal)),
            Self::Below(goal) => write!(f, "< {}", number(*goal)),
        }
    }
}

/// One figure.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Row {
    what: String,
    figure: f64,
    unit: &'static str,
    low: f64,
    high: f64,
    rounds: usize,
    peer: String,
    goal: Option<Goal>,
    met: Option<bool>,
    note: String,
}

impl Row {
    /// A figure that was taken once.
    pub(crate) fn once(what: impl Into<String>, figure: f64, unit: &'static str) -> Self {
        Self::of(what, &Samples::from_iter([figure]), unit)
    }

    /// The median of several, with the least and the greatest.
    pub(crate) fn of(what: impl Into<String>, rounds: &Samples, unit: &'static str) -> Self {
        Self::quantile(what, rounds, 0.5, unit)
    }

    /// Another quantile of many.
    pub(crate) fn quantile(
        what: impl Into<String>,
        all: &Samples,
        share: f64,
        unit: &'static str,
    ) -> Self {
        let (low, high) = all.spread();
        Self {
            what: what.into(),
            figure: all.quantile(share),
            unit,
            low,
            high,
            rounds: all.len(),
            peer: String::new(),
            goal: None,
            met: None,
            note: String::new(),
        }
    }

    /// The least and the greatest of so many rounds, where somebody else took them.
    pub(crate) fn spread(mut self, low: f64, high: f64, rounds: usize) -> Self {
        (self.low, self.high, self.rounds) = (low, high, rounds);
        self
    }

    /// What the peer needs, in words.
    pub(crate) fn peer(mut self, peer: impl Into<String>) -> Self {
        self.peer = peer.into();
        self
    }

    /// What the peer needed in the same run, and how many times ours that is.
    pub(crate) fn measured_peer(self, peer: f64) -> Self {
        let times = peer / self.figure;
        let said = format!("{} ({} times)", number(peer), number(times));
        self.peer(said)
    }

    pub(crate) fn goal(mut self, goal: Goal) -> Self {
        self.met = Some(goal.is_met(self.figure));
        self.goal = Some(goal);
        self
    }

    pub(crate) fn note(mut self, note: impl Into<String>) -> Self {
        self.note = note.into();
        self
    }

    fn cells(&self) -> [String; 8] {
        let spread = if self.rounds > 1 {
            format!("{} .. {}", number(self.low), number(self.high))
        } else {
            String::new()
        };
        let met = self.met.map_or("", |met| if met { "yes" } else { "NO" });
        [
            self.what.clone(),
            format!("{} {}", number(self.figure), self.unit),
            spread,
            self.rounds.to_string(),
            self.goal.map(|goal| goal.to_string()).unwrap_or_default(),
            met.to_owned(),
            self.peer.clone(),
            self.note.clone(),
        ]
    }
}

/// All figures of one benchmark.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Report {
    name: &'static str,
    machine: Machine,
    load_before: String,
    load_after: String,
    rows: Vec<Row>,
}

impl Report {
    /// Notes the machine and its load.
    pub(crate) fn begin(name: &'static str) -> Self {
        Self {
            name,
            machine: Machine::here(),
            load_before: machine::load(),
            load_after: String::new(),
            rows: Vec::new(),
        }
    }

    /// Adds a figure, and shows it at once: a whole benchmark takes minutes.
    pub(crate) fn add(&mut self, row: Row) {
        let cells = row.cells();
        println!("  {}: {}  {}", cells[0], cells[1], cells[7]);
        self.rows.push(row);
    }

    pub(crate) fn end(&mut self) {
        self.load_after = machine::load();
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\n{} on {}", self.name, self.machine)?;
        writeln!(
            f,
            "load average before {}, after {}\n",
            self.load_before, self.load_after
        )?;
        let mut table = Table::new();
        table.load_preset(presets::NOTHING).set_header([
            self.name, "figure", "spread", "n", "goal", "met", "peer", "note",
        ]);
        for row in &self.rows {
            table.add_row(row.cells());
        }
        for column in [1, 2, 3, 4] {
            if let Some(column) = table.column_mut(column) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        writeln!(f, "{table}")
    }
}

/// Three digits that matter, and no more than that.
fn number(value: f64) -> String {
    match value.abs() {
        0.0 => "0".to_owned(),
        size if size >= 100.0 => grouped(value),
        size if size >= 10.0 => format!("{value:.1}"),
        size if size >= 0.1 => format!("{value:.2}"),
        _ => format!("{value:.4}"),
    }
}

/// A whole number with its thousands apart.
fn grouped(value: f64) -> String {
    let digits = format!("{:.0}", value.abs());
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if value < 0.0 {
        format!("-{text}")
    } else {
        text
    }
}
