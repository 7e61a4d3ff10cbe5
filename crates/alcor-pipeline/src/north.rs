//! What leads out of the region, as the pipeline remembers it: routers' gateways, addresses outside,
//! and what is known of the neighbours there.
//!
//! An external network is one on a physical network (flat or VLAN). One that is a tunnel's has no
//! outside that packets could be sent to, and is not served.

use crate::Owner;
use alcor_goalstate::{FloatingGoal, OutletGoal};
use alcor_types::{FloatingIpId, MacAddr, NetworkId, PortId, Revision, RouterId};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

/// Who owns flows of what leads out.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum North {
    /// An external network: frames from and to its wire.
    External(NetworkId),
    /// A router: what it sends out.
    Exits(RouterId),
    /// An address of ours on an external network. Of several that claim it a floating IP of a port
    /// here comes first, then a gateway here, then a gateway's forwarded ports.
    Outside(NetworkId, IpAddr),
    /// A gateway's Ethernet address: what is routed in without translation.
    Entry(NetworkId, MacAddr),
    /// An address of somebody on an external network.
    Hop(NetworkId, IpAddr),
}

impl From<North> for Owner {
    fn from(north: North) -> Self {
        Self::North(north)
    }
}

/// What is known of a neighbour on an external network.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Neighbor {
    /// It is asked for.
    Asked,
    /// It has this Ethernet address.
    At(MacAddr),
}

impl Neighbor {
    /// Its Ethernet address, once it is known.
    pub(crate) fn mac(self) -> Option<MacAddr> {
        match self {
            Self::Asked => None,
            Self::At(mac) => Some(mac),
        }
    }
}

/// What has a number of its own here that outlives the agent: a zone of translated connections, or
/// meters. Each association of a floating IP has one: when it ends, its connections end, and none is
/// inherited by whom the address stands for next.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Zoned {
    /// What leaves by a router's own address, or comes in by forwarded ports.
    Router(RouterId),
    /// A floating IP that stands for an address of a port.
    Floating(FloatingIpId, PortId, IpAddr),
    /// The meters of an address outside.
    Bounded(NetworkId, IpAddr),
}

impl Zoned {
    /// That of a floating IP.
    pub(crate) fn of(goal: &FloatingGoal) -> Self {
        Self::Floating(goal.id, goal.port, goal.fixed)
    }
}

impl fmt::Display for Zoned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Router(router) => write!(f, "{router}"),
            Self::Floating(id, port, fixed) => write!(f, "{id}/{port}/{fixed}"),
            Self::Bounded(network, address) => write!(f, "{network}/{address}"),
        }
    }
}

impl FromStr for Zoned {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts: Vec<_> = text.split('/').collect();
        match parts[..] {
            [id, port, fixed] => {
                let fixed = fixed.parse().unwrap_or(IpAddr::from([0; 4]));
                Ok(Self::Floating(
                    FloatingIpId(id.parse()?),
                    PortId(port.parse()?),
                    fixed,
                ))
            }
            [network, address] => {
                let address = address.parse().unwrap_or(IpAddr::from([0; 4]));
                Ok(Self::Bounded(NetworkId(network.parse()?), address))
            }
            _ => Ok(Self::Router(RouterId(text.parse()?))),
        }
    }
}

/// Who has an address outside, the newest last.
type Claim = (Revision, PortId, FloatingIpId);

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Outside {
    floating: BTreeMap<(PortId, FloatingIpId), FloatingGoal>,
    claims: BTreeMap<(NetworkId, IpAddr), BTreeSet<Claim>>,
    /// By which addresses this host translates, by the router's interface and the network.
    pub(crate) outlets: BTreeMap<(PortId, NetworkId), OutletGoal>,
    /// Neighbours on external networks that are asked for; with their addresses once they answered.
    pub(crate) hops: BTreeMap<(NetworkId, IpAddr), Neighbor>,
    /// The zones of translated connections.
    pub(crate) zones: BTreeMap<Zoned, u16>,
}

impl Outside {
    /// The floating IP that has the address.
    pub(crate) fn floating_at(&self, network: NetworkId, address: IpAddr) -> Option<&FloatingGoal> {
        let (_, port, id) = self.claims.get(&(network, address))?.last()?;
        self.floating.get(&(*port, *id))
    }

    /// By which address this host translates for a router.
    pub(crate) fn outlet(&self, router: RouterId, network: NetworkId) -> Option<&OutletGoal> {
        let mut outlets = self.outlets.values();
        outlets.find(|outlet| outlet.router == router && outlet.network == network)
    }

    /// The routers of all floating IPs that claim the address.
    pub(crate) fn claimants(
        &self,
        network: NetworkId,
        address: IpAddr,
    ) -> impl Iterator<Item = RouterId> {
        let claims = self.claims.get(&(network, address)).into_iter().flatten();
        let goals = claims.filter_map(|(_, port, id)| self.floating.get(&(*port, *id)));
        goals.map(|goal| goal.router)
    }

    /// All floating IPs, also several of one address.
    pub(crate) fn all(&self) -> impl Iterator<Item = &FloatingGoal> {
        self.floating.values()
    }

    /// All floating IPs, each address once.
    pub(crate) fn floating(&self) -> impl Iterator<Item = &FloatingGoal> {
        let places = self.claims.keys();
        places.filter_map(|(network, address)| self.floating_at(*network, *address))
    }

    /// The floating IPs of a port.
    pub(crate) fn of_port(&self, port: PortId) -> impl Iterator<Item = &FloatingGoal> {
        let from = (port, FloatingIpId(uuid::Uuid::nil()));
        let all = self.floating.range(from..);
        all.take_while(move |((of, _), _)| *of == port)
            .map(|(_, goal)| goal)
    }

    /// The goal as it is held.
    pub(crate) fn goal(&self, port: PortId, id: FloatingIpId) -> Option<&FloatingGoal> {
        self.floating.get(&(port, id))
    }

    /// Holds a floating IP, or forgets it.
    pub(crate) fn set_floating(
        &mut self,
        port: PortId,
        id: FloatingIpId,
        goal: Option<&FloatingGoal>,
    ) {
        if let Some(former) = self.floating.remove(&(port, id)) {
            let place = (former.network, former.address);
            if let Some(claims) = self.claims.get_mut(&place) {
                claims.remove(&(former.revision, port, id));
                if claims.is_empty() {
                    self.claims.remove(&place);
                }
            }
        }
        if let Some(goal) = goal {
            let claims = self.claims.entry((goal.network, goal.address)).or_default();
            claims.insert((goal.revision, port, id));
            self.floating.insert((port, id), *goal);
        }
    }
}
