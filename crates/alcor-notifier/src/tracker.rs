//! From changes of ports to notices, without any I/O.

use crate::event::{Event, EventName};
use crate::told::{Note, Told};
use crate::vif::{Plug, Said, Vif};
use alcor_types::{Port, PortId, PortState};
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
}

/// All interfaces of servers.
#[derive(Debug, Default)]
pub struct Tracker {
    known: HashMap<PortId, Known>,
}

impl Tracker {
    /// A tracker that knows what Nova has been told, and nothing else yet.
    pub fn new(told: impl IntoIterator<Item = Told>) -> Self {
        let known = told.into_iter().map(|told| (told.port, Known::from(told)));
        Self {
            known: known.collect(),
        }
    }

    /// Whether the port is a server's.
    pub fn knows(&self, port: PortId) -> bool {
        self.known.contains_key(&port)
    }

    /// Takes the whole state of the store, and tells what differs from what Nova knows.
    pub fn replace(&mut self, ports: Vec<Port>, states: Vec<PortState>) -> Vec<Notice> {
        let said: HashMap<PortId, PortState> =
            states.into_iter().map(|state| (state.id, state)).collect();
        let there: HashSet<PortId> = ports.iter().map(|port| port.id).collect();
        let gone: Vec<PortId> = self.known.keys().copied().collect();
        let gone = gone.into_iter().filter(|port| !there.contains(port));
        let mut notices: Vec<Notice> = gone.filter_map(|port| self.gone(port)).collect();
        for port in ports {
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
        let known = self.known.entry(port).or_insert_with(|| Known::new(&vif));
        known.vif = vif;
        known.said = said;
        notices.extend(known.settle(port));
        notices
    }

    fn said(&mut self, port: PortId, said: Option<Said>) -> Vec<Notice> {
        let Some(known) = self.known.get_mut(&port) else {
            return Vec::new();
        };
        known.said = said;
        known.settle(port)
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
    fn new(vif: &Vif) -> Self {
        Self {
            vif: vif.clone(),
            said: None,
            plug: Plug::Out,
            addresses: vif.addresses.clone(),
        }
    }

    /// What Nova has to hear, so that it knows the interface as it is.
    fn settle(&mut self, port: PortId) -> Vec<Notice> {
        let mut events = Vec::new();
        if self.addresses != self.vif.addresses {
            self.addresses.clone_from(&self.vif.addresses);
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
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alcor_types::{HostName, PortStatus};

    const SERVER: &str = "5a6d1c0e-54a3-4c9f-8a26-0e7a3c1d7f10";
    const OTHER: &str = "5a6d1c0e-54a3-4c9f-8a26-0e7a3c1d7f11";

    fn vif(server: &str, host: Option<&str>, address: &str) -> Vif {
        Vif {
            server: server.to_owned(),
            host: host.map(HostName::from),
            admin_state_up: true,
            addresses: BTreeSet::from([address.parse().unwrap()]),
        }
    }

    fn word(host: &str, status: PortStatus) -> Said {
        let host = HostName::from(host);
        Said { host, status }
    }

    fn names(notices: &[Notice]) -> Vec<(EventName, &str, bool)> {
        let name = |notice: &'_ Notice| notice.event.name;
        let each = notices.iter().map(|notice| {
            let server = notice.event.server_uuid.as_str();
            (name(notice), server, notice.event.is_failure())
        });
        each.collect()
    }

    /// A tracker with one interface that Nova knows to be plugged.
    fn plugged(port: PortId) -> Tracker {
        let mut tracker = Tracker::default();
        let active = Some(word("h1", PortStatus::Active));
        tracker.vif(port, Some(vif(SERVER, Some("h1"), "10.0.0.5")), active);
        tracker
    }

    #[test]
    fn a_port_is_plugged_once_when_its_own_host_says_so() {
        let port = PortId::random();
        let mut tracker = Tracker::default();
        let bound = vif(SERVER, Some("h1"), "10.0.0.5");
        assert_eq!(tracker.vif(port, Some(bound), None), []);
        assert_eq!(tracker.said(port, Some(word("h2", PortStatus::Active))), []);
        assert_eq!(tracker.said(port, Some(word("h1", PortStatus::Build))), []);
        let notices = tracker.said(port, Some(word("h1", PortStatus::Active)));
        assert_eq!(names(&notices), [(EventName::Plugged, SERVER, false)]);
        assert_eq!(tracker.said(port, Some(word("h1", PortStatus::Active))), []);
        assert_eq!(tracker.said(port, Some(word("h1", PortStatus::Build))), []);
    }

    #[test]
    fn a_host_that_fails_says_so_to_nova_and_may_recover() {
        let port = PortId::random();
        let mut tracker = Tracker::default();
        let failed = Some(word("h1", PortStatus::Error));
        let notices = tracker.vif(port, Some(vif(SERVER, Some("h1"), "10.0.0.5")), failed);
        assert_eq!(names(&notices), [(EventName::Plugged, SERVER, true)]);
        let notices = tracker.said(port, Some(word("h1", PortStatus::Active)));
        assert_eq!(names(&notices), [(EventName::Plugged, SERVER, false)]);
    }

    #[test]
    fn down_unbound_and_moved_ports_are_unplugged() {
        let port = PortId::random();
        let mut tracker = plugged(port);
        let notices = tracker.said(port, Some(word("h1", PortStatus::Down)));
        assert_eq!(names(&notices), [(EventName::Unplugged, SERVER, false)]);

        let mut tracker = plugged(port);
        let notices = tracker.vif(port, Some(vif(SERVER, None, "10.0.0.5")), None);
        assert_eq!(names(&notices), [(EventName::Unplugged, SERVER, false)]);

        let mut tracker = plugged(port);
        let moved = vif(SERVER, Some("h2"), "10.0.0.5");
        let notices = tracker.vif(port, Some(moved), Some(word("h1", PortStatus::Active)));
        assert_eq!(names(&notices), [(EventName::Unplugged, SERVER, false)]);
    }

    #[test]
    fn a_deleted_port_is_told_once_and_forgotten() {
        let port = PortId::random();
        let mut tracker = plugged(port);
        let notices = tracker.apply(Fact::PortGone(port), |_| None);
        assert_eq!(names(&notices), [(EventName::Deleted, SERVER, false)]);
        assert_eq!(notices[0].note, Note::Delete(port));
        assert_eq!(tracker.apply(Fact::StateGone(port), |_| None), []);
    }

    #[test]
    fn new_addresses_are_a_change_of_the_network() {
        let port = PortId::random();
        let mut tracker = plugged(port);
        let active = Some(word("h1", PortStatus::Active));
        let notices = tracker.vif(port, Some(vif(SERVER, Some("h1"), "10.0.0.6")), active);
        assert_eq!(names(&notices), [(EventName::Changed, SERVER, false)]);
    }

    #[test]
    fn a_port_that_changes_servers_leaves_the_first() {
        let port = PortId::random();
        let mut tracker = plugged(port);
        let active = Some(word("h1", PortStatus::Active));
        let notices = tracker.vif(port, Some(vif(OTHER, Some("h1"), "10.0.0.5")), active);
        let expected = [
            (EventName::Unplugged, SERVER, false),
            (EventName::Plugged, OTHER, false),
        ];
        assert_eq!(names(&notices), expected);
    }

    #[test]
    fn a_restart_tells_what_nova_has_not_heard_and_nothing_else() {
        let (heard, deleted) = (PortId::random(), PortId::random());
        let told = |port| Told {
            port,
            server: SERVER.to_owned(),
            plug: Plug::In,
            addresses: BTreeSet::from(["10.0.0.5".parse().unwrap()]),
        };
        let mut tracker = Tracker::new([told(heard), told(deleted)]);
        let active = Some(word("h1", PortStatus::Active));
        let same = vif(SERVER, Some("h1"), "10.0.0.5");
        assert_eq!(tracker.vif(heard, Some(same), active), []);
        // The rest of the store's ports is none at all.
        let notices = tracker.replace(Vec::new(), Vec::new());
        assert_eq!(notices.len(), 2);
        let mut gone: Vec<PortId> = notices.iter().map(|notice| notice.event.tag).collect();
        gone.sort();
        let mut expected = [heard, deleted];
        expected.sort();
        assert_eq!(gone, expected);
    }
}
