//! Address scopes in the state: which subnets of a router are in which, and which its external
//! networks are in.

use super::State;
use crate::key::NetworkKey;
use alcor_goalstate::RouterGateway;
use alcor_types::{AddressScopeId, PortId, RouterId};
use ipnet::IpNet;
use std::net::IpAddr;

/// A subnet that a router serves.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Inner {
    /// By which of its ports.
    pub(crate) port: PortId,
    /// The network in the bridge.
    pub(crate) key: NetworkKey,
    pub(crate) cidr: IpNet,
    pub(crate) scope: Option<AddressScopeId>,
}

impl Inner {
    /// Whether it is of the address's family.
    pub(crate) fn is_like(&self, address: IpAddr) -> bool {
        self.cidr.addr().is_ipv4() == address.is_ipv4()
    }

    /// Whether packets go between it and the external network without translation: both are in
    /// one scope, or in none.
    pub(crate) fn is_in_scope_of(&self, way: &RouterGateway) -> bool {
        self.scope == self.scope_of(way)
    }

    /// Whether packets go so although the gateway translates: both are in one scope.
    pub(crate) fn is_never_translated(&self, way: &RouterGateway) -> bool {
        self.scope.is_some() && self.is_in_scope_of(way)
    }

    /// That of the external network, in the subnet's family.
    fn scope_of(&self, way: &RouterGateway) -> Option<AddressScopeId> {
        let mut like = way.subnets.iter().filter(|it| self.is_like(it.cidr.addr()));
        like.find_map(|subnet| subnet.address_scope)
    }
}

impl State {
    /// The subnets that the router serves.
    pub(crate) fn inner(&self, router: RouterId) -> Vec<Inner> {
        let ports = self.ports_of(router);
        let routing = ports.filter_map(|port| Some((port, self.routing(port)?)));
        let all = routing.flat_map(|(port, (interface, key))| {
            let blocks = interface.subnets.iter();
            let blocks = blocks.filter_map(|id| self.blocks.get(id));
            let own = blocks.filter(|block| block.vpc == interface.vpc);
            own.map(move |block| Inner {
                port,
                key,
                cidr: block.cidr,
                scope: block.scope,
            })
        });
        all.collect()
    }
}
