//! Answers to what has left a region: to whom the world sends them, and what becomes of them.

use super::expected;
use super::packets::frame;
use super::proof::{ANSWER, TTL};
use super::roads::Wire;
use super::switches::{End, Switches};
use super::ways::{MACHINE, machine};
use alcor_compiler::oracle::{Intent, Packet, Step, Translator};
use alcor_types::{MacAddr, NetworkId};
use std::net::IpAddr;

/// An answer as the world sends it.
#[derive(Debug)]
pub(crate) struct Answer {
    network: NetworkId,
    /// Whom the world takes for the next hop, and that one's Ethernet address.
    hop: IpAddr,
    mac: MacAddr,
    sent: Packet,
    /// By whose address the question came.
    by: Option<Translator>,
    /// The address that asked.
    own: IpAddr,
}

/// By whose address a packet has left, the last time that one was changed.
pub(crate) fn translator(steps: &[Step]) -> Option<Translator> {
    outward(steps).map(|(by, _)| by)
}

fn outward(steps: &[Step]) -> Option<(Translator, IpAddr)> {
    steps.iter().rev().find_map(|step| match step {
        Step::Outward { by, was, .. } => Some((*by, *was)),
        _ => None,
    })
}

impl Answer {
    /// To a packet that has left by a router. Who is asked from an address of ours answers to that; what
    /// has left as it is comes back by the router's gateway. Nothing where an address of another external
    /// network asked, which the packet got there on its way: only that network knows whose it is.
    pub(crate) fn to(intent: &Intent, packet: &Packet, steps: &[Step]) -> Option<Self> {
        let Some(Step::Left { network, from, .. }) = steps.last() else {
            return None;
        };
        let gateway = steps.iter().rev().find_map(|step| match step {
            Step::Routed { out, .. } => intent.port(*out),
            _ => None,
        })?;
        let mut own = gateway.fixed_ips.iter().map(|fixed| fixed.ip_address);
        let gateway = own.find(|own| own.is_ipv4() == from.is_ipv4())?;
        let (by, own) = outward(steps).unzip();
        let hop = by.map_or(gateway, |_| *from);
        Some(Self {
            network: *network,
            hop,
            mac: intent.mac_outside(*network, hop)?,
            sent: Packet {
                mac: machine(MACHINE),
                to: *from,
                ..expected::answer(packet)
            },
            by,
            own: own.unwrap_or(*from),
        })
    }

    /// What becomes of it, by the intent and on the switches. What a router has translated by an address of
    /// its own it turns back where the switch does not show how: from there on the packet goes on with the
    /// address that the tracker would give it.
    pub(crate) async fn comes(
        &self,
        switches: &mut Switches,
        intent: &Intent,
    ) -> (Vec<Step>, (End, String)) {
        let (network, sent) = (self.network, &self.sent);
        let wire = Wire { intent, network };
        let frame = frame(sent, self.mac);
        match self.by {
            None | Some(Translator::Floating(_)) => {
                let steps = intent.explain_arrival((network, self.hop), sent, TTL);
                let ends = switches.machine_sends(&wire, frame, [ANSWER; 2]).await;
                (steps, ends)
            }
            Some(by) => {
                let back = Packet {
                    to: self.own,
                    ..*sent
                };
                let steps = intent.explain_return((by, network), &back, TTL);
                let back = switches.translated_back(&wire, frame, self.own, ANSWER);
                (steps, back.await)
            }
        }
    }
}
