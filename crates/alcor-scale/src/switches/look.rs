//! Real hosts in the look that is taken once a second.

use crate::machine::{cpu_seconds, resident_bytes};
use alcor_lab::Echoed;
use parking_lot::Mutex;
use serde::Serialize;
use std::time::Instant;

/// All real hosts together at one moment.
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize)]
pub struct RealLook {
    /// How many they are.
    pub hosts: u64,
    /// Memory of their agents, in bytes.
    pub agents_memory: u64,
    /// Memory of their switches, in bytes.
    pub switches_memory: u64,
    /// Cores that both used since the last look.
    pub cores: f64,
    /// First pings answered so far.
    pub answered: u64,
    /// First pings lost so far.
    pub lost: u64,
}

/// What is looked at.
#[derive(Debug, Default)]
pub(crate) struct RealWatch(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    agents: Vec<u32>,
    switches: Vec<u32>,
    spent: Option<(Instant, f64)>,
    answered: usize,
    pinged: usize,
}

impl RealWatch {
    /// From now on these agents and switches are looked at.
    pub(crate) fn watch(&self, [agents, switches]: [Vec<u32>; 2]) {
        let mut state = self.0.lock();
        (state.agents, state.switches) = (agents, switches);
    }

    /// Some first pings are done.
    pub(crate) fn pinged(&self, echoed: &[Echoed]) {
        let mut state = self.0.lock();
        state.pinged += echoed.len();
        state.answered += echoed.iter().filter(|echo| echo.took.is_some()).count();
    }

    /// How they are; nothing where there are none.
    pub(crate) fn look(&self) -> Option<RealLook> {
        let mut state = self.0.lock();
        if state.agents.is_empty() {
            return None;
        }
        let memory = |pids: &[u32]| pids.iter().map(|pid| resident_bytes(*pid)).sum();
        let pids = state.agents.iter().chain(&state.switches);
        let now = (Instant::now(), pids.map(|pid| cpu_seconds(*pid)).sum());
        let before = state.spent.replace(now).unwrap_or(now);
        let wall = now.0.duration_since(before.0).as_secs_f64().max(0.001);
        Some(RealLook {
            hosts: state.agents.len() as u64,
            agents_memory: memory(&state.agents),
            switches_memory: memory(&state.switches),
            cores: (now.1 - before.1) / wall,
            answered: state.answered as u64,
            lost: (state.pinged - state.answered) as u64,
        })
    }
}
