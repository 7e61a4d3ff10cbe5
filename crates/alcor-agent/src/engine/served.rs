//! What the host answers in place of servers: names, and the first word of conversations by TCP.

use super::{Answer, Effect, Engine};
use crate::allowance::Service;
use crate::demand::Deferred;
use crate::errand::{Back, Errand, Guest, Inquiry, Spoken, Visit};
use alcor_goalstate::{Goal, GoalKey, PortGoal, ScopeGoals, SubnetGoal};
use alcor_openflow::PortNo;
use alcor_responder::dns::{Failure, Question, Verdict, resolve, sought};
use alcor_responder::{FALLBACK_SERVER_ID, Outcome, Reason};
use alcor_types::{NetworkId, PortId, Revision};
use std::net::IpAddr;
use std::time::Instant;

/// Errands that may wait until the loop takes them; it does so after every frame.
const ERRANDS: usize = 1024;

/// What is to be said, or who is to be asked.
pub(super) enum Found {
    Answer(Vec<u8>),
    Elsewhere(Vec<IpAddr>, Failure),
}

impl Engine {
    /// Takes what others are to do.
    pub(crate) fn take_errands(&mut self) -> Vec<Errand> {
        std::mem::take(&mut self.errands)
    }

    pub(super) fn errand(&mut self, errand: Errand) {
        let leaves = matches!(errand, Errand::Leave(_));
        if leaves || self.errands.len() < ERRANDS {
            self.errands.push(errand);
        }
    }

    /// A question for a name, by UDP.
    pub(super) fn names(
        &mut self,
        now: Instant,
        in_port: PortNo,
        network: NetworkId,
        frame: &[u8],
    ) -> Option<Answer> {
        let own = self.vm_at(in_port).filter(|port| port.vpc == network)?;
        let port = own.id;
        match Question::parse(frame) {
            Ok(question) => {
                let deferred = Deferred::Udp(in_port, question);
                match self.unless_sought(now, port, deferred)? {
                    Deferred::Udp(in_port, question) => self.by_udp(now, (port, in_port), question),
                    Deferred::Tcp(_) => None,
                }
            }
            Err(reason) => {
                self.counters.count(&Outcome::Silence(reason));
                None
            }
        }
    }

    /// Where the VM's network is one whose neighbours are asked for, the region is asked who has the name
    /// first; else the question comes back.
    fn unless_sought(
        &mut self,
        now: Instant,
        port: PortId,
        deferred: Deferred,
    ) -> Option<Deferred> {
        let network = self.own(port).map(|own| own.vpc);
        let network = network.filter(|network| self.pipeline.is_on_demand(*network));
        let message = match &deferred {
            Deferred::Udp(_, question) => &question.message,
            Deferred::Tcp(spoken) => &spoken.message,
        };
        let sought = network.and_then(|network| {
            let domain = domain(self.holdings.scope(network)?, network);
            Some((network, sought(message, domain)?))
        });
        // While the region is away what is known is told.
        let Some(place) = sought.filter(|_| self.demand.is_open()) else {
            return Some(deferred);
        };
        if !self.allowances.take(now, port, Service::Neighbors) {
            self.counters.count(&Outcome::Silence(Reason::TooMany));
            return None;
        }
        self.demand.name_asked(now, place, (port, deferred))
    }

    /// The region has said who has the name that was asked for, or that nobody has.
    pub(super) fn name_settled(&mut self, now: Instant, deferred: Deferred) -> Option<Effect> {
        match deferred {
            Deferred::Udp(in_port, question) => {
                let port = self.vm_at(in_port)?.id;
                let answer = self.by_udp(now, (port, in_port), question)?;
                Some(Effect::Tell(in_port, answer))
            }
            Deferred::Tcp(spoken) => {
                self.by_tcp(now, spoken);
                None
            }
        }
    }

    fn by_udp(
        &mut self,
        now: Instant,
        (port, in_port): (PortId, PortNo),
        question: Question,
    ) -> Option<Answer> {
        let mtu = self.mtu(self.own(port)?.vpc);
        let found = self.look_up(now, port, question.server, &question.message);
        let said = found.and_then(|found| match found {
            Found::Answer(answer) => question.answer(answer, mtu).map(Some),
            Found::Elsewhere(servers, otherwise) => {
                self.errand(Errand::Ask(Inquiry {
                    port,
                    message: question.message.clone(),
                    servers,
                    otherwise,
                    back: Back::Udp(in_port, Box::new(question), mtu),
                }));
                Ok(None)
            }
        });
        said.unwrap_or_else(|reason| {
            self.counters.count(&Outcome::Silence(reason));
            None
        })
    }

    /// The same by TCP.
    pub(crate) fn name_spoken_of(&mut self, now: Instant, spoken: Spoken) {
        let deferred = self.unless_sought(now, spoken.port, Deferred::Tcp(spoken));
        if let Some(Deferred::Tcp(spoken)) = deferred {
            self.by_tcp(now, spoken);
        }
    }

    fn by_tcp(&mut self, now: Instant, spoken: Spoken) {
        let Spoken {
            port,
            server,
            message,
            back,
        } = spoken;
        match self.look_up(now, port, server, &message) {
            // The VM may have hung up.
            Ok(Found::Answer(answer)) => drop(back.send(answer)),
            Ok(Found::Elsewhere(servers, otherwise)) => self.errand(Errand::Ask(Inquiry {
                port,
                message,
                servers,
                otherwise,
                back: Back::Tcp(back),
            })),
            Err(reason) => self.counters.count(&Outcome::Silence(reason)),
        }
    }

    /// A segment of TCP for the host itself.
    pub(super) fn talk(
        &mut self,
        now: Instant,
        in_port: PortNo,
        network: NetworkId,
        frame: &[u8],
    ) -> Option<()> {
        let own = self.vm_at(in_port).filter(|port| port.vpc == network)?;
        let guest = Guest {
            port: own.id,
            ofport: in_port,
            mac: own.mac,
            instance: self.device_of(own).to_owned(),
            project: own.identity.project_id.clone(),
            addresses: own.fixed_ips.iter().map(|fixed| fixed.ip_address).collect(),
        };
        if !self.allowances.take(now, guest.port, Service::Talk) {
            self.counters.count(&Outcome::Silence(Reason::TooMany));
            return None;
        }
        let (mtu, frame) = (self.mtu(network), frame.to_vec());
        self.errand(Errand::Talk(Visit { guest, mtu, frame }));
        Some(())
    }

    /// The VM that has the port; a sub-port's is that of its parent.
    fn device_of<'a>(&'a self, own: &'a PortGoal) -> &'a str {
        let parent = self.trunks.parent(own.id).and_then(|id| self.own(id));
        let parent = parent.filter(|_| own.device_id.is_empty());
        &parent.unwrap_or(own).device_id
    }

    pub(super) fn look_up(
        &mut self,
        now: Instant,
        port: PortId,
        server: IpAddr,
        message: &[u8],
    ) -> Result<Found, Reason> {
        if !self.allowances.take(now, port, Service::Names) {
            return Err(Reason::TooMany);
        }
        let goals = self.holdings.scope_of(port).ok_or(Reason::OtherServer)?;
        let Some(Goal::Port(own)) = goals.get(&GoalKey::Port(port)) else {
            return Err(Reason::OtherServer);
        };
        let domain = domain(goals, own.vpc);
        let zone = self.names.zone(own.vpc, goals);
        Ok(match resolve(message, zone, domain)? {
            Verdict::Answer(answer) => {
                self.counters.names += 1;
                Found::Answer(answer)
            }
            // The name may be that of a port the host has not heard of.
            Verdict::Forward { .. } if goals.revision() == Revision::ZERO => {
                return Err(Reason::TooEarly);
            }
            Verdict::Forward { .. }
                if self.pipeline.is_on_demand(own.vpc)
                    && !self.demand.is_open()
                    && sought(message, domain).is_some() =>
            {
                return Err(Reason::TooEarly);
            }
            Verdict::Forward { otherwise } => {
                self.counters.names_elsewhere += 1;
                Found::Elsewhere(upstream(goals, own, server), otherwise)
            }
        })
    }

    fn mtu(&self, network: NetworkId) -> u16 {
        let goals = self.holdings.scope(network);
        match goals.and_then(|goals| goals.get(&GoalKey::Vpc(network))) {
            Some(Goal::Vpc(vpc)) if vpc.mtu > 0 => vpc.mtu,
            _ => 1500,
        }
    }
}

fn domain(goals: &ScopeGoals, network: NetworkId) -> &str {
    match goals.get(&GoalKey::Vpc(network)) {
        Some(Goal::Vpc(vpc)) => &vpc.dns_domain,
        _ => "",
    }
}

/// The name servers of the VM's subnets with this server. What lies in the tenant's own network is
/// not asked: the host would reach another there. Nor is the host's own side of it: the tenant has
/// named these addresses, not the operator.
fn upstream(goals: &ScopeGoals, own: &PortGoal, server: IpAddr) -> Vec<IpAddr> {
    let subnets = own.fixed_ips.iter();
    let subnets = subnets.filter_map(|fixed| match goals.get(&GoalKey::Subnet(fixed.subnet_id)) {
        Some(Goal::Subnet(subnet)) => Some(subnet),
        _ => None,
    });
    let asked = subnets.filter(|subnet| serves(subnet, server));
    let servers = asked.flat_map(|subnet| subnet.dns_nameservers.iter().copied());
    let inside = |address: IpAddr| {
        let mut blocks = goals.subnets().map(|subnet| subnet.cidr);
        blocks.any(|block| block.contains(&address))
    };
    let mut all: Vec<_> = servers
        .filter(|it| is_abroad(*it) && !inside(*it))
        .collect();
    all.dedup();
    all
}

/// Whether the server is this subnet's: its DHCP server's address, or the one of all subnets in IPv6.
fn serves(subnet: &SubnetGoal, server: IpAddr) -> bool {
    let gateway = subnet.gateway_ip.unwrap_or(FALLBACK_SERVER_ID.into());
    server.is_ipv6() || gateway == server
}

/// Whether an address may be another host's.
fn is_abroad(address: IpAddr) -> bool {
    let special = address.is_loopback() || address.is_unspecified() || address.is_multicast();
    let local = match address {
        IpAddr::V4(address) => address.is_link_local() || address.is_broadcast(),
        IpAddr::V6(address) => {
            address.is_unicast_link_local() || address.to_ipv4_mapped().is_some()
        }
    };
    !special && !local
}
