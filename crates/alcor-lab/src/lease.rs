//! What a DHCP client tells its hook script, read back as a lease. Pure: text in, values out.

use ipnet::Ipv4Net;
use serde::Serialize;
use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::str::FromStr;
use std::time::Duration;

/// What a client was given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Lease {
    /// The address.
    pub ip: Ipv4Addr,
    /// The length of the subnet mask (option 1; 32 when the server gave none).
    pub prefix: u8,
    /// The first router (option 3). Not used when there are classless routes (RFC 3442).
    pub router: Option<Ipv4Addr>,
    /// The name servers (option 6).
    pub dns: Vec<Ipv4Addr>,
    /// The MTU (option 26), in bytes.
    pub mtu: Option<u16>,
    /// The classless static routes (option 121).
    pub routes: Vec<LeaseRoute>,
    /// The server's identifier (option 54).
    pub server_id: Option<Ipv4Addr>,
    /// The host name (option 12).
    pub hostname: Option<String>,
    /// How long the lease holds (option 51).
    pub lease_time: Option<Duration>,
    /// The event as the client calls it: `bound`, `renew`, `BOUND`, `REBOOT`, ...
    pub event: String,
    /// From the client's start, or from the request to renew, to the lease.
    pub took: Duration,
}

/// One classless static route.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct LeaseRoute {
    /// Where to.
    pub to: Ipv4Net,
    /// Through whom; `0.0.0.0` means that the destination is on the link.
    pub via: Ipv4Addr,
}

/// One call of the hook: the client's variables.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Event {
    variables: BTreeMap<String, String>,
}

/// All complete events in a hook's file: variables end with a zero byte each, an event with
/// one more. A last event that is still being written is left out.
pub(crate) fn events(bytes: &[u8]) -> Vec<Event> {
    let mut events = Vec::new();
    let mut event = Event::default();
    let Some(end) = bytes.iter().rposition(|byte| *byte == 0) else {
        return events;
    };
    for entry in bytes[..end].split(|byte| *byte == 0).chain([&[][..]]) {
        if entry.is_empty() {
            if !event.variables.is_empty() {
                events.push(std::mem::take(&mut event));
            }
            continue;
        }
        let text = String::from_utf8_lossy(entry);
        if let Some((name, value)) = text.split_once('=') {
            event.variables.insert(name.to_owned(), value.to_owned());
        }
    }
    events
}

impl Event {
    /// The client's name for what happened.
    pub(crate) fn reason(&self) -> &str {
        self.variables.get("reason").map_or("", String::as_str)
    }

    /// The lease, if the event is of the kind that gives or confirms one.
    pub(crate) fn lease(&self, took: Duration) -> Option<Lease> {
        let given = ["bound", "renew", "BOUND", "RENEW", "REBIND", "REBOOT"];
        if !given.contains(&self.reason()) {
            return None;
        }
        Some(Lease {
            ip: self.first(&["ip", "new_ip_address"])?,
            prefix: self.prefix(),
            router: self.first(&["router", "new_routers"]),
            dns: self.list(&["dns", "new_domain_name_servers"]),
            mtu: self.first(&["mtu", "new_interface_mtu"]),
            routes: self.routes(),
            server_id: self.first(&["serverid", "new_dhcp_server_identifier"]),
            hostname: self.first(&["hostname", "new_host_name"]),
            lease_time: self
                .first(&["lease", "new_dhcp_lease_time"])
                .map(Duration::from_secs),
            event: self.reason().to_owned(),
            took,
        })
    }

    fn text(&self, names: &[&str]) -> &str {
        let found = names.iter().find_map(|name| self.variables.get(*name));
        found.map_or("", String::as_str)
    }

    /// All values that can be read, of a list divided by blanks or commas.
    fn list<T: FromStr>(&self, names: &[&str]) -> Vec<T> {
        let words = self.text(names).split([' ', ',']);
        words.filter_map(|word| word.parse().ok()).collect()
    }

    fn first<T: FromStr>(&self, names: &[&str]) -> Option<T> {
        self.list(names).into_iter().next()
    }

    /// udhcpc and dhcpcd count the bits; all give the mask itself.
    fn prefix(&self) -> u8 {
        let bits = self.first(&["mask", "new_subnet_cidr"]);
        let mask = self.first(&["subnet", "new_subnet_mask"]);
        bits.or_else(|| ipnet::ipv4_mask_to_prefix(mask?).ok())
            .filter(|bits| *bits <= 32)
            .unwrap_or(32)
    }

    fn routes(&self) -> Vec<LeaseRoute> {
        let encoded = self.list::<u8>(&["new_rfc3442_classless_static_routes"]);
        if !encoded.is_empty() {
            return rfc3442(&encoded);
        }
        let text = self.text(&["staticroutes", "new_classless_static_routes"]);
        let words: Vec<_> = text.split_ascii_whitespace().collect();
        let pairs = words.chunks_exact(2).filter_map(|pair| {
            Some(LeaseRoute {
                to: pair[0].parse().ok()?,
                via: pair[1].parse().ok()?,
            })
        });
        pairs.collect()
    }
}

/// Routes in the wire form of RFC 3442, which dhclient hands over as decimal bytes: the
/// prefix length, as many bytes of the destination as it needs, the router.
fn rfc3442(mut bytes: &[u8]) -> Vec<LeaseRoute> {
    let mut routes = Vec::new();
    while let Some((route, rest)) = one_route(bytes) {
        routes.push(route);
        bytes = rest;
    }
    routes
}

fn one_route(bytes: &[u8]) -> Option<(LeaseRoute, &[u8])> {
    let (&prefix, rest) = bytes.split_first()?;
    let (net, rest) = rest.split_at_checked(usize::from(prefix).div_ceil(8))?;
    let (via, rest) = rest.split_first_chunk::<4>()?;
    let mut octets = [0; 4];
    octets.get_mut(..net.len())?.copy_from_slice(net);
    let route = LeaseRoute {
        to: Ipv4Net::new(octets.into(), prefix).ok()?,
        via: Ipv4Addr::from(*via),
    };
    Some((route, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(lines: &[&str]) -> Event {
        let mut bytes = lines.join("\0").into_bytes();
        bytes.extend([0, 0]);
        events(&bytes).remove(0)
    }

    fn route(to: &str, via: &str) -> LeaseRoute {
        LeaseRoute {
            to: to.parse().unwrap(),
            via: via.parse().unwrap(),
        }
    }

    #[test]
    fn only_complete_events_are_read() {
        let two = events(b"reason=deconfig\0a=1\0\0reason=bound\0ip=10.0.0.1\0\0reason=ren");
        let reasons: Vec<_> = two.iter().map(Event::reason).collect();
        assert_eq!(reasons, ["deconfig", "bound"]);
        assert_eq!(two[0].lease(Duration::ZERO), None);
        assert!(events(b"").is_empty());
        assert!(events(b"reason=bound").is_empty());
    }

    #[test]
    fn udhcpc_speaks_in_short_names() {
        let event = event(&[
            "reason=bound",
            "ip=10.0.0.5",
            "mask=24",
            "subnet=255.255.255.0",
            "router=10.0.0.1 10.0.0.2",
            "dns=8.8.8.8 9.9.9.9",
            "mtu=1450",
            "staticroutes=192.168.0.0/16 10.0.0.9 0.0.0.0/0 10.0.0.1",
            "serverid=10.0.0.2",
            "lease=3600",
            "hostname=host-10-0-0-5",
        ]);
        let lease = event.lease(Duration::ZERO).unwrap();
        assert_eq!((lease.ip, lease.prefix), (Ipv4Addr::new(10, 0, 0, 5), 24));
        assert_eq!(lease.router, Some(Ipv4Addr::new(10, 0, 0, 1)));
        assert_eq!((lease.dns.len(), lease.mtu), (2, Some(1450)));
        let routes = [
            route("192.168.0.0/16", "10.0.0.9"),
            route("0.0.0.0/0", "10.0.0.1"),
        ];
        assert_eq!(lease.routes, routes);
        assert_eq!(lease.lease_time, Some(Duration::from_hours(1)));
        assert_eq!(lease.hostname.as_deref(), Some("host-10-0-0-5"));
    }

    #[test]
    fn dhclient_gives_routes_byte_by_byte() {
        let event = event(&[
            "reason=BOUND",
            "new_ip_address=10.1.0.5",
            "new_subnet_mask=255.255.0.0",
            "new_rfc3442_classless_static_routes=20 172 16 16 10 1 0 9 0 10 1 0 1 32 1 2 3 4 0 0 0 0",
        ]);
        let lease = event.lease(Duration::ZERO).unwrap();
        assert_eq!((lease.prefix, lease.router), (16, None));
        let routes = [
            route("172.16.16.0/20", "10.1.0.9"),
            route("0.0.0.0/0", "10.1.0.1"),
            route("1.2.3.4/32", "0.0.0.0"),
        ];
        assert_eq!(lease.routes, routes);
    }

    #[test]
    fn damaged_routes_end_the_list() {
        assert!(rfc3442(&[33, 1, 2, 3, 4, 5, 6, 7, 8, 9]).is_empty());
        assert!(rfc3442(&[24, 1, 2]).is_empty());
        assert!(rfc3442(&[255]).is_empty());
        assert_eq!(rfc3442(&[0, 1, 2, 3, 4, 8]).len(), 1);
    }
}
