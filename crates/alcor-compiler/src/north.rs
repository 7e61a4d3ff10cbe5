//! What leads out of the region: which routers have a way to which external network, which addresses
//! outside stand for which ports, and where each gateway is.
//!
//! External networks join nothing, and no host holds one because of a router: all that a host needs
//! of it travels with the router's interfaces, or with the floating IPs of its own ports.

use crate::compile;
use crate::hosts::Hosts;
use crate::link::link;
use crate::scope::Scope;
use alcor_goalstate::{Bounded, FloatingGoal, Forwarding, Limits, OutletGoal, RouterGateway};
use alcor_types::{
    ExternalGateway, FloatingIp, FloatingIpId, ForwardedProtocol, HostName, NetworkId, Port,
    PortForwarding, PortForwardingId, PortId, QosPolicyId, ROUTER_OUTLET_OWNER, Revision, Router,
    RouterId,
};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::IpAddr;
use std::sync::Arc;

/// The device owner of routers' ports in external networks.
const GATEWAY_OWNER: &str = "network:router_gateway";
/// The device owner of ports that hold floating IPs.
const FLOATING_OWNER: &str = "network:floatingip";

/// The scope, the host, and the interface by which an outlet is told.
pub(crate) type OutletPlace = (NetworkId, HostName, PortId);

/// Floating IPs, their forwardings, and ports on external networks.
#[derive(Default)]
pub(crate) struct North {
    floating: BTreeMap<FloatingIpId, Arc<FloatingIp>>,
    forwardings: BTreeMap<PortForwardingId, Arc<PortForwarding>>,
    /// Gateways' ports and floating IPs', with the hosts they are on.
    ports: HashMap<PortId, Arc<Port>>,
    by_network: HashMap<NetworkId, BTreeSet<RouterId>>,
    by_router: HashMap<RouterId, BTreeSet<FloatingIpId>>,
    /// By the external network.
    floating_on: HashMap<NetworkId, BTreeSet<FloatingIpId>>,
    /// By the port inside, and by the one outside.
    by_port: HashMap<PortId, BTreeSet<FloatingIpId>>,
    by_floating: HashMap<FloatingIpId, BTreeSet<PortForwardingId>>,
    /// Outlets' ports, and those of every router.
    outlets: HashMap<PortId, Arc<Port>>,
    outlets_of: HashMap<RouterId, BTreeSet<PortId>>,
    /// Where an outlet's goals are.
    pub(crate) told_outlets: HashMap<PortId, BTreeSet<OutletPlace>>,
    /// Where a floating IP's goal is.
    pub(crate) told: HashMap<FloatingIpId, (NetworkId, PortId)>,
}

/// The port as hosts see it: a gateway is not plugged where it is.
pub(crate) fn plugged(port: &Arc<Port>) -> Arc<Port> {
    if port.host.is_none() || !is_outside(port) {
        return Arc::clone(port);
    }
    let mut nowhere = Port::clone(port);
    nowhere.host = None;
    Arc::new(nowhere)
}

/// Whether it is a port of the region's own on an external network.
fn is_outside(port: &Port) -> bool {
    [GATEWAY_OWNER, FLOATING_OWNER, ROUTER_OUTLET_OWNER].contains(&&*port.device_owner)
}

impl North {
    /// Takes in a port; answers the router whose gateway it is or was.
    pub(crate) fn set_port(&mut self, id: PortId, port: Option<&Arc<Port>>) -> Option<RouterId> {
        let now = port.filter(|port| is_outside(port)).cloned();
        let former = match now.clone() {
            Some(now) => self.ports.insert(id, now),
            None => self.ports.remove(&id),
        };
        let gateway = now.or(former)?;
        let router = (gateway.device_owner == GATEWAY_OWNER).then(|| gateway.device_id.parse());
        router?.ok()
    }

    /// Takes in a port; whether it is or was an outlet.
    pub(crate) fn set_outlet(&mut self, id: PortId, port: Option<&Arc<Port>>) -> bool {
        let now = port.filter(|port| port.device_owner == ROUTER_OUTLET_OWNER);
        let former = match now.cloned() {
            Some(now) => self.outlets.insert(id, now),
            None => self.outlets.remove(&id),
        };
        for (port, has) in [(former.as_ref(), false), (now, true)] {
            if let Some(router) = port.and_then(|port| port.device_id.parse().ok()) {
                link(&mut self.outlets_of, router, id, has);
            }
        }
        former.is_some() || now.is_some()
    }

    /// The outlets of a router.
    pub(crate) fn outlets_of(&self, router: RouterId) -> Vec<PortId> {
        let outlets = self.outlets_of.get(&router).into_iter().flatten();
        outlets.copied().collect()
    }

    /// What the outlet's host is told of it by every interface of its router, each with its place.
    pub(crate) fn outlet_goals(
        &self,
        id: PortId,
        scopes: &HashMap<NetworkId, Scope>,
        hosts: &Hosts,
    ) -> BTreeMap<OutletPlace, OutletGoal> {
        let goals = || {
            let port = self.outlets.get(&id)?;
            let host = port.host.as_ref()?;
            let router = port.device_id.parse().ok()?;
            let mut addresses = port.fixed_ips.iter();
            let address = addresses.find_map(|fixed| match fixed.ip_address {
                IpAddr::V4(address) => Some(address),
                IpAddr::V6(_) => None,
            })?;
            // One that the router's gateway has left behind is about to be given back.
            let gateway = hosts.routing.router(router)?.gateway_to(port.network_id)?;
            let policy = gateway.qos_policy_id;
            let goal = |interface| OutletGoal {
                interface,
                revision: Revision::ZERO,
                router,
                network: port.network_id,
                port: id,
                mac: port.mac_address,
                address,
                limits: limits(policy, scopes.get(&port.network_id), hosts),
            };
            let interfaces = hosts.routing.interfaces(router).into_iter();
            let told = interfaces.map(|(at, scope)| ((scope, host.clone(), at), goal(at)));
            Some(told.collect())
        };
        goals().unwrap_or_default()
    }

    /// The router was written or deleted: which external networks it has a way to.
    pub(crate) fn set_router(&mut self, former: Option<&Router>, now: Option<&Router>) {
        for (router, has) in [(former, false), (now, true)] {
            let Some(router) = router else {
                continue;
            };
            for gateway in &router.gateways {
                link(&mut self.by_network, gateway.network_id, router.id, has);
            }
        }
    }

    /// The floating IP was written or deleted; answers the routers that it is or was of.
    pub(crate) fn set_floating(
        &mut self,
        id: FloatingIpId,
        floating: Option<&Arc<FloatingIp>>,
    ) -> BTreeSet<RouterId> {
        let former = match floating.cloned() {
            Some(floating) => self.floating.insert(id, floating),
            None => self.floating.remove(&id),
        };
        let mut routers = BTreeSet::new();
        for (floating, has) in [(former.as_ref(), false), (floating, true)] {
            let Some(floating) = floating else {
                continue;
            };
            let inside = floating.association.map(|place| place.port_id);
            for port in inside.into_iter().chain([floating.floating_port_id]) {
                link(&mut self.by_port, port, id, has);
            }
            let network = floating.floating_network_id;
            link(&mut self.floating_on, network, id, has);
            if let Some(router) = floating.router_id {
                link(&mut self.by_router, router, id, has);
                routers.insert(router);
            }
        }
        routers
    }

    /// The forwarding was written or deleted; answers the router that does it.
    pub(crate) fn set_forwarding(
        &mut self,
        id: PortForwardingId,
        forwarding: Option<&Arc<PortForwarding>>,
    ) -> Option<RouterId> {
        let former = match forwarding.cloned() {
            Some(forwarding) => self.forwardings.insert(id, forwarding),
            None => self.forwardings.remove(&id),
        };
        let either = forwarding.or(former.as_ref())?;
        let (floating, has) = (either.floatingip_id, forwarding.is_some());
        link(&mut self.by_floating, floating, id, has);
        self.floating.get(&floating)?.router_id
    }

    /// The routers with a way to the external network.
    pub(crate) fn routers_to(&self, network: NetworkId) -> Vec<RouterId> {
        let routers = self.by_network.get(&network).into_iter().flatten();
        routers.copied().collect()
    }

    /// The floating IPs of the external network.
    pub(crate) fn floating_on(&self, network: NetworkId) -> Vec<FloatingIpId> {
        let floating = self.floating_on.get(&network).into_iter().flatten();
        floating.copied().collect()
    }

    /// The policy that the floating IP names itself.
    pub(crate) fn policy_named_by(&self, id: FloatingIpId) -> Option<QosPolicyId> {
        self.floating.get(&id)?.qos_policy_id
    }

    /// The floating IPs that stand for the port, or lie on it.
    pub(crate) fn floating_of(&self, port: PortId) -> Vec<FloatingIpId> {
        let floating = self.by_port.get(&port).into_iter().flatten();
        floating.copied().collect()
    }

    /// The routers of these floating IPs.
    pub(crate) fn routers_of(&self, ids: &[FloatingIpId]) -> BTreeSet<RouterId> {
        let known = ids.iter().filter_map(|id| self.floating.get(id));
        known.filter_map(|floating| floating.router_id).collect()
    }

    /// The hosts that the router's gateways are on.
    pub(crate) fn seats(&self, router: Option<&Router>) -> BTreeSet<HostName> {
        let gateways = router.into_iter().flat_map(|router| &router.gateways);
        let ports = gateways.filter_map(|gateway| self.ports.get(&gateway.port_id));
        ports.filter_map(|port| port.host.clone()).collect()
    }

    /// What the host of its port is told of a floating IP, but for the revision.
    pub(crate) fn goal(
        &self,
        id: FloatingIpId,
        scopes: &HashMap<NetworkId, Scope>,
        hosts: &Hosts,
    ) -> Option<FloatingGoal> {
        let floating = self.floating.get(&id)?;
        let place = floating.association?;
        Some(FloatingGoal {
            id,
            revision: Revision::ZERO,
            port: place.port_id,
            router: floating.router_id?,
            network: floating.floating_network_id,
            address: floating.floating_ip_address,
            mac: self.ports.get(&floating.floating_port_id)?.mac_address,
            holder: floating.floating_port_id,
            fixed: place.fixed_ip_address,
            limits: limits(
                floating.qos_policy_id,
                scopes.get(&floating.floating_network_id),
                hosts,
            ),
        })
    }

    /// The router's ways out as its interfaces tell them.
    pub(crate) fn gateways(
        &self,
        router: &Router,
        scopes: &HashMap<NetworkId, Scope>,
        hosts: &Hosts,
    ) -> Arc<[RouterGateway]> {
        let gateways = router.gateways.iter();
        let told = gateways.filter_map(|gateway| {
            let scope = scopes.get(&gateway.network_id)?;
            let port = self.ports.get(&gateway.port_id)?;
            let host = port.host.as_ref();
            let host_ip = host.and_then(|host| hosts.tunnel_ip(host));
            let forwardings = self.forwardings(router.id, gateway);
            let bounded = self.bounded(router.id, (gateway, port), scope, hosts);
            let outside = scope.outside()?;
            compile::gateway(gateway, port, outside, host_ip, (forwardings, bounded))
        });
        told.collect()
    }

    /// What bounds the gateway's own addresses, and those of forwarded ports.
    fn bounded(
        &self,
        router: RouterId,
        (gateway, port): (&ExternalGateway, &Port),
        scope: &Scope,
        hosts: &Hosts,
    ) -> Vec<Bounded> {
        let own = limits(gateway.qos_policy_id, Some(scope), hosts);
        let own = port.fixed_ips.iter().map(|ip| (ip.ip_address, own));
        let floating = self.floating_by(router, gateway.network_id);
        let forwarding = floating.filter(|it| self.by_floating.contains_key(&it.id));
        let forwarded = forwarding.map(|floating| {
            let limits = limits(floating.qos_policy_id, Some(scope), hosts);
            (floating.floating_ip_address, limits)
        });
        let all = own.chain(forwarded);
        let bounded = all.filter(|(_, limits)| !limits.is_none());
        bounded
            .map(|(address, limits)| Bounded { address, limits })
            .collect()
    }

    /// The floating IPs of the router on an external network.
    fn floating_by(
        &self,
        router: RouterId,
        network: NetworkId,
    ) -> impl Iterator<Item = &FloatingIp> {
        let floating = self.by_router.get(&router).into_iter().flatten();
        let floating = floating.filter_map(|id| self.floating.get(id));
        let there = floating.filter(move |it| it.floating_network_id == network);
        there.map(|floating| &**floating)
    }

    fn forwardings(&self, router: RouterId, gateway: &ExternalGateway) -> Vec<Forwarding> {
        let there = self.floating_by(router, gateway.network_id);
        let all = there.flat_map(|floating| {
            let ids = self.by_floating.get(&floating.id).into_iter().flatten();
            let known = ids.filter_map(|id| self.forwardings.get(id));
            known.filter_map(|forwarding| self.forwarding(floating, forwarding))
        });
        all.collect()
    }

    fn forwarding(&self, floating: &FloatingIp, it: &PortForwarding) -> Option<Forwarding> {
        Some(Forwarding {
            address: floating.floating_ip_address,
            mac: self.ports.get(&floating.floating_port_id)?.mac_address,
            protocol: number(it.protocol),
            external: it.external_ports,
            internal_address: it.internal_ip_address.into(),
            internal: it.internal_ports,
        })
    }
}

/// What bounds and marks an address outside: the policy that it has, or else its network's.
fn limits(own: Option<QosPolicyId>, network: Option<&Scope>, hosts: &Hosts) -> Limits {
    let policy = own.or_else(|| network?.policy());
    policy.map_or_else(Limits::default, |id| hosts.policies.limits(id))
}

/// The number of the protocol in an IP header.
fn number(protocol: ForwardedProtocol) -> u8 {
    match protocol {
        ForwardedProtocol::Icmp => 1,
        ForwardedProtocol::Tcp => 6,
        ForwardedProtocol::Udp => 17,
        ForwardedProtocol::Dccp => 33,
        ForwardedProtocol::Ipv6Icmp => 58,
        ForwardedProtocol::Sctp => 132,
    }
}
