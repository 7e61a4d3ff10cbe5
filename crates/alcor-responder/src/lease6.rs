//! What DHCPv6 tells one port, and how it follows from the goal state.

use crate::options::{self, OptionError};
use crate::{link_local, server_mac};
use alcor_goalstate::{PortGoal, SubnetGoal, VpcGoal};
use alcor_types::{Ipv6Mode, MacAddr};
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv6Addr};

/// The numbers of the options that this server speaks of itself.
const DNS_SERVERS: u16 = 23;
const DOMAIN_SEARCH: u16 = 24;

/// Everything that DHCPv6 tells one port. Make it anew when its goals change.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Lease6 {
    pub(crate) mac: MacAddr,
    /// The port's addresses that are had by DHCPv6; none where it makes them itself.
    pub(crate) addresses: Vec<Ipv6Addr>,
    pub(crate) server_mac: MacAddr,
    /// How long addresses are preferred and valid, in seconds.
    pub(crate) seconds: u32,
    /// The largest packet of the network, in bytes; 0 when that is not known.
    pub(crate) mtu: u16,
    pub(crate) options: BTreeMap<u16, Vec<u8>>,
}

impl Lease6 {
    /// What the goals of a port ask for; nothing where none of its subnets is served. The owner's
    /// options win over all others.
    ///
    /// # Errors
    ///
    /// Which of the port's own options cannot be sent.
    pub fn from_goals<'a>(
        vpc: &VpcGoal,
        port: &PortGoal,
        subnet: impl Fn(alcor_types::SubnetId) -> Option<&'a SubnetGoal>,
        seconds: u32,
    ) -> Result<Option<Self>, OptionError> {
        let (mut addresses, mut servers, mut served) = (Vec::new(), Vec::new(), false);
        for fixed in &port.fixed_ips {
            let Some(goal) = subnet(fixed.subnet_id) else {
                continue;
            };
            let (Some(mode), IpAddr::V6(address)) = (goal.dhcpv6(), fixed.ip_address) else {
                continue;
            };
            served = true;
            if mode == Ipv6Mode::Dhcpv6Stateful {
                addresses.push(address);
            }
            for server in &goal.dns_nameservers {
                if let IpAddr::V6(server) = server
                    && !servers.contains(server)
                {
                    servers.push(*server);
                }
            }
        }
        let mut options = plain_options(&servers, &vpc.dns_domain);
        for wish in port.extra_dhcp_opts.iter().filter(|it| it.ip_version == 6) {
            let (code, data) = options::parse6(&wish.opt_name, &wish.opt_value)?;
            options.insert(code, data);
        }
        Ok(served.then_some(Self {
            mac: port.mac,
            addresses,
            server_mac: server_mac(vpc.id),
            seconds,
            mtu: vpc.mtu,
            options,
        }))
    }

    /// The address that answers come from.
    pub(crate) fn server(&self) -> Ipv6Addr {
        link_local(self.server_mac)
    }

    /// How the server names itself: by a MAC address that is the network's on every host (DUID-LL,
    /// RFC 8415, 11.4), so that a VM that moves finds its server again.
    pub(crate) fn duid(&self) -> Vec<u8> {
        [&[0, 3, 0, 1][..], &self.server_mac.0].concat()
    }
}

fn plain_options(servers: &[Ipv6Addr], domain: &str) -> BTreeMap<u16, Vec<u8>> {
    let servers: Vec<u8> = servers.iter().flat_map(Ipv6Addr::octets).collect();
    let domain = options::domain(domain).unwrap_or_default();
    let mut options = BTreeMap::from([(DNS_SERVERS, servers), (DOMAIN_SEARCH, domain)]);
    options.retain(|_, data| !data.is_empty());
    options
}
