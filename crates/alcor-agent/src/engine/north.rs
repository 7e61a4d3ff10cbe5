//! What leads out of the region, in the engine: zones for translated connections, and neighbours on
//! external networks.

use super::{Effect, Engine};
use crate::numbers::{Moves, Numbers};
use crate::outside::{Out, Outside};
use crate::seats::Seats;
use crate::zones::Flushes;
use alcor_openflow::PortNo;
use alcor_pipeline::{Input, Punt};
use alcor_responder::icmp::{Complaint, complain_back};
use alcor_responder::{Outcome, Reason};
use alcor_types::NetworkId;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// Frames about neighbours that are looked at in a second.
const FRAMES: u32 = 500;
/// Senders outside that are told in a second that their packets are too large. They have no ports whose
/// allowances could be asked.
const COMPLAINTS: u32 = 100;
/// Seconds until flows to neighbours that have not answered a new agent are taken to be stale.
const GRACE: u32 = 5;

/// What the engine knows of it.
#[derive(Debug)]
pub(super) struct North {
    zones: Numbers,
    outside: Outside,
    seats: Seats,
    wires: BTreeMap<String, u32>,
    flushes: Flushes,
    frames: u32,
    complaints: u32,
    seconds: u32,
}

impl Default for North {
    fn default() -> Self {
        Self {
            zones: Numbers::zones(),
            outside: Outside::default(),
            seats: Seats::default(),
            wires: BTreeMap::new(),
            flushes: Flushes::default(),
            frames: FRAMES,
            complaints: COMPLAINTS,
            seconds: 0,
        }
    }
}

impl North {
    /// Takes the zones to empty with the next job.
    pub(super) fn take_flushes(&mut self) -> Flushes {
        std::mem::take(&mut self.flushes)
    }

    pub(super) fn is_quiet(&self) -> bool {
        self.flushes == Flushes::default()
    }

    /// Whether neighbours have had the time to answer since the agent started.
    pub(super) fn has_asked(&self) -> bool {
        self.seconds >= GRACE
    }
}

impl Engine {
    /// The ways to physical networks are these now.
    pub(crate) fn wired(&mut self, wires: BTreeMap<String, u32>) -> Vec<Effect> {
        let former = std::mem::replace(&mut self.north.wires, wires);
        let gone = former
            .keys()
            .filter(|name| !self.north.wires.contains_key(*name));
        let gone = gone.map(|name| (name, None));
        let there = self.north.wires.iter().map(|(name, at)| (name, Some(*at)));
        for (name, ofport) in gone.chain(there) {
            self.pipeline.apply(&Input::Wire {
                physical_network: name.clone(),
                ofport: ofport.map(PortNo),
            });
        }
        // Ports on physical networks wait for their wires.
        self.waiting.ports.extend(self.holdings.own_ports());
        self.advance()
    }

    /// The bridge's `external_ids` are these now.
    pub(crate) fn kept(&mut self, ids: &BTreeMap<String, String>) -> Vec<Effect> {
        let moves = self.north.zones.read(ids);
        self.renumber(moves);
        self.kept_for_trunks(ids);
        self.advance()
    }

    /// Before a job: numbers for what needs them now, and questions for next hops.
    pub(super) fn settle_outside(&mut self) -> Vec<Effect> {
        let zoned = self.pipeline.translating();
        let names = zoned.iter().map(ToString::to_string).collect();
        let all = self.sees_all();
        let moves = self.north.zones.want(&names, all);
        let keep = self.renumber(moves);
        let inputs = self.north.outside.want(&self.pipeline);
        let asked = !inputs.is_empty();
        self.apply(inputs);
        let mut effects: Vec<_> = keep.into_iter().collect();
        if asked {
            let questions = self.north.outside.ask_unknown(&self.pipeline);
            effects.extend(out(questions));
        }
        effects
    }

    fn renumber(&mut self, moves: Moves) -> Option<Effect> {
        self.north.flushes.before.extend(moves.fresh);
        self.north.flushes.after.extend(moves.free);
        for (name, zone) in moves.now {
            if let Ok(of) = name.parse() {
                self.pipeline.apply(&Input::Zone { of, zone });
            }
        }
        (!moves.keep.is_empty()).then_some(Effect::Keep(moves.keep))
    }

    /// A job is done: addresses that have come here are told of outside, and gateways on the wires of VMs.
    pub(super) fn announce_outside(&mut self) -> Vec<Effect> {
        let told = out(self.north.outside.announce(&self.pipeline));
        told.chain(out(self.north.seats.announce(&self.pipeline)))
            .collect()
    }

    /// A second has passed.
    pub(crate) fn tick_outside(&mut self) -> Vec<Effect> {
        self.north.frames = FRAMES;
        self.north.complaints = COMPLAINTS;
        self.north.seconds = self.north.seconds.saturating_add(1);
        let (inputs, frames) = self.north.outside.tick(&self.pipeline);
        self.apply(inputs);
        let mut effects: Vec<_> = out(frames).collect();
        effects.extend(out(self.north.seats.tick(&self.pipeline)));
        effects.extend(self.advance());
        effects
    }

    /// A frame that was sent up because of a neighbour outside, or that came from one; nothing where it is
    /// another one.
    pub(crate) fn outside(&mut self, userdata: &[u8], frame: &[u8]) -> Option<Vec<Effect>> {
        let words = Punt::parse(userdata)?;
        if let Punt::TooLargeFromOutside {
            network,
            address,
            mtu,
            zone,
        } = words
        {
            let told = self.too_large(network, zone, (address, mtu), frame);
            return Some(told.into_iter().collect());
        }
        let (Punt::NextHop { network } | Punt::Heard { network } | Punt::Asked { network }) = words
        else {
            return None;
        };
        let Some(left) = self.north.frames.checked_sub(1) else {
            return Some(Vec::new());
        };
        self.north.frames = left;
        let outside = &mut self.north.outside;
        let (inputs, frames) = match words {
            Punt::NextHop { .. } => outside.missed(&self.pipeline, network, frame),
            Punt::Asked { .. } => {
                let answer = outside.asked(&self.pipeline, network, frame);
                (Vec::new(), answer.into_iter().collect())
            }
            _ => outside.heard(&self.pipeline, network, frame),
        };
        self.apply(inputs);
        let mut effects = self.advance();
        effects.extend(out(frames));
        Some(effects)
    }

    /// Tells a sender outside that its packet was too large.
    fn too_large(
        &mut self,
        network: NetworkId,
        zone: u16,
        (address, mtu): (IpAddr, u16),
        frame: &[u8],
    ) -> Option<Effect> {
        let outcome = match self.north.complaints.checked_sub(1) {
            Some(left) => {
                self.north.complaints = left;
                complain_back(frame, Complaint::TooLarge { mtu }, address)
            }
            None => Outcome::Silence(Reason::TooMany),
        };
        self.counters.count(&outcome);
        let Outcome::Complaint { frame, .. } = outcome else {
            return None;
        };
        Some(Effect::Out(self.pipeline.back(network, zone)?, frame))
    }

    fn apply(&mut self, inputs: Vec<Input>) {
        for input in inputs {
            self.pipeline.apply(&input);
        }
    }
}

fn out(frames: Vec<Out>) -> impl Iterator<Item = Effect> {
    let frames = frames.into_iter();
    frames.map(|(actions, frame)| Effect::Out(actions, frame))
}
