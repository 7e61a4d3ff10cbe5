//! What carries the frames of a network from host to host: a tunnel, or a physical network that the
//! hosts are plugged into.

use alcor_types::{Network, NetworkType, Transport, Vni};

/// How frames of a network leave a host.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Carrier {
    /// VXLAN tunnels between hosts (RFC 7348).
    Vxlan(Vni),
    /// Geneve tunnels between hosts (RFC 8926).
    Geneve(Vni),
    /// Tagged frames on a physical network (IEEE 802.1Q).
    Vlan {
        /// The physical network; each host's agent knows its bridge.
        physical_network: String,
        /// The tag, 1 to 4094.
        tag: u16,
    },
    /// Untagged frames on a physical network.
    Flat {
        /// The physical network.
        physical_network: String,
    },
}

/// The kinds of tunnels between hosts. Each has a port of its own in a bridge, and numbers of its own.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum TunnelKind {
    /// VXLAN (RFC 7348).
    Vxlan,
    /// Geneve (RFC 8926), without options.
    Geneve,
}

impl TunnelKind {
    /// Every kind.
    pub const ALL: [Self; 2] = [Self::Vxlan, Self::Geneve];

    /// Its name, as Open vSwitch and Neutron spell it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Vxlan => "vxlan",
            Self::Geneve => "geneve",
        }
    }
}

impl Carrier {
    /// What carries the network: its first segment of a type that agents can program.
    pub fn of(network: &Network) -> Option<Self> {
        network.segments.iter().find_map(Self::of_segment)
    }

    fn of_segment(segment: &Transport) -> Option<Self> {
        let vni = || Vni::new(segment.segmentation_id?).ok();
        let physical_network = || segment.physical_network.clone();
        match segment.network_type {
            NetworkType::Vxlan => vni().map(Self::Vxlan),
            NetworkType::Geneve => vni().map(Self::Geneve),
            NetworkType::Vlan => Some(Self::Vlan {
                physical_network: physical_network()?,
                tag: u16::try_from(segment.segmentation_id?).ok()?,
            }),
            NetworkType::Flat => Some(Self::Flat {
                physical_network: physical_network()?,
            }),
            // Agents make no tunnels of these types.
            NetworkType::Gre | NetworkType::Local => None,
        }
    }

    /// The tunnels that carry it, and its number there; none where it lies on a physical network.
    pub fn tunnel(&self) -> Option<(TunnelKind, Vni)> {
        match self {
            Self::Vxlan(vni) => Some((TunnelKind::Vxlan, *vni)),
            Self::Geneve(vni) => Some((TunnelKind::Geneve, *vni)),
            Self::Vlan { .. } | Self::Flat { .. } => None,
        }
    }

    /// The physical network that it lies on; none where it is a tunnel.
    pub fn physical_network(&self) -> Option<&str> {
        match self {
            Self::Vxlan(_) | Self::Geneve(_) => None,
            Self::Vlan {
                physical_network, ..
            }
            | Self::Flat { physical_network } => Some(physical_network),
        }
    }
}
