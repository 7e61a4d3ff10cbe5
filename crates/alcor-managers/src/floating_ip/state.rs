//! A floating IP's status: what the host of its port last said of it. The word is kept under the port
//! that holds the address.

use super::find;
use crate::{ApiError, port, records, router};
use alcor_store::{Read, Txn};
use alcor_types::{FloatingIp, HostName, Port, PortState, PortStatus};

/// What the API shows of a floating IP's way into the data plane.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FloatingIpView {
    /// `status`: active, down or error.
    pub status: PortStatus,
    /// Why it is not [`PortStatus::Active`]; empty otherwise.
    pub reason: String,
}

impl FloatingIpView {
    fn down(reason: impl Into<String>) -> Self {
        Self {
            status: PortStatus::Down,
            reason: reason.into(),
        }
    }

    fn active() -> Self {
        Self {
            status: PortStatus::Active,
            reason: String::new(),
        }
    }
}

/// The floating IP's status as of this view of the store.
pub fn state(read: &dyn Read, floating_ip: &FloatingIp) -> Result<FloatingIpView, ApiError> {
    let Some(place) = floating_ip.association else {
        return forwarded(read, floating_ip);
    };
    let port = port::find(read, place.port_id)?;
    let Some(host) = port.and_then(|port| port.host) else {
        let reason = format!("port {} is not bound to a host", place.port_id);
        return Ok(FloatingIpView::down(reason));
    };
    let said: Option<PortState> = records::get(read, floating_ip.floating_port_id.as_bytes())?;
    Ok(match said.filter(|state| state.host == host) {
        Some(PortState {
            status: status @ (PortStatus::Active | PortStatus::Error),
            reason,
            ..
        }) => FloatingIpView { status, reason },
        Some(state) => FloatingIpView::down(state.reason),
        None => FloatingIpView::down(format!("host {host} has not programmed it yet")),
    })
}

/// Without a port of its own it is at work where ports of it are forwarded: at the router's gateway.
fn forwarded(read: &dyn Read, floating_ip: &FloatingIp) -> Result<FloatingIpView, ApiError> {
    let Some(id) = floating_ip.router_id else {
        return Ok(FloatingIpView::down("it stands for no port"));
    };
    let router = router::find(read, id)?;
    let gateway = router.and_then(|router| {
        let gateway = router.gateway_to(floating_ip.floating_network_id)?;
        Some(gateway.port_id)
    });
    let gateway = gateway
        .map(|id| port::find(read, id))
        .transpose()?
        .flatten();
    Ok(match gateway.and_then(|port| port.host) {
        Some(_) => FloatingIpView::active(),
        None => FloatingIpView::down(
            "no host leads out for its router: give agents --bridge-mappings for the physical network",
        ),
    })
}

/// The host that may speak of a floating IP, of which this port holds the address.
pub(crate) fn host_of_holder(read: &dyn Read, holder: &Port) -> Result<Option<HostName>, ApiError> {
    let Ok(id) = holder.device_id.parse() else {
        return Ok(None);
    };
    let found = find(read, id)?.filter(|it| it.floating_port_id == holder.id);
    let Some(place) = found.and_then(|floating_ip| floating_ip.association) else {
        return Ok(None);
    };
    Ok(port::find(read, place.port_id)?.and_then(|port| port.host))
}

/// What was said is not true of what it stands for now.
pub(super) fn forget(txn: &mut Txn<'_>, floating_ip: &FloatingIp) -> Result<(), ApiError> {
    records::delete::<PortState>(txn, floating_ip.floating_port_id.as_bytes())?;
    Ok(())
}
