//! Gateways: a register of what leads out of VPCs beside their routers. Each is of one VPC, which
//! has one of a kind, and goes with it. Hosts are told nothing of them.

mod error;
mod request;

pub use error::GatewayError;
pub use request::{CreateGateway, UpdateGateway};

use crate::schema::{GATEWAY_BY_NETWORK, GATEWAY_BY_PROJECT};
use crate::{ApiError, Caller, network, records, standard};
use alcor_store::{Read, Txn};
use alcor_types::{
    Gateway, GatewayAddress, GatewayId, GatewayKind, GatewayStatus, Network, NetworkId, ProjectId,
};

/// Addresses of one gateway at most.
const MAX_ADDRESSES: usize = 64;

/// Enters a gateway of a VPC of the project.
pub fn create(
    txn: &mut Txn<'_>,
    request: &CreateGateway,
    project: &ProjectId,
    caller: &Caller,
) -> Result<Gateway, ApiError> {
    let network = vpc(txn, request.network_id, project, caller)?;
    check_vni(&network, request.vni)?;
    let kind = request.kind;
    let present = of_network(txn, network.id)?;
    if let Some(present) = present.iter().find(|present| present.kind == kind) {
        return Err(GatewayError::Exists {
            network: network.id,
            kind: kind.as_str(),
            gateway: present.id,
        }
        .into());
    }
    let id = request.id.unwrap_or_else(GatewayId::random);
    standard::check_free::<Gateway>(txn, id.as_bytes(), &id)?;
    let gateway = Gateway {
        id,
        project_id: network.project_id,
        network_id: network.id,
        name: request.name.clone(),
        description: request.description.clone(),
        kind,
        status: request.status,
        ips: request.ips.clone(),
    };
    check(&gateway)?;
    records::insert(txn, &gateway)?;
    Ok(gateway)
}

/// The gateway of this id, in the project.
pub fn get(read: &dyn Read, id: GatewayId, project: &ProjectId) -> Result<Gateway, ApiError> {
    let gateway: Option<Gateway> = records::get(read, id.as_bytes())?;
    gateway
        .filter(|gateway| gateway.project_id == *project)
        .ok_or_else(|| GatewayError::NotFound(id).into())
}

/// The project's gateways, by id.
pub fn list(read: &dyn Read, project: &ProjectId) -> Result<Vec<Gateway>, ApiError> {
    let parts: [&[u8]; 1] = [project.as_str().as_bytes()];
    records::lookup(read, GATEWAY_BY_PROJECT, &parts, None, false)
        .map(|gateway| gateway.map_err(ApiError::from))
        .collect()
}

/// The gateways of a VPC of the project, by id. It refuses where there are none.
pub fn of_vpc(
    read: &dyn Read,
    id: NetworkId,
    project: &ProjectId,
    caller: &Caller,
) -> Result<Vec<Gateway>, ApiError> {
    vpc(read, id, project, caller)?;
    let gateways = of_network(read, id)?;
    if gateways.is_empty() {
        return Err(GatewayError::NoneOf(id).into());
    }
    Ok(gateways)
}

/// Changes what the request names and nothing else.
pub fn update(
    txn: &mut Txn<'_>,
    id: GatewayId,
    request: &UpdateGateway,
    project: &ProjectId,
) -> Result<Gateway, ApiError> {
    let mut gateway = get(txn, id, project)?;
    standard::assign(&mut gateway.name, request.name.as_ref());
    standard::assign(&mut gateway.description, request.description.as_ref());
    standard::assign(&mut gateway.status, request.status.as_ref());
    standard::assign(&mut gateway.ips, request.ips.as_ref());
    check(&gateway)?;
    records::put(txn, &gateway)?;
    Ok(gateway)
}

/// Sets the statuses of a VPC's gateways: of all of them, and then of single kinds.
pub fn report(
    txn: &mut Txn<'_>,
    id: NetworkId,
    (all, single): (Option<GatewayStatus>, &[(GatewayKind, GatewayStatus)]),
    project: &ProjectId,
    caller: &Caller,
) -> Result<Vec<Gateway>, ApiError> {
    let mut gateways = of_vpc(txn, id, project, caller)?;
    for gateway in &mut gateways {
        standard::assign(&mut gateway.status, all.as_ref());
    }
    for (kind, status) in single {
        let gateway = gateways.iter_mut().find(|gateway| gateway.kind == *kind);
        let gateway = gateway.ok_or(GatewayError::NoneOfKind {
            network: id,
            kind: kind.as_str(),
        })?;
        gateway.status = *status;
    }
    for gateway in &gateways {
        records::put(txn, gateway)?;
    }
    Ok(gateways)
}

/// Removes the gateway.
pub fn delete(txn: &mut Txn<'_>, id: GatewayId, project: &ProjectId) -> Result<(), ApiError> {
    get(txn, id, project)?;
    records::delete::<Gateway>(txn, id.as_bytes())?;
    Ok(())
}

/// Removes all gateways of a VPC of the project.
pub fn delete_of_vpc(
    txn: &mut Txn<'_>,
    id: NetworkId,
    project: &ProjectId,
    caller: &Caller,
) -> Result<(), ApiError> {
    of_vpc(txn, id, project, caller)?;
    forget_network(txn, id)
}

/// Ends the gateways of a network that is removed.
pub(crate) fn forget_network(txn: &mut Txn<'_>, network: NetworkId) -> Result<(), ApiError> {
    for gateway in of_network(txn, network)? {
        records::delete::<Gateway>(txn, gateway.id.as_bytes())?;
    }
    Ok(())
}

fn of_network(read: &dyn Read, network: NetworkId) -> Result<Vec<Gateway>, ApiError> {
    let parts: [&[u8]; 1] = [network.as_bytes()];
    records::lookup(read, GATEWAY_BY_NETWORK, &parts, None, false)
        .map(|gateway| gateway.map_err(ApiError::from))
        .collect()
}

/// A VPC that is the project's own.
fn vpc(
    read: &dyn Read,
    id: NetworkId,
    project: &ProjectId,
    caller: &Caller,
) -> Result<Network, ApiError> {
    let network = network::get(read, id, caller)?;
    if network.project_id == *project {
        Ok(network)
    } else {
        Err(ApiError::NetworkNotFound(id))
    }
}

/// Refuses a VNI that is none of the VPC's.
fn check_vni(network: &Network, asked: Option<u32>) -> Result<(), ApiError> {
    let Some(asked) = asked else {
        return Ok(());
    };
    let numbers = network.segments.iter();
    let numbers: Vec<u32> = numbers.filter_map(|one| one.segmentation_id).collect();
    if numbers.contains(&asked) {
        return Ok(());
    }
    let numbers: Vec<_> = numbers.iter().map(u32::to_string).collect();
    let (id, has) = (network.id, numbers.join(", "));
    let reason = format!("VPC {id} has not {asked} but [{has}]: say that, or leave it out");
    Err(ApiError::attribute("vni", reason))
}

fn check(gateway: &Gateway) -> Result<(), ApiError> {
    standard::check_text("name", &gateway.name)?;
    standard::check_text("description", &gateway.description)?;
    let count = gateway.ips.len();
    if count > MAX_ADDRESSES {
        let reason = format!("{count} are given, {MAX_ADDRESSES} are allowed");
        return Err(ApiError::attribute("ips", reason));
    }
    for (at, one) in gateway.ips.iter().enumerate() {
        check_address(one)?;
        if gateway
            .ips
            .iter()
            .skip(at + 1)
            .any(|other| other.ip == one.ip)
        {
            let reason = format!("{} is given twice, remove one", one.ip);
            return Err(ApiError::attribute("ips", reason));
        }
    }
    Ok(())
}

fn check_address(address: &GatewayAddress) -> Result<(), ApiError> {
    let ip = address.ip;
    if ip.is_unspecified() || ip.is_multicast() || ip.is_loopback() {
        let reason = format!("{ip} is no other machine's address, give the gateway's");
        return Err(ApiError::attribute("ips", reason));
    }
    if let Some(mac) = address.mac.filter(|mac| mac.is_multicast()) {
        let reason = format!("{mac} does not name one interface, give a unicast address");
        return Err(ApiError::attribute("ips", reason));
    }
    Ok(())
}
