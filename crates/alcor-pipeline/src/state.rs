//! All that the pipeline knows: goals reduced to what flows need, and what is plugged where.

mod domain;
mod north;
mod routing;
mod scopes;
mod size;
mod trunks;

pub(crate) use north::Place;
pub(crate) use scopes::Inner;
pub(crate) use size::outer_key;
use trunks::Trunks;

use crate::Input;
use crate::acls::{Acl, Acls};
use crate::key::NetworkKey;
use crate::member::{Claim, Local, Remote, Slot};
use crate::north::Outside;
use crate::router::{Block, Interface};
use crate::sets::Sets;
use crate::vpc::{Identity, Vpc, dhcp_server, host_addresses};
use alcor_goalstate::{Carrier, Goal, GoalKey, TunnelKind};
use alcor_openflow::PortNo;
use alcor_types::{MacAddr, NetworkId, PortId, Revision, RouterId, SubnetId, Vni};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::{IpAddr, Ipv4Addr};

/// See the module.
#[derive(Debug)]
pub(crate) struct State {
    /// Sorted, so that the same goals give the same flows in the same order.
    pub(crate) vpcs: BTreeMap<NetworkId, Vpc>,
    pub(crate) locals: HashMap<PortId, Local>,
    pub(crate) remotes: HashMap<PortId, Remote>,
    /// The hosts of large networks.
    pub(crate) peers: BTreeSet<(NetworkId, IpAddr)>,
    /// The subnets on which a port has a lease here.
    pub(crate) leases: HashMap<PortId, BTreeSet<SubnetId>>,
    /// The networks of subnets with a DHCP server.
    pub(crate) subnets: HashMap<SubnetId, NetworkId>,
    /// Routers' ports, and which of them each router has.
    pub(crate) interfaces: HashMap<PortId, Interface>,
    pub(crate) routers: BTreeMap<RouterId, BTreeSet<PortId>>,
    /// The subnets, and which routers' ports have an address of each.
    pub(crate) blocks: HashMap<SubnetId, Block>,
    serving: BTreeMap<SubnetId, BTreeSet<PortId>>,
    /// The ports here that a tap service's port gets copies of.
    looked_at: HashMap<PortId, BTreeSet<PortId>>,
    ofports: HashMap<PortId, PortNo>,
    trunks: Trunks,
    /// The ports of tunnels.
    pub(crate) tunnels: BTreeMap<TunnelKind, PortNo>,
    /// What this host's routed packets come from on the wire.
    pub(crate) wire_mac: MacAddr,
    /// Where this host's tunnels end.
    pub(crate) tunnel_ip: IpAddr,
    /// The ways to physical networks.
    pub(crate) wires: BTreeMap<String, PortNo>,
    pub(crate) outside: Outside,
    pub(crate) sets: Sets,
    pub(crate) acls: Acls,
    by_ofport: HashMap<PortNo, PortId>,
    /// The networks that claim a carrier. A VNI or tag is used again once its network is gone, and the news
    /// of the two may cross: the newest goal has it.
    carriers: HashMap<Carrier, BTreeSet<(Revision, NetworkId)>>,
}

impl State {
    /// Nothing is known but the host's addresses on the wire.
    pub(crate) fn of(tunnel_ip: IpAddr, wire_mac: MacAddr) -> Self {
        Self {
            vpcs: BTreeMap::new(),
            locals: HashMap::new(),
            remotes: HashMap::new(),
            peers: BTreeSet::new(),
            leases: HashMap::new(),
            subnets: HashMap::new(),
            interfaces: HashMap::new(),
            routers: BTreeMap::new(),
            blocks: HashMap::new(),
            serving: BTreeMap::new(),
            looked_at: HashMap::new(),
            ofports: HashMap::new(),
            trunks: Trunks::default(),
            tunnels: BTreeMap::new(),
            wire_mac,
            tunnel_ip,
            wires: BTreeMap::new(),
            outside: Outside::default(),
            acls: Acls::default(),
            sets: Sets::default(),
            by_ofport: HashMap::new(),
            carriers: HashMap::new(),
        }
    }

    /// The network, where its frames may flow at all.
    pub(crate) fn active(&self, id: NetworkId) -> Option<(&Vpc, NetworkKey)> {
        let vpc = self.vpcs.get(&id)?;
        let identity = vpc.identity.as_ref().filter(|identity| identity.up)?;
        let newest = self.carriers.get(&identity.carrier)?.last()?;
        (newest.1 == id).then_some((vpc, identity.key))
    }

    /// The network, where a physical one carries it to this host: the port of its wire.
    pub(crate) fn on_wire(&self, id: NetworkId) -> Option<(NetworkKey, PortNo, &Carrier)> {
        let (vpc, key) = self.active(id)?;
        let carrier = &vpc.identity.as_ref()?.carrier;
        let wire = *self.wires.get(carrier.physical_network()?)?;
        Some((key, wire, carrier))
    }

    /// The port of the tunnels that carry the network, and its number there; none where a physical
    /// network does, or where the port is not there.
    pub(crate) fn tunnel_of(&self, vpc: &Vpc) -> Option<(PortNo, Vni)> {
        let (kind, vni) = vpc.tunnel()?;
        Some((*self.tunnels.get(&kind)?, vni))
    }

    /// The physical network that carries it; none where tunnels do, or where it is not known.
    fn physical(&self, id: NetworkId) -> Option<&str> {
        let identity = self.vpcs.get(&id)?.identity.as_ref()?;
        identity.carrier.physical_network()
    }

    /// Whether a physical network carries it.
    pub(crate) fn is_physical(&self, id: NetworkId) -> bool {
        self.physical(id).is_some()
    }

    /// Whether the network's neighbours are asked for.
    pub(crate) fn is_on_demand(&self, id: NetworkId) -> bool {
        let vpc = self.vpcs.get(&id);
        let identity = vpc.and_then(|vpc| vpc.identity.as_ref());
        identity.is_some_and(|identity| identity.on_demand)
    }

    /// Whether this host has a way to the network's other members: a tunnel, or the wire.
    pub(crate) fn carries(&self, id: NetworkId) -> bool {
        let physical = self.physical(id);
        physical.is_none_or(|name| self.wires.contains_key(name))
    }

    /// Whether it carries a network that the host holds for its ports.
    pub(crate) fn has_ports_on(&self, carrier: &Carrier) -> bool {
        let mut networks = self.claimants(carrier);
        networks.any(|id| self.active(id).is_some())
    }

    /// All networks that claim the carrier.
    pub(crate) fn claimants(&self, carrier: &Carrier) -> impl Iterator<Item = NetworkId> {
        let claims = self.carriers.get(carrier).into_iter().flatten();
        claims.map(|(_, id)| *id)
    }

    /// The port that has the OpenFlow port number.
    pub(crate) fn port_at(&self, ofport: PortNo) -> Option<PortId> {
        self.by_ofport.get(&ofport).copied()
    }

    /// The ports here that this one gets copies of.
    pub(crate) fn looked_at(&self, looker: PortId) -> impl Iterator<Item = PortId> {
        self.looked_at.get(&looker).into_iter().flatten().copied()
    }

    /// Takes in a change.
    pub(crate) fn accept(&mut self, input: &Input) {
        match input {
            Input::Put(goal) => self.put(goal),
            Input::Delete(key) => self.delete(*key),
            Input::Plugged { port, ofport } => self.plug(*port, *ofport),
            Input::Unplugged { port } => self.unplug(*port),
            Input::Tunnel { kind, ofport } => match ofport {
                Some(ofport) => drop(self.tunnels.insert(*kind, *ofport)),
                None => drop(self.tunnels.remove(kind)),
            },
            Input::Complete => self.sets.complete(),
            Input::Wire {
                physical_network: name,
                ofport,
            } => match ofport {
                Some(ofport) => drop(self.wires.insert(name.clone(), *ofport)),
                None => drop(self.wires.remove(name)),
            },
            Input::Zone { of, zone } => match zone {
                Some(zone) => drop(self.outside.zones.insert(*of, *zone)),
                None => drop(self.outside.zones.remove(of)),
            },
            Input::Hop {
                network,
                address,
                neighbor,
            } => match neighbor {
                Some(known) => drop(self.outside.hops.insert((*network, *address), *known)),
                None => drop(self.outside.hops.remove(&(*network, *address))),
            },
        }
    }

    fn put(&mut self, goal: &Goal) {
        match goal {
            Goal::Vpc(goal) => self.set_identity(goal.id, Some(Identity::from(goal))),
            Goal::Subnet(goal) => {
                self.set_server(goal.id, goal.vpc, dhcp_server(goal));
                self.set_block(goal.id, Some(Block::from(goal)));
            }
            Goal::Acl(goal) => self.acls.set(goal.id, Some(Acl::from(goal))),
            Goal::Interface(goal) => self.set_interface(goal.port, Some(Interface::from(goal))),
            Goal::Port(goal) => self.set_local(goal.id, Some(Local::from(goal))),
            Goal::Neighbor(goal) => self.set_remote(goal.port, Some(Remote::from(goal))),
            Goal::Floating(goal) => {
                let (port, id) = (goal.port, goal.id);
                self.outside.set_floating(port, id, Some(goal));
            }
            Goal::Outlet(goal) => {
                let key = (goal.interface, goal.network);
                self.outside.outlets.insert(key, *goal);
            }
            Goal::Peer(goal) => self.set_peer(goal.vpc, goal.host_ip, true),
            Goal::Group(goal) => self.sets.set_group(goal.id, Some(goal)),
            Goal::Member(goal) => self.sets.set_member(goal.group, goal.port, &goal.addresses),
            Goal::AddressGroup(goal) => self.sets.set_addresses(goal.id, &goal.addresses),
            Goal::Dhcp(goal) => {
                self.leases
                    .entry(goal.port)
                    .or_default()
                    .insert(goal.subnet);
            }
        }
    }

    fn delete(&mut self, key: GoalKey) {
        match key {
            GoalKey::Vpc(id) => self.set_identity(id, None),
            GoalKey::Subnet(id) => {
                self.remove_server(id);
                self.set_block(id, None);
            }
            GoalKey::Acl(id) => self.acls.set(id, None),
            GoalKey::Interface(id) => self.set_interface(id, None),
            GoalKey::Port(id) => self.set_local(id, None),
            GoalKey::Neighbor(id) => self.set_remote(id, None),
            GoalKey::Dhcp(port, subnet) => self.remove_lease(port, subnet),
            GoalKey::Floating(port, id) => self.outside.set_floating(port, id, None),
            GoalKey::Outlet(interface, network) => {
                self.outside.outlets.remove(&(interface, network));
            }
            GoalKey::Peer(vpc, host_ip) => self.set_peer(vpc, host_ip, false),
            GoalKey::Group(id) => self.sets.set_group(id, None),
            GoalKey::Member(group, port) => self.sets.set_member(group, port, &[]),
            GoalKey::AddressGroup(id) => self.sets.set_addresses(id, &[]),
        }
    }

    fn set_identity(&mut self, id: NetworkId, identity: Option<Identity>) {
        let vpc = self.vpcs.entry(id).or_default();
        let claim = identity
            .as_ref()
            .map(|identity| (identity.carrier.clone(), identity.revision));
        let former = std::mem::replace(&mut vpc.identity, identity);
        for address in host_addresses(id) {
            vpc.claim(Slot::Address(address), Claim::Host, claim.is_some());
        }
        if let Some(former) = former {
            let claims = self.carriers.entry(former.carrier.clone()).or_default();
            claims.remove(&(former.revision, id));
            if claims.is_empty() {
                self.carriers.remove(&former.carrier);
            }
        }
        if let Some((carrier, revision)) = claim {
            self.carriers
                .entry(carrier)
                .or_default()
                .insert((revision, id));
        }
        self.forget_if_empty(id);
    }

    fn set_server(&mut self, id: SubnetId, vpc: NetworkId, server: Option<Ipv4Addr>) {
        self.remove_server(id);
        if let Some(address) = server {
            let network = self.vpcs.entry(vpc).or_default();
            network.servers.insert(id, address);
            network.claim(Slot::Address(address.into()), Claim::DhcpServer(id), true);
            self.subnets.insert(id, vpc);
        }
    }

    fn remove_server(&mut self, id: SubnetId) {
        let Some(vpc) = self.subnets.remove(&id) else {
            return;
        };
        let network = self.vpcs.entry(vpc).or_default();
        if let Some(address) = network.servers.remove(&id) {
            network.claim(Slot::Address(address.into()), Claim::DhcpServer(id), false);
        }
        self.forget_if_empty(vpc);
    }

    fn remove_lease(&mut self, port: PortId, subnet: SubnetId) {
        if let Some(subnets) = self.leases.get_mut(&port) {
            subnets.remove(&subnet);
            if subnets.is_empty() {
                self.leases.remove(&port);
            }
        }
    }

    fn set_local(&mut self, id: PortId, local: Option<Local>) {
        self.sets
            .set_port(id, local.as_ref().map_or(&[], Local::groups));
        let former = self.locals.remove(&id);
        let [lost, won] = [&former, &local].map(|it| it.as_ref().map(|it| &it.membership));
        self.sets.change_member(lost, won);
        let [old, new] = [&former, &local].map(|local| local.as_ref().map(|local| &local.subnets));
        self.acls
            .set_port(id, old.map_or(&[], |it| it), new.map_or(&[], |it| it));
        if let Some(former) = former {
            self.look_away(id, &former);
            self.trunks.set(id, former.carrier(), false);
            let vpc = self.vpcs.entry(former.vpc).or_default();
            vpc.ports.remove(&id);
            for slot in former.slots() {
                vpc.claim(slot, Claim::Local(id), false);
            }
            self.forget_if_empty(former.vpc);
        }
        if let Some(local) = local {
            self.trunks.set(id, local.carrier(), true);
            for looker in local.lookers() {
                self.looked_at.entry(looker).or_default().insert(id);
            }
            let vpc = self.vpcs.entry(local.vpc).or_default();
            vpc.ports.insert(id);
            for slot in local.slots() {
                vpc.claim(slot, Claim::Local(id), true);
            }
            self.locals.insert(id, local);
        }
    }

    fn look_away(&mut self, id: PortId, former: &Local) {
        for looker in former.lookers() {
            if let Some(sources) = self.looked_at.get_mut(&looker) {
                sources.remove(&id);
                if sources.is_empty() {
                    self.looked_at.remove(&looker);
                }
            }
        }
    }

    fn set_remote(&mut self, id: PortId, remote: Option<Remote>) {
        let former = self.remotes.remove(&id);
        let [lost, won] = [&former, &remote].map(|it| it.as_ref().map(|it| &it.membership));
        self.sets.change_member(lost, won);
        if let Some(former) = former {
            let vpc = self.vpcs.entry(former.vpc).or_default();
            vpc.remove_host(former.host_ip);
            for slot in former.slots() {
                vpc.claim(slot, Claim::Remote(id), false);
            }
            self.forget_if_empty(former.vpc);
        }
        if let Some(remote) = remote {
            let vpc = self.vpcs.entry(remote.vpc).or_default();
            vpc.add_host(remote.host_ip);
            for slot in remote.slots() {
                vpc.claim(slot, Claim::Remote(id), true);
            }
            self.remotes.insert(id, remote);
        }
    }

    /// A peer counts as one port of its host: what is for everybody goes there.
    fn set_peer(&mut self, vpc: NetworkId, host_ip: IpAddr, there: bool) {
        if there && self.peers.insert((vpc, host_ip)) {
            self.vpcs.entry(vpc).or_default().add_host(host_ip);
        } else if !there && self.peers.remove(&(vpc, host_ip)) {
            self.vpcs.entry(vpc).or_default().remove_host(host_ip);
            self.forget_if_empty(vpc);
        }
    }

    fn plug(&mut self, port: PortId, ofport: PortNo) {
        self.unplug(port);
        if let Some(former) = self.by_ofport.insert(ofport, port) {
            self.ofports.remove(&former);
        }
        self.ofports.insert(port, ofport);
    }

    fn unplug(&mut self, port: PortId) {
        if let Some(ofport) = self.ofports.remove(&port) {
            self.by_ofport.remove(&ofport);
        }
    }

    fn forget_if_empty(&mut self, id: NetworkId) {
        if self.vpcs.get(&id).is_some_and(Vpc::is_empty) {
            self.vpcs.remove(&id);
        }
    }
}
