//! What the kit measured: one JSON object a line, and of it the figures that are compared.

use crate::report::{Report, Row};
use anyhow::Context;
use serde_json::Value;

/// The same scenario on the peer and on us.
pub(super) struct Point {
    shape: String,
    peer: Option<Value>,
    ours: Value,
}

/// A figure: its name, its unit, where it stands.
type Figure = (&'static str, &'static str, fn(&Value) -> Option<f64>);

const FIGURES: [Figure; 8] = [
    ("all hosts programmed", "s", |it| {
        it["bulk"]["acked_s"].as_f64()
    }),
    ("processor time a port, all processes", "ms", processor),
    ("flows, largest host", "flows", |it| {
        greatest(&it["bulk"]["flows"])
    }),
    ("memory, largest agent", "MB", |it| {
        greatest(&it["bulk"]["mem"]["agent"]["VmHWM"])
    }),
    ("one port more, all hosts", "ms", |it| single(it, "acked")),
    ("one port more, first ping", "ms", |it| single(it, "ping")),
    ("agent killed, in sync again", "s", |it| {
        it["restart_crash"]["acked_s"].as_f64()
    }),
    ("switch killed, flows back", "s", |it| {
        it["restart_vswitchd"]["flows_back_s"].as_f64()
    }),
];

impl Point {
    /// Reads the kit's lines; those of one scenario follow each other, the peer's first. A point
    /// that the peer did not finish in its time stands alone.
    pub(super) fn pairs(text: &str, ours: &str) -> anyhow::Result<Vec<Self>> {
        let mut all: Vec<Self> = Vec::new();
        let mut peer: Option<Value> = None;
        for line in text.lines() {
            let found: Value =
                serde_json::from_str(line).context("no JSON in the kit's results")?;
            if found["plane"] != ours {
                peer = Some(found);
                continue;
            }
            let shape = shape(&found);
            let peer = peer.take().filter(|it| self::shape(it) == shape);
            all.push(Self {
                shape,
                peer,
                ours: found,
            });
        }
        Ok(all)
    }

    /// A row for each figure that the kit has of us.
    pub(super) fn report(&self, report: &mut Report) {
        for (what, unit, of) in FIGURES {
            let Some(ours) = of(&self.ours) else {
                continue;
            };
            let theirs = self.peer.as_ref().and_then(of);
            let mut row = Row::once(format!("{}: {what}", self.shape), ours, unit);
            if let Some(theirs) = theirs {
                row = row.measured_peer(theirs);
            }
            report.add(row.note(self.note()));
        }
    }

    fn note(&self) -> String {
        let others = |it: &Value| {
            it["bulk"]["cpu"]["foreign_cores"]
                .as_f64()
                .unwrap_or(f64::NAN)
        };
        let peer = self.peer.as_ref().map_or(f64::NAN, others);
        format!(
            "others {:.2} cores, peer's run {peer:.2}",
            others(&self.ours)
        )
    }
}

fn shape(point: &Value) -> String {
    let of = |name: &str| point["params"][name].as_u64().unwrap_or(0);
    let (hosts, ports, networks) = (of("hosts"), of("ports"), of("networks"));
    let routed = if networks > 1 { " over a router" } else { "" };
    format!("{hosts} hosts, {ports} ports{routed}")
}

/// Milliseconds of everything that either side runs: its own processes, switches and databases.
fn processor(point: &Value) -> Option<f64> {
    let used = &point["bulk"]["cpu"];
    let roles = [
        "store",
        "store-nb",
        "store-sb",
        "compute",
        "agent",
        "vswitchd",
        "host-ovsdb",
    ];
    let seconds: f64 = roles.iter().filter_map(|role| used[role].as_f64()).sum();
    let ports = point["params"]["ports"].as_f64()?;
    Some(seconds * 1e3 / ports)
}

fn single(point: &Value, event: &str) -> Option<f64> {
    point["single_secure"][event]["p50"].as_f64()
}

fn greatest(all: &Value) -> Option<f64> {
    let all = all.as_array()?.iter().filter_map(Value::as_f64);
    all.reduce(f64::max)
}
