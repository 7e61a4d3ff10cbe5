//! A subnet's block, gateway and pools: where addresses may lie.

use crate::error::Pool;
use crate::{ApiError, ip};
use alcor_types::{IpPool, Subnet};
use ipnet::IpNet;
use std::net::IpAddr;

/// How many pools one subnet may have; each costs a step of the search for a free address.
const MAX_POOLS: usize = 128;

/// Refuses blocks that no subnet can have.
pub(super) fn check_cidr(cidr: &IpNet) -> Result<(), ApiError> {
    let network = cidr.network();
    let wrong = if cidr.prefix_len() == 0 {
        "a prefix length of 0 is not allowed, give a longer prefix"
    } else if network.is_ipv6() && network.is_unspecified() {
        "an IPv6 subnet cannot begin with the unspecified address, choose another block"
    } else {
        return Ok(());
    };
    Err(ApiError::InvalidInput(format!("cidr {cidr}: {wrong}")))
}

/// Refuses blocks in which DHCP could serve nobody.
pub(super) fn check_dhcp(cidr: &IpNet) -> Result<(), ApiError> {
    let network = cidr.network();
    let wrong = if cidr.max_prefix_len() - cidr.prefix_len() < 2 {
        "the prefix is too long for DHCP"
    } else if network.is_multicast() {
        "multicast addresses name no host"
    } else if network.is_loopback() {
        "loopback addresses never leave a host"
    } else if network.is_unspecified() {
        "the first address names no host"
    } else {
        return Ok(());
    };
    Err(ApiError::InvalidInput(format!(
        "cidr {cidr}: {wrong}, choose another block or set enable_dhcp to false"
    )))
}

/// The lowest and highest address a port may have: all but an IPv4 block's network and
/// broadcast address and an IPv6 block's router anycast address (RFC 4291, section 2.6.1). In
/// the two longest prefixes every address is a host's (RFC 3021, RFC 6164).
pub(crate) fn hosts(cidr: &IpNet) -> IpPool {
    let (start, end) = (cidr.network(), cidr.broadcast());
    if cidr.max_prefix_len() - cidr.prefix_len() < 2 {
        return IpPool { start, end };
    }
    let last = match end {
        IpAddr::V4(_) => ip::before(end),
        IpAddr::V6(_) => end,
    };
    IpPool {
        start: ip::after(start),
        end: last,
    }
}

/// The gateway where the caller leaves the choice: the first address after the block's own,
/// which in a block of one lies outside it.
pub(super) fn default_gateway(cidr: &IpNet) -> IpAddr {
    ip::after(cidr.network())
}

/// Refuses a gateway that is an IPv4 block's network or broadcast address. One outside the
/// block is reached on the link, as in Neutron.
pub(super) fn check_gateway(cidr: &IpNet, gateway: IpAddr) -> Result<(), ApiError> {
    let ends = [cidr.network(), cidr.broadcast()];
    let ends_are_hosts = gateway.is_ipv6() || cidr.prefix_len() > 30;
    if ends_are_hosts || !ends.contains(&gateway) {
        return Ok(());
    }
    let message = format!(
        "gateway_ip {gateway} is the network or broadcast address of {cidr}, choose another or null"
    );
    Err(ApiError::InvalidInput(message))
}

/// Every host address but the gateway: one pool, or two around it.
pub(super) fn default_pools(cidr: &IpNet, gateway: Option<IpAddr>) -> Vec<IpPool> {
    // Neutron gives no automatic address from a block of two.
    if cidr.max_prefix_len() - cidr.prefix_len() == 1 {
        return Vec::new();
    }
    ip::without(&hosts(cidr), gateway)
}

/// The pools in order, when each lies within the block and no two meet.
pub(super) fn check_pools(cidr: &IpNet, pools: &[IpPool]) -> Result<Vec<IpPool>, ApiError> {
    if pools.len() > MAX_POOLS {
        let message = format!(
            "{} allocation pools are given, {MAX_POOLS} are allowed, join some",
            pools.len()
        );
        return Err(ApiError::InvalidInput(message));
    }
    let all = hosts(cidr);
    for pool in pools {
        let one_family = pool.start.is_ipv4() == pool.end.is_ipv4();
        if !one_family || pool.start.is_ipv4() != cidr.addr().is_ipv4() || pool.start > pool.end {
            return Err(ApiError::InvalidAllocationPool(Pool(*pool)));
        }
        if !all.contains(pool.start) || !all.contains(pool.end) {
            return Err(ApiError::OutOfBoundsAllocationPool {
                pool: Pool(*pool),
                cidr: *cidr,
            });
        }
    }
    let mut sorted = pools.to_vec();
    sorted.sort_unstable();
    for (first, second) in sorted.iter().zip(sorted.iter().skip(1)) {
        if first.overlaps(second) {
            let (first, second) = (Pool(*first), Pool(*second));
            return Err(ApiError::OverlappingAllocationPools {
                first,
                second,
                cidr: *cidr,
            });
        }
    }
    Ok(sorted)
}

/// Refuses a gateway that could be given to a port.
pub(super) fn check_gateway_outside(subnet: &Subnet) -> Result<(), ApiError> {
    let Some(gateway) = subnet.gateway_ip else {
        return Ok(());
    };
    match subnet
        .allocation_pools
        .iter()
        .find(|pool| pool.contains(gateway))
    {
        Some(pool) => Err(ApiError::GatewayConflictWithAllocationPools {
            gateway,
            pool: Pool(*pool),
        }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pools(cidr: &str, gateway: Option<&str>) -> Vec<String> {
        default_pools(
            &cidr.parse().unwrap(),
            gateway.map(|text| text.parse().unwrap()),
        )
        .into_iter()
        .map(|pool| Pool(pool).to_string())
        .collect()
    }

    #[test]
    fn default_pools_go_around_the_gateway() {
        assert_eq!(
            pools("10.0.0.0/24", Some("10.0.0.1")),
            ["10.0.0.2-10.0.0.254"]
        );
        assert_eq!(
            pools("10.0.0.0/24", Some("10.0.0.254")),
            ["10.0.0.1-10.0.0.253"]
        );
        assert_eq!(
            pools("10.0.0.0/29", Some("10.0.0.3")),
            ["10.0.0.1-10.0.0.2", "10.0.0.4-10.0.0.6"]
        );
        assert_eq!(pools("10.0.0.0/24", None), ["10.0.0.1-10.0.0.254"]);
        assert_eq!(pools("10.0.0.8/32", None), ["10.0.0.8-10.0.0.8"]);
        assert_eq!(pools("10.0.0.8/31", None), Vec::<String>::new());
        assert_eq!(
            pools("fd00::/64", Some("fd00::1")),
            ["fd00::2-fd00::ffff:ffff:ffff:ffff"]
        );
    }

    #[test]
    fn the_default_gateway_is_the_first_host() {
        assert_eq!(
            default_gateway(&"10.1.0.0/16".parse().unwrap()).to_string(),
            "10.1.0.1"
        );
        assert_eq!(
            default_gateway(&"fd00::/64".parse().unwrap()).to_string(),
            "fd00::1"
        );
    }

    #[test]
    fn blocks_without_hosts_are_refused() {
        let parse = |cidr: &str| -> IpNet { cidr.parse().unwrap() };
        for cidr in ["0.0.0.0/0", "::/0", "::/64"] {
            assert!(check_cidr(&parse(cidr)).is_err(), "{cidr}");
        }
        for cidr in [
            "224.0.0.0/8",
            "127.0.0.0/8",
            "0.0.0.0/8",
            "10.0.0.0/31",
            "fd00::/127",
            "ff00::/16",
        ] {
            assert!(check_cidr(&parse(cidr)).is_ok(), "{cidr}");
            assert!(check_dhcp(&parse(cidr)).is_err(), "{cidr}");
        }
        assert!(check_dhcp(&parse("10.0.0.0/30")).is_ok());
    }
}
