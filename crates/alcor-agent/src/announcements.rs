//! Addresses whose MAC address has changed, to be told to the VMs of their network once the flows are
//! in the switch. Without that a VM would send to the old one until its entry has aged.

use alcor_goalstate::Goal;
use alcor_pipeline::Pipeline;
use alcor_types::{FixedIp, MacAddr, NetworkId};
use std::collections::BTreeMap;
use std::net::IpAddr;

/// Addresses remembered at most; when a whole network is renumbered, entries age as ever.
const LIMIT: usize = 1000;

/// What is to be told: who has an address now, and whether that is a router.
#[derive(Debug, Default)]
pub(crate) struct Announcements(BTreeMap<(NetworkId, IpAddr), (MacAddr, bool)>);

/// An address that is at another MAC address.
#[derive(Debug)]
pub(crate) struct Moved {
    pub(crate) network: NetworkId,
    pub(crate) address: IpAddr,
    pub(crate) mac: MacAddr,
    pub(crate) router: bool,
}

/// The addresses of a goal, and who had each before the goal was taken in.
pub(crate) struct Before {
    network: NetworkId,
    holders: Vec<(IpAddr, Option<MacAddr>)>,
    /// A router's port: one that is new may have had another before it.
    router: bool,
}

impl Before {
    /// Looks at what the pipeline knows now.
    pub(crate) fn of(goal: &Goal, pipeline: &Pipeline) -> Option<Self> {
        let (network, fixed_ips, router): (_, &[FixedIp], _) = match goal {
            Goal::Port(goal) => (goal.vpc, &goal.fixed_ips, false),
            Goal::Neighbor(goal) => (goal.vpc, &goal.fixed_ips, false),
            Goal::Interface(goal) => (goal.vpc, &goal.fixed_ips, true),
            _ => return None,
        };
        let addresses = fixed_ips.iter().map(|fixed| fixed.ip_address);
        Some(Self {
            network,
            holders: addresses
                .map(|address| (address, pipeline.mac_of(network, address)))
                .collect(),
            router,
        })
    }
}

impl Announcements {
    /// Compares with what the pipeline knows now.
    pub(crate) fn note(&mut self, before: Before, pipeline: &Pipeline) {
        for (address, former) in before.holders {
            let now = pipeline.mac_of(before.network, address);
            let moved = now != former && (before.router || former.is_some());
            if let Some(mac) = now.filter(|_| moved && self.0.len() < LIMIT) {
                self.0
                    .insert((before.network, address), (mac, before.router));
            }
        }
    }

    /// Takes all that is to be told.
    pub(crate) fn take(&mut self) -> impl Iterator<Item = Moved> {
        let all = std::mem::take(&mut self.0).into_iter();
        all.map(|((network, address), (mac, router))| Moved {
            network,
            address,
            mac,
            router,
        })
    }
}
