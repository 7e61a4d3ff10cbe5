//! Sub-ports of trunks, in the engine: each has a number in place of an interface, for as long as its
//! parent has one.

use super::{Effect, Engine};
use crate::errand::Errand;
use crate::numbers::Numbers;
use crate::zones::Flushes;
use alcor_goalstate::{Goal, GoalChange, GoalKey, TrunkPart};
use alcor_openflow::PortNo;
use alcor_pipeline::Input;
use alcor_types::PortId;
use std::collections::{BTreeMap, BTreeSet};

/// What the engine knows of them.
#[derive(Debug)]
pub(super) struct Trunks {
    numbers: Numbers,
    /// The sub-ports here, each with its parent.
    parents: BTreeMap<PortId, PortId>,
    /// The numbers that the pipeline was told of.
    told: BTreeMap<PortId, u16>,
    /// Ports that may have begun or ended to be sub-ports.
    turned: BTreeSet<PortId>,
    /// Whether anything may have changed, and whether everything was known when it was last looked.
    stale: bool,
    saw_all: bool,
    flushes: Flushes,
}

impl Default for Trunks {
    fn default() -> Self {
        Self {
            numbers: Numbers::sub_ports(),
            parents: BTreeMap::new(),
            told: BTreeMap::new(),
            turned: BTreeSet::new(),
            stale: false,
            saw_all: false,
            flushes: Flushes::default(),
        }
    }
}

impl Trunks {
    /// A goal has changed.
    pub(super) fn note(&mut self, change: &GoalChange) {
        let (port, parent) = match change {
            GoalChange::Put(Goal::Port(goal)) => {
                let carrier = goal.identity.trunk.as_ref().and_then(TrunkPart::carrier);
                (goal.id, carrier.map(|(parent, _)| parent))
            }
            GoalChange::Delete {
                key: GoalKey::Port(port),
                ..
            } => (*port, None),
            _ => return,
        };
        let former = match parent {
            Some(parent) => self.parents.insert(port, parent),
            None => self.parents.remove(&port),
        };
        if former != parent {
            self.turned.insert(port);
            self.stale = true;
        }
    }

    /// An interface has come, changed, or gone.
    pub(super) fn moved(&mut self) {
        self.stale |= !self.parents.is_empty();
    }

    /// The port whose interface carries this one.
    pub(super) fn parent(&self, port: PortId) -> Option<PortId> {
        self.parents.get(&port).copied()
    }

    /// The sub-port that has the number.
    pub(super) fn port_at(&self, number: PortNo) -> Option<PortId> {
        let mut told = self.told.iter();
        let found = told.find(|(_, told)| u32::from(**told) == number.0)?;
        Some(*found.0)
    }

    /// Takes the zones to empty with the next job.
    pub(super) fn take_flushes(&mut self) -> Flushes {
        std::mem::take(&mut self.flushes)
    }

    pub(super) fn is_quiet(&self) -> bool {
        self.flushes == Flushes::default()
    }
}

impl Engine {
    /// The bridge's `external_ids` are these now.
    pub(super) fn kept_for_trunks(&mut self, ids: &BTreeMap<String, String>) {
        self.trunks.numbers.read(ids);
        self.trunks.stale = true;
    }

    /// The number by which a port's frames come and go, once they do.
    pub(super) fn ofport(&self, port: PortId) -> Option<PortNo> {
        match self.trunks.parent(port) {
            Some(_) => self
                .trunks
                .told
                .get(&port)
                .map(|number| PortNo(u32::from(*number))),
            None => self.vifs.ofport(port).map(PortNo),
        }
    }

    /// Before a job: numbers for sub-ports whose parents are there.
    pub(super) fn settle_trunks(&mut self) -> Option<Effect> {
        let all = self.sees_all();
        if !self.trunks.stale && self.trunks.saw_all == all {
            return None;
        }
        let names: BTreeMap<_, _> = self
            .trunks
            .parents
            .iter()
            .filter_map(|(port, parent)| Some((*port, self.name(*port, *parent)?)))
            .collect();
        let trunks = &mut self.trunks;
        let moves = trunks.numbers.want(&names.values().cloned().collect(), all);
        trunks.flushes.before.extend(moves.fresh);
        trunks.flushes.after.extend(moves.free);
        // What is not kept yet is asked for again.
        (trunks.saw_all, trunks.stale) = (all, !moves.keep.is_empty());
        let turned = std::mem::take(&mut trunks.turned);
        let ports: BTreeSet<_> = trunks.parents.keys().copied().chain(turned).collect();
        for port in ports {
            let number = names.get(&port);
            let number = number.and_then(|name| self.trunks.numbers.of(name));
            self.tell_number(port, number);
        }
        (!moves.keep.is_empty()).then_some(Effect::Keep(moves.keep))
    }

    /// What a number is kept for. When the parent gets another interface it is another one's: what its
    /// VM was connected with is not for whoever comes next.
    fn name(&self, port: PortId, parent: PortId) -> Option<String> {
        let ofport = self.vifs.ofport(parent)?;
        Some(format!("{port}/{parent}/{ofport}"))
    }

    fn tell_number(&mut self, port: PortId, number: Option<u16>) {
        let former = match number {
            Some(number) => self.trunks.told.insert(port, number),
            None => self.trunks.told.remove(&port),
        };
        if former != number {
            self.advertisers.welcome(port);
            self.errand(Errand::Leave(port));
            self.waiting.ports.insert(port);
        }
        self.pipeline.apply(&match self.ofport(port) {
            Some(ofport) => Input::Plugged { port, ofport },
            None => Input::Unplugged { port },
        });
    }
}
