//! What VMs answer to machines outside whose packets have come in.

use super::expected;
use super::packets::from_vm;
use super::proof::{ANSWER, TTL};
use super::switches::{End, Switches};
use super::ways;
use alcor_compiler::oracle::{Intent, Packet, Step, Translator};
use alcor_types::{NetworkId, Port};
use std::net::IpAddr;

/// An answer as a VM sends it.
#[derive(Debug)]
pub(crate) struct Reply<'a> {
    from: &'a Port,
    sent: Packet,
    /// The external network by which the question came.
    network: NetworkId,
    /// The port that it was forwarded to, where it was; 0 where that has none.
    forwarded: Option<u16>,
}

impl<'a> Reply<'a> {
    /// To a packet that was delivered.
    pub(crate) fn to(
        intent: &'a Intent,
        (network, packet): (NetworkId, &Packet),
        steps: &[Step],
    ) -> Option<Self> {
        let Some(Step::Delivered { port }) = steps.last() else {
            return None;
        };
        let inward = steps.iter().rev().find_map(|step| match step {
            Step::Inward { now, by, .. } => Some((*now, *by)),
            _ => None,
        });
        let forwarded = inward.and_then(|(_, by)| match by {
            Translator::Floating(id) => ways::forwarded_to(id, packet),
            _ => None,
        });
        let from = intent.port(*port)?;
        Some(Self {
            from,
            sent: Packet {
                mac: from.mac_address,
                from: inward.map_or(packet.to, |(now, _)| now),
                ..expected::answer(packet)
            },
            network,
            forwarded,
        })
    }

    /// What becomes of it on the switches, and where it may end; nothing where the intent does not tell, because
    /// rules are not asked of answers.
    pub(crate) async fn goes(
        &self,
        switches: &mut Switches,
        intent: &Intent,
    ) -> Option<(Vec<Step>, Vec<End>, (End, String))> {
        let steps = intent.explain(self.from.id, &self.sent, TTL);
        let untold = matches!(
            steps.last(),
            Some(Step::Refused { .. } | Step::Spoofed { .. } | Step::Delivered { .. })
        );
        let host = self.from.host.as_ref().and_then(expected::host_number);
        let host = host.filter(|_| !untold)?;
        let mut probe = from_vm(intent, self.from, &self.sent);
        if let Some(port) = self.forwarded {
            probe.source_port = port;
        }
        let expected = self.ends(intent, &steps);
        let ends = switches.vm_sends(intent, (host, probe), [ANSWER; 2]).await;
        Some((steps, expected, ends))
    }

    fn ends(&self, intent: &Intent, steps: &[Step]) -> Vec<End> {
        let back = match steps.last() {
            Some(Step::Left { network, hop, .. }) if *network == self.network => Some(*hop),
            _ => None,
        };
        match (self.forwarded, back) {
            (Some(_), Some(hop)) if by_forwarder(intent, steps) => {
                // The tracker of the gateway's host puts the address there that was asked, which the switch
                // shows where it puts one at all.
                let own: [IpAddr; 2] = [ways::forwarder(), self.sent.from];
                let left = own.map(|from| expected::left(self.network, from, hop));
                left.to_vec()
            }
            _ => expected::of_vm(intent, self.from, &self.sent, steps),
        }
    }
}

/// Whether the router that has forwarded the question leads the answer out.
fn by_forwarder(intent: &Intent, steps: &[Step]) -> bool {
    let gateway = steps.iter().rev().find_map(|step| match step {
        Step::Routed { out, .. } => intent.port(*out),
        _ => None,
    });
    let floating = steps.iter().any(|step| {
        matches!(
            step,
            Step::Outward {
                by: Translator::Floating(_),
                ..
            }
        )
    });
    let mut own = gateway.into_iter().flat_map(|port| &port.fixed_ips);
    !floating && own.any(|fixed| fixed.ip_address == ways::forwarder())
}
