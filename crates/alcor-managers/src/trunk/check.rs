//! Which ports a trunk may have, and when it may change.

use super::{TrunkError, by_port, of_parent};
use crate::schema::TRUNK_BY_SUB_PORT;
use crate::{ApiError, Caller, network, port};
use alcor_store::Read;
use alcor_types::{Port, PortId, SubPort, Trunk};

/// The tags of 802.1Q that name a VLAN.
const VLANS: std::ops::RangeInclusive<u16> = 1..=4094;

/// Refuses changes of a trunk that is switched off.
pub(super) fn check_enabled(trunk: &Trunk) -> Result<(), ApiError> {
    if trunk.admin_state_up {
        return Ok(());
    }
    Err(TrunkError::Disabled(trunk.id).into())
}

/// Refuses a parent that is bound already: the VM would not learn of the trunk.
pub(super) fn check_parent(read: &dyn Read, parent: &Port) -> Result<(), ApiError> {
    check_no_trunk(read, parent.id)?;
    if parent.host.is_none() {
        return Ok(());
    }
    Err(TrunkError::ParentPortInUse(parent.id).into())
}

/// Refuses a sub-port that is used otherwise, or does not fit the trunk.
pub(super) fn check_sub_port(
    read: &dyn Read,
    trunk: &Trunk,
    parent: &Port,
    wanted: &SubPort,
    caller: &Caller,
) -> Result<(), ApiError> {
    let (id, vlan) = (wanted.port_id, wanted.vlan);
    if !VLANS.contains(&vlan) {
        return Err(ApiError::InvalidInput(format!(
            "Segmentation ID '{vlan}' is not in range, choose 1 to 4094"
        )));
    }
    if id == parent.id {
        return Err(TrunkError::ParentPortInUse(id).into());
    }
    if trunk.sub_ports.iter().any(|present| present.vlan == vlan) {
        let trunk = trunk.id;
        return Err(TrunkError::DuplicateSubPort { trunk, vlan }.into());
    }
    if trunk.sub_ports.iter().any(|present| present.port_id == id) {
        return Err(TrunkError::TrunkPortInUse(id).into());
    }
    let port = port::get(read, id, caller)?;
    check_no_trunk(read, id)?;
    if !port.device_id.is_empty() {
        let (port, device) = (id, port.device_id);
        return Err(TrunkError::PortInUse { port, device }.into());
    }
    check_mtu(read, &port, parent)
}

fn check_no_trunk(read: &dyn Read, port: PortId) -> Result<(), ApiError> {
    if by_port(read, TRUNK_BY_SUB_PORT, port)?.is_some() {
        return Err(TrunkError::TrunkPortInUse(port).into());
    }
    if of_parent(read, port)?.is_some() {
        return Err(TrunkError::ParentPortInUse(port).into());
    }
    Ok(())
}

fn check_mtu(read: &dyn Read, port: &Port, parent: &Port) -> Result<(), ApiError> {
    let mtu = |port: &Port| -> Result<u16, ApiError> {
        let network = network::find(read, port.network_id)?;
        Ok(network.map_or(u16::MAX, |network| network.mtu))
    };
    let (own, most) = (mtu(port)?, mtu(parent)?);
    if own <= most {
        return Ok(());
    }
    let error = TrunkError::MtuTooLarge {
        port: port.id,
        mtu: own,
        parent: most,
    };
    Err(error.into())
}
