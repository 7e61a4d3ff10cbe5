//! A port's status: worked out from what the data plane last said, never stored with the port.

use super::guard;
use crate::floating_ip;
use crate::network;
use crate::node;
use crate::records;
use crate::router;
use crate::{ApiError, schema};
use alcor_store::{Read, Txn};
use alcor_types::{HostName, NetworkType, Port, PortState, PortStatus, ROUTER_OUTLET_OWNER};

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
    // A router's ports outside are on their hosts without being plugged there.
    let seated = [router::GATEWAY_OWNER, ROUTER_OUTLET_OWNER].contains(&&*port.device_owner);
    let plugged = port.host.as_ref().filter(|_| !seated);
    let Some(host) = plugged else {
        if let Some(view) = of_region(port) {
            return Ok(view);
        }
        return Ok(PortView::down(
            "unbound",
            "the port is not bound to a host".to_owned(),
        ));
    };
    if let Err(failed) = vif_type(read, host, &port.vnic_type) {
        return Ok(failed);
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
        None => PortView::down("ovs", silence(read, port, host)?),
    })
}

/// The status of a port that has no host because the region itself is everywhere: a router's is
/// at work as soon as it exists, and a floating IP's is an address and nothing else.
fn of_region(port: &Port) -> Option<PortView> {
    let at_work = |vif_type| PortView {
        status: PortStatus::Active,
        reason: String::new(),
        vif_type,
    };
    match port.device_owner.as_str() {
        floating_ip::OWNER => Some(PortView {
            status: PortStatus::NotApplicable,
            ..at_work("unbound")
        }),
        owner if guard::is_routers(owner) && !port.device_id.is_empty() => {
            let off = || PortView::down("distributed", "admin_state_up is false".to_owned());
            Some(if port.admin_state_up {
                at_work("distributed")
            } else {
                off()
            })
        }
        _ => None,
    }
}

/// The device owners of ports that may have this status though no host gave it; none where
/// any port may, so that no index finds them: a port is DOWN for many reasons, most of all because
/// nobody has said anything of it.
pub fn owners_with(status: &str) -> Option<&'static [&'static str]> {
    match status {
        "DOWN" => None,
        "ACTIVE" => Some(&guard::ROUTER_OWNERS),
        "N/A" => Some(&[floating_ip::OWNER]),
        _ => Some(&[]),
    }
}

/// How the port's binding to a host reads: `ovs`, or `binding_failed` and the reason.
pub fn vif_type(
    read: &dyn Read,
    host: &HostName,
    vnic_type: &str,
) -> Result<&'static str, PortView> {
    let failed = |reason| Err(PortView::down("binding_failed", reason));
    if !records::any::<alcor_types::Node>(read, schema::NODE_BY_NAME, &[host.as_str().as_bytes()]) {
        return failed(format!(
            "no node '{host}' is registered; it binds when its agent does"
        ));
    }
    if vnic_type != "normal" {
        return failed(format!(
            "agents plug binding:vnic_type normal, not {vnic_type}"
        ));
    }
    Ok("ovs")
}

/// Why a host has said nothing of a port.
fn silence(read: &dyn Read, port: &Port, host: &HostName) -> Result<String, ApiError> {
    let network = network::find(read, port.network_id)?;
    let unknown = network.filter(|network| network.carried_by().is_none());
    let Some(network) = unknown else {
        return Ok(format!("node '{host}' has not reported the port yet"));
    };
    let kind = network.segments.first().map(|segment| segment.network_type);
    let kind = kind.map_or("no segments", NetworkType::as_str);
    Ok(format!(
        "the agents do not program networks of type {kind}, only vxlan, geneve, vlan and flat"
    ))
}

/// Notes what hosts say of their ports; the only write of the delivery service. A word of a
/// host that the port has left, of a port that is gone, or of an older goal state than a word
/// already noted changes nothing.
pub fn record_states(txn: &mut Txn<'_>, states: &[PortState]) -> Result<(), ApiError> {
    for state in states {
        let port: Option<Port> = records::get(txn, state.id.as_bytes())?;
        let host = match port {
            Some(port) if port.device_owner == floating_ip::OWNER => {
                floating_ip::host_of_holder(txn, &port)?
            }
            port => port.and_then(|port| port.host),
        };
        if host.as_ref() != Some(&state.host) {
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
