//! Where an elastic IP comes from. The first Alcor's clients name no network; the region takes the
//! first external one, by id, that the caller sees and that has a subnet of the wanted version.

use super::Members;
use crate::error::RequestError;
use crate::value::FromJson;
use alcor_managers::{Caller, network, records, schema};
use alcor_store::Snapshot;
use alcor_types::{Network, Subnet};

/// The network that Neutron wants named.
const NETWORK: &str = "floating_network_id";

/// Names a network where the wish has none; takes the wanted version out of the wish.
pub(super) fn choose(
    wish: &mut Members,
    read: &Snapshot,
    caller: &Caller,
) -> Result<(), RequestError> {
    let version = match wish.remove("elastic_ip_version") {
        Some(version) => u8::from_json(&version)
            .map_err(|why| RequestError::invalid("elastic_ip_version", why))?,
        None => 4,
    };
    if wish.contains_key(NETWORK) {
        return Ok(());
    }
    if version != 4 && version != 6 {
        return Err(RequestError::invalid(
            "elastic_ip_version",
            "it is neither 4 nor 6",
        ));
    }
    let index = schema::NETWORK_IS_EXTERNAL;
    let mut external = records::lookup::<Network>(read, index, &[], None, false)
        .filter_map(Result::ok)
        .filter(|candidate| network::visible(candidate, caller));
    let chosen = external.find(|candidate| has_subnet(read, candidate, version == 4));
    let chosen = chosen.ok_or_else(|| {
        let reason = format!("no external network with an IPv{version} subnet is there");
        RequestError::invalid("elastic_ip_version", reason)
    })?;
    wish.insert(NETWORK.to_owned(), chosen.id.to_string().into());
    Ok(())
}

/// An empty text takes an elastic IP off its port, as null does in Neutron.
pub(super) fn let_go(wish: &mut Members) {
    if let Some(port) = wish.get_mut("port_id")
        && port.as_str() == Some("")
    {
        *port = serde_json::Value::Null;
    }
}

fn has_subnet(read: &Snapshot, network: &Network, v4: bool) -> bool {
    let parts: [&[u8]; 1] = [network.id.as_bytes()];
    records::lookup::<Subnet>(read, schema::SUBNET_BY_NETWORK, &parts, None, false)
        .filter_map(Result::ok)
        .any(|subnet| subnet.cidr.addr().is_ipv4() == v4)
}
