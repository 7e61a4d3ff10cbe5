//! `resource_request`: what Nova must have Placement set aside for a port.

use super::Ports;
use crate::resource::Row;
use alcor_managers::ApiError;
use alcor_managers::qos::{self, RequestGroup};
use alcor_types::Network;
use serde::Serialize;
use std::collections::BTreeMap;
use uuid::Uuid;

/// The attribute; none where the port's policy guarantees nothing.
#[derive(Serialize)]
pub(super) struct ResourceRequest {
    request_groups: Vec<Group>,
    same_subtree: Vec<Uuid>,
}

#[derive(Serialize)]
struct Group {
    id: Uuid,
    required: Vec<String>,
    resources: BTreeMap<&'static str, u32>,
}

/// What the row's port asks for; nothing where its rules cannot be read, which is logged.
pub(super) fn of(row: &Row<'_, Ports>) -> Option<ResourceRequest> {
    let groups = groups(row).unwrap_or_else(|error| {
        tracing::error!(port = %row.record.id, %error, "unreadable QoS policy");
        Vec::new()
    });
    if groups.is_empty() {
        return None;
    }
    let group = |group: RequestGroup| Group {
        id: group.id,
        required: group.required,
        resources: group.resources,
    };
    let request_groups: Vec<_> = groups.into_iter().map(group).collect();
    let same_subtree = request_groups.iter().map(|group| group.id).collect();
    Some(ResourceRequest {
        request_groups,
        same_subtree,
    })
}

fn groups(row: &Row<'_, Ports>) -> Result<Vec<RequestGroup>, ApiError> {
    let read = &row.reading.snapshot;
    match qos::effective(read, &row.record)? {
        Some(policy) => {
            let physical = physical_network(row);
            qos::resource_request(read, policy, &row.record, physical.as_deref())
        }
        None => Ok(Vec::new()),
    }
}

/// The physical network of the network's first segment. A tunnel has none, and so no bandwidth
/// to count.
fn physical_network(row: &Row<'_, Ports>) -> Option<String> {
    let network = row
        .reading
        .get::<Network>(row.record.network_id.as_bytes())?;
    network.segments.first()?.physical_network.clone()
}
