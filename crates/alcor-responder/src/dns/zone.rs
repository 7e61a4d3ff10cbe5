//! The names of one network: those that Neutron shows as `dns_assignment`.

use alcor_goalstate::GoalKey;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::IpAddr;

/// Who has a name: the key of the goal that says so.
type Holder = GoalKey;

/// The names and addresses of a network's ports, found by either.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Zone {
    /// What each holder has said, so that it can be taken back.
    held: HashMap<Holder, Vec<(String, IpAddr)>>,
    /// Addresses by name, in small letters. One address may have two holders for a moment.
    addresses: HashMap<String, BTreeSet<(IpAddr, Holder)>>,
    names: HashMap<IpAddr, BTreeMap<Holder, String>>,
}

impl Zone {
    /// A port has these addresses under its name, or, without one, each under its own.
    pub fn set(&mut self, holder: Holder, name: &str, addresses: impl Iterator<Item = IpAddr>) {
        self.remove(&holder);
        let named = addresses.map(|address| {
            let name = if name.is_empty() {
                default_name(address)
            } else {
                name.to_owned()
            };
            (name, address)
        });
        let named: Vec<_> = named.collect();
        for (name, address) in &named {
            let by_name = self.addresses.entry(name.to_ascii_lowercase()).or_default();
            by_name.insert((*address, holder));
            let by_address = self.names.entry(*address).or_default();
            by_address.insert(holder, name.clone());
        }
        if !named.is_empty() {
            self.held.insert(holder, named);
        }
    }

    /// A port has gone.
    pub fn remove(&mut self, holder: &Holder) {
        for (name, address) in self.held.remove(holder).unwrap_or_default() {
            let name = name.to_ascii_lowercase();
            if let Some(all) = self.addresses.get_mut(&name) {
                all.remove(&(address, *holder));
                if all.is_empty() {
                    self.addresses.remove(&name);
                }
            }
            if let Some(all) = self.names.get_mut(&address) {
                all.remove(holder);
                if all.is_empty() {
                    self.names.remove(&address);
                }
            }
        }
    }

    /// The addresses of a name without its domain, sorted, each once; `None` where nobody has it.
    pub(crate) fn addresses(&self, name: &str) -> Option<Vec<IpAddr>> {
        let all = self.addresses.get(name)?.iter();
        let mut addresses: Vec<_> = all.map(|(address, _)| *address).collect();
        addresses.dedup();
        Some(addresses)
    }

    /// The name of an address, without its domain.
    pub(crate) fn name(&self, address: IpAddr) -> Option<&str> {
        let (_, name) = self.names.get(&address)?.first_key_value()?;
        Some(name)
    }
}

/// What a port without a name is called, as Neutron has it.
fn default_name(address: IpAddr) -> String {
    format!("host-{}", address.to_string().replace(['.', ':'], "-"))
}

/// The address of a port that is called by it.
pub(super) fn unnamed(label: &str) -> Option<IpAddr> {
    let digits = label.strip_prefix("host-")?;
    let four = digits.replace('-', ".").parse();
    four.or_else(|_| digits.replace('-', ":").parse()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use alcor_types::PortId;

    fn holder() -> Holder {
        GoalKey::Neighbor(PortId::random())
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn ports_without_a_name_are_found_by_the_one_they_have_from_their_address() {
        for address in ["10.0.0.5", "fd00::5", "2001:db8:1:2:3:4:5:6"].map(ip) {
            assert_eq!(unnamed(&default_name(address)), Some(address));
        }
        assert_eq!(unnamed("web"), None);
        assert_eq!(unnamed("host-web"), None);
    }

    #[test]
    fn names_come_change_and_go() {
        let (mut zone, port) = (Zone::default(), holder());
        let both = || [ip("10.0.0.5"), ip("fd00::5")].into_iter();
        zone.set(port, "Web", both());
        assert_eq!(zone.addresses("web"), Some(both().collect()));
        assert_eq!(zone.name(ip("fd00::5")), Some("Web"));
        zone.set(port, "", both());
        assert_eq!(zone.addresses("web"), None);
        assert_eq!(zone.addresses("host-10-0-0-5"), Some(vec![ip("10.0.0.5")]));
        assert_eq!(zone.name(ip("fd00::5")), Some("host-fd00--5"));
        zone.remove(&port);
        assert_eq!(zone, Zone::default());
    }

    /// A port that moves is a neighbour and an own one for a moment.
    #[test]
    fn what_two_hold_stays_until_both_have_gone() {
        let (mut zone, one, other) = (Zone::default(), holder(), holder());
        for port in [one, other] {
            zone.set(port, "db", [ip("10.0.0.9")].into_iter());
        }
        assert_eq!(zone.addresses("db"), Some(vec![ip("10.0.0.9")]));
        zone.remove(&one);
        assert_eq!(zone.addresses("db"), Some(vec![ip("10.0.0.9")]));
        zone.remove(&other);
        assert_eq!(zone, Zone::default());
    }
}
