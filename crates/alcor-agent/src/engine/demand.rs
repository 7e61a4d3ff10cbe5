//! Large networks in the engine: whom a packet is for that nobody here knows, and neighbours that are no
//! longer used.

use super::{Effect, Engine};
use crate::allowance::Service;
use crate::demand::{Account, Misses, Place, Verdict, Waiter};
use alcor_goalstate::wire::agent_message::Body;
use alcor_goalstate::wire::{Push, Release};
use alcor_goalstate::{Goal, ScopeGoals, ScopeId, Sought};
use alcor_openflow::{FlowStats, PacketIn, PortNo};
use alcor_pipeline::{Punt, table};
use alcor_types::{MacAddr, NetworkId, PortId};
use std::collections::BTreeMap;
use std::time::Instant;
use uuid::Uuid;

/// In the place of a port, for packets that no VM here has sent.
const GATEWAY: PortId = PortId(Uuid::nil());
/// Neighbours that one message gives back.
const PER_RELEASE: usize = 1000;

impl Engine {
    /// A packet that waits because its receiver is not known; nothing where it is another one.
    pub(crate) fn missed(&mut self, now: Instant, packet: &PacketIn) -> Option<Vec<Effect>> {
        let place = place(packet)?;
        let Some(waiting) = packet.continuation.clone() else {
            return Some(Vec::new());
        };
        if self.pipeline.knows(place.0, place.1) {
            // Its flows are under way to the switch, or there by now.
            self.waiting.resumed.push(waiting);
            return Some(self.advance());
        }
        let account = self.account(packet);
        let allowances = &mut self.allowances;
        let allowed = || match account {
            Account::Sender(port) => allowances.take(now, port, Service::Neighbors),
            Account::Receiver(port) => allowances.take(now, port, Service::Sources),
            Account::Gateway => allowances.take(now, GATEWAY, Service::Arrivals),
        };
        match self.demand.missed(now, place, (account, waiting), allowed) {
            Verdict::Go(packet) => Some(vec![Effect::Resume(packet)]),
            Verdict::Stay => Some(Vec::new()),
        }
    }

    /// On whose account a missed packet waits: its sender's where that is a VM here, or else its receiver's
    /// where its rules are being asked.
    pub(super) fn account(&self, packet: &PacketIn) -> Account {
        let sender = packet.in_port().and_then(|at| self.vm_at(at));
        let receiver = || {
            let (number, _) = packet.metadata.get(table::RECEIVER)?;
            self.vm_at(PortNo(u32::try_from(number).ok()?))
        };
        let sender = sender.map(|port| Account::Sender(port.id));
        let receiver = || receiver().map(|port| Account::Receiver(port.id));
        sender.or_else(receiver).unwrap_or(Account::Gateway)
    }

    /// The session is over: nobody can be asked until the next one.
    pub(crate) fn region_lost(&mut self) {
        self.demand.set_open(false);
    }

    /// What the region is to be asked now.
    pub(crate) fn ask(&mut self, now: Instant) -> Option<Effect> {
        let want = self.demand.ask(now)?;
        Some(Effect::Say(Body::Want(want)))
    }

    /// Whether any packet waits for the region.
    pub(crate) fn is_seeking(&self) -> bool {
        self.demand.is_seeking()
    }

    /// Time has passed.
    pub(crate) fn tick_demand(&mut self, now: Instant) {
        self.demand.tick(now);
    }

    /// What became of missed packets so far.
    pub(crate) fn misses(&self) -> &Misses {
        &self.demand.misses
    }

    /// After a push has been taken in: packets for whom it names go on when their flows are there, those
    /// that nobody can say anything of go on as in a small network.
    pub(super) fn heard_of(&mut self, now: Instant, push: &Push) -> Vec<Effect> {
        let mut effects = Vec::new();
        if self.demand.is_seeking() {
            let pipeline = &self.pipeline;
            let found = self
                .demand
                .found(|(network, sought)| pipeline.knows(network, sought));
            for waiter in found {
                match waiter {
                    Waiter::Packet(packet) => {
                        self.demand.misses.went_on += 1;
                        self.waiting.resumed.push(packet);
                    }
                    Waiter::Name(deferred) => effects.extend(self.name_settled(now, *deferred)),
                }
            }
        }
        let network = push.scope.parse().ok().and_then(ScopeId::network);
        let (Some(answer), Some(network)) = (&push.answer, network) else {
            return effects;
        };
        for waiter in self.demand.answered(now, network, answer) {
            effects.extend(match waiter {
                Waiter::Packet(packet) => Some(Effect::Resume(packet)),
                Waiter::Name(deferred) => self.name_settled(now, *deferred),
            });
        }
        effects
    }

    /// What the metadata holds for each network whose neighbours may fall out of use.
    pub(crate) fn on_demand(&self) -> impl Iterator<Item = u64> {
        self.pipeline.on_demand()
    }

    /// The networks whose neighbours are asked for.
    fn demanded(&self) -> impl Iterator<Item = NetworkId> {
        let networks = self.holdings.networks();
        networks.filter(|network| self.pipeline.is_on_demand(*network))
    }

    /// The switch's counters: neighbours that have not been used for long are given back.
    pub(crate) fn used(&mut self, now: Instant, flows: &[FlowStats]) -> Vec<Effect> {
        let mut packets: BTreeMap<PortId, u64> = BTreeMap::new();
        for stats in flows {
            if let Some(port) = self.pipeline.neighbor_of(&stats.flow) {
                *packets.entry(port).or_default() += stats.packets;
            }
        }
        let mut held = BTreeMap::new();
        for network in self.demanded() {
            let goals = self.holdings.scope(network).into_iter();
            held.extend(
                goals
                    .flat_map(ScopeGoals::iter)
                    .filter_map(|goal| match goal {
                        Goal::Neighbor(goal) => Some((goal.port, network)),
                        _ => None,
                    }),
            );
        }
        let idle = self.ageing.idle(now, &held, &packets);
        let mut releases: BTreeMap<NetworkId, Vec<Vec<u8>>> = BTreeMap::new();
        for port in idle {
            if let Some(network) = held.get(&port) {
                releases
                    .entry(*network)
                    .or_default()
                    .push(port.as_bytes().to_vec());
            }
        }
        let releases = releases.into_iter().flat_map(|(network, ports)| {
            let parts: Vec<_> = ports.chunks(PER_RELEASE).map(<[_]>::to_vec).collect();
            parts.into_iter().map(move |ports| Release {
                network: network.to_string(),
                ports,
            })
        });
        releases
            .map(|release| Effect::Say(Body::Release(release)))
            .collect()
    }
}

/// Whom a missed packet is for.
fn place(packet: &PacketIn) -> Option<Place> {
    match Punt::parse(&packet.userdata)? {
        Punt::UnknownAddress { network } => {
            let address = table::address_of(&packet.metadata);
            Some((network, Sought::Address(address)))
        }
        Punt::UnknownMac { network } => {
            let mac: [u8; 6] = packet.data.get(..6)?.try_into().ok()?;
            Some((network, Sought::Mac(MacAddr(mac))))
        }
        _ => None,
    }
}
