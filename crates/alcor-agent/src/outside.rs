//! Neighbours on external networks: who they are, and what they are told of us.
//!
//! Bridges answer who asks for an address of ours. The rest is the agent's: it tells everybody when
//! an address has come here, and asks for the next hops of what leaves.

use alcor_openflow::Action;
use alcor_pipeline::{Input, Neighbor, Pipeline};
use alcor_responder::{announcement, asked, question, reply, told};
use alcor_types::{MacAddr, NetworkId};
use std::collections::BTreeMap;
use std::net::IpAddr;

/// Neighbours remembered at most; what the wire holds beyond that is not reached.
const LIMIT: usize = 4096;
/// How often an address that has come is told: at once, and in the seconds after.
const TOLD: u8 = 3;
/// After so many seconds a neighbour is asked again.
const FRESH: u32 = 30;
/// Who has not answered for so many seconds is gone.
const GONE: u32 = 35;

/// A frame for the wire of an external network: how it gets there, and the frame.
pub(crate) type Out = (Vec<Action>, Vec<u8>);

type Place = (NetworkId, IpAddr);

/// A neighbour.
#[derive(Debug, Default)]
struct Hop {
    mac: Option<MacAddr>,
    /// Seconds since it last said who it is, or since it was first asked.
    age: u32,
    /// A packet that waits for the answer.
    waiting: Option<Vec<u8>>,
}

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Outside {
    voices: BTreeMap<Place, (MacAddr, u8)>,
    hops: BTreeMap<Place, Hop>,
}

impl Outside {
    /// The switch holds all flows of the pipeline: tells of addresses that have come here.
    pub(crate) fn announce(&mut self, pipeline: &Pipeline) -> Vec<Out> {
        let former = std::mem::take(&mut self.voices);
        for (network, address, mac) in pipeline.voices() {
            let place = (network, address);
            let known = former.get(&place).filter(|(at, _)| *at == mac);
            self.voices.insert(place, *known.unwrap_or(&(mac, TOLD)));
        }
        let voices = self.voices.iter_mut();
        let fresh = voices.filter(|(_, (_, left))| *left == TOLD);
        let mut out: Vec<_> = fresh
            .filter_map(|(place, voice)| tell(pipeline, *place, voice))
            .collect();
        // Who could not be asked before, because nobody here had an address to ask from.
        if !out.is_empty() {
            out.extend(self.ask_unknown(pipeline));
        }
        out
    }

    /// A second has passed: what is told once more, and who is asked.
    pub(crate) fn tick(&mut self, pipeline: &Pipeline) -> (Vec<Input>, Vec<Out>) {
        let voices = self.voices.iter_mut();
        let again = voices.filter_map(|(place, voice)| tell(pipeline, *place, voice));
        let mut out: Vec<_> = again.collect();
        let mut inputs = self.want(pipeline);
        let wanted = pipeline.next_hops();
        let mut gone = Vec::new();
        for (place, hop) in &mut self.hops {
            hop.age += 1;
            let reached = pipeline.toward(place.0).is_some();
            if hop.age >= GONE && hop.mac.is_some() {
                hop.mac = None;
                inputs.push(known(*place, Some(Neighbor::Asked)));
            }
            if !reached || hop.age >= GONE && !wanted.contains(place) {
                gone.push(*place);
            } else if hop.mac.is_none() || hop.age >= FRESH {
                out.extend(ask(&self.voices, pipeline, *place));
            }
        }
        for place in gone {
            self.hops.remove(&place);
            inputs.push(known(place, None));
        }
        (inputs, out)
    }

    /// The next hops that routes name are asked for before anybody sends there.
    pub(crate) fn want(&mut self, pipeline: &Pipeline) -> Vec<Input> {
        let wanted = pipeline.next_hops().into_iter();
        let fresh: Vec<_> = wanted
            .filter(|place| !self.hops.contains_key(place))
            .collect();
        let added = fresh.into_iter().map(|place| {
            self.hops.insert(place, Hop::default());
            known(place, Some(Neighbor::Asked))
        });
        added.collect()
    }

    /// Asks for a neighbour that is not known.
    pub(crate) fn ask_unknown(&self, pipeline: &Pipeline) -> Vec<Out> {
        let unknown = self.hops.iter().filter(|(_, hop)| hop.mac.is_none());
        unknown
            .filter_map(|(place, _)| ask(&self.voices, pipeline, *place))
            .collect()
    }

    /// A packet is for somebody who is not known.
    pub(crate) fn missed(
        &mut self,
        pipeline: &Pipeline,
        network: NetworkId,
        frame: &[u8],
    ) -> (Vec<Input>, Vec<Out>) {
        let Some(address) = pipeline.next_hop(network, destination(frame)) else {
            return Default::default();
        };
        let place = (network, address);
        let mut inputs = Vec::new();
        if !self.hops.contains_key(&place) {
            if self.hops.len() >= LIMIT {
                tracing::warn!(%address, "too many neighbours outside; not asked for");
                return Default::default();
            }
            inputs.push(known(place, Some(Neighbor::Asked)));
        }
        let hop = self.hops.entry(place).or_default();
        if let Some(mac) = hop.mac {
            let out = forward(pipeline, network, mac, frame.to_vec());
            return (inputs, out.into_iter().collect());
        }
        let first = hop.waiting.replace(frame.to_vec()).is_none();
        let question = first.then(|| ask(&self.voices, pipeline, place));
        (inputs, question.flatten().into_iter().collect())
    }

    /// Somebody out there asks for an address; whoever is told so has it here.
    pub(crate) fn asked(
        &self,
        pipeline: &Pipeline,
        network: NetworkId,
        frame: &[u8],
    ) -> Option<Out> {
        let address = asked(frame)?;
        let (mac, _) = self.voices.get(&(network, address))?;
        Some((pipeline.toward(network)?, reply(frame, *mac)?))
    }

    /// Somebody out there said who has an address.
    pub(crate) fn heard(
        &mut self,
        pipeline: &Pipeline,
        network: NetworkId,
        frame: &[u8],
    ) -> (Vec<Input>, Vec<Out>) {
        let Some((address, mac)) = told(frame) else {
            return Default::default();
        };
        let place = (network, address);
        let Some(hop) = self.hops.get_mut(&place) else {
            return Default::default();
        };
        hop.age = 0;
        let news = hop.mac != Some(mac);
        hop.mac = Some(mac);
        let waited = hop.waiting.take();
        let out = waited.and_then(|frame| forward(pipeline, network, mac, frame));
        let input = news.then(|| known(place, Some(Neighbor::At(mac))));
        (input.into_iter().collect(), out.into_iter().collect())
    }
}

fn known((network, address): Place, neighbor: Option<Neighbor>) -> Input {
    Input::Hop {
        network,
        address,
        neighbor,
    }
}

fn tell(pipeline: &Pipeline, place: Place, voice: &mut (MacAddr, u8)) -> Option<Out> {
    voice.1 = voice.1.checked_sub(1)?;
    let (network, address) = place;
    let frame = announcement(voice.0, address, true).ok()?;
    Some((pipeline.toward(network)?, frame))
}

/// From an address of ours there, in its name.
fn ask(
    voices: &BTreeMap<Place, (MacAddr, u8)>,
    pipeline: &Pipeline,
    (network, address): Place,
) -> Option<Out> {
    let mut ours = voices
        .iter()
        .filter(|((on, own), _)| *on == network && own.is_ipv4() == address.is_ipv4());
    let ((_, own), (mac, _)) = ours.next()?;
    let frame = question(*mac, *own, address).ok()?;
    Some((pipeline.toward(network)?, frame))
}

fn forward(
    pipeline: &Pipeline,
    network: NetworkId,
    mac: MacAddr,
    mut frame: Vec<u8>,
) -> Option<Out> {
    frame.get_mut(..6)?.copy_from_slice(&mac.0);
    Some((pipeline.toward(network)?, frame))
}

/// Whom the packet is for.
fn destination(frame: &[u8]) -> Option<IpAddr> {
    let kind = frame.get(12..14)?;
    if kind == [0x08, 0x00] {
        let bytes: [u8; 4] = frame.get(30..34)?.try_into().ok()?;
        return Some(bytes.into());
    }
    let bytes: [u8; 16] = frame.get(38..54)?.try_into().ok()?;
    (kind == [0x86, 0xdd]).then(|| bytes.into())
}
