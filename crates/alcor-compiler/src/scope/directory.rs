//! Large networks: when a network is one, and who has which address of it.
//!
//! Hosts of a large network are not told of its ports. They ask for those that their VMs speak to,
//! by address, and the directory knows whose that is: a look-up costs the same whatever the size.

use super::Scope;
use super::spread::Spread;
use crate::hosts::Hosts;
use alcor_goalstate::{Carrier, Goal, Sought};
use alcor_types::{HostName, MacAddr, Port, PortId, ProjectId, Revision};
use ipnet::IpNet;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use uuid::Uuid;

/// Ports that are told of where many share a name.
const HOLDERS: usize = 64;

/// What is known of an address of a large network.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Found {
    /// These ports have it: what their neighbours are told.
    Neighbors(Vec<(PortId, Goal)>),
    /// Ports may have it by their allowed pairs; which of them does, only they know.
    Shared,
    /// Nobody on another host has it.
    Absent,
}

/// Who has which address. Two ports may have one for a moment, while facts of one revision come in.
#[derive(Default)]
pub(super) struct Directory {
    addresses: BTreeSet<(IpAddr, PortId)>,
    macs: BTreeSet<(MacAddr, PortId)>,
    /// Names by their hashes.
    names: BTreeSet<(u64, PortId)>,
    /// The blocks of allowed pairs, with the number of ports that name each.
    pairs: BTreeMap<IpNet, usize>,
    /// The hosts.
    pub(super) spread: Spread,
}

impl Directory {
    fn of<'a>(ports: impl Iterator<Item = &'a Port>) -> Self {
        let mut directory = Self::default();
        for port in ports {
            directory.enter(port);
        }
        directory
    }

    fn enter(&mut self, port: &Port) {
        self.macs.insert((port.mac_address, port.id));
        self.names.extend(name(port));
        for fixed in &port.fixed_ips {
            self.addresses.insert((fixed.ip_address, port.id));
        }
        for pair in &port.allowed_address_pairs {
            *self.pairs.entry(pair.ip_address.trunc()).or_default() += 1;
        }
    }

    fn strike(&mut self, port: &Port) {
        self.macs.remove(&(port.mac_address, port.id));
        if let Some(name) = name(port) {
            self.names.remove(&name);
        }
        for fixed in &port.fixed_ips {
            self.addresses.remove(&(fixed.ip_address, port.id));
        }
        for pair in &port.allowed_address_pairs {
            let block = pair.ip_address.trunc();
            if let Some(count) = self.pairs.get_mut(&block) {
                *count -= 1;
                if *count == 0 {
                    self.pairs.remove(&block);
                }
            }
        }
    }

    fn holders(&self, sought: Sought) -> Vec<PortId> {
        match sought {
            Sought::Address(address) => holders(&self.addresses, address),
            Sought::Mac(mac) => holders(&self.macs, mac),
            Sought::Name(hash) => holders(&self.names, hash),
        }
    }

    fn is_shared(&self, address: IpAddr) -> bool {
        let longest = if address.is_ipv4() { 32 } else { 128 };
        let mut blocks = (0..=longest).filter_map(|length| IpNet::new(address, length).ok());
        !self.pairs.is_empty() && blocks.any(|block| self.pairs.contains_key(&block.trunc()))
    }
}

fn holders<K: Copy + Ord>(all: &BTreeSet<(K, PortId)>, sought: K) -> Vec<PortId> {
    let from = all.range((sought, PortId(Uuid::nil()))..);
    let same = from.take_while(|(of, _)| *of == sought);
    same.map(|(_, port)| *port).collect()
}

fn name(port: &Port) -> Option<(u64, PortId)> {
    match Sought::name(&port.dns_name) {
        Sought::Name(hash) if !port.dns_name.is_empty() => Some((hash, port.id)),
        _ => None,
    }
}

impl Scope {
    /// How many of its ports are bound to hosts.
    pub(crate) fn size(&self) -> usize {
        self.size
    }

    /// Whether hosts are told of its ports only once they ask.
    pub(crate) fn is_large(&self) -> bool {
        self.directory.is_some()
    }

    /// Who has an address, as a host is told that asks for it.
    pub(crate) fn find(&self, host: &HostName, sought: Sought, hosts: &Hosts) -> Found {
        let Some(directory) = &self.directory else {
            return Found::Absent;
        };
        let holders = directory.holders(sought).into_iter();
        let elsewhere = holders.filter(|id| self.host_of(*id).as_ref() != Some(host));
        let told = elsewhere.filter_map(|id| Some((id, self.neighbor_goal(id, hosts)?)));
        let told: Vec<_> = told.take(HOLDERS).collect();
        match sought {
            _ if !told.is_empty() => Found::Neighbors(told),
            Sought::Address(address) if directory.is_shared(address) => Found::Shared,
            _ => Found::Absent,
        }
    }

    /// By what the port is asked for.
    pub(crate) fn sought_by(&self, id: PortId) -> Vec<Sought> {
        let Some(member) = self.ports.get(&id) else {
            return Vec::new();
        };
        let port = &member.port;
        let fixed = port.fixed_ips.iter();
        let addresses = fixed.map(|fixed| Sought::Address(fixed.ip_address));
        let name = (!port.dns_name.is_empty()).then(|| Sought::name(&port.dns_name));
        let mac = Sought::Mac(port.mac_address);
        addresses.chain([mac]).chain(name).collect()
    }

    /// All ports that other hosts would be told of, but for those of `host`.
    pub(crate) fn neighbors(&self, host: &HostName, hosts: &Hosts) -> BTreeSet<PortId> {
        let ids = self.ports.keys().copied();
        let elsewhere = ids.filter(|id| self.host_of(*id).as_ref() != Some(host));
        elsewhere
            .filter(|id| self.neighbor_goal(*id, hosts).is_some())
            .collect()
    }

    /// The port that has an address. Walks the ports of a network that is not large.
    pub(crate) fn at(&self, address: IpAddr) -> Option<&Port> {
        let has = |port: &&Port| {
            port.fixed_ips
                .iter()
                .any(|fixed| fixed.ip_address == address)
        };
        match &self.directory {
            Some(directory) => {
                let holders = directory.holders(Sought::Address(address));
                self.ports.get(holders.first()?).map(|member| &*member.port)
            }
            None => self.ports.values().map(|member| &*member.port).find(has),
        }
    }

    /// Who owns the network.
    pub(crate) fn owner(&self) -> Option<&ProjectId> {
        Some(&self.network.as_ref()?.fact.project_id)
    }

    /// The number of its tunnels.
    pub(crate) fn vni(&self) -> Option<u32> {
        match Carrier::of(&self.network.as_ref()?.fact)? {
            Carrier::Vxlan(vni) | Carrier::Geneve(vni) => Some(vni.get()),
            Carrier::Vlan { .. } | Carrier::Flat { .. } => None,
        }
    }

    /// Before a port is written or deleted: counts it, and enters what the directory must know.
    pub(super) fn enter(&mut self, id: PortId, now: Option<&Port>) {
        let former = self.ports.get(&id).map(|member| &member.port);
        let bound = |port: Option<&Port>| usize::from(port.is_some_and(|port| port.host.is_some()));
        self.size = self.size + bound(now) - bound(former.map(|port| &**port));
        let Some(directory) = &mut self.directory else {
            return;
        };
        if let Some(former) = former {
            directory.strike(former);
        }
        if let Some(now) = now {
            directory.enter(now);
        }
    }

    /// Whether it is large now, with more ports than it says itself or else than so many. One that was large stays so until it
    /// has a fifth less. True when that changed, and all hosts must hear of it.
    pub(crate) fn weigh(&mut self, revision: Revision, above: usize, hosts: &Hosts) -> bool {
        let own = self
            .network
            .as_ref()
            .and_then(|network| network.fact.on_demand_above);
        let above = own.map_or(above, |own| own as usize);
        let limit = if self.is_large() {
            above.saturating_mul(4)
        } else {
            above.saturating_mul(5)
        };
        let ports = self.size.saturating_mul(5);
        let beyond = ports > limit || self.is_large() && ports == limit;
        let large = beyond && self.is_tunnelled();
        if large == self.is_large() {
            return false;
        }
        let former = self.vpc_goal();
        self.log_peers(revision);
        let ports = self.ports.values().map(|member| &*member.port);
        self.directory = large.then(|| Directory::of(ports));
        self.spread_out(revision, hosts);
        self.retell_vpc(revision, former.as_ref());
        if !large {
            self.log_neighbors(revision);
        }
        true
    }

    /// Whoever is not on a host is on the wire of a physical network, so nobody need ask there.
    fn is_tunnelled(&self) -> bool {
        let carrier = self
            .network
            .as_ref()
            .and_then(|network| Carrier::of(&network.fact));
        carrier.is_some_and(|carrier| carrier.physical_network().is_none())
    }

    /// From now on everybody is told of every port.
    fn log_neighbors(&mut self, revision: Revision) {
        let bound: Vec<_> = self
            .bound
            .iter()
            .flat_map(|(host, ports)| ports.iter().map(|port| (host.clone(), *port)))
            .collect();
        for (host, port) in bound {
            self.log_peer(revision, port, [Some(host), None]);
        }
    }
}
