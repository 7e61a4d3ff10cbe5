//! Which hosts exist, where tunnels to them end, and which networks have ports there.

use alcor_types::{HostName, NetworkId};
use std::collections::{BTreeSet, HashMap};
use std::net::IpAddr;

/// All hosts that a node or a port names.
#[derive(Default)]
pub(crate) struct Hosts(HashMap<HostName, Host>);

/// A host may be named by ports before its node is registered.
#[derive(Default)]
struct Host {
    tunnel_ip: Option<IpAddr>,
    scopes: BTreeSet<NetworkId>,
}

impl Hosts {
    /// Where tunnels to the host end; nowhere until its node is registered.
    pub(crate) fn tunnel_ip(&self, host: &HostName) -> Option<IpAddr> {
        self.0.get(host)?.tunnel_ip
    }

    /// The networks with a port bound to the host, whether or not its node exists. Sorted.
    pub(crate) fn scopes(&self, host: &HostName) -> Vec<NetworkId> {
        match self.0.get(host) {
            Some(host) => host.scopes.iter().copied().collect(),
            None => Vec::new(),
        }
    }

    /// The node registered, moved its tunnel end, or went.
    pub(crate) fn set_tunnel_ip(&mut self, host: &HostName, tunnel_ip: Option<IpAddr>) {
        self.0.entry(host.clone()).or_default().tunnel_ip = tunnel_ip;
        self.forget_if_empty(host);
    }

    /// The network has, or no longer has, a port bound to the host.
    pub(crate) fn set_scope(&mut self, host: &HostName, scope: NetworkId, bound: bool) {
        let scopes = &mut self.0.entry(host.clone()).or_default().scopes;
        if bound {
            scopes.insert(scope);
        } else {
            scopes.remove(&scope);
        }
        self.forget_if_empty(host);
    }

    fn forget_if_empty(&mut self, host: &HostName) {
        let empty = |host: &Host| host.tunnel_ip.is_none() && host.scopes.is_empty();
        if self.0.get(host).is_some_and(empty) {
            self.0.remove(host);
        }
    }
}
