//! What a floating IP shows that lies in other records: its port, its port forwardings.

use super::{FloatingIps, port};
use crate::resource::Row;
use alcor_managers::{port as ports, port_forwarding};
use alcor_types::{
    ForwardedProtocol, MacAddr, NetworkId, Port, PortForwarding, PortForwardingId, PortId,
};
use serde::Serialize;
use std::net::Ipv4Addr;

/// The port of a floating IP.
#[derive(Serialize)]
pub(super) struct PortDetails {
    name: String,
    network_id: NetworkId,
    mac_address: MacAddr,
    admin_state_up: bool,
    status: &'static str,
    device_id: String,
    device_owner: String,
}

/// What the floating IP tells of its port; none while it has none.
pub(super) fn port_details(row: &Row<'_, FloatingIps>) -> Option<PortDetails> {
    let port: Port = row.reading.get(port(&row.record)?.as_bytes())?;
    let state = ports::state(&row.reading.snapshot, &port);
    Some(PortDetails {
        name: port.standard.name,
        network_id: port.network_id,
        mac_address: port.mac_address,
        admin_state_up: port.admin_state_up,
        status: state.map_or("ERROR", |state| state.status.as_str()),
        device_id: port.device_id,
        device_owner: port.device_owner,
    })
}

/// A port forwarding as its floating IP shows it.
#[derive(Serialize)]
pub(super) struct Forwarding {
    id: PortForwardingId,
    protocol: ForwardedProtocol,
    #[serde(skip_serializing_if = "Option::is_none")]
    external_port: Option<u16>,
    external_port_range: String,
    internal_port_id: PortId,
    internal_ip_address: Ipv4Addr,
    #[serde(skip_serializing_if = "Option::is_none")]
    internal_port: Option<u16>,
    internal_port_range: String,
}

/// All port forwardings.
pub(super) fn port_forwardings(row: &Row<'_, FloatingIps>) -> Vec<Forwarding> {
    let all = port_forwarding::of_floating_ip(&row.reading.snapshot, row.record.id);
    let all = all.unwrap_or_else(|error| {
        tracing::error!(floating_ip = %row.record.id, %error, "unreadable port forwardings");
        Vec::new()
    });
    let view = |one: PortForwarding| Forwarding {
        id: one.id,
        protocol: one.protocol,
        external_port: one.external_ports.single(),
        external_port_range: one.external_ports.to_string(),
        internal_port_id: one.internal_port_id,
        internal_ip_address: one.internal_ip_address,
        internal_port: one.internal_ports.single(),
        internal_port_range: one.internal_ports.to_string(),
    };
    all.into_iter().map(view).collect()
}
