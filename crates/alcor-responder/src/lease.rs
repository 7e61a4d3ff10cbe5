//! What DHCP tells one port, in plain facts, and how they follow from the goal state.

use crate::options::OptionError;
use alcor_goalstate::{DhcpGoal, PortGoal, SubnetGoal, VpcGoal};
use alcor_types::{ExtraDhcpOption, HostRoute, MacAddr, NetworkId};
use ipnet::{IpNet, Ipv4Net};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// How long a lease lasts unless the caller sets another time: a day, as Neutron has it.
pub const DEFAULT_LEASE_SECONDS: u32 = 86_400;

/// The server identifier on a subnet that has no gateway. It is of the link-local block
/// (RFC 3927), so that no port can own it. A client without a route to it renews by
/// broadcast, at T2 instead of T1.
pub const FALLBACK_SERVER_ID: Ipv4Addr = Ipv4Addr::new(169, 254, 0, 67);

/// Where VMs ask for metadata.
pub const METADATA4: Ipv4Addr = Ipv4Addr::new(169, 254, 169, 254);
/// The same by IPv6.
pub const METADATA6: Ipv6Addr = Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0xa9fe, 0xa9fe);

/// The MAC address that replies on a network come from: a locally
/// administered one, the same on every host, so that a VM that moves finds its server again.
pub fn server_mac(network: NetworkId) -> MacAddr {
    let [.., high, middle, low] = network.0.into_bytes();
    MacAddr([0x0a, 0xa1, 0xc0, high, middle, low])
}

/// Everything that DHCP tells one port about one of its addresses.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Lease {
    /// The port's MAC address, the only one that is answered.
    pub mac: MacAddr,
    /// The port's address.
    pub ipv4: Ipv4Addr,
    /// The subnet that the address is of; gives mask and broadcast address.
    pub subnet: Ipv4Net,
    /// Who answers: the gateway's address, or [`FALLBACK_SERVER_ID`].
    pub server_id: Ipv4Addr,
    /// Where replies come from in Ethernet; see [`server_mac`].
    pub server_mac: MacAddr,
    /// The default router (option 3).
    pub router: Option<Ipv4Addr>,
    /// Name servers, best first (option 6).
    pub dns: Vec<Ipv4Addr>,
    /// The largest IP packet the VM may send, in bytes (option 26); 0 to say nothing.
    pub mtu: u16,
    /// Further routes (option 121); those of IPv6 are passed over.
    pub host_routes: Vec<HostRoute>,
    /// The VM's name (option 12); empty when none.
    pub host_name: String,
    /// The network's domain (option 15); empty when none.
    pub domain: String,
    /// How long the lease lasts, in seconds (option 51); `u32::MAX` is for ever.
    pub lease_seconds: u32,
    /// Options that the port's owner asks for; they win over all of the above.
    pub extra: Vec<ExtraDhcpOption>,
}

/// Why goals make no lease.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BindingError {
    /// DHCPv4 has no answer for a subnet of IPv6.
    #[error("DHCPv4 needs an IPv4 subnet, and {0} is none")]
    NotIpv4(IpNet),
    /// The goals contradict each other.
    #[error("{address} does not lie in the subnet {subnet}")]
    Outside {
        /// The address to lease.
        address: Ipv4Addr,
        /// The subnet it should lie in.
        subnet: Ipv4Net,
    },
    /// One of the port's own options cannot be sent.
    #[error(transparent)]
    Option(#[from] OptionError),
}

impl Lease {
    /// The lease that the goals of a port ask for, for [`DEFAULT_LEASE_SECONDS`].
    pub fn from_goals(
        vpc: &VpcGoal,
        subnet: &SubnetGoal,
        port: &PortGoal,
        dhcp: &DhcpGoal,
    ) -> Result<Self, BindingError> {
        let IpNet::V4(block) = subnet.cidr else {
            return Err(BindingError::NotIpv4(subnet.cidr));
        };
        if !block.contains(&dhcp.ipv4) {
            return Err(BindingError::Outside {
                address: dhcp.ipv4,
                subnet: block,
            });
        }
        let router = subnet.gateway_ip.and_then(as_ipv4);
        let server_id = router.unwrap_or(FALLBACK_SERVER_ID);
        let dns = name_servers(subnet, server_id);
        let mut host_routes = subnet.host_routes.clone();
        if dns.contains(&FALLBACK_SERVER_ID) {
            host_routes.push(on_link(FALLBACK_SERVER_ID));
        }
        Ok(Self {
            mac: dhcp.mac,
            ipv4: dhcp.ipv4,
            subnet: block,
            server_id,
            server_mac: server_mac(vpc.id),
            router,
            dns,
            mtu: vpc.mtu,
            host_routes,
            host_name: dhcp.host_name.clone(),
            // DNS names of the API end in a dot; clients append the domain as it is.
            domain: vpc.dns_domain.trim_end_matches('.').to_owned(),
            lease_seconds: DEFAULT_LEASE_SECONDS,
            extra: port.extra_dhcp_opts.clone(),
        })
    }
}

impl Lease {
    /// Tells the way to the metadata service as well, as Neutron does where no router is: by the
    /// server, or, where that has no address of the subnet, as a neighbour.
    #[must_use]
    pub fn with_metadata_route(mut self) -> Self {
        let to = on_link(METADATA4);
        let known = |route: &HostRoute| route.destination == to.destination;
        if !self.host_routes.iter().any(known) {
            let nexthop = self.router.map_or(to.nexthop, IpAddr::from);
            self.host_routes.push(HostRoute { nexthop, ..to });
        }
        self
    }
}

/// The subnet's name servers, or, where it has none, the host itself. An address of all zeros says
/// that there are to be none.
fn name_servers(subnet: &SubnetGoal, own: Ipv4Addr) -> Vec<Ipv4Addr> {
    let listed = subnet.dns_nameservers.iter().copied();
    let listed: Vec<_> = listed.filter_map(as_ipv4).collect();
    if listed.is_empty() {
        return vec![own];
    }
    let given = listed.into_iter();
    given.filter(|address| !address.is_unspecified()).collect()
}

/// A neighbour on the link, though not of the subnet (RFC 3442).
fn on_link(address: Ipv4Addr) -> HostRoute {
    HostRoute {
        destination: IpNet::from(IpAddr::from(address)),
        nexthop: Ipv4Addr::UNSPECIFIED.into(),
    }
}

fn as_ipv4(address: IpAddr) -> Option<Ipv4Addr> {
    match address {
        IpAddr::V4(address) => Some(address),
        IpAddr::V6(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alcor_goalstate::{Carrier, PortIdentity};
    use alcor_types::{NetworkId, PortId, ProjectId, Revision, SubnetId, Vni};

    fn goals() -> (VpcGoal, SubnetGoal, PortGoal, DhcpGoal) {
        let revision = Revision(7);
        let mac = MacAddr([0xfa, 0x16, 0x3e, 0, 0, 1]);
        let vpc = VpcGoal {
            id: NetworkId::random(),
            revision,
            project_id: ProjectId::from("p"),
            name: String::new(),
            carrier: Carrier::Vxlan(Vni::MAX),
            mtu: 1450,
            admin_state_up: true,
            dns_domain: "example.org.".to_owned(),
        };
        let subnet = SubnetGoal {
            id: SubnetId::random(),
            revision,
            vpc: vpc.id,
            cidr: "10.0.0.0/24".parse().unwrap(),
            gateway_ip: Some("10.0.0.1".parse().unwrap()),
            dhcp: true,
            dns_nameservers: ["2001:db8::1", "10.0.0.2"]
                .map(|at| at.parse().unwrap())
                .into(),
            host_routes: Vec::new(),
            ipv6_address_mode: None,
            ipv6_ra_mode: None,
            address_scope: None,
        };
        let port = PortGoal {
            id: PortId::random(),
            revision,
            vpc: vpc.id,
            name: String::new(),
            mac,
            admin_state_up: true,
            fixed_ips: Vec::new(),
            device_id: String::new(),
            device_owner: String::new(),
            extra_dhcp_opts: Vec::new(),
            port_security_enabled: false,
            security_groups: Vec::new(),
            allowed_address_pairs: Vec::new(),
            identity: Box::new(PortIdentity {
                project_id: "project".into(),
                dns_name: String::new(),
                trunk: None,
            }),
            limits: Box::default(),
            taps: None,
        };
        let dhcp = DhcpGoal {
            port: port.id,
            subnet: subnet.id,
            revision,
            mac,
            ipv4: Ipv4Addr::new(10, 0, 0, 5),
            host_name: "vm".to_owned(),
        };
        (vpc, subnet, port, dhcp)
    }

    #[test]
    fn a_lease_is_made_of_goals() {
        let (vpc, mut subnet, port, dhcp) = goals();
        let lease = Lease::from_goals(&vpc, &subnet, &port, &dhcp).unwrap();
        assert_eq!(lease.server_id, Ipv4Addr::new(10, 0, 0, 1));
        assert_eq!(lease.router, Some(lease.server_id));
        assert_eq!(lease.dns, [Ipv4Addr::new(10, 0, 0, 2)]);
        assert_eq!(lease.domain, "example.org");
        assert_eq!(lease.server_mac, server_mac(vpc.id));
        subnet.gateway_ip = None;
        let lease = Lease::from_goals(&vpc, &subnet, &port, &dhcp).unwrap();
        assert_eq!((lease.router, lease.server_id), (None, FALLBACK_SERVER_ID));
        assert_eq!(lease.host_routes, []);
    }

    #[test]
    fn a_subnet_without_name_servers_has_its_host() {
        let (vpc, mut subnet, port, dhcp) = goals();
        subnet.dns_nameservers.clear();
        let lease = Lease::from_goals(&vpc, &subnet, &port, &dhcp).unwrap();
        assert_eq!(lease.dns, [lease.server_id]);
        assert_eq!(lease.host_routes, []);
        subnet.gateway_ip = None;
        let lease = Lease::from_goals(&vpc, &subnet, &port, &dhcp).unwrap();
        assert_eq!(lease.dns, [FALLBACK_SERVER_ID]);
        assert_eq!(lease.host_routes, [on_link(FALLBACK_SERVER_ID)]);
        subnet.dns_nameservers = vec![Ipv4Addr::UNSPECIFIED.into()];
        let lease = Lease::from_goals(&vpc, &subnet, &port, &dhcp).unwrap();
        assert_eq!((lease.dns, lease.host_routes), (vec![], vec![]));
    }

    #[test]
    fn the_way_to_metadata_is_told_once() {
        let (vpc, mut subnet, port, dhcp) = goals();
        let gateway = subnet.gateway_ip.unwrap();
        let lease = Lease::from_goals(&vpc, &subnet, &port, &dhcp).unwrap();
        let told = lease.with_metadata_route().with_metadata_route();
        let to = on_link(METADATA4);
        let nexthop = gateway;
        assert_eq!(told.host_routes, [HostRoute { nexthop, ..to }]);
        subnet.gateway_ip = None;
        let lease = Lease::from_goals(&vpc, &subnet, &port, &dhcp).unwrap();
        assert_eq!(lease.with_metadata_route().host_routes, [to]);
    }

    #[test]
    fn goals_that_contradict_each_other_make_no_lease() {
        let (vpc, mut subnet, port, dhcp) = goals();
        for block in ["10.0.1.0/24", "2001:db8::/64"] {
            subnet.cidr = block.parse().unwrap();
            assert!(Lease::from_goals(&vpc, &subnet, &port, &dhcp).is_err());
        }
    }
}
