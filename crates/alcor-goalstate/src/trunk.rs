//! A port's part in a trunk: one interface of a VM that carries several ports.

use alcor_types::PortId;

/// What a port is to its trunk.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TrunkPart {
    /// The VM's own port: frames of it have no tag, and frames with one are never its.
    Parent,
    /// A port that the parent's interface carries.
    SubPort {
        /// The port whose interface that is.
        parent: PortId,
        /// The VLAN tag of its frames there.
        tag: u16,
    },
}

impl TrunkPart {
    /// The port whose interface carries this one, and the tag of its frames there.
    pub fn carrier(&self) -> Option<(PortId, u16)> {
        match self {
            Self::Parent => None,
            Self::SubPort { parent, tag } => Some((*parent, *tag)),
        }
    }
}
