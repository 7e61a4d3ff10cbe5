//! Subnets: blocks of a network that never overlap, their gateway, their pools.

mod block;
mod check;
mod error;
mod request;
mod segment;
mod source;

pub(crate) use block::hosts;
pub use error::SubnetError;
pub use request::{CreateSubnet, UpdateSubnet};

use crate::network::check::{MIN_MTU_V6, within_block};
use crate::quota::{self, Kind};
use crate::records;
use crate::schema::{PORT_BY_SUBNET, PORT_BY_SUBNET_IP, ip_part};
use crate::{
    ApiError, Caller, Settings, floating_ip, ip, network, network_acl, policy, port, route_table,
    standard, subnet_pool,
};
use alcor_store::{Read, Txn};
use alcor_types::{
    AddressScopeId, IpVersion, Ipv6Mode, Network, NetworkId, Port, PortId, ProjectId, SegmentId,
    Subnet, SubnetId, SubnetPoolId,
};
use ipnet::IpNet;
use std::net::IpAddr;

/// Makes a subnet. Ports that are there already get an address where it derives them from MACs.
pub fn create(
    txn: &mut Txn<'_>,
    request: &CreateSubnet,
    caller: &Caller,
    settings: &Settings,
) -> Result<Subnet, ApiError> {
    policy::may_write(caller, "create_subnet")?;
    let network = network::get(txn, request.network_id, caller)?;
    policy::owner_only(caller, &network.project_id, "create_subnet")?;
    let owner = request.project_id.as_ref();
    let project = policy::project(caller, owner, "create_subnet")?;
    let others = network::subnets(txn, network.id)?;
    let taken = source::take_block(txn, request, &project, &others, caller)?;
    let subnet = describe(request, project, &network, taken)?;
    check::check_attributes(&subnet, settings)?;
    check_on_network(&subnet, &network, &others)?;
    segment::check_new(txn, &subnet, &others, caller)?;
    standard::check_free::<Subnet>(txn, subnet.id.as_bytes(), &subnet.id)?;
    quota::take(txn, Kind::Subnet, &subnet.project_id, settings)?;
    records::insert(txn, &subnet)?;
    if is_auto_address(&subnet) {
        port::add_auto_address(txn, &subnet)?;
    }
    Ok(subnet)
}

/// Makes all the subnets or none.
pub fn create_many(
    txn: &mut Txn<'_>,
    requests: &[CreateSubnet],
    caller: &Caller,
    settings: &Settings,
) -> Result<Vec<Subnet>, ApiError> {
    requests
        .iter()
        .map(|request| create(txn, request, caller, settings))
        .collect()
}

/// The subnet, where the caller may see it.
pub fn get(read: &dyn Read, id: SubnetId, caller: &Caller) -> Result<Subnet, ApiError> {
    let subnet = find(read, id)?.ok_or(ApiError::SubnetNotFound(id))?;
    if visible(read, &subnet, caller)? {
        Ok(subnet)
    } else {
        Err(ApiError::SubnetNotFound(id))
    }
}

/// Whether the caller may see the subnet: its own, or one of a network that it may see.
pub fn visible(read: &dyn Read, subnet: &Subnet, caller: &Caller) -> Result<bool, ApiError> {
    if caller.owns(&subnet.project_id) {
        return Ok(true);
    }
    let network = network::find(read, subnet.network_id)?;
    Ok(network.is_some_and(|network| network::visible(&network, caller)))
}

/// Whether the subnet's addresses follow from MACs and are never chosen.
pub fn is_auto_address(subnet: &Subnet) -> bool {
    [subnet.ipv6_ra_mode, subnet.ipv6_address_mode]
        .into_iter()
        .flatten()
        .any(|mode| mode != Ipv6Mode::Dhcpv6Stateful)
}

/// The address scope that the network's subnets of the family are in.
pub fn address_scope(
    read: &dyn Read,
    network: NetworkId,
    version: IpVersion,
) -> Result<Option<AddressScopeId>, ApiError> {
    source::scope_of(read, &network::subnets(read, network)?, version)
}

/// Changes what the request names and nothing else.
pub fn update(
    txn: &mut Txn<'_>,
    id: SubnetId,
    request: &UpdateSubnet,
    caller: &Caller,
    settings: &Settings,
) -> Result<Subnet, ApiError> {
    let mut subnet = writable(txn, id, caller, "update_subnet")?;
    standard::check_revision(&subnet.standard, request.expected_revision)?;
    if let Some(pools) = &request.allocation_pools {
        subnet.allocation_pools = block::check_pools(&subnet.cidr, pools)?;
    }
    if let Some(gateway) = request.gateway_ip {
        change_gateway(txn, &mut subnet, gateway)?;
    }
    block::check_gateway_outside(&subnet)?;
    if request.enable_dhcp == Some(true) && !subnet.enable_dhcp {
        block::check_dhcp(&subnet.cidr)?;
    }
    subnet.enable_dhcp = request.enable_dhcp.unwrap_or(subnet.enable_dhcp);
    standard::assign(
        &mut subnet.dns_nameservers,
        request.dns_nameservers.as_ref(),
    );
    standard::assign(&mut subnet.host_routes, request.host_routes.as_ref());
    standard::assign(&mut subnet.service_types, request.service_types.as_ref());
    standard::assign(
        &mut subnet.dns_publish_fixed_ip,
        request.dns_publish_fixed_ip.as_ref(),
    );
    if let Some(asked) = request.segment_id {
        change_segment(txn, &mut subnet, asked, caller)?;
    }
    check::check_attributes(&subnet, settings)?;
    standard::update(
        &mut subnet.standard,
        request.name.as_ref(),
        request.description.as_ref(),
        request.tags.as_ref(),
    )?;
    records::put(txn, &subnet)?;
    Ok(subnet)
}

/// Removes the subnet. A port with an address from it keeps it, unless the address was derived
/// from the port's MAC or the port is DHCP's; those lose the address, as in Neutron.
pub fn delete(
    txn: &mut Txn<'_>,
    id: SubnetId,
    caller: &Caller,
    expected_revision: Option<u64>,
) -> Result<(), ApiError> {
    let subnet = writable(txn, id, caller, "delete_subnet")?;
    standard::check_revision(&subnet.standard, expected_revision)?;
    for port in detachable_ports(txn, &subnet)? {
        port::remove_addresses_of(txn, port, &subnet)?;
    }
    remove(txn, &subnet)
}

/// Removes the record and its allocation rows, when no port holds an address.
pub(crate) fn remove(txn: &mut Txn<'_>, subnet: &Subnet) -> Result<(), ApiError> {
    floating_ip::range::check_subnet(txn, subnet.id)?;
    network_acl::forget_subnet(txn, subnet.id)?;
    route_table::forget_subnet(txn, subnet.id)?;
    ip::range::forget_subnet(txn, subnet.id)?;
    ip::lease::forget_subnet(txn, subnet.id)?;
    ip::forget(txn, subnet.id);
    subnet_pool::release(txn, subnet)?;
    quota::give(txn, Kind::Subnet, &subnet.project_id)?;
    records::delete::<Subnet>(txn, subnet.id.as_bytes())?;
    Ok(())
}

pub(crate) fn find(read: &dyn Read, id: SubnetId) -> Result<Option<Subnet>, ApiError> {
    Ok(records::get(read, id.as_bytes())?)
}

/// The subnet, where the caller may change it: its own, or one of its network.
fn writable(
    read: &dyn Read,
    id: SubnetId,
    caller: &Caller,
    rule: &'static str,
) -> Result<Subnet, ApiError> {
    let subnet = get(read, id, caller)?;
    policy::may_write(caller, rule)?;
    let network = network::find(read, subnet.network_id)?;
    if network.is_none_or(|network| !caller.owns(&network.project_id)) {
        policy::owner_only(caller, &subnet.project_id, rule)?;
    }
    Ok(subnet)
}

/// The subnet that the request describes, as far as it can be judged by itself.
fn describe(
    request: &CreateSubnet,
    project_id: ProjectId,
    network: &Network,
    (cidr, subnetpool_id): (IpNet, Option<SubnetPoolId>),
) -> Result<Subnet, ApiError> {
    let enable_dhcp = request.enable_dhcp.unwrap_or(true);
    block::check_cidr(&cidr)?;
    if enable_dhcp {
        block::check_dhcp(&cidr)?;
    }
    let gateway_ip = match request.gateway_ip {
        None => Some(block::default_gateway(&cidr)),
        Some(chosen) => chosen,
    };
    if let Some(gateway) = gateway_ip {
        check::check_family(&cidr, gateway, "gateway_ip")?;
        block::check_gateway(&cidr, gateway)?;
    }
    let allocation_pools = match &request.allocation_pools {
        None => block::default_pools(&cidr, gateway_ip),
        Some(pools) => block::check_pools(&cidr, pools)?,
    };
    let subnet = Subnet {
        id: request.id.unwrap_or_else(SubnetId::random),
        project_id,
        standard: standard::create(&request.name, &request.description, &request.tags)?,
        network_id: network.id,
        cidr,
        subnetpool_id,
        gateway_ip,
        enable_dhcp,
        dns_nameservers: request.dns_nameservers.clone(),
        allocation_pools,
        host_routes: request.host_routes.clone(),
        ipv6_address_mode: request.ipv6_address_mode,
        ipv6_ra_mode: request.ipv6_ra_mode,
        service_types: request.service_types.clone(),
        dns_publish_fixed_ip: request.dns_publish_fixed_ip,
        segment_id: request.segment_id,
    };
    block::check_gateway_outside(&subnet)?;
    Ok(subnet)
}

fn check_on_network(subnet: &Subnet, network: &Network, others: &[Subnet]) -> Result<(), ApiError> {
    within_block(network, subnet)?;
    if subnet.cidr.addr().is_ipv6() && network.mtu < MIN_MTU_V6 {
        return Err(ApiError::NetworkMtuSubnetConflict {
            network: network.id,
            mtu: network.mtu,
        });
    }
    for other in others {
        if other.cidr.contains(&subnet.cidr) || subnet.cidr.contains(&other.cidr) {
            return Err(ApiError::InvalidInput(format!(
                "cidr {} overlaps with another subnet of network {}, choose another block",
                subnet.cidr, network.id
            )));
        }
    }
    Ok(())
}

fn change_segment(
    read: &dyn Read,
    subnet: &mut Subnet,
    asked: Option<SegmentId>,
    caller: &Caller,
) -> Result<(), ApiError> {
    let id = subnet.network_id;
    let network = network::find(read, id)?.ok_or(ApiError::NetworkNotFound(id))?;
    let others = network::subnets(read, id)?;
    segment::change(read, subnet, &network, &others, asked, caller)
}

/// Sets the gateway, unless a router has the address of the old one.
fn change_gateway(
    read: &dyn Read,
    subnet: &mut Subnet,
    gateway: Option<IpAddr>,
) -> Result<(), ApiError> {
    if gateway == subnet.gateway_ip {
        return Ok(());
    }
    let router = |port: &Port| port::is_router(&port.device_owner);
    if let Some(address) = subnet.gateway_ip
        && let Some(port) = holder(read, subnet, address)?.filter(router)
    {
        return Err(ApiError::GatewayIpInUse {
            address,
            port: port.id,
        });
    }
    if let Some(address) = gateway {
        check::check_family(&subnet.cidr, address, "gateway_ip")?;
        block::check_gateway(&subnet.cidr, address)?;
    }
    subnet.gateway_ip = gateway;
    Ok(())
}

/// The port that has the address.
pub(crate) fn holder(
    read: &dyn Read,
    subnet: &Subnet,
    address: IpAddr,
) -> Result<Option<Port>, ApiError> {
    let parts: [&[u8]; 2] = [subnet.id.as_bytes(), &ip_part(address)];
    let mut holders = records::lookup::<Port>(read, PORT_BY_SUBNET_IP, &parts, None, false);
    Ok(holders.next().transpose()?)
}

/// The ports that lose their addresses with the subnet; the first other port refuses it.
fn detachable_ports(read: &dyn Read, subnet: &Subnet) -> Result<Vec<Port>, ApiError> {
    let mut detachable = Vec::new();
    let parts: [&[u8]; 1] = [subnet.id.as_bytes()];
    for port in records::lookup::<Port>(read, PORT_BY_SUBNET, &parts, None, false) {
        let port = port?;
        let derived = is_auto_address(subnet) && !port::is_router(&port.device_owner);
        if !derived && !port::is_disposable(&port.device_owner) {
            return Err(in_use(subnet.id, port.id));
        }
        detachable.push(port);
    }
    Ok(detachable)
}

fn in_use(subnet: SubnetId, port: PortId) -> ApiError {
    ApiError::SubnetInUse { subnet, port }
}
