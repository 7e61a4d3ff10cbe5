//! Who holds which port of a large network: whom a change of the port is told to.

use crate::absences::{Absences, Place};
use alcor_compiler::Demand;
use alcor_goalstate::Sought;
use alcor_types::{HostName, NetworkId, PortId};
use parking_lot::Mutex;
use std::collections::{BTreeSet, HashMap};
use std::time::Instant;

/// A host holds a port from now on, or no longer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Subscription {
    /// Of this network it is told on demand.
    Begun(NetworkId),
    /// It holds the port.
    Held(NetworkId, PortId),
    /// It does not.
    Dropped(NetworkId, PortId),
    /// It was told that nobody has the address.
    Missed(NetworkId, Sought),
    /// Of this network it is told no longer, or everything.
    Ended(NetworkId),
}

/// All hosts' ports, both ways. A host that goes away is remembered: one that comes back without a
/// memory of its own is told what it held.
#[derive(Debug, Default)]
pub(crate) struct Subscribers(Mutex<Book>);

#[derive(Debug, Default)]
struct Book {
    by_host: HashMap<HostName, Demand>,
    by_port: HashMap<PortId, BTreeSet<HostName>>,
    absences: Absences,
}

impl Subscribers {
    /// What the host holds, or held when it was last heard of.
    pub(crate) fn demand(&self, host: &HostName) -> Demand {
        let book = self.0.lock();
        book.by_host.get(host).cloned().unwrap_or_default()
    }

    /// The hosts that hold one of these ports.
    pub(crate) fn of(&self, ports: &[PortId]) -> BTreeSet<HostName> {
        let book = self.0.lock();
        let hosts = ports.iter().filter_map(|port| book.by_port.get(port));
        hosts.flatten().cloned().collect()
    }

    /// Somebody has the address now: the hosts that believe otherwise, once.
    pub(crate) fn take_missed(&self, place: Place) -> BTreeSet<HostName> {
        self.0.lock().absences.take(place)
    }

    /// Notes what has become of a host's ports. To miss no change in between, this is done before
    /// the compiler that said so can change.
    pub(crate) fn note(&self, host: &HostName, news: Vec<Subscription>) {
        if news.is_empty() {
            return;
        }
        let mut book = self.0.lock();
        for one in news {
            book.note(host, one);
        }
    }
}

impl Book {
    fn note(&mut self, host: &HostName, news: Subscription) {
        let demand = self.by_host.entry(host.clone()).or_default();
        match news {
            Subscription::Begun(network) => {
                let former = demand.end(network).unwrap_or_default();
                demand.set(network, BTreeSet::new());
                self.drop_all(host, former);
            }
            Subscription::Held(network, port) => {
                demand.add(network, port);
                let hosts = self.by_port.entry(port).or_default();
                hosts.insert(host.clone());
            }
            Subscription::Dropped(network, port) => {
                demand.remove(network, port);
                self.drop_all(host, BTreeSet::from([port]));
            }
            Subscription::Missed(network, sought) => {
                self.absences.note(Instant::now(), host, (network, sought));
            }
            Subscription::Ended(network) => {
                let former = demand.end(network).unwrap_or_default();
                if demand.iter().next().is_none() {
                    self.by_host.remove(host);
                }
                self.drop_all(host, former);
            }
        }
    }

    fn drop_all(&mut self, host: &HostName, ports: BTreeSet<PortId>) {
        for port in ports {
            if let Some(hosts) = self.by_port.get_mut(&port) {
                hosts.remove(host);
                if hosts.is_empty() {
                    self.by_port.remove(&port);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holders_are_found_by_port_and_remembered_by_host() {
        let (network, port) = (NetworkId::random(), PortId::random());
        let [one, two] = ["one", "two"].map(HostName::from);
        let all = Subscribers::default();
        for host in [&one, &two] {
            let news = [
                Subscription::Begun(network),
                Subscription::Held(network, port),
            ];
            all.note(host, news.into());
        }
        assert_eq!(all.of(&[port]), BTreeSet::from([one.clone(), two.clone()]));
        all.note(&one, vec![Subscription::Dropped(network, port)]);
        assert_eq!(all.of(&[port]), BTreeSet::from([two.clone()]));
        assert!(all.demand(&two).contains(network, port));
        all.note(&two, vec![Subscription::Ended(network)]);
        assert!(all.of(&[port]).is_empty());
        assert_eq!(all.demand(&two), Demand::default());
    }
}
