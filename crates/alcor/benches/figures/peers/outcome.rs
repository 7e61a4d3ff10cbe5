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

/// What is measured several times: its name, and what the kit calls it. In milliseconds.
const REPEATED: [(&str, &str); 2] = [
    ("one port more, all hosts", "acked"),
    ("one port more, first ping", "ping"),
];

const FIGURES: [Figure; 6] = [
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
            let ours = of(&self.ours).map(|ours| Row::once(self.named(what), ours, unit));
            self.add(ours, self.peer.as_ref().and_then(of), report);
        }
        for (what, event) in REPEATED {
            let (ours, peer) = (&self.ours["single_secure"][event], self.peer.as_ref());
            let theirs = peer.and_then(|it| it["single_secure"][event]["p50"].as_f64());
            self.add(repeated(self.named(what), ours), theirs, report);
        }
    }

    fn named(&self, what: &str) -> String {
        format!("{}: {what}", self.shape)
    }

    fn add(&self, ours: Option<Row>, theirs: Option<f64>, report: &mut Report) {
        let Some(row) = ours else { return };
        let row = match theirs {
            Some(theirs) => row.measured_peer(theirs),
            None => row,
        };
        report.add(row.note(self.note()));
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

/// A median with its spread.
fn repeated(what: String, found: &Value) -> Option<Row> {
    let of = |name: &str| found[name].as_f64();
    let rounds = found["n"].as_u64()?.try_into().ok()?;
    let row = Row::once(what, of("p50")?, "ms");
    Some(row.spread(of("min")?, of("max")?, rounds))
}

fn greatest(all: &Value) -> Option<f64> {
    let all = all.as_array()?.iter().filter_map(Value::as_f64);
    all.reduce(f64::max)
}
