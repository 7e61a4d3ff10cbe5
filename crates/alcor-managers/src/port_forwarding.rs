//! Port forwardings: transport ports of a floating IP that lead to addresses inside. A floating
//! IP either stands for one address or has port forwardings, never both.

mod request;

pub use request::{CreatePortForwarding, UpdatePortForwarding};

use crate::floating_ip::{find_router, of_port as floating_ips_of};
use crate::routing::RoutingError;
use crate::schema::{PORT_FORWARDING_BY_FLOATING_IP, PORT_FORWARDING_BY_PORT};
use crate::{ApiError, Caller, floating_ip, port, records, standard};
use alcor_store::records::Index;
use alcor_store::{Read, Txn};
use alcor_types::{
    FixedIp, FloatingIp, FloatingIpId, Port, PortForwarding, PortForwardingId, PortId,
};
use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr};

/// Makes a port forwarding; the first decides which router the floating IP goes through.
pub fn create(
    txn: &mut Txn<'_>,
    request: &CreatePortForwarding,
    caller: &Caller,
) -> Result<PortForwarding, ApiError> {
    let floating_ip = floating_ip::get(txn, request.floatingip_id, caller)?;
    let id = request.id.unwrap_or_else(PortForwardingId::random);
    standard::check_free::<PortForwarding>(txn, id.as_bytes(), &id)?;
    let port = port::get(txn, request.internal_port_id, caller)?;
    check_unassociated(&floating_ip, &port, request.internal_ip_address)?;
    let fixed = choose(&port, request.internal_ip_address)?;
    let forwarding = PortForwarding {
        id,
        project_id: floating_ip.project_id.clone(),
        standard: standard::create("", &request.description, &BTreeSet::new())?,
        floatingip_id: floating_ip.id,
        protocol: request.protocol,
        external_ports: request.external_ports,
        internal_port_id: port.id,
        internal_ip_address: fixed.1,
        internal_ports: request.internal_ports,
    };
    check(txn, &forwarding, &floating_ip)?;
    lead(txn, floating_ip, &port, &fixed.0)?;
    records::insert(txn, &forwarding)?;
    Ok(forwarding)
}

/// Makes all the port forwardings or none.
pub fn create_many(
    txn: &mut Txn<'_>,
    requests: &[CreatePortForwarding],
    caller: &Caller,
) -> Result<Vec<PortForwarding>, ApiError> {
    requests
        .iter()
        .map(|request| create(txn, request, caller))
        .collect()
}

/// The port forwarding, where the caller may see its floating IP.
pub fn get(
    read: &dyn Read,
    id: PortForwardingId,
    caller: &Caller,
) -> Result<PortForwarding, ApiError> {
    let found: Option<PortForwarding> = records::get(read, id.as_bytes())?;
    let found = found.filter(|forwarding| visible(forwarding, caller));
    Ok(found.ok_or(RoutingError::PortForwardingNotFound(id))?)
}

/// Whether the caller may see the port forwarding: its own, or any to an administrator.
pub fn visible(forwarding: &PortForwarding, caller: &Caller) -> bool {
    caller.owns(&forwarding.project_id)
}

/// Changes what the request names and nothing else.
pub fn update(
    txn: &mut Txn<'_>,
    id: PortForwardingId,
    request: &UpdatePortForwarding,
    caller: &Caller,
) -> Result<PortForwarding, ApiError> {
    let mut forwarding = get(txn, id, caller)?;
    standard::check_revision(&forwarding.standard, request.expected_revision)?;
    standard::assign(&mut forwarding.protocol, request.protocol.as_ref());
    standard::assign(
        &mut forwarding.external_ports,
        request.external_ports.as_ref(),
    );
    standard::assign(
        &mut forwarding.internal_ports,
        request.internal_ports.as_ref(),
    );
    let floating_ip = floating_ip::get(txn, forwarding.floatingip_id, caller)?;
    redirect(txn, &mut forwarding, request, floating_ip.clone(), caller)?;
    check(txn, &forwarding, &floating_ip)?;
    standard::update(
        &mut forwarding.standard,
        None,
        request.description.as_ref(),
        None,
    )?;
    records::put(txn, &forwarding)?;
    Ok(forwarding)
}

/// Ends a port forwarding; with the last, the floating IP leaves its router.
pub fn delete(
    txn: &mut Txn<'_>,
    id: PortForwardingId,
    caller: &Caller,
    expected_revision: Option<u64>,
) -> Result<(), ApiError> {
    let forwarding = get(txn, id, caller)?;
    standard::check_revision(&forwarding.standard, expected_revision)?;
    remove(txn, &forwarding)
}

/// The port forwardings of a floating IP, in the order of their ids.
pub fn of_floating_ip(
    read: &dyn Read,
    floating_ip: FloatingIpId,
) -> Result<Vec<PortForwarding>, ApiError> {
    by(read, PORT_FORWARDING_BY_FLOATING_IP, floating_ip.as_bytes())
}

/// Whether any port forwarding leads to the port.
pub(crate) fn any_of_port(read: &dyn Read, port: PortId) -> bool {
    records::any::<PortForwarding>(read, PORT_FORWARDING_BY_PORT, &[port.as_bytes()])
}

/// Ends the port forwardings that lead to a port.
pub(crate) fn forget_port(txn: &mut Txn<'_>, port: PortId) -> Result<(), ApiError> {
    for forwarding in by(txn, PORT_FORWARDING_BY_PORT, port.as_bytes())? {
        remove(txn, &forwarding)?;
    }
    Ok(())
}

/// Ends the port forwardings that lead to addresses which the port no longer has.
pub(crate) fn forget_addresses(txn: &mut Txn<'_>, port: &Port) -> Result<(), ApiError> {
    for forwarding in by(txn, PORT_FORWARDING_BY_PORT, port.id.as_bytes())? {
        let address = IpAddr::V4(forwarding.internal_ip_address);
        if !port
            .fixed_ips
            .iter()
            .any(|fixed| fixed.ip_address == address)
        {
            remove(txn, &forwarding)?;
        }
    }
    Ok(())
}

fn by(read: &dyn Read, index: Index, key: &[u8]) -> Result<Vec<PortForwarding>, ApiError> {
    records::lookup::<PortForwarding>(read, index, &[key], None, false)
        .map(|forwarding| forwarding.map_err(ApiError::from))
        .collect()
}

fn remove(txn: &mut Txn<'_>, forwarding: &PortForwarding) -> Result<(), ApiError> {
    records::delete::<PortForwarding>(txn, forwarding.id.as_bytes())?;
    let id = forwarding.floatingip_id;
    let Some(mut floating_ip) = floating_ip::find(txn, id)? else {
        return Ok(());
    };
    if !records::any::<PortForwarding>(txn, PORT_FORWARDING_BY_FLOATING_IP, &[id.as_bytes()]) {
        floating_ip.router_id = None;
    }
    touch(txn, &mut floating_ip)
}

fn bad(reason: impl Into<String>) -> ApiError {
    RoutingError::bad("port_forwarding", reason).into()
}

fn check_unassociated(
    floating_ip: &FloatingIp,
    port: &Port,
    asked: Option<Ipv4Addr>,
) -> Result<(), ApiError> {
    if floating_ip.association.is_none() {
        return Ok(());
    }
    Err(RoutingError::FloatingIpPortAlreadyAssociated {
        floating_ip: floating_ip.id,
        address: floating_ip.floating_ip_address,
        port: port.id,
        fixed_ip: asked.map_or_else(|| "any".to_owned(), |asked| asked.to_string()),
        network: floating_ip.floating_network_id,
    }
    .into())
}

/// The port's address that is meant, and the same as IPv4.
fn choose(port: &Port, asked: Option<Ipv4Addr>) -> Result<(FixedIp, Ipv4Addr), ApiError> {
    let mut own = port
        .fixed_ips
        .iter()
        .filter_map(|fixed| match fixed.ip_address {
            IpAddr::V4(address) => Some((*fixed, address)),
            IpAddr::V6(_) => None,
        });
    let Some(asked) = asked else {
        return own.next().ok_or_else(|| {
            bad(format!(
                "Requested internal port {} must allocate an IPv4 address at least",
                port.id
            ))
        });
    };
    own.find(|(_, address)| *address == asked).ok_or_else(|| {
        bad(format!(
            "Requested internal IP address {asked} is not suitable for internal neutron port {}, which does not have it",
            port.id
        ))
    })
}

/// Leads a port forwarding to another port or address, where the request names one. Either way
/// it is a write to the floating IP, which shows it.
fn redirect(
    txn: &mut Txn<'_>,
    forwarding: &mut PortForwarding,
    request: &UpdatePortForwarding,
    mut floating_ip: FloatingIp,
    caller: &Caller,
) -> Result<(), ApiError> {
    if request.internal_port_id.is_none() && request.internal_ip_address.is_none() {
        return touch(txn, &mut floating_ip);
    }
    let id = request.internal_port_id;
    let port = port::get(txn, id.unwrap_or(forwarding.internal_port_id), caller)?;
    let moved = port.id != forwarding.internal_port_id;
    let same = (!moved).then_some(forwarding.internal_ip_address);
    let (fixed, address) = choose(&port, request.internal_ip_address.or(same))?;
    forwarding.internal_port_id = port.id;
    forwarding.internal_ip_address = address;
    lead(txn, floating_ip, &port, &fixed)
}

/// Puts the floating IP on the router that reaches the address; it must be the one it is on.
fn lead(
    txn: &mut Txn<'_>,
    mut floating_ip: FloatingIp,
    port: &Port,
    fixed: &FixedIp,
) -> Result<(), ApiError> {
    let router = find_router(txn, port, fixed, floating_ip.floating_network_id);
    let router = router.map_err(|error| match error {
        ApiError::Routing(RoutingError::ExternalGatewayForFloatingIpNotFound { network, subnet, port }) => {
            bad(format!(
                "External network {network} is not reachable from subnet {subnet}. Cannot set Port forwarding for port {port} with Floating IP {}",
                floating_ip.id
            ))
        }
        other => other,
    })?;
    match floating_ip.router_id {
        Some(present) if present == router => touch(txn, &mut floating_ip),
        Some(present) => Err(bad(format!(
            "The Floating IP {} had been set on router {present}, the internal Neutron port {} can not reach it",
            floating_ip.id, port.id
        ))),
        None => {
            floating_ip.router_id = Some(router);
            touch(txn, &mut floating_ip)
        }
    }
}

/// Counts a write to a floating IP and stores it.
fn touch(txn: &mut Txn<'_>, floating_ip: &mut FloatingIp) -> Result<(), ApiError> {
    standard::update(&mut floating_ip.standard, None, None, None)?;
    Ok(records::put(txn, floating_ip)?)
}

/// All checks of a port forwarding that is about to be written.
fn check(
    read: &dyn Read,
    forwarding: &PortForwarding,
    floating_ip: &FloatingIp,
) -> Result<(), ApiError> {
    let (inside, outside) = (forwarding.internal_ports, forwarding.external_ports);
    if inside.span() > 0 && inside.span() != outside.span() {
        return Err(bad(
            "Invalid ranges of internal and/or external ports. The relation between internal and external ports must be N-N or 1-N",
        ));
    }
    let port = forwarding.internal_port_id;
    if !floating_ips_of(read, port)?.is_empty() {
        return Err(RoutingError::PortHasBindingFloatingIp {
            floating_ip: floating_ip.id,
            address: floating_ip.floating_ip_address,
            port,
            fixed_ip: forwarding.internal_ip_address.into(),
        }
        .into());
    }
    let rival =
        |one: &&PortForwarding| one.id != forwarding.id && one.protocol == forwarding.protocol;
    for other in of_floating_ip(read, floating_ip.id)?.iter().filter(rival) {
        if other.external_ports.overlaps(outside) {
            return Err(collision("external_port_range", other.id));
        }
    }
    let others = by(read, PORT_FORWARDING_BY_PORT, port.as_bytes())?;
    for other in others.iter().filter(rival) {
        let same = other.internal_ip_address == forwarding.internal_ip_address;
        if same && other.internal_ports.overlaps(inside) {
            return Err(collision("internal_port_range", other.id));
        }
    }
    Ok(())
}

fn collision(key: &str, other: PortForwardingId) -> ApiError {
    bad(format!(
        "There is a port collision with the {key}: port forwarding {other} has some of the ports, choose others"
    ))
}
