//! Option 121, classless static routes (RFC 3442).

use ipnet::Ipv4Net;
use std::net::Ipv4Addr;

/// The routes as the option carries them: the prefix length, as many octets of the destination
/// as it covers, the router.
pub(crate) fn encode(routes: &[(Ipv4Net, Ipv4Addr)]) -> Vec<u8> {
    let mut data = Vec::with_capacity(routes.len() * 9);
    for (to, by) in routes {
        let significant = usize::from(to.prefix_len().div_ceil(8));
        data.push(to.prefix_len());
        data.extend_from_slice(&to.network().octets()[..significant]);
        data.extend_from_slice(&by.octets());
    }
    data
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of RFC 3442 with a router of 10.0.0.1, and the edges of each octet.
    #[test]
    fn destinations_are_as_long_as_their_prefix() {
        for (to, octets) in [
            ("0.0.0.0/0", &[0][..]),
            ("128.0.0.0/1", &[1, 128]),
            ("10.0.0.0/8", &[8, 10]),
            ("10.128.0.0/9", &[9, 10, 128]),
            ("10.17.0.0/16", &[16, 10, 17]),
            ("10.0.0.0/24", &[24, 10, 0, 0]),
            ("10.27.129.0/24", &[24, 10, 27, 129]),
            ("10.229.0.128/25", &[25, 10, 229, 0, 128]),
            ("10.198.122.47/32", &[32, 10, 198, 122, 47]),
            // Host bits are no part of a destination.
            ("10.27.129.77/24", &[24, 10, 27, 129]),
        ] {
            let by = Ipv4Addr::new(10, 0, 0, 1);
            let expected = [octets, &by.octets()].concat();
            assert_eq!(encode(&[(to.parse().unwrap(), by)]), expected, "{to}");
        }
        assert!(encode(&[]).is_empty());
    }
}
