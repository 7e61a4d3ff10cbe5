//! Routers as the pipeline remembers them: their ports, and the subnets these serve.

use crate::member::{Slot, addresses, slots};
use alcor_goalstate::{InterfaceGoal, RouterGateway, SubnetGoal, SubnetRoutes};
use alcor_responder::link_local;
use alcor_types::{AddressScopeId, HostRoute, MacAddr, NetworkId, PortId, RouterId, SubnetId};
use ipnet::IpNet;
use std::net::{IpAddr, Ipv6Addr};

/// A router's port.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Interface {
    pub(crate) router: RouterId,
    pub(crate) vpc: NetworkId,
    pub(crate) mac: MacAddr,
    pub(crate) addresses: Box<[IpAddr]>,
    pub(crate) subnets: Box<[SubnetId]>,
    pub(crate) up: bool,
    pub(crate) routes: Box<[HostRoute]>,
    pub(crate) tables: Box<[SubnetRoutes]>,
    pub(crate) gateways: Box<[RouterGateway]>,
}

impl From<&InterfaceGoal> for Interface {
    fn from(goal: &InterfaceGoal) -> Self {
        Self {
            router: goal.router,
            vpc: goal.vpc,
            mac: goal.mac,
            addresses: addresses(&goal.fixed_ips),
            subnets: goal.fixed_ips.iter().map(|fixed| fixed.subnet_id).collect(),
            up: goal.admin_state_up,
            routes: goal.routes.clone().into(),
            tables: goal.tables.clone().into(),
            gateways: goal.gateways.clone().into(),
        }
    }
}

impl Interface {
    /// What it claims; nothing while it is switched off.
    pub(crate) fn slots(&self) -> impl Iterator<Item = Slot> {
        let named = self.link_local().map(IpAddr::V6).map(Slot::Address);
        slots(self.mac, &self.addresses)
            .chain(named)
            .filter(|_| self.up)
    }

    /// The address that VMs know it by as a router; none where it speaks no IPv6.
    pub(crate) fn link_local(&self) -> Option<Ipv6Addr> {
        let speaks = self.addresses.iter().any(IpAddr::is_ipv6);
        speaks.then(|| link_local(self.mac))
    }

    /// Its first address of the family of `like`: what it sends errors from.
    pub(crate) fn address_like(&self, like: IpAddr) -> Option<IpAddr> {
        let mut same = self.addresses.iter();
        same.find(|own| own.is_ipv4() == like.is_ipv4()).copied()
    }
}

/// A subnet as routing needs it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Block {
    pub(crate) vpc: NetworkId,
    pub(crate) cidr: IpNet,
    pub(crate) gateway: Option<IpAddr>,
    /// Routers say of it how addresses are to be had.
    pub(crate) advertised: bool,
    /// Its ports are answered by DHCPv6.
    pub(crate) dhcpv6: bool,
    /// The scope in which its addresses are unique.
    pub(crate) scope: Option<AddressScopeId>,
}

impl From<&SubnetGoal> for Block {
    fn from(goal: &SubnetGoal) -> Self {
        Self {
            vpc: goal.vpc,
            cidr: goal.cidr.trunc(),
            gateway: goal.gateway_ip,
            advertised: goal.ipv6_ra_mode.is_some(),
            dhcpv6: goal.dhcpv6().is_some(),
            scope: goal.address_scope,
        }
    }
}

/// One way of a router.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Way {
    /// For what comes from this block by this port of the router alone; for everything otherwise.
    pub(crate) from: Option<(PortId, IpNet)>,
    /// Where to.
    pub(crate) block: IpNet,
    /// Out by which port of the router.
    pub(crate) out: PortId,
    /// To this neighbour; directly to the destination where none is named.
    pub(crate) hop: Option<IpAddr>,
}
