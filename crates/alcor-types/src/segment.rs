//! Segments: the pieces of a network as the underlay carries them, and the ranges their
//! numbers come from.

use crate::{NetworkId, ProjectId, SegmentId, SegmentRangeId, Standard};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

/// How frames cross the underlay (Neutron's `provider:network_type`).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NetworkType {
    /// VXLAN, RFC 7348.
    Vxlan,
    /// Geneve, RFC 8926.
    Geneve,
    /// GRE with a key, RFC 2890.
    Gre,
    /// IEEE 802.1Q on a physical network.
    Vlan,
    /// Untagged on a physical network.
    Flat,
    /// Within one host.
    Local,
}

impl NetworkType {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Vxlan,
        Self::Geneve,
        Self::Gre,
        Self::Vlan,
        Self::Flat,
        Self::Local,
    ];

    /// Its name in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Vxlan => "vxlan",
            Self::Geneve => "geneve",
            Self::Gre => "gre",
            Self::Vlan => "vlan",
            Self::Flat => "flat",
            Self::Local => "local",
        }
    }

    /// Whether frames travel inside IP packets.
    pub fn is_tunnel(self) -> bool {
        matches!(self, Self::Vxlan | Self::Geneve | Self::Gre)
    }

    /// Whether a segment lies on a physical network.
    pub fn is_physical(self) -> bool {
        matches!(self, Self::Vlan | Self::Flat)
    }

    /// The segmentation ids that the encapsulation can carry; none where it has no such field.
    pub fn ids(self) -> Option<RangeInclusive<u32>> {
        match self {
            Self::Vxlan | Self::Geneve => Some(1..=0x00ff_ffff),
            Self::Gre => Some(1..=u32::MAX),
            Self::Vlan => Some(1..=4094),
            Self::Flat | Self::Local => None,
        }
    }

    /// Whether agents carry networks of the type.
    pub fn is_programmed(self) -> bool {
        match self {
            Self::Vxlan | Self::Geneve | Self::Vlan | Self::Flat => true,
            Self::Gre | Self::Local => false,
        }
    }

    /// What the encapsulation adds to a VM's IP packet on an IPv4 underlay, in bytes: the outer
    /// IPv4 header, the tunnel's own headers and the inner Ethernet header. Geneve's header is as
    /// long as VXLAN's as long as it has no options, and agents give it none.
    pub fn overhead(self) -> u16 {
        match self {
            Self::Vxlan | Self::Geneve => 50,
            Self::Gre => 42,
            Self::Vlan | Self::Flat | Self::Local => 0,
        }
    }
}

impl fmt::Display for NetworkType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text that names no network type.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is no network type: write vxlan, geneve, gre, vlan, flat or local")]
pub struct ParseNetworkTypeError(String);

impl FromStr for NetworkType {
    type Err = ParseNetworkTypeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let named = Self::ALL.into_iter().find(|kind| kind.as_str() == text);
        named.ok_or_else(|| ParseNetworkTypeError(text.chars().take(80).collect()))
    }
}

/// How one segment crosses the underlay.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Transport {
    /// Its encapsulation.
    pub network_type: NetworkType,
    /// The physical network, where the type lies on one.
    pub physical_network: Option<String>,
    /// The VNI, key or VLAN tag, where the type has one.
    pub segmentation_id: Option<u32>,
}

/// A segment as the store holds it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Segment {
    /// Its id.
    pub id: SegmentId,
    /// The network it is a piece of; never changes.
    pub network_id: NetworkId,
    /// Name, description, revision, times.
    pub standard: Standard,
    /// How it crosses the underlay; also written in its network's record.
    pub transport: Transport,
}

/// A range of segmentation ids as the store holds it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SegmentRange {
    /// Its id.
    pub id: SegmentRangeId,
    /// The project whose networks take ids from it; none where every project's do.
    pub project_id: Option<ProjectId>,
    /// Name, description, tags, revision, times.
    pub standard: Standard,
    /// Whether it is the operator's by configuration.
    pub default: bool,
    /// What the ids are of.
    pub network_type: NetworkType,
    /// The physical network of VLAN ids.
    pub physical_network: Option<String>,
    /// The first id.
    pub minimum: u32,
    /// The last id.
    pub maximum: u32,
}

impl SegmentRange {
    /// Its ids.
    pub fn ids(&self) -> RangeInclusive<u32> {
        self.minimum..=self.maximum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_types_are_inverse() {
        for kind in NetworkType::ALL {
            assert_eq!(kind.as_str().parse(), Ok(kind));
        }
        assert!("VXLAN".parse::<NetworkType>().is_err());
    }
}
