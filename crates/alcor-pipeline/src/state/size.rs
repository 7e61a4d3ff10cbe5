//! How large packets may be in networks, and where routers have to look at that.

use super::State;
use crate::key::NetworkKey;
use alcor_goalstate::RouterGateway;
use alcor_types::{NetworkId, RouterId};
use std::collections::BTreeSet;

impl State {
    /// The largest IP packet in the network, where it is known.
    pub(crate) fn mtu(&self, id: NetworkId) -> Option<u16> {
        let identity = self.vpcs.get(&id)?.identity.as_ref()?;
        (identity.mtu > 0).then_some(identity.mtu)
    }

    /// How large packets may come to the router.
    pub(crate) fn largest(&self, router: RouterId) -> u16 {
        let sizes = self.origins(router).map(|(_, size)| size);
        sizes.max().unwrap_or(0)
    }

    /// The networks by which packets larger than this may come to the router.
    pub(crate) fn larger(&self, router: RouterId, mtu: u16) -> BTreeSet<NetworkKey> {
        let larger = self.origins(router).filter(|(_, size)| *size > mtu);
        larger.map(|(key, _)| key).collect()
    }

    fn origins(&self, router: RouterId) -> impl Iterator<Item = (NetworkKey, u16)> {
        let ports = self.ports_of(router).filter_map(|port| {
            let (port, key) = self.routing(port)?;
            Some((key, self.mtu(port.vpc)?))
        });
        let gateways = self.gateways(router).iter();
        let gateways = gateways.map(|way| (outer_key(way), way.mtu));
        ports.chain(gateways)
    }
}

/// The external network of a way out.
pub(crate) fn outer_key(way: &RouterGateway) -> NetworkKey {
    NetworkKey::of(way.network, &way.carrier)
}
