//! What a router shows that lies in other records: its gateways' addresses, its helpers.

use super::Routers;
use crate::resource::Row;
use alcor_managers::router;
use alcor_types::{ConntrackHelper, FixedIp, NetworkId, Port, QosPolicyId};
use serde::Serialize;

/// A gateway as the API shows it.
#[derive(Serialize)]
pub(super) struct Gateway {
    network_id: NetworkId,
    enable_snat: bool,
    external_fixed_ips: Vec<FixedIp>,
    qos_policy_id: Option<QosPolicyId>,
}

/// All gateways, the first first.
pub(super) fn gateways(row: &Row<'_, Routers>) -> Vec<Gateway> {
    let gateways = row.record.gateways.iter();
    let gateways = gateways.map(|gateway| {
        let port = row.reading.get::<Port>(gateway.port_id.as_bytes());
        Gateway {
            network_id: gateway.network_id,
            enable_snat: gateway.enable_snat,
            external_fixed_ips: port.map(|port| port.fixed_ips).unwrap_or_default(),
            qos_policy_id: gateway.qos_policy_id,
        }
    });
    gateways.collect()
}

/// A conntrack helper as its router shows it.
#[derive(Serialize)]
pub(super) struct Conntrack {
    protocol: String,
    port: u16,
    helper: String,
}

/// All conntrack helpers.
pub(super) fn conntrack_helpers(row: &Row<'_, Routers>) -> Vec<Conntrack> {
    let helpers = router::conntrack_helpers(&row.reading.snapshot, row.record.id);
    let helpers = helpers.unwrap_or_else(|error| {
        tracing::error!(router = %row.record.id, %error, "unreadable conntrack helpers");
        Vec::new()
    });
    let view = |helper: ConntrackHelper| Conntrack {
        protocol: helper.protocol,
        port: helper.port,
        helper: helper.helper,
    };
    helpers.into_iter().map(view).collect()
}
