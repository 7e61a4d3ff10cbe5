//! What to tell the switch, given what it holds already.
//!
//! After every (re)connection the switch says which flows and meters it holds. Those that are wanted are
//! left alone, so that a restart of the agent touches no packet. Those that nobody wants
//! *yet* stay until the host's view is complete: before that, "unwanted" may only mean "not
//! heard of".

use alcor_openflow::{Flow, FlowKey, Meter};
use alcor_pipeline::{Contents, FlowChanges, Installed, MeterChanges, Pipeline};
use std::collections::HashMap;

/// Tracks the difference between the switch and what it should hold.
#[derive(Debug, Default)]
pub(crate) struct Installer {
    connected: bool,
    /// Flows found in the switch that nothing has asked for so far, with their cookies.
    unclaimed: HashMap<FlowKey, u64>,
    /// Meters just so, by their numbers.
    meters: HashMap<u32, Meter>,
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
        self.meters.clear();
    }

    /// The switch is here and holds `found`. Returns what it lacks of what the pipeline wants.
    pub(crate) fn connected(&mut self, found: Contents, wanted: &Pipeline) -> FlowChanges {
        self.connected = true;
        let flows = found.flows.into_iter();
        self.unclaimed = flows.map(|flow| (flow.key, flow.cookie)).collect();
        let meters = found.meters.into_iter();
        self.meters = meters.map(|meter| (meter.id, meter)).collect();
        let add = wanted.desired().filter(|flow| !self.claim(flow)).collect();
        let put = wanted.meters().filter(|meter| !self.claim_meter(meter));
        FlowChanges {
            add,
            delete: Vec::new(),
            meters: MeterChanges {
                put: put.collect(),
                delete: Vec::new(),
            },
        }
    }

    /// What of `changes` the switch has yet to be told.
    pub(crate) fn filter(&mut self, mut changes: FlowChanges) -> FlowChanges {
        if !self.connected {
            return FlowChanges::default();
        }
        changes.add.retain(|flow| !self.claim(flow));
        changes.meters.put.retain(|meter| !self.claim_meter(meter));
        changes
    }

    /// Adds the end of what is nobody's, and so stale now that the host's view is complete.
    pub(crate) fn sweep(&mut self, changes: &mut FlowChanges, stale: impl Fn(&Installed) -> bool) {
        let all = std::mem::take(&mut self.unclaimed).into_iter();
        let all = all.map(|(key, cookie)| Installed { key, cookie });
        let (stale, kept): (Vec<_>, Vec<_>) = all.partition(stale);
        let kept = kept.into_iter().map(|flow| (flow.key, flow.cookie));
        self.unclaimed = kept.collect();
        changes.delete.extend(stale);
        let meters = self.meters.drain().map(|(id, _)| id);
        changes.meters.delete.extend(meters);
    }

    /// Whether the switch holds exactly this flow already. Either way it is somebody's now.
    fn claim(&mut self, flow: &Flow) -> bool {
        self.unclaimed.remove(&flow.key) == Some(flow.cookie)
    }

    fn claim_meter(&mut self, meter: &Meter) -> bool {
        self.meters.remove(&meter.id).as_ref() == Some(meter)
    }
}
