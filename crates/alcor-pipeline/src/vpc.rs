//! One network as this host sees it.

use crate::Owner;
use crate::key::NetworkKey;
use crate::member::{Claim, Slot};
use alcor_goalstate::{Carrier, SubnetGoal, TunnelKind, VpcGoal};
use alcor_responder::{FALLBACK_SERVER_ID, METADATA4, METADATA6, link_local, server_mac};
use alcor_types::{NetworkId, PortId, Revision, SubnetId, Vni};
use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr};

/// What the network's own goal says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Identity {
    pub(crate) key: NetworkKey,
    pub(crate) carrier: Carrier,
    pub(crate) up: bool,
    /// The largest IP packet in it, in bytes; 0 where that is not known.
    pub(crate) mtu: u16,
    pub(crate) revision: Revision,
}

impl From<&VpcGoal> for Identity {
    fn from(goal: &VpcGoal) -> Self {
        Self {
            key: NetworkKey::of(goal.id, &goal.carrier),
            carrier: goal.carrier.clone(),
            up: goal.admin_state_up,
            mtu: goal.mtu,
            revision: goal.revision,
        }
    }
}

/// A network, made on first mention: ports may come before it.
#[derive(Debug, Default)]
pub(crate) struct Vpc {
    pub(crate) identity: Option<Identity>,
    /// Its ports on this host.
    pub(crate) ports: BTreeSet<PortId>,
    /// The DHCP server's address on every IPv4 subnet that has one.
    pub(crate) servers: BTreeMap<SubnetId, Ipv4Addr>,
    /// The routers' ports in it, and its subnets.
    pub(crate) interfaces: BTreeSet<PortId>,
    pub(crate) blocks: BTreeSet<SubnetId>,
    /// Where its ports on other hosts are, and how many there.
    hosts: BTreeMap<IpAddr, usize>,
    claims: BTreeSet<(Slot, Claim)>,
}

impl Vpc {
    /// Whether nothing is left to know about.
    pub(crate) fn is_empty(&self) -> bool {
        self.identity.is_none()
            && self.ports.is_empty()
            && self.servers.is_empty()
            && self.interfaces.is_empty()
            && self.blocks.is_empty()
            && self.hosts.is_empty()
    }

    /// Whether DHCP clients of a subnet have their server here.
    pub(crate) fn serves(&self, address: IpAddr) -> bool {
        let mut servers = self.servers.values();
        servers.any(|server| address == *server)
    }

    /// The tunnels that carry it, and its number there.
    pub(crate) fn tunnel(&self) -> Option<(TunnelKind, Vni)> {
        self.identity.as_ref()?.carrier.tunnel()
    }

    /// Makes or gives up a claim.
    pub(crate) fn claim(&mut self, slot: Slot, claim: Claim, claimed: bool) {
        if claimed {
            self.claims.insert((slot, claim));
        } else {
            self.claims.remove(&(slot, claim));
        }
    }

    /// Whose the slot is.
    pub(crate) fn holder(&self, slot: Slot) -> Option<Claim> {
        let mut claims = self.claims.range((slot, Claim::FIRST)..);
        let (first, claim) = claims.next()?;
        (*first == slot).then_some(*claim)
    }

    /// One more port is on the host.
    pub(crate) fn add_host(&mut self, host_ip: IpAddr) {
        *self.hosts.entry(host_ip).or_default() += 1;
    }

    /// One port less is on the host.
    pub(crate) fn remove_host(&mut self, host_ip: IpAddr) {
        if let Some(count) = self.hosts.get_mut(&host_ip) {
            *count -= 1;
            if *count == 0 {
                self.hosts.remove(&host_ip);
            }
        }
    }

    /// How many ports are on the host.
    pub(crate) fn ports_at(&self, host_ip: IpAddr) -> usize {
        self.hosts.get(&host_ip).copied().unwrap_or(0)
    }

    /// The other hosts with a port.
    pub(crate) fn hosts(&self) -> impl Iterator<Item = IpAddr> {
        self.hosts.keys().copied()
    }

    /// Everything that may own flows of the network alone: a router has flows of several.
    pub(crate) fn owners(&self, id: NetworkId) -> impl Iterator<Item = Owner> {
        let ports = self.ports.iter();
        let ports = ports.flat_map(|port| [Owner::Port(*port), Owner::Guard(*port)]);
        let mut former = None;
        let slots = self.claims.iter().map(|(slot, _)| *slot);
        let distinct = slots.filter(move |slot| former.replace(*slot) != Some(*slot));
        let slots = distinct.map(move |slot| slot.owner(id));
        let subnets = self.blocks.iter().map(|subnet| Owner::Subnet(*subnet));
        let whole = [Owner::Vpc(id), Owner::Flood(id)];
        let whole = whole.into_iter().chain(subnets);
        whole.chain(ports).chain(slots)
    }
}

impl Slot {
    /// The owner of the flows about it.
    pub(crate) fn owner(self, vpc: NetworkId) -> Owner {
        match self {
            Self::Mac(mac) => Owner::Mac(vpc, mac),
            Self::Address(address) => Owner::Address(vpc, address),
        }
    }
}

/// The addresses that every host answers at in the network: of metadata, and of the server that
/// DHCPv6 and routers name.
pub(crate) fn host_addresses(id: NetworkId) -> [IpAddr; 3] {
    [METADATA4.into(), METADATA6.into(), host_server(id)]
}

/// Where VMs ask for names by IPv6.
pub(crate) fn host_server(id: NetworkId) -> IpAddr {
    link_local(server_mac(id)).into()
}

/// The address that DHCP clients of the subnet renew at; `None` when there is no server. The
/// responder names the same address in its answers.
pub(crate) fn dhcp_server(subnet: &SubnetGoal) -> Option<Ipv4Addr> {
    let served = subnet.dhcp && subnet.cidr.addr().is_ipv4();
    let address = match subnet.gateway_ip {
        Some(IpAddr::V4(gateway)) => gateway,
        _ => FALLBACK_SERVER_ID,
    };
    served.then_some(address)
}
