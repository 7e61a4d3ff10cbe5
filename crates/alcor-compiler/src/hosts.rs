//! Which hosts exist, where tunnels to them end, which networks have ports there, and which further
//! networks they need because routers join them. And what QoS policies, taps and trunks say: like the hosts it is no
//! network's own, and the goals of many lean on it.

use crate::qos::Policies;
use crate::routing::Routing;
use crate::taps::Taps;
use crate::trunks::Trunks;
use alcor_types::{HostName, NetworkId};
use std::collections::{BTreeSet, HashMap};
use std::net::IpAddr;

/// All hosts that a node or a port names.
#[derive(Default)]
pub(crate) struct Hosts {
    by_name: HashMap<HostName, Host>,
    pub(crate) routing: Routing,
    pub(crate) policies: Policies,
    pub(crate) taps: Taps,
    pub(crate) trunks: Trunks,
}

/// A host may be named by ports before its node is registered.
#[derive(Default)]
struct Host {
    tunnel_ip: Option<IpAddr>,
    scopes: BTreeSet<NetworkId>,
}

impl Hosts {
    /// How many hosts nodes or ports name.
    pub(crate) fn len(&self) -> usize {
        self.by_name.len()
    }

    /// Where tunnels to the host end; nowhere until its node is registered.
    pub(crate) fn tunnel_ip(&self, host: &HostName) -> Option<IpAddr> {
        self.by_name.get(host)?.tunnel_ip
    }

    /// Whether a port of the network, or of one that routers join with it, is bound to the host.
    pub(crate) fn needs(&self, host: &HostName, network: NetworkId) -> bool {
        let mut bound = self
            .by_name
            .get(host)
            .into_iter()
            .flat_map(|host| &host.scopes);
        bound.any(|bound| self.routing.joins(*bound, network)) || self.leads_out(host, network)
    }

    /// Whether a router that joins the network leads out by the host.
    fn leads_out(&self, host: &HostName, network: NetworkId) -> bool {
        let routers = self.routing.seated(host).into_iter();
        let mut joined = routers.flat_map(|router| self.routing.interfaces(router));
        joined.any(|(_, joined)| self.routing.joins(joined, network))
    }

    /// The networks that the host needs, whether or not its node exists.
    pub(crate) fn needed(&self, host: &HostName) -> BTreeSet<NetworkId> {
        let routers = self.routing.seated(host).into_iter();
        let joined = routers.flat_map(|router| self.routing.interfaces(router));
        let joined = joined.map(|(_, network)| network);
        let bound = self.scopes(host).into_iter().chain(joined);
        bound
            .flat_map(|network| self.routing.domain(network))
            .collect()
    }

    /// The networks with a port bound to the host, whether or not its node exists. Sorted.
    pub(crate) fn scopes(&self, host: &HostName) -> Vec<NetworkId> {
        match self.by_name.get(host) {
            Some(host) => host.scopes.iter().copied().collect(),
            None => Vec::new(),
        }
    }

    /// The node registered, moved its tunnel end, or went.
    pub(crate) fn set_tunnel_ip(&mut self, host: &HostName, tunnel_ip: Option<IpAddr>) {
        self.by_name.entry(host.clone()).or_default().tunnel_ip = tunnel_ip;
        self.forget_if_empty(host);
    }

    /// The network has, or no longer has, a port bound to the host.
    pub(crate) fn set_scope(&mut self, host: &HostName, scope: NetworkId, bound: bool) {
        let scopes = &mut self.by_name.entry(host.clone()).or_default().scopes;
        if bound {
            scopes.insert(scope);
        } else {
            scopes.remove(&scope);
        }
        self.forget_if_empty(host);
    }

    fn forget_if_empty(&mut self, host: &HostName) {
        let empty = |host: &Host| host.tunnel_ip.is_none() && host.scopes.is_empty();
        if self.by_name.get(host).is_some_and(empty) {
            self.by_name.remove(host);
        }
    }
}
