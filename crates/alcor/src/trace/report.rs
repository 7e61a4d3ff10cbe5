//! What was found, for people and for machines.

use super::difference::Difference;
use super::switches::{End, Visit};
use super::words::{Words, kind};
use alcor_compiler::oracle::Step;
use alcor_pipeline::{Owner, stage};
use alcor_types::Port;
use alcor_unixctl::Lookup;
use serde_json::{Value, json};
use std::fmt;

/// All of it.
pub(super) struct Report<'a> {
    pub(super) words: &'a Words<'a>,
    /// None where a machine outside sends it.
    pub(super) sender: Option<&'a Port>,
    pub(super) ttl: u8,
    pub(super) bridge: &'a str,
    pub(super) steps: &'a [Step],
    pub(super) visits: &'a [Visit],
    pub(super) end: &'a End,
    pub(super) difference: Option<&'a Difference>,
    pub(super) arrives: bool,
}

impl Report<'_> {
    /// One JSON object.
    pub(super) fn json(&self) -> Value {
        let packet = self.words.packet;
        let steps = self.steps.iter().map(|step| {
            let (kind, text) = self.words.step(step);
            json!({ "kind": kind, "text": text })
        });
        json!({
            "packet": {
                "port": self.sender.map(|port| port.id), "mac": packet.mac.to_string(), "from": packet.from,
                "to": packet.to, "kind": kind(packet), "ttl": self.ttl,
            },
            "intent": { "arrives": self.arrives, "steps": steps.collect::<Vec<_>>() },
            "switches": self.visits.iter().map(|visit| self.switch(visit)).collect::<Vec<_>>(),
            "end": self.end(),
            "asked_all": !matches!(self.end, End::Unasked { .. }),
            "difference": self.difference.map(|found| json!({
                "host": found.host, "table": found.table, "what": found.what,
                "remedy": found.remedy,
            })),
            "verdict": self.verdict(),
        })
    }

    fn verdict(&self) -> &'static str {
        match (self.difference, self.arrives) {
            (Some(_), _) => "differs",
            (None, true) => "delivered",
            (None, false) => "dropped",
        }
    }

    /// How it ends on the switches.
    fn end(&self) -> String {
        match self.end {
            End::Port(port) => format!("delivered to port {}", self.words.port(*port)),
            End::Answered => "answered on the spot".to_owned(),
            End::Agent => "given to the agent, which answers".to_owned(),
            End::Sought => {
                "given to the agent, which looks for the next hop; packets after it leave"
                    .to_owned()
            }
            End::Absent => {
                "waits while the agent asks the region, which knows nobody: dropped".to_owned()
            }
            End::Waits => {
                "waits for the region's word on who that is; after one such packet, trace again"
                    .to_owned()
            }
            End::Dropped => "dropped".to_owned(),
            End::Unplugged(port) => {
                format!(
                    "port {} has no interface in the bridge",
                    self.words.port(*port)
                )
            }
            End::Left { network, from } => {
                let network = self.words.network(*network);
                format!("onto the wire of network {network}, from {from}")
            }
            End::Stranger(ofport) => {
                format!("out of OpenFlow port {ofport}, which is no VM's: not followed")
            }
            End::Unasked { host, why } => format!("host {host} was not asked: {why}"),
            End::Nowhere(what) => what.clone(),
        }
    }

    fn switch(&self, visit: &Visit) -> Value {
        let lookups = visit.trace.lookups.iter().map(|lookup| {
            let rule = lookup.rule.as_ref();
            json!({
                "table": lookup.table, "stage": stage::of(lookup.table), "of": self.of(visit, lookup),
                "match": rule.map(|rule| rule.matching.as_str()),
                "priority": rule.map(|rule| rule.priority),
                "cookie": rule.map(|rule| format!("{:#x}", rule.cookie)),
                "actions": lookup.actions,
            })
        });
        json!({
            "host": visit.host, "packet": visit.asked.to_string(), "datapath": visit.trace.datapath,
            "lookups": lookups.collect::<Vec<_>>(),
            "held": visit.held.as_ref().map(|held| held.json(self.words)),
        })
    }

    /// Whose flow decided.
    fn of(&self, visit: &Visit, lookup: &Lookup) -> String {
        match visit.owner(lookup) {
            Some(Ok(owner)) => self.words.owner(owner),
            Some(Err(cookie)) => format!("of nobody that the region knows, cookie {cookie:#x}"),
            None => "no flow".to_owned(),
        }
    }
}

/// The lookups that say something: the bridge's own flows only lead from table to table, but
/// for the last.
fn telling(visit: &Visit) -> impl Iterator<Item = &Lookup> {
    let count = visit.trace.lookups.len();
    let lookups = visit.trace.lookups.iter().enumerate();
    let telling = lookups.filter(move |(at, lookup)| {
        at + 1 == count || !matches!(visit.owner(lookup), Some(Ok(Owner::Base)))
    });
    telling.map(|(_, lookup)| lookup)
}

impl fmt::Display for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let packet = self.words.packet;
        let (from, to, kind) = (packet.from, packet.to, kind(packet));
        let outside = || "a machine outside".to_owned();
        let sender = self
            .sender
            .map_or_else(outside, |port| self.words.port(port.id));
        writeln!(f, "{sender} ({from}) -> {to}, {kind}, ttl {}", self.ttl)?;
        writeln!(f, "\nintent")?;
        for step in self.steps {
            let (kind, text) = self.words.step(step);
            writeln!(f, "  {kind:<8}  {text}")?;
        }
        let end = if self.arrives {
            "arrives"
        } else {
            "does not arrive"
        };
        writeln!(f, "  => {end}")?;
        for visit in self.visits {
            writeln!(f, "\nswitch {} on host {}", self.bridge, visit.host)?;
            for lookup in telling(visit) {
                let (table, stage) = (lookup.table, stage::of(lookup.table));
                let rule = lookup.rule.as_ref();
                let matching = rule.map_or("", |rule| rule.matching.as_str());
                let of = self.of(visit, lookup);
                writeln!(f, "  {table:>3} {stage:<18}  {of}  [{matching}]")?;
            }
            let held = visit.held.iter().flat_map(|held| held.told(self.words));
            for text in held {
                writeln!(f, "      {text}")?;
            }
        }
        if self.visits.is_empty() {
            writeln!(f, "\nswitches")?;
        }
        writeln!(f, "  => {}\n", self.end())?;
        match (self.difference, self.end) {
            (
                Some(Difference {
                    host, what, remedy, ..
                }),
                _,
            ) => {
                writeln!(f, "first difference, on host {host}: {what}\n{remedy}")
            }
            (None, End::Unasked { .. }) => {
                writeln!(f, "no difference as far as switches were asked")
            }
            (None, _) => writeln!(f, "intent and switches agree"),
        }
    }
}
