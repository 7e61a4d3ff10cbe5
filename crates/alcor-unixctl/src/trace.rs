//! What `ofproto/trace` prints, as values.
//!
//! The text is for people and says nothing of its form; this reads what Open vSwitch 2.17 to 3.x
//! print. A line that is not understood is left out, so that a new kind of line costs a detail
//! and not the answer.

use crate::fields::{Fields, number};
use std::collections::BTreeMap;

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
        let (mut said, mut first, mut here) = (Said::default(), None, true);
        for line in text.lines() {
            // Below a tunnel the bridge of the underlay is asked, which is another matter.
            if line.starts_with("bridge(") {
                here = *first.get_or_insert(line) == line;
            }
            if here || !line.starts_with(' ') {
                trace.take(line, &mut said);
            }
        }
        said.correct(&mut trace.end);
        trace
    }

    fn take(&mut self, line: &str, said: &mut Said) {
        let words = line.trim();
        if let Some(fields) = words.strip_prefix("Flow: ") {
            self.end = Fields::parse(fields);
            said.begin_anew();
        } else if let Some(fields) = words.strip_prefix("Final flow: ") {
            if fields != "unchanged" {
                self.end = Fields::parse(fields);
            }
        } else if let Some(actions) = words.strip_prefix("Datapath actions: ") {
            actions.clone_into(&mut self.datapath);
        } else if let Some(lookup) = lookup(words) {
            self.lookups.push(lookup);
        } else if line.starts_with(' ') {
            self.leave_branch(line, said);
            self.act(words, said);
        }
    }

    /// A packet of `ofproto/trace` is small. What it is told of larger ones comes first, and ends where the
    /// same step is taken again.
    fn leave_branch(&mut self, line: &str, said: &mut Said) {
        let Some(branch) = &mut said.branch else {
            return;
        };
        match &branch.leads {
            None => branch.leads = Some(line.to_owned()),
            Some(leads) if leads == line => {
                self.lookups.truncate(branch.from.0);
                self.exits.truncate(branch.from.1);
                said.branch = None;
            }
            Some(_) => {}
        }
    }

    fn act(&mut self, words: &str, said: &mut Said) {
        if let Some(note) = words.strip_prefix("-> ") {
            said.note(note);
            return self.note(note);
        }
        if let Some(trouble) = words.strip_prefix(">> ") {
            return self.go_wrong(trouble);
        }
        said.hear(words);
        if words.starts_with("check_pkt_larger") {
            said.branch = Some(Branch {
                from: (self.lookups.len(), self.exits.len()),
                leads: None,
            });
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

/// What the actions say of the packet, where the flow at the end does not: of `tun_id` never, and of
/// nothing that was done behind a `check_pkt_larger`, whose two branches end in the flow before it.
#[derive(Default)]
struct Said {
    measured: bool,
    decrements: u8,
    fields: BTreeMap<&'static str, String>,
    branch: Option<Branch>,
}

/// The way of packets that are larger.
struct Branch {
    /// Lookups and exits before it.
    from: (usize, usize),
    /// The first line of it, which is the first of the other branch, too.
    leads: Option<String>,
}

/// Fields as `set_field` names them, and as flows do.
const NAMES: [(&str, &str); 11] = [
    ("ip_src", "nw_src"),
    ("ip_dst", "nw_dst"),
    ("ipv6_src", "ipv6_src"),
    ("ipv6_dst", "ipv6_dst"),
    ("icmp_type", "icmp_type"),
    ("icmpv6_type", "icmp_type"),
    ("tun_id", "tun_id"),
    ("tun_dst", "tun_dst"),
    ("tun_ipv6_dst", "tun_ipv6_dst"),
    ("eth_src", "dl_src"),
    ("eth_dst", "dl_dst"),
];

/// Fields as notes of moves name them, and as flows do.
const MOVED: [(&str, &str); 3] = [
    ("NXM_OF_IP_DST[]", "nw_dst"),
    ("NXM_NX_IPV6_DST[]", "ipv6_dst"),
    ("NXM_NX_XXREG2[0..31]", "reg11"),
];

impl Said {
    /// The tracker has given the packet back as it was then.
    fn begin_anew(&mut self) {
        (self.measured, self.decrements) = (false, 0);
        self.branch = None;
        self.fields.retain(|name, _| *name == "tun_id");
    }

    /// What a field has got from another.
    fn note(&mut self, note: &str) {
        let known = note.split_once(" is now ").filter(|_| self.measured);
        let Some((target, value)) = known else {
            return;
        };
        let moved = MOVED.into_iter().find(|(moved, _)| *moved == target);
        if let Some((_, name)) = moved {
            self.fields.insert(name, value.to_owned());
        }
    }

    /// The tag of a frame, whose number has a bit more in the switch.
    fn tag(&mut self, vid: &str) {
        let vid = number(vid).filter(|_| self.measured);
        if let Some(vid) = vid {
            self.fields.insert("dl_vlan", (vid & 0xfff).to_string());
        }
    }

    fn hear(&mut self, action: &str) {
        if action.starts_with("check_pkt_larger") {
            self.measured = true;
        } else if action == "dec_ttl" && self.measured {
            self.decrements += 1;
        }
        let set = action.strip_prefix("set_field:");
        let Some((value, target)) = set.and_then(|set| set.split_once("->")) else {
            return;
        };
        if target == "vlan_vid" {
            self.tag(value);
        }
        let known = NAMES.into_iter().find(|(set, _)| *set == target);
        if let Some((set, name)) = known
            && (self.measured || set == "tun_id")
        {
            self.fields.insert(name, value.to_owned());
        }
    }

    fn correct(self, end: &mut Fields) {
        for (name, value) in self.fields {
            end.set(name, &value);
        }
        if let Some(left) = end.number("nw_ttl") {
            let left = left.saturating_sub(self.decrements.into());
            end.set("nw_ttl", &left.to_string());
        }
    }
}

#[cfg(test)]
mod tests;
