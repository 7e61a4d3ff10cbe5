//! The flows of a switch, as its own tools show them.

use alcor_lab::Lab;
use anyhow::Context;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Open vSwitch keeps time in steps; a flow seems this much younger than it is, at most.
const CLOCK: Duration = Duration::from_millis(100);

/// What changes of a flow while it lies in the switch.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Flow {
    /// Its cookie, as text.
    pub(crate) cookie: String,
    /// How long it has been there.
    pub(crate) age: Duration,
    /// Packets that it matched.
    pub(crate) packets: u64,
}

/// All flows of a switch at one moment: table, match and actions, and the rest of each.
#[derive(Clone, Debug)]
pub(crate) struct Flows {
    taken: Instant,
    /// By table, match and actions.
    pub(crate) all: BTreeMap<String, Flow>,
}

impl Flows {
    /// Tables, matches and actions alone.
    pub(crate) fn texts(&self) -> Vec<&str> {
        self.all.keys().map(String::as_str).collect()
    }

    /// Whether any flow's table, match or actions contain this text.
    pub(crate) fn mention(&self, text: &str) -> bool {
        self.all.keys().any(|flow| flow.contains(text))
    }
}

/// The flows of a host's integration bridge.
pub(crate) async fn flows(lab: &Lab, host: u16) -> anyhow::Result<Flows> {
    let taken = Instant::now();
    let text = lab.ofctl(host, ["dump-flows", "br-int"], "").await?;
    let lines = text.lines().filter(|line| line.contains("cookie="));
    let all = lines.map(|line| parse(line).with_context(|| line.to_owned()));
    Ok(Flows {
        taken,
        all: all.collect::<anyhow::Result<_>>()?,
    })
}

/// Waits until a host has just these flows.
pub(crate) async fn flows_are(lab: &Lab, host: u16, wanted: &Flows) -> anyhow::Result<()> {
    let what = format!(
        "host {host} has these flows:\n{}",
        wanted.texts().join("\n")
    );
    super::until(&what, async || {
        anyhow::Ok(flows(lab, host).await?.texts() == wanted.texts())
    })
    .await
}

/// Panics unless every flow of `before` is still there, was there all the time, and has
/// forgotten no packet.
pub(crate) fn assert_untouched(before: &Flows, after: &Flows) {
    let between = after.taken.duration_since(before.taken);
    for (text, old) in &before.all {
        assert!(after.all.contains_key(text), "gone: {text}");
        let new = &after.all[text];
        assert_eq!(new.cookie, old.cookie, "{text}");
        assert!(new.packets >= old.packets, "made anew: {text}");
        assert!(
            new.age + CLOCK >= between,
            "made anew {:?} ago: {text}",
            new.age
        );
    }
}

/// Frames that a port of the integration bridge has received so far.
pub(crate) async fn received(lab: &Lab, host: u16, port: &str) -> anyhow::Result<u64> {
    let text = lab.ofctl(host, ["dump-ports", "br-int", port], "").await?;
    let (_, rest) = text.split_once("rx pkts=").context("no rx pkts")?;
    let digits = rest.split(',').next().unwrap_or_default();
    Ok(digits.parse()?)
}

/// One line of `ovs-ofctl dump-flows`.
fn parse(line: &str) -> anyhow::Result<(String, Flow)> {
    let (head, actions) = line.trim().split_once(" actions=").context("no actions")?;
    let mut flow = Flow {
        cookie: String::new(),
        age: Duration::ZERO,
        packets: 0,
    };
    let mut rule = Vec::new();
    for word in head.split(", ") {
        match word.split_once('=') {
            Some(("cookie", value)) => value.clone_into(&mut flow.cookie),
            Some(("duration", value)) => flow.age = seconds(value)?,
            Some(("n_packets", value)) => flow.packets = value.parse()?,
            Some(("n_bytes", _)) => {}
            _ => rule.push(word),
        }
    }
    Ok((format!("{} actions={actions}", rule.join(" ")), flow))
}

fn seconds(text: &str) -> anyhow::Result<Duration> {
    let number = text.strip_suffix('s').context("no unit")?;
    Ok(Duration::try_from_secs_f64(number.parse()?)?)
}
