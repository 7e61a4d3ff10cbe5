//! Frames between the engine and the host's VMs: what it answers, and what it tells unasked.

use super::{Answer, Effect, Engine};
use crate::allowance::Service;
use crate::announcements::Moved;
use alcor_goalstate::PortGoal;
use alcor_openflow::PortNo;
use alcor_pipeline::Punt;
use alcor_responder::icmp::{Complaint, RouterAddress, complain};
use alcor_responder::{Counters, Outcome, Reason, announcement, check_solicitation};
use alcor_types::{NetworkId, PortId};
use std::time::Instant;

impl Engine {
    /// A second has passed: some VMs are due to hear of their routers.
    pub(crate) fn advertise(&mut self) -> Vec<Effect> {
        let due = self.advertisers.tick();
        let ports = self.holdings.own_ports().filter(|port| due(*port));
        ports.flat_map(|port| self.routers_told(port)).collect()
    }

    /// A frame that the pipeline sent up with these words; the answers go back to the OpenFlow port
    /// that it came from.
    pub(crate) fn packet(
        &mut self,
        now: Instant,
        in_port: PortNo,
        userdata: &[u8],
        frame: &[u8],
    ) -> Vec<Answer> {
        match Punt::parse(userdata) {
            Some(Punt::Dhcp4 { port }) => self.dhcp4(now, port, frame).into_iter().collect(),
            Some(Punt::Expired { mac, address: ip }) => {
                let router = RouterAddress { mac, ip };
                self.complain(now, in_port, (Complaint::TimeExceeded, router), frame)
            }
            Some(Punt::Unreachable { mac, address: ip }) => {
                let router = RouterAddress { mac, ip };
                self.complain(now, in_port, (Complaint::Unreachable, router), frame)
            }
            Some(Punt::TooLarge {
                mac,
                address: ip,
                mtu,
            }) => {
                let router = RouterAddress { mac, ip };
                self.complain(now, in_port, (Complaint::TooLarge { mtu }, router), frame)
            }
            Some(Punt::Solicitation { network }) => self.solicited(now, in_port, network, frame),
            Some(Punt::Dhcp6 { network }) => {
                let answer = self.dhcp6(now, in_port, network, frame);
                answer.into_iter().collect()
            }
            Some(Punt::Names { network }) => {
                let answer = self.names(now, in_port, network, frame);
                answer.into_iter().collect()
            }
            Some(Punt::Talk { network }) => {
                self.talk(now, in_port, network, frame);
                Vec::new()
            }
            // Those are nobody's here: see `north`.
            Some(
                Punt::NextHop { .. }
                | Punt::Heard { .. }
                | Punt::Asked { .. }
                | Punt::TooLargeFromOutside { .. },
            )
            | None => Vec::new(),
        }
    }

    fn dhcp4(&mut self, now: Instant, port: PortId, frame: &[u8]) -> Option<Answer> {
        let goals = self.holdings.scope_of(port)?;
        if !self.allowances.take(now, port, Service::Dhcp4) {
            self.counters.count(&Outcome::Silence(Reason::TooMany));
            return None;
        }
        self.leases.answer(port, goals, frame, &mut self.counters)
    }

    fn dhcp6(
        &mut self,
        now: Instant,
        in_port: PortNo,
        network: NetworkId,
        frame: &[u8],
    ) -> Option<Answer> {
        let port = self.vm_at(in_port).filter(|port| port.vpc == network)?.id;
        let goals = self.holdings.scope_of(port)?;
        if !self.allowances.take(now, port, Service::Dhcp6) {
            self.counters.count(&Outcome::Silence(Reason::TooMany));
            return None;
        }
        self.leases6.answer(port, goals, frame, &mut self.counters)
    }

    /// Between two routers the frame has a router's address, not the VM's.
    fn complain(
        &mut self,
        now: Instant,
        in_port: PortNo,
        (complaint, router): (Complaint, RouterAddress),
        frame: &[u8],
    ) -> Vec<Answer> {
        let Some(vm) = self.vm_at(in_port).map(|port| (port.id, port.mac)) else {
            return Vec::new();
        };
        let service = match complaint {
            Complaint::TooLarge { .. } => Service::TooLarge,
            Complaint::TimeExceeded | Complaint::Unreachable => Service::Complaint,
        };
        let outcome = if self.allowances.take(now, vm.0, service) {
            complain(frame, complaint, router, vm.1)
        } else {
            Outcome::Silence(Reason::TooMany)
        };
        self.counters.count(&outcome);
        match outcome {
            Outcome::Complaint { frame, .. } => vec![frame],
            _ => Vec::new(),
        }
    }

    fn solicited(
        &mut self,
        now: Instant,
        in_port: PortNo,
        network: NetworkId,
        frame: &[u8],
    ) -> Vec<Answer> {
        let asking = self.vm_at(in_port).filter(|port| port.vpc == network);
        let Some(port) = asking.map(|port| port.id) else {
            return Vec::new();
        };
        let outcome = match check_solicitation(frame) {
            _ if !self.allowances.take(now, port, Service::Routers) => {
                Outcome::Silence(Reason::TooMany)
            }
            Ok(()) => Outcome::Solicited,
            Err(reason) => Outcome::Silence(reason),
        };
        self.counters.count(&outcome);
        if outcome == Outcome::Solicited {
            let frames = self.advertisers.frames(network);
            frames.map(<[u8]>::to_vec).collect()
        } else {
            Vec::new()
        }
    }

    pub(super) fn vm_at(&self, ofport: PortNo) -> Option<&PortGoal> {
        let carried = self.trunks.port_at(ofport);
        self.own(carried.or_else(|| self.vifs.port_at(ofport.0))?)
    }

    /// What became of the frames that were sent up.
    pub(crate) fn frame_counters(&self) -> &Counters {
        &self.counters
    }

    /// Tells the VMs here which addresses have moved in their networks.
    pub(super) fn announce(&mut self) -> Vec<Effect> {
        let moved: Vec<_> = self.announcements.take().collect();
        let tell = |moved: &Moved| {
            let Moved { network, mac, .. } = *moved;
            let frame = announcement(mac, moved.address, moved.router).unwrap_or_default();
            let others = self.holdings.own_ports().filter_map(|id| self.own(id));
            let others = others.filter(|port| port.vpc == network && port.mac != mac);
            let ofports: Vec<_> = others.filter_map(|port| self.ofport(port.id)).collect();
            ofports
                .into_iter()
                .map(move |ofport| Effect::Tell(ofport, frame.clone()))
        };
        moved.iter().flat_map(tell).collect()
    }

    /// Tells VMs of routers: all when a router's word has changed, and those that have just come.
    pub(super) fn introduce(&mut self) -> Vec<Effect> {
        let news = self.advertisers.take_news().into_iter();
        let mut effects: Vec<_> = news
            .map(|(network, frame)| {
                let ports = self.holdings.own_ports().filter_map(|id| self.own(id));
                let ports = ports.filter(|port| port.vpc == network);
                let ofports = ports.filter_map(|port| self.ofport(port.id));
                Effect::TellAll(ofports.collect(), frame)
            })
            .collect();
        let newcomers = self.advertisers.take_newcomers().into_iter();
        effects.extend(newcomers.flat_map(|port| self.routers_told(port)));
        effects
    }

    /// What a VM is told of its routers; nothing while it is not there.
    fn routers_told(&self, port: PortId) -> Vec<Effect> {
        let (Some(own), Some(ofport)) = (self.own(port), self.ofport(port)) else {
            return Vec::new();
        };
        let frames = self.advertisers.frames(own.vpc);
        frames
            .map(|frame| Effect::Tell(ofport, frame.to_vec()))
            .collect()
    }
}
