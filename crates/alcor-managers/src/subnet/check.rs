//! What a subnet tells its VMs, and how IPv6 addresses reach them: checks of single attributes.

use crate::{ApiError, Settings, standard};
use alcor_types::{HostRoute, Ipv6Mode, Subnet};
use ipnet::IpNet;
use std::net::IpAddr;

/// How many device owners a subnet may be limited to.
const MAX_SERVICE_TYPES: usize = 64;

/// How the device owners begin that a subnet may be limited to.
const OWNER_PREFIXES: [&str; 5] = ["network:", "neutron:", "compute:", "baremetal:", "trunk:"];

/// All checks of the attributes that no other resource bears on.
pub(super) fn check_attributes(subnet: &Subnet, settings: &Settings) -> Result<(), ApiError> {
    check_modes(subnet)?;
    check_nameservers(&subnet.cidr, &subnet.dns_nameservers, settings)?;
    check_routes(&subnet.cidr, &subnet.host_routes, settings)?;
    check_service_types(&subnet.service_types)
}

/// The combinations of modes that Neutron allows.
fn check_modes(subnet: &Subnet) -> Result<(), ApiError> {
    let modes = [subnet.ipv6_ra_mode, subnet.ipv6_address_mode];
    let [ra, address] = modes;
    if ra.is_none() && address.is_none() {
        return Ok(());
    }
    let auto = modes
        .iter()
        .flatten()
        .any(|mode| *mode != Ipv6Mode::Dhcpv6Stateful);
    let wrong = if subnet.cidr.addr().is_ipv4() {
        "ipv6_ra_mode and ipv6_address_mode are for IPv6 subnets, leave them out"
    } else if !subnet.enable_dhcp {
        "ipv6_ra_mode and ipv6_address_mode need enable_dhcp true"
    } else if ra.is_some() && address.is_some() && ra != address {
        "ipv6_ra_mode and ipv6_address_mode must be the same when both are set"
    } else if auto && subnet.cidr.prefix_len() != 64 {
        "addresses derived from MACs (slaac, dhcpv6-stateless) need a cidr with prefix length 64"
    } else {
        return Ok(());
    };
    Err(ApiError::InvalidInput(wrong.to_owned()))
}

fn check_nameservers(
    cidr: &IpNet,
    servers: &[IpAddr],
    settings: &Settings,
) -> Result<(), ApiError> {
    let (count, max) = (servers.len(), settings.max_dns_nameservers);
    if count > max {
        return Err(ApiError::DnsNameServersExhausted { count, max });
    }
    for (at, server) in servers.iter().enumerate() {
        check_family(cidr, *server, "dns_nameservers")?;
        if servers.iter().skip(at + 1).any(|other| other == server) {
            let reason = format!("{server} is given twice, remove one");
            return Err(ApiError::attribute("dns_nameservers", reason));
        }
    }
    Ok(())
}

fn check_routes(cidr: &IpNet, routes: &[HostRoute], settings: &Settings) -> Result<(), ApiError> {
    let (count, max) = (routes.len(), settings.max_host_routes);
    if count > max {
        return Err(ApiError::HostRoutesExhausted { count, max });
    }
    for (at, route) in routes.iter().enumerate() {
        check_family(cidr, route.destination.addr(), "host_routes destination")?;
        check_family(cidr, route.nexthop, "host_routes nexthop")?;
        if routes.iter().skip(at + 1).any(|other| other == route) {
            let reason = format!(
                "the route to {} is given twice, remove one",
                route.destination
            );
            return Err(ApiError::attribute("host_routes", reason));
        }
    }
    Ok(())
}

fn check_service_types(types: &[String]) -> Result<(), ApiError> {
    if types.len() > MAX_SERVICE_TYPES {
        let reason = format!("{} are given, {MAX_SERVICE_TYPES} are allowed", types.len());
        return Err(ApiError::attribute("service_types", reason));
    }
    for name in types {
        standard::check_text("service_types", name)?;
        if !OWNER_PREFIXES.iter().any(|prefix| name.starts_with(prefix)) {
            return Err(ApiError::InvalidSubnetServiceType(name.clone()));
        }
    }
    Ok(())
}

/// Refuses an address of the other family.
pub(super) fn check_family(cidr: &IpNet, address: IpAddr, what: &str) -> Result<(), ApiError> {
    if cidr.addr().is_ipv4() == address.is_ipv4() {
        return Ok(());
    }
    let message = format!("{what} {address} is not of the family of {cidr}, give one that is");
    Err(ApiError::InvalidInput(message))
}
