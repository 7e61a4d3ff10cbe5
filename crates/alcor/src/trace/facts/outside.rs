//! Ways out of the API as facts of the intent.

use super::{Read, optional, parsed, standard, text};
use alcor_types::{
    Association, ExternalGateway, FloatingIp, FloatingIpId, ForwardedProtocol, NetworkId, Port,
    PortForwarding, PortId, PortRange, Router,
};
use anyhow::Context;
use serde_json::Value;

/// The device owner of routers' ports on external networks.
pub(in crate::trace) const GATEWAY_OWNER: &str = "network:router_gateway";

/// The router's ways out; each leads by the router's port on that network.
pub(in crate::trace) fn gateways(shown: &Value, router: &mut Router, ports: &[Port]) -> Read<()> {
    let all = shown["external_gateways"].as_array();
    let one = std::slice::from_ref(&shown["external_gateway_info"]);
    let gateways = all.map_or(one, Vec::as_slice).iter();
    for shown in gateways.filter(|gateway| !gateway.is_null()) {
        let network_id: NetworkId = parsed(shown, "network_id")?;
        let port = ports
            .iter()
            .find(|port| port.network_id == network_id && port.device_owner == GATEWAY_OWNER);
        router.gateways.extend(port.map(|port| ExternalGateway {
            network_id,
            port_id: port.id,
            enable_snat: shown["enable_snat"].as_bool().unwrap_or(true),
            qos_policy_id: None,
        }));
    }
    Ok(())
}

/// A floating IP, whose address outside this port holds.
pub(in crate::trace) fn floating(shown: &Value, floating_port_id: PortId) -> Read<FloatingIp> {
    let association = match optional(shown, "port_id")? {
        None => None,
        Some(port_id) => Some(Association {
            port_id,
            fixed_ip_address: optional(shown, "fixed_ip_address")?
                .context("a floating IP of a port has a fixed_ip_address")?,
        }),
    };
    Ok(FloatingIp {
        id: parsed(shown, "id")?,
        project_id: "".into(),
        standard: standard(shown),
        floating_network_id: parsed(shown, "floating_network_id")?,
        floating_ip_address: parsed(shown, "floating_ip_address")?,
        floating_port_id,
        association,
        router_id: optional(shown, "router_id")?,
        dns_name: String::new(),
        dns_domain: String::new(),
        qos_policy_id: None,
    })
}

/// The external network of a floating IP.
pub(in crate::trace) fn floating_network(shown: &Value) -> Read<NetworkId> {
    parsed(shown, "floating_network_id")
}

/// One or several forwarded ports of a floating IP; none where no packet of them comes in.
pub(in crate::trace) fn forwarding(shown: &Value, of: FloatingIpId) -> Read<PortForwarding> {
    let named = text(shown, "protocol")?;
    let mut known = ForwardedProtocol::ALL.into_iter();
    let protocol = known.find(|one| one.as_str() == named);
    Ok(PortForwarding {
        id: parsed(shown, "id")?,
        project_id: "".into(),
        standard: standard(shown),
        floatingip_id: of,
        protocol: protocol.with_context(|| format!("ports of {named} are not forwarded here"))?,
        external_ports: range(shown, "external_port")?,
        internal_port_id: parsed(shown, "internal_port_id")?,
        internal_ip_address: parsed(shown, "internal_ip_address")?,
        internal_ports: range(shown, "internal_port")?,
    })
}

/// `FIRST:LAST` of a range, or one port.
fn range(shown: &Value, name: &str) -> Read<PortRange> {
    if let Some((first, last)) = shown[format!("{name}_range")]
        .as_str()
        .and_then(|range| range.split_once(':'))
    {
        let (first, last) = (first.parse()?, last.parse()?);
        return Ok(PortRange { first, last });
    }
    let port = shown[name].as_u64().unwrap_or(0);
    Ok(PortRange::one(port.try_into()?))
}
