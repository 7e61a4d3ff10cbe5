//! Addresses that come and go with their subnet, because they follow from the port's MAC.

use super::is_router;
use crate::{ApiError, ip, network, records, router, standard};
use alcor_store::Txn;
use alcor_types::{FixedIp, Port, Subnet};

/// Gives every port of a new subnet's network the address derived from its MAC.
pub(crate) fn add_auto_address(txn: &mut Txn<'_>, subnet: &Subnet) -> Result<(), ApiError> {
    let ports = network::ports(txn, subnet.network_id).collect::<Result<Vec<_>, _>>()?;
    for mut port in ports {
        if is_router(&port.device_owner) {
            continue;
        }
        let ip_address = ip::eui64(&subnet.cidr, port.mac_address);
        ip::reserve(txn, subnet, ip_address)?;
        port.fixed_ips.push(FixedIp {
            subnet_id: subnet.id,
            ip_address,
        });
        standard::update(&mut port.standard, None, None, None)?;
        records::put(txn, &port)?;
        router::touch_gateway(txn, &port)?;
    }
    Ok(())
}

/// Takes the addresses of a subnet off a port.
pub(crate) fn remove_addresses_of(
    txn: &mut Txn<'_>,
    mut port: Port,
    subnet: &Subnet,
) -> Result<(), ApiError> {
    for fixed in port
        .fixed_ips
        .iter()
        .filter(|fixed| fixed.subnet_id == subnet.id)
    {
        ip::release(txn, subnet, fixed.ip_address)?;
    }
    port.fixed_ips.retain(|fixed| fixed.subnet_id != subnet.id);
    standard::update(&mut port.standard, None, None, None)?;
    records::put(txn, &port)?;
    router::touch_gateway(txn, &port)
}
