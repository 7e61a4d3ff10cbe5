//! What `ofproto/trace` prints, as values.
//!
//! The text is for people and says nothing of its form; this reads what Open vSwitch 2.17 to 3.x
//! print. A line that is not understood is left out, so that a new kind of line costs a detail
//! and not the answer.

use crate::fields::{Fields, number};

/// A flow that decided.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rule {
    /// Its match, as text; empty where it matches everything.
    pub matching: String,
    /// Its priority.
    pub priority: u16,
    /// Its cookie.
    pub cookie: u64,
}

/// One look into a table.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Lookup {
    /// The table.
    pub table: u8,
    /// The flow that decided; none where no flow matches.
    pub rule: Option<Rule>,
    /// Its actions, as text.
    pub actions: Vec<String>,
}

/// Where the packet left the pipeline.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Exit {
    /// By this OpenFlow port.
    Port {
        /// Its number.
        ofport: u32,
        /// Whether Open vSwitch knows it as a tunnel.
        tunnel: bool,
        /// Why it does not go on from there, such as a route that the underlay does not have, or
        /// that it came from there.
        trouble: Option<String>,
    },
    /// By the port that it came from.
    Back,
    /// To the controller: our agent.
    Controller,
}

/// The whole way through one bridge.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Trace {
    /// The looks into tables, in order.
    pub lookups: Vec<Lookup>,
    /// Where it left; nothing where it was dropped.
    pub exits: Vec<Exit>,
    /// The packet and its registers at the end of the way, with the `tun_id` that was set last.
    pub end: Fields,
    /// What the datapath does, the last time that it is asked.
    pub datapath: String,
}

impl Trace {
    /// Reads the answer.
    pub fn parse(text: &str) -> Self {
        let mut trace = Self::default();
        let (mut key, mut first, mut here) = (None, None, true);
        for line in text.lines() {
            // Below a tunnel the bridge of the underlay is asked, which is another matter.
            if line.starts_with("bridge(") {
                here = *first.get_or_insert(line) == line;
            }
            if here || !line.starts_with(' ') {
                trace.take(line, &mut key);
            }
        }
        if let Some(key) = key {
            trace.end.set("tun_id", &key);
        }
        trace
    }

    fn take(&mut self, line: &str, key: &mut Option<String>) {
        let words = line.trim();
        if let Some(fields) = words.strip_prefix("Flow: ") {
            self.end = Fields::parse(fields);
        } else if let Some(fields) = words.strip_prefix("Final flow: ") {
            if fields != "unchanged" {
                self.end = Fields::parse(fields);
            }
        } else if let Some(actions) = words.strip_prefix("Datapath actions: ") {
            actions.clone_into(&mut self.datapath);
        } else if let Some(lookup) = lookup(words) {
            self.lookups.push(lookup);
        } else if line.starts_with(' ') {
            self.act(words, key);
        }
    }

    fn act(&mut self, words: &str, key: &mut Option<String>) {
        if let Some(note) = words.strip_prefix("-> ") {
            return self.note(note);
        }
        if let Some(trouble) = words.strip_prefix(">> ") {
            return self.go_wrong(trouble);
        }
        if let Some(value) = set_to(words, "tun_id") {
            *key = Some(value.to_owned());
        }
        self.exits.extend(exit(words));
        if let Some(lookup) = self.lookups.last_mut() {
            lookup.actions.push(words.to_owned());
        }
    }

    /// What is said of the action before.
    fn note(&mut self, note: &str) {
        if let Some(port) = note.strip_prefix("output port is ") {
            self.exits.extend(number(port).and_then(port_exit));
        } else if ["output to native tunnel", "output to kernel tunnel"].contains(&note)
            && let Some(Exit::Port { tunnel, .. }) = self.exits.last_mut()
        {
            *tunnel = true;
        }
    }

    /// What was wrong with the action before.
    fn go_wrong(&mut self, what: &str) {
        if let Some(Exit::Port { trouble, .. }) = self.exits.last_mut() {
            *trouble = Some(what.to_owned());
        }
    }
}

/// ` 5. ip, priority 100, cookie 0x30` or `18. No match.`
fn lookup(words: &str) -> Option<Lookup> {
    let (table, rest) = words.split_once(". ")?;
    let table = table.parse().ok()?;
    let of = |rule| Lookup {
        table,
        rule,
        actions: Vec::new(),
    };
    if rest.starts_with("No match") {
        return Some(of(None));
    }
    let at = rest.rfind("priority ")?;
    let (matching, rest) = rest.split_at(at);
    let mut parts = rest.split(", ");
    let priority = parts.next()?.strip_prefix("priority ")?;
    let cookie = parts.find_map(|part| part.strip_prefix("cookie "));
    Some(of(Some(Rule {
        matching: matching.trim_end_matches(", ").to_owned(),
        priority: priority.parse().ok()?,
        cookie: cookie.and_then(number).unwrap_or(0),
    })))
}

fn exit(action: &str) -> Option<Exit> {
    if action.to_ascii_lowercase().starts_with("controller") {
        return Some(Exit::Controller);
    }
    match action {
        "IN_PORT" | "in_port" | "output:IN_PORT" => Some(Exit::Back),
        // Of `output:NXM_NX_REG2[]` the line below tells the port.
        _ => port_exit(number(action.strip_prefix("output:")?)?),
    }
}

fn port_exit(ofport: u64) -> Option<Exit> {
    Some(Exit::Port {
        ofport: u32::try_from(ofport).ok()?,
        tunnel: false,
        trouble: None,
    })
}

/// The value of `set_field:VALUE->FIELD` or `load:VALUE->FIELD`.
fn set_to<'a>(action: &'a str, field: &str) -> Option<&'a str> {
    let (value, target) = action.strip_prefix("set_field:")?.split_once("->")?;
    (target == field).then_some(value)
}

#[cfg(test)]
mod tests;
