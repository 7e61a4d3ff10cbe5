//! Network ACLs: stateless, ordered rules for subnets. Each subnet has one ACL at most; what no
//! rule of it is about is denied.

mod error;
mod request;
mod rule;

pub use error::NetworkAclError;
pub use request::{CreateAclRule, CreateNetworkAcl, UpdateAclRule, UpdateNetworkAcl};
pub use rule::{DEFAULT_NUMBER, create_rules, delete_rule, rule_visible, rules, update_rule};

use crate::records;
use crate::schema::{NETWORK_ACL_BY_NETWORK, NETWORK_ACL_BY_SUBNET, NETWORK_ACL_DEFAULT};
use crate::{ApiError, Caller, network, policy, standard, subnet};
use alcor_store::{Read, Txn};
use alcor_types::{NetworkAcl, NetworkAclId, NetworkAclRule, NetworkId, SubnetId};

/// Makes ACLs without rules: all of them or none.
pub fn create_many(
    txn: &mut Txn<'_>,
    requests: &[CreateNetworkAcl],
    caller: &Caller,
) -> Result<Vec<NetworkAcl>, ApiError> {
    requests
        .iter()
        .map(|request| create(txn, request, caller))
        .collect()
}

fn create(
    txn: &mut Txn<'_>,
    request: &CreateNetworkAcl,
    caller: &Caller,
) -> Result<NetworkAcl, ApiError> {
    let network = network::get(txn, request.network_id, caller)?;
    // An ACL rules over what the network's owner built.
    policy::owner_only(caller, &network.project_id, "create_network_acl")?;
    let id = request.id.unwrap_or_else(NetworkAclId::random);
    standard::check_free::<NetworkAcl>(txn, id.as_bytes(), &id)?;
    let asked = request.project_id.as_ref();
    let acl = NetworkAcl {
        id,
        project_id: policy::project(caller, asked, "create_network_acl")?,
        standard: standard::create(&request.name, &request.description, &request.tags)?,
        network_id: network.id,
        subnets: request.subnets.clone(),
        is_default: request.is_default.unwrap_or(false),
    };
    check(txn, &acl, caller)?;
    records::insert(txn, &acl)?;
    Ok(acl)
}

/// The ACL, where the caller may see it.
pub fn get(read: &dyn Read, id: NetworkAclId, caller: &Caller) -> Result<NetworkAcl, ApiError> {
    let acl: Option<NetworkAcl> = records::get(read, id.as_bytes())?;
    acl.filter(|acl| caller.owns(&acl.project_id))
        .ok_or_else(|| NetworkAclError::NotFound(id).into())
}

/// Changes what the request names and nothing else.
pub fn update(
    txn: &mut Txn<'_>,
    id: NetworkAclId,
    request: &UpdateNetworkAcl,
    caller: &Caller,
) -> Result<NetworkAcl, ApiError> {
    let mut acl = get(txn, id, caller)?;
    standard::check_revision(&acl.standard, request.expected_revision)?;
    standard::assign(&mut acl.subnets, request.subnets.as_ref());
    standard::assign(&mut acl.is_default, request.is_default.as_ref());
    check(txn, &acl, caller)?;
    standard::update(
        &mut acl.standard,
        request.name.as_ref(),
        request.description.as_ref(),
        request.tags.as_ref(),
    )?;
    records::put(txn, &acl)?;
    Ok(acl)
}

/// Removes the ACL with its rules, when it guards no subnet.
pub fn delete(
    txn: &mut Txn<'_>,
    id: NetworkAclId,
    caller: &Caller,
    expected_revision: Option<u64>,
) -> Result<(), ApiError> {
    let acl = get(txn, id, caller)?;
    standard::check_revision(&acl.standard, expected_revision)?;
    if let Some(subnet) = acl.subnets.first() {
        let (acl, subnet) = (id, *subnet);
        return Err(NetworkAclError::InUse { acl, subnet }.into());
    }
    remove(txn, &acl)
}

/// Takes a subnet that is removed off the ACL that guards it.
pub(crate) fn forget_subnet(txn: &mut Txn<'_>, subnet: SubnetId) -> Result<(), ApiError> {
    if let Some(mut acl) = guarding(txn, subnet)? {
        acl.subnets.remove(&subnet);
        standard::update(&mut acl.standard, None, None, None)?;
        records::put(txn, &acl)?;
    }
    Ok(())
}

/// Removes the ACLs of a network that is removed.
pub(crate) fn forget_network(txn: &mut Txn<'_>, network: NetworkId) -> Result<(), ApiError> {
    let parts: [&[u8]; 1] = [network.as_bytes()];
    let acls = records::lookup::<NetworkAcl>(txn, NETWORK_ACL_BY_NETWORK, &parts, None, false)
        .collect::<Result<Vec<_>, _>>()?;
    acls.iter().try_for_each(|acl| remove(txn, acl))
}

fn remove(txn: &mut Txn<'_>, acl: &NetworkAcl) -> Result<(), ApiError> {
    for rule in rules(txn, acl.id)? {
        records::delete::<NetworkAclRule>(txn, rule.id.as_bytes())?;
    }
    records::delete::<NetworkAcl>(txn, acl.id.as_bytes())?;
    Ok(())
}

fn guarding(read: &dyn Read, subnet: SubnetId) -> Result<Option<NetworkAcl>, ApiError> {
    let parts: [&[u8]; 1] = [subnet.as_bytes()];
    let mut acls = records::lookup(read, NETWORK_ACL_BY_SUBNET, &parts, None, false);
    Ok(acls.next().transpose()?)
}

/// The subnets are the network's and guarded by no other ACL, and no other is its default.
fn check(read: &dyn Read, acl: &NetworkAcl, caller: &Caller) -> Result<(), ApiError> {
    for id in &acl.subnets {
        let subnet = subnet::get(read, *id, caller)?;
        if subnet.network_id != acl.network_id {
            let (subnet, network) = (*id, acl.network_id);
            return Err(NetworkAclError::ForeignSubnet { subnet, network }.into());
        }
        if let Some(other) = guarding(read, *id)?.filter(|other| other.id != acl.id) {
            let (subnet, acl) = (*id, other.id);
            return Err(NetworkAclError::SubnetGuarded { subnet, acl }.into());
        }
    }
    if !acl.is_default {
        return Ok(());
    }
    let parts: [&[u8]; 1] = [acl.network_id.as_bytes()];
    let mut defaults =
        records::lookup::<NetworkAcl>(read, NETWORK_ACL_DEFAULT, &parts, None, false);
    match defaults.next().transpose()? {
        Some(other) if other.id != acl.id => {
            let (network, acl) = (acl.network_id, other.id);
            Err(NetworkAclError::DefaultExists { network, acl }.into())
        }
        _ => Ok(()),
    }
}
