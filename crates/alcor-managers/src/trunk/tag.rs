//! The tag of a sub-port's frames: the caller chooses it, or the sub-port's network has it.

use crate::{ApiError, Caller, network, port};
use alcor_store::Read;
use alcor_types::{Network, NetworkType, PortId, SubPort, Transport};

/// A port to carry, as a caller asks for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SubPortRequest {
    /// The port.
    pub port_id: PortId,
    /// How its frames are told apart.
    pub tag: Tag,
}

/// A sub-port's `segmentation_type` with its `segmentation_id`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tag {
    /// `vlan`: by this VLAN.
    Vlan(u16),
    /// `inherit`: as on the sub-port's network.
    Inherit,
}

/// The sub-port that the request means.
pub(super) fn resolve(
    read: &dyn Read,
    wanted: &SubPortRequest,
    caller: &Caller,
) -> Result<SubPort, ApiError> {
    let port_id = wanted.port_id;
    let vlan = match wanted.tag {
        Tag::Vlan(vlan) => vlan,
        Tag::Inherit => {
            let on = port::get(read, port_id, caller)?.network_id;
            let network = network::find(read, on)?.ok_or(ApiError::NetworkNotFound(on))?;
            vlan_of(&network)?
        }
    };
    Ok(SubPort { port_id, vlan })
}

/// The network's VLAN: trunks know no other tags.
fn vlan_of(network: &Network) -> Result<u16, ApiError> {
    let refused = |what: String| {
        let id = network.id;
        Err(ApiError::InvalidInput(format!(
            "segmentation_type inherit needs a network with one segment of type vlan, but network {id} {what}: use segmentation_type vlan and choose a segmentation_id"
        )))
    };
    match network.segments.as_slice() {
        [
            Transport {
                network_type: NetworkType::Vlan,
                segmentation_id: Some(id),
                ..
            },
        ] => u16::try_from(*id).or_else(|_| refused(format!("has VLAN {id}"))),
        [one] => refused(format!("is of type {}", one.network_type)),
        several => refused(format!("has {} segments", several.len())),
    }
}
