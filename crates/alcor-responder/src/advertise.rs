//! What a router tells the VMs of a network unasked and on request: router advertisements
//! (RFC 4861) with prefixes (RFC 4862), name servers and search domains (RFC 8106).

use crate::lease6::name_servers;
use crate::packet6::{Packet6, link_local};
use crate::{Reason, options, server_mac};
use alcor_goalstate::{InterfaceGoal, SubnetGoal, VpcGoal};
use alcor_types::{Ipv6Mode, MacAddr};
use etherparse::icmpv6::RouterAdvertisementHeader;
use etherparse::{Icmpv6Slice, Icmpv6Type, PacketBuilder, ip_number};
use ipnet::{IpNet, Ipv6Net};
use std::net::Ipv6Addr;

const ALL_NODES: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 1);
const ALL_NODES_MAC: MacAddr = MacAddr([0x33, 0x33, 0, 0, 0, 1]);
/// Neighbour discovery crosses no router (RFC 4861, 6.1).
const HOP_LIMIT: u8 = 255;
/// What VMs are to write into their packets.
const VMS_HOP_LIMIT: u8 = 64;
const SOLICITATION: u8 = 133;
/// Ethernet's header, in bytes.
const ETHERNET: usize = 14;
/// How long a prefix is on the link and its addresses are preferred (RFC 4861, 6.2.1).
const VALID_SECONDS: u32 = 2_592_000;
const PREFERRED_SECONDS: u32 = 604_800;
const SOURCE_LINK_LAYER: u8 = 1;
const ON_LINK: u8 = 0x80;
const AUTONOMOUS: u8 = 0x40;

/// Everything that one router's port advertises.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Advertisement {
    mac: MacAddr,
    mtu: u16,
    /// How long the router is one, in seconds, unless it says so again.
    lifetime: u16,
    /// Addresses are to be had by DHCPv6.
    managed: bool,
    /// Other settings are to be had by DHCPv6.
    other: bool,
    prefixes: Vec<Prefix>,
    dns: Vec<Ipv6Addr>,
    /// The search domain; empty when none.
    domain: String,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Prefix {
    block: Ipv6Net,
    /// VMs make addresses of it themselves.
    autonomous: bool,
}

impl Advertisement {
    /// What the router's port says for so many seconds of those of its subnets that have a mode;
    /// nothing where none has, or where it is off.
    pub fn of<'a>(
        vpc: &VpcGoal,
        interface: &InterfaceGoal,
        subnets: impl Iterator<Item = &'a SubnetGoal>,
        lifetime: u16,
    ) -> Option<Self> {
        let mut told = Self {
            mac: interface.mac,
            mtu: vpc.mtu,
            lifetime,
            managed: false,
            other: false,
            prefixes: Vec::new(),
            dns: Vec::new(),
            domain: vpc.dns_domain.clone(),
        };
        for subnet in subnets {
            told.add(subnet, link_local(server_mac(vpc.id)));
        }
        let speaks = vpc.admin_state_up && interface.admin_state_up;
        (speaks && !told.prefixes.is_empty()).then_some(told)
    }

    /// The host answers questions for names at `server`.
    fn add(&mut self, subnet: &SubnetGoal, server: Ipv6Addr) {
        let (Some(mode), IpNet::V6(block)) = (subnet.ipv6_ra_mode, subnet.cidr) else {
            return;
        };
        self.managed |= mode == Ipv6Mode::Dhcpv6Stateful;
        self.other |= mode == Ipv6Mode::Dhcpv6Stateless;
        self.prefixes.push(Prefix {
            block: block.trunc(),
            autonomous: mode != Ipv6Mode::Dhcpv6Stateful,
        });
        for server in name_servers(subnet, server) {
            if !self.dns.contains(&server) {
                self.dns.push(server);
            }
        }
    }

    /// The frame for all VMs of the network.
    ///
    /// # Errors
    ///
    /// [`Reason::TooLong`] where so many subnets do not fit.
    pub fn frame(&self) -> Result<Vec<u8>, Reason> {
        self.build(self.lifetime, &[])
    }

    /// The same, which also takes back what was said before and holds no longer.
    ///
    /// # Errors
    ///
    /// Those of [`Self::frame`].
    pub fn instead_of(&self, former: &Self) -> Result<Vec<u8>, Reason> {
        let kept = |old: &&Prefix| self.prefixes.iter().any(|new| new.block == old.block);
        let gone = former.prefixes.iter().filter(|old| !kept(old)).copied();
        self.build(self.lifetime, &gone.collect::<Vec<_>>())
    }

    /// The last frame of a router: it is none any more, and its prefixes are not to be used.
    ///
    /// # Errors
    ///
    /// Those of [`Self::frame`].
    pub fn farewell(&self) -> Result<Vec<u8>, Reason> {
        let silent = Self {
            prefixes: Vec::new(),
            ..self.clone()
        };
        silent.build(0, &self.prefixes)
    }

    fn build(&self, lifetime: u16, gone: &[Prefix]) -> Result<Vec<u8>, Reason> {
        let header = RouterAdvertisementHeader {
            cur_hop_limit: VMS_HOP_LIMIT,
            managed_address_config: self.managed,
            other_config: self.other,
            router_lifetime: lifetime,
        };
        let body = self.body(lifetime, gone);
        let source = link_local(self.mac).octets();
        let builder = PacketBuilder::ethernet2(self.mac.0, ALL_NODES_MAC.0)
            .ipv6(source, ALL_NODES.octets(), HOP_LIMIT)
            .icmpv6(Icmpv6Type::RouterAdvertisement(header));
        let mut frame = Vec::with_capacity(builder.size(body.len()));
        builder
            .write(&mut frame, &body)
            .map_err(|_| Reason::TooLong)?;
        let fits = self.mtu == 0 || frame.len() <= usize::from(self.mtu) + ETHERNET;
        fits.then_some(frame).ok_or(Reason::TooLong)
    }

    /// What follows the header: reachable time and retransmission timer, of which nothing is
    /// said, and the options.
    fn body(&self, lifetime: u16, gone: &[Prefix]) -> Vec<u8> {
        let mut body = vec![0; 8];
        body.extend([SOURCE_LINK_LAYER, 1]);
        body.extend(self.mac.0);
        if self.mtu > 0 {
            body.extend([5, 1, 0, 0]);
            body.extend(u32::from(self.mtu).to_be_bytes());
        }
        for prefix in &self.prefixes {
            body.extend(prefix.option(VALID_SECONDS, PREFERRED_SECONDS));
        }
        for prefix in gone {
            body.extend(prefix.option(0, 0));
        }
        let servers: Vec<u8> = self.dns.iter().flat_map(Ipv6Addr::octets).collect();
        body.extend(name_option(25, lifetime, servers));
        let domain = options::domain(&self.domain).unwrap_or_default();
        body.extend(name_option(31, lifetime, domain));
        body
    }
}

impl Prefix {
    fn option(&self, valid: u32, preferred: u32) -> Vec<u8> {
        let flags = ON_LINK | if self.autonomous { AUTONOMOUS } else { 0 };
        let mut option = vec![3, 4, self.block.prefix_len(), flags];
        option.extend(valid.to_be_bytes());
        option.extend(preferred.to_be_bytes());
        option.extend([0; 4]);
        option.extend(self.block.network().octets());
        option
    }
}

/// Option 25 or 31 (RFC 8106), padded to units of eight bytes; nothing without a value.
fn name_option(kind: u8, lifetime: u16, value: Vec<u8>) -> Vec<u8> {
    let units = 1 + value.len().div_ceil(8);
    let (Ok(length), false) = (u8::try_from(units), value.is_empty()) else {
        return Vec::new();
    };
    let mut option = vec![kind, length, 0, 0];
    option.extend(u32::from(lifetime).to_be_bytes());
    option.extend(value);
    option.resize(units * 8, 0);
    option
}

/// Whether the frame is a router solicitation that is to be answered (RFC 4861, 6.1.1).
///
/// # Errors
///
/// Why it is not.
pub fn check_solicitation(frame: &[u8]) -> Result<(), Reason> {
    let packet = Packet6::parse(frame, ip_number::IPV6_ICMP)?;
    let icmp = Icmpv6Slice::from_slice(packet.payload).map_err(|_| Reason::BadHeader)?;
    if (icmp.type_u8(), icmp.code_u8()) != (SOLICITATION, 0) {
        return Err(Reason::OtherProtocol);
    }
    if packet.hop_limit != HOP_LIMIT {
        return Err(Reason::BadHeader);
    }
    if !icmp.is_checksum_valid(packet.source.octets(), packet.destination.octets()) {
        return Err(Reason::BadChecksum);
    }
    let named = check_options(icmp.payload())?;
    if named && packet.source.is_unspecified() {
        return Err(Reason::BadOptions);
    }
    Ok(())
}

/// Whether the options are whole, and whether one of them names the sender's MAC address.
fn check_options(mut rest: &[u8]) -> Result<bool, Reason> {
    let mut named = false;
    while !rest.is_empty() {
        let (kind, units) = match rest {
            [kind, units, ..] if *units > 0 => (*kind, usize::from(*units)),
            _ => return Err(Reason::BadOptions),
        };
        rest = rest.get(units * 8..).ok_or(Reason::BadOptions)?;
        named |= kind == SOURCE_LINK_LAYER;
    }
    Ok(named)
}

#[cfg(test)]
mod tests;
