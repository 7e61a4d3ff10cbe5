//! A port's status: worked out from what the data plane last said, never stored with the port.

use crate::node;
use crate::records;
use crate::{ApiError, schema};
use alcor_store::{Read, Txn};
use alcor_types::{Port, PortState, PortStatus};

/// What the API shows of a port's way into the data plane.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortView {
    /// `status`.
    pub status: PortStatus,
    /// Why it is not [`PortStatus::Active`]; empty otherwise.
    pub reason: String,
    /// `binding:vif_type`: `unbound`, `ovs` or `binding_failed`.
    pub vif_type: &'static str,
}

impl PortView {
    fn down(vif_type: &'static str, reason: String) -> Self {
        Self {
            status: PortStatus::Down,
            reason,
            vif_type,
        }
    }
}

/// The port's status as of this view of the store.
pub fn state(read: &dyn Read, port: &Port) -> Result<PortView, ApiError> {
    let Some(host) = &port.host else {
        return Ok(PortView::down(
            "unbound",
            "the port is not bound to a host".to_owned(),
        ));
    };
    if !records::any::<alcor_types::Node>(read, schema::NODE_BY_NAME, &[host.as_str().as_bytes()]) {
        let reason = format!("no node '{host}' is registered; it binds when its agent does");
        return Ok(PortView::down("binding_failed", reason));
    }
    if !port.admin_state_up {
        return Ok(PortView::down("ovs", "admin_state_up is false".to_owned()));
    }
    let said: Option<PortState> = records::get(read, port.id.as_bytes())?;
    Ok(match said.filter(|state| state.host == *host) {
        Some(state) => PortView {
            status: state.status,
            reason: state.reason,
            vif_type: "ovs",
        },
        None => PortView::down(
            "ovs",
            format!("node '{host}' has not reported the port yet"),
        ),
    })
}

/// Notes what hosts say of their ports; the only write of the delivery service. A word of a
/// host that the port has left, of a port that is gone, or of an older goal state than a word
/// already noted changes nothing.
pub fn record_states(txn: &mut Txn<'_>, states: &[PortState]) -> Result<(), ApiError> {
    for state in states {
        let port: Option<Port> = records::get(txn, state.id.as_bytes())?;
        if port.is_none_or(|port| port.host.as_ref() != Some(&state.host)) {
            continue;
        }
        let noted: Option<PortState> = records::get(txn, state.id.as_bytes())?;
        let outdated = noted.is_some_and(|noted| {
            noted.host == state.host && (noted.revision > state.revision || noted == *state)
        });
        if !outdated {
            records::put(txn, state)?;
        }
    }
    Ok(())
}

/// Forgets what a host said, because the port leaves it or ends.
pub(super) fn forget(txn: &mut Txn<'_>, port: &Port) -> Result<(), ApiError> {
    records::delete::<PortState>(txn, port.id.as_bytes())?;
    Ok(())
}

/// Whether the port is plugged, or may be, on a host that exists.
pub(super) fn is_bound(read: &dyn Read, port: &Port) -> Result<bool, ApiError> {
    match &port.host {
        Some(host) => Ok(node::by_name(read, host)?.is_some()),
        None => Ok(false),
    }
}
