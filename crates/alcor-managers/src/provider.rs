//! What the operator's physical networks offer: which types of networks there are, the numbers
//! they come from, and how large packets may be.

use crate::ApiError;
use alcor_types::{NetworkType, Transport};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

/// The name among [`Provider::flats`] that stands for every physical network.
pub const ANY_PHYSICAL_NETWORK: &str = "*";

/// Headers of IPv4 must fit (RFC 791), in bytes.
const LEAST_MTU: u16 = 68;

/// The operator's choices about segments; Neutron's `ml2` settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provider {
    /// The types that networks may have.
    pub types: Vec<NetworkType>,
    /// The types tried, in this order, for networks whose maker names none.
    pub tenant_types: Vec<NetworkType>,
    /// The segmentation ids of each type of tunnel that networks get when none is chosen.
    pub tunnels: BTreeMap<NetworkType, Vec<RangeInclusive<u32>>>,
    /// The physical networks that carry VLANs, and the tags networks get when none is chosen.
    pub vlans: BTreeMap<String, Vec<RangeInclusive<u32>>>,
    /// The physical networks that carry untagged networks.
    pub flats: BTreeSet<String>,
    /// The largest IP packet of the underlay and of physical networks not named below, in bytes.
    pub physical_mtu: u16,
    /// The same of single physical networks.
    pub physical_mtus: BTreeMap<String, u16>,
}

impl Default for Provider {
    /// VXLAN with all its identifiers for everybody, and nothing physical.
    fn default() -> Self {
        Self {
            types: NetworkType::ALL.to_vec(),
            tenant_types: vec![NetworkType::Vxlan],
            tunnels: [(NetworkType::Vxlan, vec![1..=0x00ff_ffff])].into(),
            vlans: BTreeMap::new(),
            flats: BTreeSet::new(),
            physical_mtu: 1500,
            physical_mtus: BTreeMap::new(),
        }
    }
}

impl Provider {
    /// The same with one range of identifiers for VXLAN.
    pub fn with_vnis(self, range: RangeInclusive<u32>) -> Self {
        let tunnels = [(NetworkType::Vxlan, vec![range])].into();
        Self { tunnels, ..self }
    }

    /// The configured ids of one type on one physical network.
    pub fn ranges(
        &self,
        network_type: NetworkType,
        physical_network: Option<&str>,
    ) -> &[RangeInclusive<u32>] {
        let ranges = match network_type {
            NetworkType::Vlan => physical_network.and_then(|name| self.vlans.get(name)),
            other => self.tunnels.get(&other),
        };
        ranges.map_or(&[], Vec::as_slice)
    }

    /// Every configured range: its type, its physical network, its ids.
    pub(crate) fn all_ranges(
        &self,
    ) -> impl Iterator<Item = (NetworkType, Option<&str>, &RangeInclusive<u32>)> {
        let tunnels = self.tunnels.iter().flat_map(|(network_type, ranges)| {
            ranges.iter().map(move |ids| (*network_type, None, ids))
        });
        let vlans = self.vlans.iter().flat_map(|(name, ranges)| {
            let of = move |ids| (NetworkType::Vlan, Some(name.as_str()), ids);
            ranges.iter().map(of)
        });
        tunnels.chain(vlans)
    }

    /// Whether untagged networks may lie on this physical network.
    pub(crate) fn has_flat(&self, physical_network: &str) -> bool {
        self.flats.contains(physical_network) || self.flats.contains(ANY_PHYSICAL_NETWORK)
    }

    /// The largest packet that all these segments carry, in bytes.
    pub fn max_mtu(&self, segments: &[Transport]) -> u16 {
        let least = segments.iter().map(|segment| self.mtu(segment)).min();
        least.unwrap_or(self.physical_mtu)
    }

    fn mtu(&self, segment: &Transport) -> u16 {
        let named = segment.physical_network.as_ref();
        let own = named.and_then(|name| self.physical_mtus.get(name));
        let physical = own.map_or(self.physical_mtu, |own| self.physical_mtu.min(*own));
        physical.saturating_sub(segment.network_type.overhead())
    }

    /// Refuses settings that no network could be made with.
    pub fn check(&self) -> Result<(), ApiError> {
        let unknown = self
            .tenant_types
            .iter()
            .find(|kind| !self.types.contains(kind));
        if let Some(kind) = unknown {
            let message = format!("the tenant network type {kind} is not among the network types");
            return Err(ApiError::InvalidInput(message));
        }
        for (network_type, _, ids) in self.all_ranges() {
            check_ids(network_type, ids)?;
        }
        let mtus = self.physical_mtus.values().chain([&self.physical_mtu]);
        let least = LEAST_MTU + NetworkType::Vxlan.overhead();
        match mtus.copied().find(|mtu| *mtu < least) {
            None => Ok(()),
            Some(mtu) => Err(ApiError::InvalidInput(format!(
                "a physical MTU of {mtu} bytes leaves no room for packets, give at least {least}"
            ))),
        }
    }
}

/// Refuses ids that the type cannot carry, and ranges that end before they begin.
fn check_ids(network_type: NetworkType, ids: &RangeInclusive<u32>) -> Result<(), ApiError> {
    let (low, high) = (*ids.start(), *ids.end());
    let possible = network_type.ids();
    if low <= high && possible.is_some_and(|all| all.contains(&low) && all.contains(&high)) {
        return Ok(());
    }
    Err(ApiError::InvalidInput(format!(
        "{low}:{high} is no range of {network_type} ids: give the lower end first, within what the type can carry"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segment(network_type: NetworkType, physical_network: Option<&str>) -> Transport {
        Transport {
            network_type,
            physical_network: physical_network.map(str::to_owned),
            segmentation_id: None,
        }
    }

    #[test]
    fn an_mtu_is_the_least_of_all_segments_less_their_headers() {
        let provider = Provider {
            physical_mtu: 9000,
            physical_mtus: [("old".to_owned(), 1500)].into(),
            ..Provider::default()
        };
        let (vxlan, gre) = (
            segment(NetworkType::Vxlan, None),
            segment(NetworkType::Gre, None),
        );
        let (tagged, plain) = (
            segment(NetworkType::Vlan, Some("new")),
            segment(NetworkType::Flat, Some("old")),
        );
        let mtu = |segments: &[Transport]| provider.max_mtu(segments);
        assert_eq!(mtu(&[]), 9000);
        assert_eq!(mtu(std::slice::from_ref(&tagged)), 9000);
        assert_eq!(mtu(std::slice::from_ref(&gre)), 8958);
        assert_eq!(mtu(&[gre, vxlan.clone()]), 8950);
        assert_eq!(mtu(&[vxlan, plain, tagged]), 1500);
    }

    #[test]
    fn settings_that_serve_nobody_are_refused() {
        Provider::default().check().unwrap();
        let wrong = [
            Provider::default().with_vnis(RangeInclusive::new(9, 5)),
            Provider::default().with_vnis(0..=5),
            Provider {
                types: vec![NetworkType::Vlan],
                ..Provider::default()
            },
            Provider {
                vlans: [("p".to_owned(), vec![1..=4095])].into(),
                ..Provider::default()
            },
            Provider {
                physical_mtu: 100,
                ..Provider::default()
            },
        ];
        for provider in wrong {
            assert!(provider.check().is_err(), "{provider:?}");
        }
    }
}
