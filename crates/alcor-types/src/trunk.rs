//! A trunk: one interface of a VM that carries several networks, told apart by VLAN tags.

use crate::{PortId, ProjectId, Standard, TrunkId};
use serde::{Deserialize, Serialize};

/// A port that is carried by a trunk, and the tag of its frames there.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct SubPort {
    /// The port.
    pub port_id: PortId,
    /// The VLAN tag, 1..=4094; unique in the trunk.
    pub vlan: u16,
}

/// A trunk as the store holds it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Trunk {
    /// Its id.
    pub id: TrunkId,
    /// Who owns it.
    pub project_id: ProjectId,
    /// Name, description, tags, revision, times.
    pub standard: Standard,
    /// While false, its sub-ports may not change.
    pub admin_state_up: bool,
    /// The port that the VM has, whose frames have no tag.
    pub port_id: PortId,
    /// The ports it carries, in the order in which they were added.
    pub sub_ports: Vec<SubPort>,
}
