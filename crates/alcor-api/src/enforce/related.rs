//! What rules ask of a related resource: `network:project_id`, and `networks:shared` of a port.

use crate::attribute::Attributes;
use crate::error::RequestError;
use crate::handler::find;
use crate::resource::{Networks, Reading, SecurityGroups};
use alcor_types::{Network, ProjectId, SecurityGroup};
use uuid::Uuid;

/// The project that owns the resource of this kind: `network` for `network_id`.
pub(super) fn owner(reading: &Reading, kind: &str, id: Uuid) -> Option<ProjectId> {
    match kind {
        "network" => reading
            .get::<Network>(id.as_bytes())
            .map(|found| found.project_id),
        "security_group" => reading
            .get::<SecurityGroup>(id.as_bytes())
            .map(|found| found.project_id),
        _ => None,
    }
}

/// Whether the caller may use the network because it is shared with it.
pub(super) fn shared_network(reading: &Reading, id: Uuid) -> Option<bool> {
    let network = reading.get::<Network>(id.as_bytes())?;
    Some(network.shared.includes(&reading.caller.project_id))
}

/// Refuses a wish for something that would belong to a resource the caller does not see.
pub(super) fn must_be_seen(reading: &Reading, body: &Attributes) -> Result<(), RequestError> {
    let id = |name| body.value(name).and_then(serde_json::Value::as_str);
    if let Some(network) = id("network_id") {
        find::<Networks>(reading, network, &reading.caller)?;
    }
    if let Some(group) = id("security_group_id") {
        find::<SecurityGroups>(reading, group, &reading.caller)?;
    }
    Ok(())
}
