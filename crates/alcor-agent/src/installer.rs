//! What to tell the switch, given what it holds already.
//!
//! After every (re)connection the switch says which flows it holds. Those that are wanted are
//! left alone, so that a restart of the agent touches no packet. Those that nobody wants
//! *yet* stay until the host's view is complete: before that, "unwanted" may only mean "not
//! heard of".

use alcor_openflow::{Flow, FlowKey};
use alcor_pipeline::{FlowChanges, Installed};
use std::collections::HashMap;

/// Tracks the difference between the switch and what it should hold.
#[derive(Debug, Default)]
pub(crate) struct Installer {
    connected: bool,
    /// Flows found in the switch that nothing has asked for so far, with their cookies.
    unclaimed: HashMap<FlowKey, u64>,
}

impl Installer {
    /// Whether there is a switch to talk to.
    pub(crate) fn is_connected(&self) -> bool {
        self.connected
    }

    /// How many flows of the switch are nobody's.
    pub(crate) fn unclaimed(&self) -> usize {
        self.unclaimed.len()
    }

    /// The switch went away; what it holds is unknown.
    pub(crate) fn disconnected(&mut self) {
        self.connected = false;
        self.unclaimed.clear();
    }

    /// The switch is here and holds `found`. Returns what it lacks of `desired`.
    pub(crate) fn connected(
        &mut self,
        found: Vec<Installed>,
        desired: impl Iterator<Item = Flow>,
    ) -> FlowChanges {
        self.connected = true;
        self.unclaimed = found
            .into_iter()
            .map(|flow| (flow.key, flow.cookie))
            .collect();
        let add = desired.filter(|flow| !self.claim(flow)).collect();
        FlowChanges {
            add,
            delete: Vec::new(),
        }
    }

    /// What of `changes` the switch has yet to be told.
    pub(crate) fn filter(&mut self, changes: FlowChanges) -> FlowChanges {
        if !self.connected {
            return FlowChanges::default();
        }
        let FlowChanges { add, delete } = changes;
        let add = add.into_iter().filter(|flow| !self.claim(flow)).collect();
        FlowChanges { add, delete }
    }

    /// Takes the flows that are nobody's, and so stale now that the host's view is complete.
    pub(crate) fn sweep(&mut self, stale: impl Fn(&Installed) -> bool) -> Vec<Installed> {
        let all = std::mem::take(&mut self.unclaimed).into_iter();
        let all = all.map(|(key, cookie)| Installed { key, cookie });
        let (stale, kept): (Vec<_>, Vec<_>) = all.partition(stale);
        let kept = kept.into_iter().map(|flow| (flow.key, flow.cookie));
        self.unclaimed = kept.collect();
        stale
    }

    /// Whether the switch holds exactly this flow already. Either way it is somebody's now.
    fn claim(&mut self, flow: &Flow) -> bool {
        self.unclaimed.remove(&flow.key) == Some(flow.cookie)
    }
}
