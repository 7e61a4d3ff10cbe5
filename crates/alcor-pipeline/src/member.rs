//! Ports as the pipeline remembers them: only what flows are made from.

use alcor_goalstate::{Limits, NeighborGoal, PortGoal, Taps, TrunkPart};
use alcor_types::{FixedIp, MacAddr, NetworkId, PortId, SecurityGroupId, SubnetId};
use ipnet::IpNet;
use std::collections::BTreeSet;
use std::net::IpAddr;
use uuid::Uuid;

/// A port of this host.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Local {
    pub(crate) vpc: NetworkId,
    pub(crate) mac: MacAddr,
    pub(crate) addresses: Box<[IpAddr]>,
    pub(crate) membership: Membership,
    /// The subnets of its addresses, in their order, each once.
    pub(crate) subnets: Box<[SubnetId]>,
    pub(crate) up: bool,
    /// None where nobody checks what it sends and gets.
    pub(crate) security: Option<Security>,
    /// What bounds its traffic.
    pub(crate) limits: Limits,
    pub(crate) taps: Option<Box<Taps>>,
    pub(crate) trunk: Option<TrunkPart>,
}

/// What a port's traffic is checked against.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Security {
    /// The addresses it may speak from, each with its Ethernet address; sorted, each once.
    pub(crate) sources: Box<[(MacAddr, IpNet)]>,
    pub(crate) groups: Box<[SecurityGroupId]>,
}

/// A port of another host.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Remote {
    pub(crate) vpc: NetworkId,
    pub(crate) mac: MacAddr,
    pub(crate) addresses: Box<[IpAddr]>,
    pub(crate) membership: Membership,
    pub(crate) host_ip: IpAddr,
}

/// Which groups have a port's own addresses among their members.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(crate) struct Membership {
    pub(crate) groups: Box<[SecurityGroupId]>,
    pub(crate) blocks: Box<[IpNet]>,
}

/// Something in a network that goals may claim.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Slot {
    Mac(MacAddr),
    Address(IpAddr),
}

/// Who claims it. The lowest wins.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Claim {
    Local(PortId),
    Remote(PortId),
    Router(PortId),
    DhcpServer(SubnetId),
    /// The host itself: what every network has.
    Host,
}

impl Claim {
    /// Not above any claim.
    pub(crate) const FIRST: Self = Self::Local(PortId(Uuid::nil()));
}

impl From<&PortGoal> for Local {
    fn from(goal: &PortGoal) -> Self {
        Self {
            vpc: goal.vpc,
            mac: goal.mac,
            addresses: addresses(&goal.fixed_ips),
            membership: Membership::of(&goal.security_groups, &goal.fixed_ips),
            subnets: subnets(&goal.fixed_ips),
            up: goal.admin_state_up,
            security: security(goal),
            limits: *goal.limits,
            taps: goal.taps.clone(),
            trunk: goal.identity.trunk,
        }
    }
}

impl From<&NeighborGoal> for Remote {
    fn from(goal: &NeighborGoal) -> Self {
        Self {
            vpc: goal.vpc,
            mac: goal.mac,
            addresses: addresses(&goal.fixed_ips),
            membership: Membership::of(&goal.security_groups, &goal.fixed_ips),
            host_ip: goal.host_ip,
        }
    }
}

impl Membership {
    fn of(groups: &[SecurityGroupId], fixed_ips: &[FixedIp]) -> Self {
        // Most ports are in one group, or in none.
        let fixed = fixed_ips.iter().filter(|_| !groups.is_empty());
        Self {
            groups: groups.into(),
            blocks: fixed.map(|fixed| fixed.ip_address.into()).collect(),
        }
    }

    /// Every group, with the blocks that it has because of the port.
    pub(crate) fn each(&self) -> impl Iterator<Item = (SecurityGroupId, &[IpNet])> {
        let groups = self.groups.iter();
        groups.map(|group| (*group, &*self.blocks))
    }

    /// The blocks that a group has because of the port.
    pub(crate) fn in_group(&self, group: SecurityGroupId) -> &[IpNet] {
        if self.groups.contains(&group) {
            &self.blocks
        } else {
            &[]
        }
    }
}

/// The region's own ports are trusted, as Neutron has it.
fn security(goal: &PortGoal) -> Option<Security> {
    let checked = goal.port_security_enabled && !goal.device_owner.starts_with("network:");
    let fixed = goal.fixed_ips.iter();
    let fixed = fixed.map(|fixed| (goal.mac, fixed.ip_address.into()));
    let pairs = goal.allowed_address_pairs.iter();
    let pairs = pairs.map(|pair| {
        let mac = pair.mac_address.unwrap_or(goal.mac);
        (mac, pair.ip_address.trunc())
    });
    let sources: BTreeSet<_> = fixed.chain(pairs).collect();
    checked.then(|| Security {
        sources: sources.into_iter().collect(),
        groups: goal.security_groups.as_slice().into(),
    })
}

impl Local {
    /// The ports that get copies of its packets.
    pub(crate) fn lookers(&self) -> impl Iterator<Item = PortId> {
        let copies = self.taps.iter().flat_map(|taps| &taps.copies);
        copies.map(|copy| copy.port)
    }

    /// The port whose interface carries it, and by which tag.
    pub(crate) fn carrier(&self) -> Option<(PortId, u16)> {
        self.trunk.as_ref()?.carrier()
    }

    /// The groups it is in.
    pub(crate) fn groups(&self) -> &[SecurityGroupId] {
        self.security
            .as_ref()
            .map_or(&[], |security| &security.groups)
    }

    /// Whether all but its limits is the same.
    pub(crate) fn differs_in_limits(&self, other: &Self) -> bool {
        let limits = other.limits;
        let alike = |one: &Self| Self {
            limits,
            ..one.clone()
        };
        self.limits != limits && alike(self) == *other
    }

    /// What it claims; nothing while it is switched off.
    pub(crate) fn slots(&self) -> impl Iterator<Item = Slot> {
        slots(self.mac, &self.addresses).filter(|_| self.up)
    }
}

impl Remote {
    /// What it claims.
    pub(crate) fn slots(&self) -> impl Iterator<Item = Slot> {
        slots(self.mac, &self.addresses)
    }
}

/// Frames to a group address are never unicast, whoever says it is his.
pub(crate) fn slots(mac: MacAddr, addresses: &[IpAddr]) -> impl Iterator<Item = Slot> {
    let mac = (!mac.is_multicast()).then_some(Slot::Mac(mac));
    mac.into_iter()
        .chain(addresses.iter().copied().map(Slot::Address))
}

pub(crate) fn addresses(fixed_ips: &[FixedIp]) -> Box<[IpAddr]> {
    fixed_ips.iter().map(|fixed| fixed.ip_address).collect()
}

fn subnets(fixed_ips: &[FixedIp]) -> Box<[SubnetId]> {
    let mut seen = BTreeSet::new();
    let ids = fixed_ips.iter().map(|fixed| fixed.subnet_id);
    ids.filter(|id| seen.insert(*id)).collect()
}
