//! The number of a network in the bridge.

use alcor_goalstate::Carrier;
use alcor_types::NetworkId;

/// What the metadata holds for frames of a network. A tunnel's number serves as it is; a network on a
/// physical one takes its number from its id, because a tag says little without the name of what it
/// is a tag on.
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

    /// The metadata.
    pub(crate) fn number(self) -> u64 {
        self.0
    }
}
