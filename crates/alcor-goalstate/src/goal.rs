//! Goals: the facts that a host holds, each with the revision it was made from.

use crate::{
    AclGoal, AddressGroupGoal, Carrier, FloatingGoal, GroupGoal, Limits, MemberGoal, OutletGoal,
    PeerGoal, RouterGateway, Taps, TrunkPart,
};
use alcor_types::{
    AddressGroupId, AddressScopeId, AllowedAddressPair, ExtraDhcpOption, FixedIp, FloatingIpId,
    HostRoute, Ipv6Mode, MacAddr, NetworkAclId, NetworkId, PortId, ProjectId, Revision, RouterId,
    SecurityGroupId, SubnetId,
};
use ipnet::IpNet;
use std::net::{IpAddr, Ipv4Addr};

/// A network as a host must know it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VpcGoal {
    /// The network; also the scope that all goals of the network belong to.
    pub id: NetworkId,
    /// The newest fact behind this goal.
    pub revision: Revision,
    /// The owner.
    pub project_id: ProjectId,
    /// The owner's label.
    pub name: String,
    /// What carries its frames between hosts.
    pub carrier: Carrier,
    /// The largest IP packet of its VMs, in bytes.
    pub mtu: u16,
    /// While false, its ports forward nothing.
    pub admin_state_up: bool,
    /// The domain that DHCP tells; empty when none.
    pub dns_domain: String,
    /// Whether the network is so large that a host is told of a neighbour only once it asks.
    pub on_demand: bool,
}

/// A subnet as a host must know it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SubnetGoal {
    /// The subnet.
    pub id: SubnetId,
    /// The newest fact behind this goal.
    pub revision: Revision,
    /// Its network.
    pub vpc: NetworkId,
    /// Its block of addresses.
    pub cidr: IpNet,
    /// The router's address, where there is one.
    pub gateway_ip: Option<IpAddr>,
    /// Whether its ports are answered by DHCP.
    pub dhcp: bool,
    /// Name servers, in order of preference.
    pub dns_nameservers: Vec<IpAddr>,
    /// Further routes that DHCP tells.
    pub host_routes: Vec<HostRoute>,
    /// How its VMs get IPv6 addresses from us; none where they do not.
    pub ipv6_address_mode: Option<Ipv6Mode>,
    /// What its router advertises; none where it is silent.
    pub ipv6_ra_mode: Option<Ipv6Mode>,
    /// The scope in which its addresses are unique; none where nobody says so.
    pub address_scope: Option<AddressScopeId>,
}

/// A port that is bound to this host.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PortGoal {
    /// The port; its interface carries this as `external_ids:iface-id`.
    pub id: PortId,
    /// The newest fact behind this goal.
    pub revision: Revision,
    /// Its network.
    pub vpc: NetworkId,
    /// The owner's label.
    pub name: String,
    /// Its Ethernet address.
    pub mac: MacAddr,
    /// While false, it forwards nothing.
    pub admin_state_up: bool,
    /// Its addresses.
    pub fixed_ips: Vec<FixedIp>,
    /// The device that uses it.
    pub device_id: String,
    /// What kind of device.
    pub device_owner: String,
    /// DHCP options of its own.
    pub extra_dhcp_opts: Vec<ExtraDhcpOption>,
    /// Whether its traffic is checked at all.
    pub port_security_enabled: bool,
    /// The groups whose rules say what it may exchange.
    pub security_groups: Vec<SecurityGroupId>,
    /// Further addresses it may send from.
    pub allowed_address_pairs: Vec<AllowedAddressPair>,
    /// What its VM is known by. In a box: a host holds many goals, and few of them are ports.
    pub identity: Box<PortIdentity>,
    /// What bounds its traffic. Boxed, because goals of other kinds take as much room as a port's.
    pub limits: Box<Limits>,
    /// Its part in taps; none where it has none.
    pub taps: Option<Box<Taps>>,
}

/// What a port's VM is known by: to the metadata service, to other VMs, and on its interface.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PortIdentity {
    /// The owner, which is not always the network's.
    pub project_id: ProjectId,
    /// Its name in the network's domain; empty when it has none of its own.
    pub dns_name: String,
    /// The port's part in a trunk; none where it has none.
    pub trunk: Option<TrunkPart>,
}

/// A lease that this host's DHCP responder gives out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DhcpGoal {
    /// Whose lease.
    pub port: PortId,
    /// The subnet that the address comes from.
    pub subnet: SubnetId,
    /// The newest fact behind this goal.
    pub revision: Revision,
    /// The client's Ethernet address.
    pub mac: MacAddr,
    /// The client's address.
    pub ipv4: Ipv4Addr,
    /// The client's name; empty when none.
    pub host_name: String,
}

/// A port of the same network on another host.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NeighborGoal {
    /// The port.
    pub port: PortId,
    /// The newest fact behind this goal.
    pub revision: Revision,
    /// Its network.
    pub vpc: NetworkId,
    /// Its Ethernet address.
    pub mac: MacAddr,
    /// Where tunnels to its host end.
    pub host_ip: IpAddr,
    /// Its addresses.
    pub fixed_ips: Vec<FixedIp>,
    /// Its name in the network's domain; empty when it has none of its own.
    pub dns_name: String,
    /// Its groups: its addresses are in their sets.
    pub security_groups: Vec<SecurityGroupId>,
}

/// A router's port in a network: every host of the network routes there for its own VMs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct InterfaceGoal {
    /// The router's port.
    pub port: PortId,
    /// The newest fact behind this goal.
    pub revision: Revision,
    /// The network that it is in.
    pub vpc: NetworkId,
    /// The router. All interfaces of one router forward to each other.
    pub router: RouterId,
    /// The Ethernet address that VMs know the router by.
    pub mac: MacAddr,
    /// Its addresses, by which VMs know it, too; their subnets are the ones that it serves.
    pub fixed_ips: Vec<FixedIp>,
    /// While false, nothing is routed in or out here: the port or the router is switched off.
    pub admin_state_up: bool,
    /// The router's further routes: the same list in every interface.
    pub routes: Vec<HostRoute>,
    /// Routes for what comes from single subnets; of several to one block these count first.
    pub tables: Vec<SubnetRoutes>,
    /// Its name in the network's domain; empty when it has none of its own.
    pub dns_name: String,
    /// The router's ways out of the region: the same list in every interface. The first leads to
    /// everywhere.
    pub gateways: Vec<RouterGateway>,
}

/// Where a router leads what comes from one subnet.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SubnetRoutes {
    /// The subnet.
    pub subnet: SubnetId,
    /// The routes, one a block.
    pub routes: Vec<SubnetRoute>,
}

/// A route for what comes from one subnet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SubnetRoute {
    /// Where to.
    pub destination: IpNet,
    /// To this neighbour; directly to the destination where none is named.
    pub nexthop: Option<IpAddr>,
}

/// One fact that a host holds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Goal {
    /// A network.
    Vpc(VpcGoal),
    /// A subnet.
    Subnet(SubnetGoal),
    /// A network ACL.
    Acl(AclGoal),
    /// A port of this host.
    Port(PortGoal),
    /// A lease of a port of this host.
    Dhcp(DhcpGoal),
    /// A port of another host.
    Neighbor(NeighborGoal),
    /// A router's port.
    Interface(InterfaceGoal),
    /// A security group.
    Group(GroupGoal),
    /// A port of a security group.
    Member(MemberGoal),
    /// An address group.
    AddressGroup(AddressGroupGoal),
    /// An address outside that stands for one of a port of this host.
    Floating(FloatingGoal),
    /// An address outside by which this host translates for a router.
    Outlet(OutletGoal),
    /// Another host with ports of a large network.
    Peer(PeerGoal),
}

/// Names a goal.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum GoalKey {
    /// A network.
    Vpc(NetworkId),
    /// A subnet.
    Subnet(SubnetId),
    /// A network ACL.
    Acl(NetworkAclId),
    /// A port of this host.
    Port(PortId),
    /// A lease of a port on one of its subnets.
    Dhcp(PortId, SubnetId),
    /// A port of another host.
    Neighbor(PortId),
    /// A router's port.
    Interface(PortId),
    /// A security group.
    Group(SecurityGroupId),
    /// A port of a security group.
    Member(SecurityGroupId, PortId),
    /// An address group.
    AddressGroup(AddressGroupId),
    /// A floating IP of a port of this host. One that moves is another port's.
    Floating(PortId, FloatingIpId),
    /// An outlet of this host to an external network, by a router's interface.
    Outlet(PortId, NetworkId),
    /// Another host of a large network, by where tunnels to it end.
    Peer(NetworkId, IpAddr),
}

/// A change to what a host holds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum GoalChange {
    /// Hold this, instead of what was held under its key.
    Put(Goal),
    /// Hold nothing under this key.
    Delete {
        /// What to forget.
        key: GoalKey,
        /// When it went.
        revision: Revision,
    },
}

impl SubnetGoal {
    /// What its ports get by DHCPv6; nothing where it is not served. A subnet that says nothing of
    /// modes at all has its addresses by DHCPv6, for Neutron does it so.
    pub fn dhcpv6(&self) -> Option<Ipv6Mode> {
        if !self.dhcp || self.cidr.addr().is_ipv4() {
            return None;
        }
        match (self.ipv6_address_mode, self.ipv6_ra_mode) {
            (None, None) => Some(Ipv6Mode::Dhcpv6Stateful),
            (Some(Ipv6Mode::Slaac), _) => None,
            (mode, _) => mode,
        }
    }
}

impl Goal {
    /// The name it is held under.
    pub fn key(&self) -> GoalKey {
        match self {
            Self::Vpc(goal) => GoalKey::Vpc(goal.id),
            Self::Subnet(goal) => GoalKey::Subnet(goal.id),
            Self::Acl(goal) => GoalKey::Acl(goal.id),
            Self::Port(goal) => GoalKey::Port(goal.id),
            Self::Dhcp(goal) => GoalKey::Dhcp(goal.port, goal.subnet),
            Self::Neighbor(goal) => GoalKey::Neighbor(goal.port),
            Self::Interface(goal) => GoalKey::Interface(goal.port),
            Self::Group(goal) => GoalKey::Group(goal.id),
            Self::Member(goal) => GoalKey::Member(goal.group, goal.port),
            Self::AddressGroup(goal) => GoalKey::AddressGroup(goal.id),
            Self::Floating(goal) => GoalKey::Floating(goal.port, goal.id),
            Self::Outlet(goal) => GoalKey::Outlet(goal.interface, goal.network),
            Self::Peer(goal) => GoalKey::Peer(goal.vpc, goal.host_ip),
        }
    }

    /// The newest fact behind it.
    pub fn revision(&self) -> Revision {
        match self {
            Self::Vpc(goal) => goal.revision,
            Self::Subnet(goal) => goal.revision,
            Self::Acl(goal) => goal.revision,
            Self::Port(goal) => goal.revision,
            Self::Dhcp(goal) => goal.revision,
            Self::Neighbor(goal) => goal.revision,
            Self::Interface(goal) => goal.revision,
            Self::Group(goal) => goal.revision,
            Self::Member(goal) => goal.revision,
            Self::AddressGroup(goal) => goal.revision,
            Self::Floating(goal) => goal.revision,
            Self::Outlet(goal) => goal.revision,
            Self::Peer(goal) => goal.revision,
        }
    }
}

impl GoalChange {
    /// The goal that changes.
    pub fn key(&self) -> GoalKey {
        match self {
            Self::Put(goal) => goal.key(),
            Self::Delete { key, .. } => *key,
        }
    }

    /// When it changed.
    pub fn revision(&self) -> Revision {
        match self {
            Self::Put(goal) => goal.revision(),
            Self::Delete { revision, .. } => *revision,
        }
    }
}
