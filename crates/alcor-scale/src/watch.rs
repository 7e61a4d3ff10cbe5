//! From the call that asks for a port to the last host that has it: who acknowledged when.

use alcor_types::PortId;
use parking_lot::Mutex;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;

/// Ports whose answer has not come yet, but their goals have; further ones are not measured.
const EARLY: usize = 1 << 18;

/// The hosts that are to hear of a port.
#[derive(Clone, Debug)]
pub(crate) enum Audience {
    /// Nobody is waited for.
    Nobody,
    /// The port's own host alone: in a large network others hear when they ask.
    Own(u32),
    /// All of its network.
    All(Arc<HashSet<u32>>),
}

impl Audience {
    fn len(&self) -> usize {
        match self {
            Self::Nobody => 0,
            Self::Own(_) => 1,
            Self::All(hosts) => hosts.len(),
        }
    }

    fn contains(&self, host: u32) -> bool {
        match self {
            Self::Nobody => false,
            Self::Own(own) => *own == host,
            Self::All(hosts) => hosts.contains(&host),
        }
    }
}

/// A latency, and when it ended, both in seconds; the latter since the run began.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Sample {
    /// When it ended.
    pub(crate) at: f64,
    /// How long it took.
    pub(crate) took: f64,
}

/// Latencies of a run.
#[derive(Debug)]
pub(crate) struct Watch {
    began: Instant,
    /// One port of so many is measured.
    every: AtomicU32,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    asked: HashMap<PortId, Asked>,
    early: HashMap<PortId, Vec<(u32, bool, Instant)>>,
    own: Vec<Sample>,
    everywhere: Vec<Sample>,
}

#[derive(Debug)]
struct Asked {
    at: Instant,
    audience: Audience,
    missing: usize,
}

impl Watch {
    /// Measures one port of `every`.
    pub(crate) fn new(began: Instant, every: u32) -> Self {
        Self {
            began,
            every: AtomicU32::new(every.max(1)),
            state: Mutex::default(),
        }
    }

    /// From now on measures one port of `every`.
    pub(crate) fn measure_every(&self, every: u32) {
        self.every.store(every.max(1), Ordering::Relaxed);
    }

    /// Whether this port is measured.
    pub(crate) fn wants(&self, port: PortId) -> bool {
        let every = self.every.load(Ordering::Relaxed);
        every == 1 || port.0.as_u128().is_multiple_of(u128::from(every))
    }

    /// The port was asked for at `at`; these hosts are to hear of it.
    pub(crate) fn asked(&self, port: PortId, at: Instant, audience: &Audience) {
        if !self.wants(port) || audience.len() == 0 {
            return;
        }
        let mut state = self.state.lock();
        let asked = Asked {
            at,
            audience: audience.clone(),
            missing: audience.len(),
        };
        state.asked.insert(port, asked);
        for (host, own, when) in state.early.remove(&port).unwrap_or_default() {
            state.verified(self.began, port, (host, own, when));
        }
    }

    /// A host has verified the port, its own or a neighbour.
    pub(crate) fn verified(&self, host: u32, port: PortId, own: bool) {
        let mut state = self.state.lock();
        state.verified(self.began, port, (host, own, Instant::now()));
    }

    /// Latencies to the own host's word, and to the last host's, so far.
    pub(crate) fn samples(&self) -> (Vec<Sample>, Vec<Sample>) {
        let state = self.state.lock();
        (state.own.clone(), state.everywhere.clone())
    }
}

impl State {
    fn verified(&mut self, began: Instant, port: PortId, word: (u32, bool, Instant)) {
        let (host, own, when) = word;
        let Some(asked) = self.asked.get_mut(&port) else {
            if self.early.len() < EARLY {
                self.early.entry(port).or_default().push(word);
            }
            return;
        };
        // A host that came to the network later gets the port among all others.
        if !asked.audience.contains(host) {
            return;
        }
        let sample = Sample {
            at: when.duration_since(began).as_secs_f64(),
            took: when.duration_since(asked.at).as_secs_f64(),
        };
        if own {
            self.own.push(sample);
        }
        asked.missing -= 1;
        if asked.missing == 0 {
            self.everywhere.push(sample);
            self.asked.remove(&port);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_everywhere_when_its_whole_audience_has_it() {
        let watch = Watch::new(Instant::now(), 1);
        let port = PortId::random();
        let audience = Audience::All(Arc::new(HashSet::from([1, 2])));
        // The goal may be there before the answer.
        watch.verified(1, port, true);
        watch.asked(port, Instant::now(), &audience);
        assert_eq!(watch.samples().0.len(), 1);
        watch.verified(7, port, false);
        assert_eq!(watch.samples().1.len(), 0);
        watch.verified(2, port, false);
        assert_eq!(watch.samples().1.len(), 1);
        assert!(watch.state.lock().asked.is_empty());
    }
}
