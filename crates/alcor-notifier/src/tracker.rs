//! From changes of ports to notices, without any I/O.

use crate::event::{Event, EventName};
use crate::floating::{Associations, Outside};
use crate::told::{Note, Told};
use crate::vif::{Plug, Said, Vif};
use alcor_types::{FloatingIp, FloatingIpId, Port, PortId, PortState};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::net::IpAddr;

/// One change, as the store tells it.
#[derive(Clone, Debug)]
pub enum Fact {
    /// A port as it is now.
    Port(Box<Port>),
    /// A port that is gone.
    PortGone(PortId),
    /// What a host says of a port.
    State(PortState),
    /// A port that no host says anything of.
    StateGone(PortId),
    /// A floating IP as it is now.
    FloatingIp(Box<FloatingIp>),
    /// A floating IP that is gone.
    FloatingIpGone(FloatingIpId),
}

impl Fact {
    /// Its place among the facts of one transaction. A port that is deleted takes its floating
    /// IPs off; Nova needs to hear of the port only, so that comes first.
    pub(crate) fn rank(&self) -> u8 {
        match self {
            Self::Port(_) | Self::PortGone(_) => 0,
            Self::State(_) | Self::StateGone(_) => 1,
            Self::FloatingIp(_) | Self::FloatingIpGone(_) => 2,
        }
    }
}

/// The whole state of the store, as far as Nova has to know it.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// All ports.
    pub ports: Vec<Port>,
    /// What hosts say of them.
    pub states: Vec<PortState>,
    /// All floating IPs.
    pub floating_ips: Vec<FloatingIp>,
}

/// An event, and what it changes in Nova's knowledge.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Notice {
    /// What Nova is told.
    pub event: Event,
    /// What is noted once it has been.
    pub note: Note,
}

/// An interface, and what Nova has been told (or is about to be told) of it.
#[derive(Debug)]
struct Known {
    vif: Vif,
    said: Option<Said>,
    plug: Plug,
    addresses: BTreeSet<IpAddr>,
    outside: BTreeSet<Outside>,
}

/// All interfaces of servers.
#[derive(Debug, Default)]
pub struct Tracker {
    known: HashMap<PortId, Known>,
    associations: Associations,
}

impl Tracker {
    /// A tracker that knows what Nova has been told, and nothing else yet.
    pub fn new(told: impl IntoIterator<Item = Told>) -> Self {
        let known = told.into_iter().map(|told| (told.port, Known::from(told)));
        Self {
            known: known.collect(),
            associations: Associations::default(),
        }
    }

    /// Whether the port is a server's.
    pub fn knows(&self, port: PortId) -> bool {
        self.known.contains_key(&port)
    }

    /// Takes the whole state of the store, and tells what differs from what Nova knows.
    pub fn replace(&mut self, state: State) -> Vec<Notice> {
        self.associations = Associations::default();
        for floating_ip in &state.floating_ips {
            self.associations.put(floating_ip);
        }
        let states = state.states.into_iter();
        let said: HashMap<PortId, PortState> = states.map(|state| (state.id, state)).collect();
        let there: HashSet<PortId> = state.ports.iter().map(|port| port.id).collect();
        let gone: Vec<PortId> = self.known.keys().copied().collect();
        let gone = gone.into_iter().filter(|port| !there.contains(port));
        let mut notices: Vec<Notice> = gone.filter_map(|port| self.gone(port)).collect();
        for port in state.ports {
            notices.extend(self.port(&port, said.get(&port.id)));
        }
        notices
    }

    /// Takes one change. For a port that was not known, `state` is asked what its host says.
    pub fn apply(
        &mut self,
        fact: Fact,
        state: impl FnOnce(PortId) -> Option<PortState>,
    ) -> Vec<Notice> {
        match fact {
            Fact::Port(port) if self.knows(port.id) => {
                let said = self
                    .known
                    .get(&port.id)
                    .and_then(|known| known.said.clone());
                self.vif(port.id, Vif::of(&port), said)
            }
            Fact::Port(port) => self.port(&port, state(port.id).as_ref()),
            Fact::PortGone(port) => self.gone(port).into_iter().collect(),
            Fact::State(state) => self.said(state.id, Some(Said::from(&state))),
            Fact::StateGone(port) => self.said(port, None),
            Fact::FloatingIp(floating_ip) => {
                let ports = self.associations.put(&floating_ip);
                self.outside(ports)
            }
            Fact::FloatingIpGone(id) => {
                let ports = self.associations.remove(id);
                self.outside(ports)
            }
        }
    }

    fn port(&mut self, port: &Port, said: Option<&PortState>) -> Vec<Notice> {
        self.vif(port.id, Vif::of(port), said.map(Said::from))
    }

    fn vif(&mut self, port: PortId, vif: Option<Vif>, said: Option<Said>) -> Vec<Notice> {
        let Some(vif) = vif else {
            return self.left(port).into_iter().collect();
        };
        let mut notices = Vec::new();
        let other = |known: &Known| known.vif.server != vif.server;
        if self.known.get(&port).is_some_and(other) {
            notices.extend(self.left(port));
        }
        let outside = self.associations.of(port);
        let known = self.known.entry(port);
        let known = known.or_insert_with(|| Known::new(&vif, &outside));
        known.vif = vif;
        known.said = said;
        notices.extend(known.settle(port, &outside));
        notices
    }

    /// Looks at ports whose floating IPs may be others now.
    fn outside(&mut self, ports: Vec<PortId>) -> Vec<Notice> {
        let mut notices = Vec::new();
        for port in ports {
            let outside = self.associations.of(port);
            if let Some(known) = self.known.get_mut(&port) {
                notices.extend(known.settle(port, &outside));
            }
        }
        notices
    }

    fn said(&mut self, port: PortId, said: Option<Said>) -> Vec<Notice> {
        let Some(known) = self.known.get_mut(&port) else {
            return Vec::new();
        };
        known.said = said;
        known.settle(port, &self.associations.of(port))
    }

    /// The port is there, but no longer the server's.
    fn left(&mut self, port: PortId) -> Option<Notice> {
        let known = self.known.remove(&port)?;
        let event = Event::of_plug(known.plug, Plug::Out, &known.vif.server, port)?;
        Some(Notice {
            event,
            note: Note::Delete(port),
        })
    }

    fn gone(&mut self, port: PortId) -> Option<Notice> {
        let known = self.known.remove(&port)?;
        Some(Notice {
            event: Event::new(EventName::Deleted, &known.vif.server, port),
            note: Note::Delete(port),
        })
    }
}

impl Known {
    /// An interface that Nova has just made: it knows its addresses.
    fn new(vif: &Vif, outside: &BTreeSet<Outside>) -> Self {
        Self {
            vif: vif.clone(),
            said: None,
            plug: Plug::Out,
            addresses: vif.addresses.clone(),
            outside: outside.clone(),
        }
    }

    /// What Nova has to hear, so that it knows the interface as it is.
    fn settle(&mut self, port: PortId, outside: &BTreeSet<Outside>) -> Vec<Notice> {
        let mut events = Vec::new();
        if self.addresses != self.vif.addresses || self.outside != *outside {
            self.addresses.clone_from(&self.vif.addresses);
            self.outside.clone_from(outside);
            events.push(Event::new(EventName::Changed, &self.vif.server, port));
        }
        if let Some(plug) = self.vif.plug(self.said.as_ref()) {
            events.extend(Event::of_plug(self.plug, plug, &self.vif.server, port));
            self.plug = plug;
        }
        let told = self.told(port);
        let notice = |event| Notice {
            event,
            note: Note::Put(told.clone()),
        };
        events.into_iter().map(notice).collect()
    }

    fn told(&self, port: PortId) -> Told {
        Told {
            port,
            server: self.vif.server.clone(),
            plug: self.plug,
            addresses: self.addresses.clone(),
            outside: self.outside.clone(),
        }
    }
}

impl From<Told> for Known {
    fn from(told: Told) -> Self {
        Self {
            vif: Vif {
                server: told.server,
                host: None,
                admin_state_up: false,
                addresses: told.addresses.clone(),
            },
            said: None,
            plug: told.plug,
            addresses: told.addresses,
            outside: told.outside,
        }
    }
}

#[cfg(test)]
mod tests;
