//! Where an elastic IP comes from. The first Alcor's clients name no network; the region takes
//! that of the first range of elastic IPs with a free address, and where there are no ranges the
//! first external one, by id, that the caller sees and that has an IPv4 subnet.

use super::Members;
use crate::error::RequestError;
use crate::value::FromJson;
use alcor_managers::floating_ip::range;
use alcor_managers::{Caller, network, records, schema};
use alcor_store::Snapshot;
use alcor_types::{IpVersion, Network, NetworkId, Subnet};

/// The network that Neutron wants named.
const NETWORK: &str = "floating_network_id";
/// The version that the first Alcor's clients want.
const VERSION: &str = "elastic_ip_version";

/// Names a network where the wish has none; takes the wanted version out of the wish.
pub(super) fn choose(
    wish: &mut Members,
    read: &Snapshot,
    caller: &Caller,
) -> Result<(), RequestError> {
    let version = wish.remove(VERSION);
    let version = version.as_ref().map(IpVersion::from_json).transpose();
    if version.map_err(|why| RequestError::invalid(VERSION, why))? == Some(IpVersion::V6) {
        let reason = "elastic IPs are IPv4 addresses, and IPv6 ones need no translation: say 4";
        return Err(RequestError::invalid(VERSION, reason));
    }
    if wish.contains_key(NETWORK) {
        return Ok(());
    }
    let chosen = match range::first_network(read, caller)? {
        Some(network) => Some(network),
        None => first_external(read, caller),
    };
    let chosen = chosen.ok_or_else(|| {
        let reason = "no external network with an IPv4 subnet is there";
        RequestError::invalid(VERSION, reason)
    })?;
    wish.insert(NETWORK.to_owned(), chosen.to_string().into());
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

fn first_external(read: &Snapshot, caller: &Caller) -> Option<NetworkId> {
    let index = schema::NETWORK_IS_EXTERNAL;
    let mut external = records::lookup::<Network>(read, index, &[], None, false)
        .filter_map(Result::ok)
        .filter(|candidate| network::visible(candidate, caller));
    let chosen = external.find(|candidate| has_subnet(read, candidate));
    chosen.map(|network| network.id)
}

fn has_subnet(read: &Snapshot, network: &Network) -> bool {
    let parts: [&[u8]; 1] = [network.id.as_bytes()];
    records::lookup::<Subnet>(read, schema::SUBNET_BY_NETWORK, &parts, None, false)
        .filter_map(Result::ok)
        .any(|subnet| subnet.cidr.addr().is_ipv4())
}
