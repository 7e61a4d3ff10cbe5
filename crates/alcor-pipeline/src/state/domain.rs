//! The networks that routers join, as far as this host has been told of them.

use super::State;
use crate::key::NetworkKey;
use alcor_types::NetworkId;
use ipnet::IpNet;
use std::collections::{BTreeMap, BTreeSet};

impl State {
    /// The network and all that routers lead to from there, nearest first.
    pub(crate) fn domain(&self, network: NetworkId) -> Vec<NetworkId> {
        let (mut domain, mut at) = (vec![network], 0);
        let mut seen = BTreeSet::from([network]);
        while let Some(network) = domain.get(at) {
            let interfaces = self.vpcs.get(network).into_iter();
            let interfaces = interfaces.flat_map(|vpc| &vpc.interfaces);
            let own = interfaces.filter_map(|port| self.interfaces.get(port));
            let routers: BTreeSet<_> = own.map(|interface| interface.router).collect();
            let joined = routers.into_iter().flat_map(|id| self.ports_like(id));
            let new = joined.map(|interface| interface.vpc);
            domain.extend(new.filter(|id| seen.insert(*id)));
            at += 1;
        }
        domain
    }

    /// The blocks of the large networks from which packets get to ports of this one, each with its network.
    /// A block of two networks is the nearer one's.
    pub(crate) fn asked_blocks(&self, network: NetworkId) -> BTreeMap<IpNet, NetworkKey> {
        let mut blocks = BTreeMap::new();
        let domain = self.domain(network).into_iter();
        let large = domain.filter(|id| self.is_on_demand(*id));
        for (vpc, key) in large.filter_map(|id| self.active(id)) {
            let own = vpc.blocks.iter().filter_map(|id| self.blocks.get(id));
            for block in own {
                blocks.entry(block.cidr.trunc()).or_insert(key);
            }
        }
        blocks
    }
}
