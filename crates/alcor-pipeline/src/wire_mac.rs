//! The MAC addresses that a host's routed packets have between hosts.
//!
//! Every host routes with the same router's address. If that went out, the network between the
//! hosts would see it at all of them at once, and switches that learn addresses would follow it
//! from port to port. So what is routed leaves with an address of the host's own, which the
//! receiving host turns back into the gateway's: VMs never see it.
//!
//! A router that leads out of the region here has one more such address on each wire of its networks,
//! by which other hosts hand it what is to leave. It is the host's as well, so that a gateway that
//! moves has another one, and nobody goes on sending to the former place.

use alcor_types::{MacAddr, PortId};
use std::net::IpAddr;

/// What all such addresses begin with: locally administered, and nobody's else. The last bit tells those
/// of gateways.
pub(crate) const PREFIX: MacAddr = MacAddr([0xae, 0x1c, 0, 0, 0, 0]);
/// The bits of [`PREFIX`] that all of them share.
pub(crate) const MASK: MacAddr = MacAddr([0xff, 0xfe, 0, 0, 0, 0]);

/// The address of the host whose tunnels end here: one address of IPv4 each; of IPv6, those that
/// differ in their last 32 bits do.
pub fn of(tunnel_ip: IpAddr) -> MacAddr {
    let [first, second, ..] = PREFIX.0;
    let [a, b, c, d] = match tunnel_ip {
        IpAddr::V4(address) => address.octets(),
        IpAddr::V6(address) => {
            let [.., a, b, c, d] = address.octets();
            [a, b, c, d]
        }
    };
    MacAddr([first, second, a, b, c, d])
}

/// The address on the wire of a network by which a router, whose port there this is, takes what is to
/// leave the region by the host whose tunnels end here. All hosts work it out alike.
pub fn of_seat(tunnel_ip: IpAddr, port: PortId) -> MacAddr {
    let [first, second, ..] = PREFIX.0;
    let host = of(tunnel_ip);
    let [a, b, c, d] = fnv1a(host.0.iter().chain(port.as_bytes())).to_be_bytes();
    MacAddr([first, second | 1, a, b, c, d])
}

/// A hash that never changes (Fowler, Noll and Vo's, with 32 bits).
fn fnv1a<'a>(bytes: impl Iterator<Item = &'a u8>) -> u32 {
    bytes.fold(0x811c_9dc5, |hash, byte| {
        (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn a_hash_is_what_its_authors_say() {
        assert_eq!(fnv1a(b"".iter()), 0x811c_9dc5);
        assert_eq!(fnv1a(b"foobar".iter()), 0xbf9c_f968);
    }

    #[test]
    fn every_host_and_port_has_an_address_of_its_own() {
        let hosts = (1..=50).map(|host| IpAddr::from([192, 0, 2, host]));
        let ports: Vec<_> = (0..50).map(|_| PortId::random()).collect();
        let seats = hosts.clone().flat_map(|host| {
            let ports = ports.iter();
            ports.map(move |port| of_seat(host, *port))
        });
        let all: BTreeSet<_> = hosts.clone().map(of).chain(seats).collect();
        assert_eq!(all.len(), 50 * 51);
        let shared = |mac: &MacAddr| mac.to_u64() & MASK.to_u64() == PREFIX.to_u64();
        assert!(all.iter().all(shared));
    }
}
