//! `trunk_details`: what a trunk's own port carries, which is how Nova tells a VM of it.

use super::Ports;
use crate::resource::Row;
use alcor_managers::trunk;
use alcor_types::{MacAddr, Port, PortId, TrunkId};
use serde::Serialize;

/// A trunk, seen from its port.
#[derive(Serialize)]
pub(super) struct Details {
    trunk_id: TrunkId,
    sub_ports: Vec<Carried>,
}

#[derive(Serialize)]
struct Carried {
    port_id: PortId,
    segmentation_type: &'static str,
    segmentation_id: u16,
    mac_address: Option<MacAddr>,
}

/// The trunk of the port; none for most.
pub(super) fn details(row: &Row<'_, Ports>) -> Option<Details> {
    let trunk = trunk::of_parent(&row.reading.snapshot, row.record.id).unwrap_or_else(|error| {
        tracing::error!(port = %row.record.id, %error, "unreadable trunk");
        None
    })?;
    let mac = |id: PortId| Some(row.reading.get::<Port>(id.as_bytes())?.mac_address);
    let carried = trunk.sub_ports.iter().map(|sub_port| Carried {
        port_id: sub_port.port_id,
        segmentation_type: "vlan",
        segmentation_id: sub_port.vlan,
        mac_address: mac(sub_port.port_id),
    });
    Some(Details {
        trunk_id: trunk.id,
        sub_ports: carried.collect(),
    })
}
