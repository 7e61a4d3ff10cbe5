//! Onboarding: the subnets of a network become a pool's, as if it had given them their blocks.

use super::space::Space;
use super::{PoolError, add_prefixes, release, usage, writable};
use crate::{ApiError, Caller, network, policy, records, standard};
use alcor_store::Txn;
use alcor_types::{NetworkId, Subnet, SubnetPool, SubnetPoolId};

/// Adopts the network's subnets of the pool's family, and returns them.
pub fn onboard(
    txn: &mut Txn<'_>,
    id: SubnetPoolId,
    network: NetworkId,
    caller: &Caller,
) -> Result<Vec<Subnet>, ApiError> {
    let pool = writable(txn, id, caller)?;
    let network = network::get(txn, network, caller)?;
    // Whose pool it is decides how addresses route, so only the network's owner may say.
    policy::owner_only(caller, &network.project_id, "onboard_network_subnets")?;
    let mut subnets = network::subnets(txn, network.id)?;
    subnets.retain(|subnet| subnet.ip_version() == pool.ip_version);
    if subnets.is_empty() {
        return Ok(subnets);
    }
    for subnet in &subnets {
        release_elsewhere(txn, subnet, &pool)?;
    }
    let cidrs: Vec<_> = subnets.iter().map(|subnet| subnet.cidr).collect();
    let pool = add_prefixes(txn, id, &cidrs, caller)?;
    for subnet in &mut subnets {
        adopt(txn, subnet, &pool)?;
    }
    Ok(subnets)
}

/// Gives the block back to another pool that it was from.
fn release_elsewhere(
    txn: &mut Txn<'_>,
    subnet: &Subnet,
    pool: &SubnetPool,
) -> Result<(), ApiError> {
    if subnet.subnetpool_id == Some(pool.id) {
        return Err(conflict(subnet, pool));
    }
    release(txn, subnet)
}

fn adopt(txn: &mut Txn<'_>, subnet: &mut Subnet, pool: &SubnetPool) -> Result<(), ApiError> {
    if !Space::of(pool).take(txn, subnet.cidr)? {
        return Err(conflict(subnet, pool));
    }
    usage::add(txn, pool.id, &subnet.project_id, &subnet.cidr)?;
    subnet.subnetpool_id = Some(pool.id);
    standard::update(&mut subnet.standard, None, None, None)?;
    records::put(txn, subnet)?;
    Ok(())
}

fn conflict(subnet: &Subnet, pool: &SubnetPool) -> ApiError {
    let message = format!(
        "onboarding subnet {}: {} conflicts with allocated prefixes in subnet pool {}",
        subnet.id, subnet.cidr, pool.id
    );
    PoolError::Update(message).into()
}
