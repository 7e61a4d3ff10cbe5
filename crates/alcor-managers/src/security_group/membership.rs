//! Which groups a port is in: what its owner asks for, else the project's default group.

use super::{Membership, SecurityGroupError, ensure_default, find};
use crate::port::NETWORK_OWNERS;
use crate::{ApiError, Caller};
use alcor_store::{Read, Txn};
use alcor_types::{ProjectId, SecurityGroup, SecurityGroupId};
use std::collections::BTreeSet;

/// The groups of a new port. The region's own ports are in none.
pub(crate) fn for_new_port(
    txn: &mut Txn<'_>,
    port: &Membership<'_>,
    caller: &Caller,
) -> Result<Vec<SecurityGroupId>, ApiError> {
    if port.device_owner.starts_with(NETWORK_OWNERS) {
        return Ok(Vec::new());
    }
    let default = ensure_default(txn, port.project)?;
    if !port.port_security {
        return check_unfiltered(port, &[]);
    }
    match port.asked {
        Some(asked) => usable(txn, asked, port.project, caller),
        None => Ok(vec![default]),
    }
}

/// The groups of a port after an update, which had `present` before.
pub(crate) fn for_changed_port(
    read: &dyn Read,
    port: &Membership<'_>,
    present: &[SecurityGroupId],
    caller: &Caller,
) -> Result<Vec<SecurityGroupId>, ApiError> {
    if !port.port_security {
        return check_unfiltered(port, present);
    }
    match port.asked {
        Some(_) if port.device_owner.starts_with(NETWORK_OWNERS) => Ok(Vec::new()),
        Some(asked) => usable(read, asked, port.project, caller),
        None => Ok(present.to_vec()),
    }
}

/// No groups, for a port whose traffic nobody filters; refuses those asked for or still there.
fn check_unfiltered(
    port: &Membership<'_>,
    present: &[SecurityGroupId],
) -> Result<Vec<SecurityGroupId>, ApiError> {
    match port.asked {
        Some([_, ..]) => Err(SecurityGroupError::PortSecurityRequired.into()),
        None if !present.is_empty() => Err(SecurityGroupError::PortHasSecurityGroup.into()),
        _ => Ok(Vec::new()),
    }
}

/// The groups asked for, each once, where the port's project may use all of them.
fn usable(
    read: &dyn Read,
    asked: &[SecurityGroupId],
    project: &ProjectId,
    caller: &Caller,
) -> Result<Vec<SecurityGroupId>, ApiError> {
    let mut seen = BTreeSet::new();
    let ids: Vec<_> = asked
        .iter()
        .copied()
        .filter(|id| seen.insert(*id))
        .collect();
    let mut groups = Vec::with_capacity(ids.len());
    for id in &ids {
        let group = find(read, *id)?.filter(|group| may_use(group, project, caller));
        groups.push(group.ok_or_else(|| SecurityGroupError::NotFound(id.to_string()))?);
    }
    let stateful = groups.iter().filter(|group| group.stateful).count();
    if stateful != 0 && stateful != groups.len() {
        return Err(SecurityGroupError::MixedStatefulness.into());
    }
    Ok(ids)
}

fn may_use(group: &SecurityGroup, project: &ProjectId, caller: &Caller) -> bool {
    caller.is_admin() || group.project_id == *project || group.shared.includes(project)
}
