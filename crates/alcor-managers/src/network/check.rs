//! What a network may not be: judged by its own attributes and by what is on it.

use super::{NetworkError, external_grants, ports, subnets};
use crate::schema::NETWORK_IS_DEFAULT;
use crate::{ApiError, Settings, port, records, standard};
use alcor_store::Read;
use alcor_types::{Network, Subnet, Transport};

/// The least MTU of IPv4 (RFC 791) and what Neutron accepts, in bytes.
const MIN_MTU: u16 = 68;
/// The least MTU of IPv6 (RFC 8200, section 5), in bytes.
pub(crate) const MIN_MTU_V6: u16 = 1280;

/// The MTU of a network with these segments: what is asked for, or the largest.
pub(super) fn mtu(
    asked: Option<u32>,
    segments: &[Transport],
    settings: &Settings,
) -> Result<u16, ApiError> {
    let max = settings.provider.max_mtu(segments);
    // Neutron's own default is 0, and clients send it to ask for the largest.
    let Some(asked) = asked.filter(|asked| *asked != 0) else {
        return Ok(max);
    };
    match u16::try_from(asked) {
        Ok(mtu) if (MIN_MTU..=max).contains(&mtu) => Ok(mtu),
        _ => Err(ApiError::InvalidInput(format!(
            "the requested MTU {asked} is out of range, choose {MIN_MTU} to {max}"
        ))),
    }
}

/// Refuses an MTU that the network's IPv6 subnets cannot live with.
pub(super) fn mtu_for_subnets(read: &dyn Read, network: &Network) -> Result<(), ApiError> {
    if network.mtu >= MIN_MTU_V6 {
        return Ok(());
    }
    let any_v6 = subnets(read, network.id)?
        .iter()
        .any(|subnet| subnet.cidr.addr().is_ipv6());
    if any_v6 {
        return Err(ApiError::NetworkMtuSubnetConflict {
            network: network.id,
            mtu: network.mtu,
        });
    }
    Ok(())
}

/// Refuses to hide a network from projects that have ports on it and no grant of their own.
pub(super) fn unshare(read: &dyn Read, network: &Network) -> Result<(), ApiError> {
    let mut left = network.shared.clone();
    left.set_public(false);
    for port in ports(read, network.id) {
        let port = port?;
        let infrastructure = port.device_owner.starts_with(port::NETWORK_OWNERS);
        let owner = port.project_id == network.project_id;
        if !owner && !infrastructure && !left.includes(&port.project_id) {
            return Err(ApiError::InvalidSharedSetting {
                network: network.id,
                project: port.project_id,
            });
        }
    }
    Ok(())
}

/// Refuses a second default; a network that is not external is none, whatever is asked, as in
/// Neutron.
pub(super) fn is_default(
    read: &dyn Read,
    network: &Network,
    asked: Option<bool>,
) -> Result<bool, ApiError> {
    if !external_grants(network) {
        return Ok(false);
    }
    let wanted = asked.unwrap_or(network.is_default);
    let mut present = records::lookup::<Network>(read, NETWORK_IS_DEFAULT, &[], None, false);
    match present.next().transpose()? {
        Some(other) if wanted && other.id != network.id => {
            Err(NetworkError::DefaultExists(other.id).into())
        }
        _ => Ok(wanted),
    }
}

/// Refuses a subnet outside of the network's block.
pub(crate) fn within_block(network: &Network, subnet: &Subnet) -> Result<(), ApiError> {
    match network.cidr {
        Some(block) if !block.contains(&subnet.cidr) => Err(NetworkError::OutsideBlock {
            subnet: subnet.id,
            cidr: subnet.cidr,
            block,
        }
        .into()),
        _ => Ok(()),
    }
}

/// Refuses a block that the network's subnets leave.
pub(super) fn block(read: &dyn Read, network: &Network) -> Result<(), ApiError> {
    subnets(read, network.id)?
        .iter()
        .try_for_each(|subnet| within_block(network, subnet))
}

/// Refuses what the hosts cannot do.
pub(super) fn transparency(name: &'static str, asked: Option<bool>) -> Result<(), ApiError> {
    if asked == Some(true) {
        return Err(NetworkError::TransparencyUnsupported(name).into());
    }
    Ok(())
}

/// A domain name as Neutron takes it: labels, with or without the final dot.
pub(crate) fn dns_domain(domain: &str) -> Result<(), ApiError> {
    standard::check_text("dns_domain", domain)?;
    let labels = domain.strip_suffix('.').unwrap_or(domain);
    if domain.is_empty() || labels.split('.').all(port::is_dns_label) {
        return Ok(());
    }
    let reason = format!(
        "'{domain}' is no domain name, write labels of letters, digits and hyphens divided by dots"
    );
    Err(ApiError::attribute("dns_domain", reason))
}
