//! The number of a network in the bridge.

use alcor_goalstate::{Carrier, TunnelKind};
use alcor_types::NetworkId;

/// What the metadata holds for frames of a network. A tunnel's number serves as it is; a network on a
/// physical one takes its number from its id, because a tag says little without the name of what it
/// is a tag on. Tunnels of different kinds may have the same number, so a bit tells them apart.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct NetworkKey(u64);

const GENEVE: u64 = 1 << 32;
const PHYSICAL: u64 = 1 << 63;

impl NetworkKey {
    /// The key of a network that is carried like this.
    pub(crate) fn of(id: NetworkId, carrier: &Carrier) -> Self {
        match carrier {
            Carrier::Vxlan(vni) => Self(vni.get().into()),
            Carrier::Geneve(vni) => Self(GENEVE | u64::from(vni.get())),
            Carrier::Vlan { .. } | Carrier::Flat { .. } => Self(PHYSICAL | id.0.as_u64_pair().1),
        }
    }

    /// The bits of the metadata that say which tunnels carry a network, and what they are for a kind.
    /// Not for networks on a physical one, whose other bits say nothing.
    pub(crate) fn of_tunnels(kind: TunnelKind) -> (u64, u64) {
        let bits = match kind {
            TunnelKind::Vxlan => 0,
            TunnelKind::Geneve => GENEVE,
        };
        (bits, PHYSICAL | GENEVE)
    }

    /// The metadata.
    pub(crate) fn number(self) -> u64 {
        self.0
    }
}
