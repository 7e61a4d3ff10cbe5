//! Address groups: named sets of blocks that security group rules refer to. A change of one is
//! a write to its record, from which [`affected_ports`] leads to the ports it concerns.

mod error;
mod request;

pub use error::AddressGroupError;
pub use request::{CreateAddressGroup, UpdateAddressGroup};

use crate::records;
use crate::schema::SECURITY_GROUP_RULE_BY_REMOTE_ADDRESS_GROUP;
use crate::{ApiError, Caller, policy, rbac_policy, security_group, standard};
use alcor_store::{Read, Txn};
use alcor_types::{AddressGroup, AddressGroupId, PortId, SecurityGroupRule, Sharing};
use ipnet::IpNet;
use std::collections::BTreeSet;

/// Makes an address group.
pub fn create(
    txn: &mut Txn<'_>,
    request: &CreateAddressGroup,
    caller: &Caller,
) -> Result<AddressGroup, ApiError> {
    let asked = request.project_id.as_ref();
    let group = AddressGroup {
        id: AddressGroupId::random(),
        project_id: policy::project(caller, asked, "create_address_group")?,
        standard: standard::create(&request.name, &request.description, &BTreeSet::new())?,
        addresses: request.addresses.iter().map(IpNet::trunc).collect(),
        shared: Sharing::default(),
    };
    records::insert(txn, &group)?;
    Ok(group)
}

/// Makes all the groups or none.
pub fn create_many(
    txn: &mut Txn<'_>,
    requests: &[CreateAddressGroup],
    caller: &Caller,
) -> Result<Vec<AddressGroup>, ApiError> {
    requests
        .iter()
        .map(|request| create(txn, request, caller))
        .collect()
}

/// The group, where the caller may see it: its own, or one shared with its project.
pub fn get(read: &dyn Read, id: AddressGroupId, caller: &Caller) -> Result<AddressGroup, ApiError> {
    let group: Option<AddressGroup> = records::get(read, id.as_bytes())?;
    let group = group.filter(|group| visible(group, caller));
    Ok(group.ok_or_else(|| AddressGroupError::NotFound(id.to_string()))?)
}

/// Whether the caller may see the group.
pub fn visible(group: &AddressGroup, caller: &Caller) -> bool {
    caller.owns(&group.project_id) || group.shared.includes(&caller.project_id)
}

/// Changes what the request names and nothing else.
pub fn update(
    txn: &mut Txn<'_>,
    id: AddressGroupId,
    request: &UpdateAddressGroup,
    caller: &Caller,
) -> Result<AddressGroup, ApiError> {
    let mut group = writable(txn, id, caller, "update_address_group")?;
    standard::check_revision(&group.standard, request.expected_revision)?;
    let (name, description) = (request.name.as_ref(), request.description.as_ref());
    standard::update(&mut group.standard, name, description, None)?;
    records::put(txn, &group)?;
    Ok(group)
}

/// Adds blocks, none of which may be there.
pub fn add_addresses(
    txn: &mut Txn<'_>,
    id: AddressGroupId,
    blocks: &[IpNet],
    caller: &Caller,
) -> Result<AddressGroup, ApiError> {
    let mut group = writable(txn, id, caller, "add_addresses")?;
    let new: BTreeSet<_> = blocks.iter().map(IpNet::trunc).collect();
    let there = group.addresses.intersection(&new);
    if let Some(addresses) = listed(there) {
        return Err(AddressGroupError::AddressesAlreadyExist { id, addresses }.into());
    }
    group.addresses.extend(new);
    write(txn, group)
}

/// Removes blocks, all of which must be there.
pub fn remove_addresses(
    txn: &mut Txn<'_>,
    id: AddressGroupId,
    blocks: &[IpNet],
    caller: &Caller,
) -> Result<AddressGroup, ApiError> {
    let mut group = writable(txn, id, caller, "remove_addresses")?;
    let old: BTreeSet<_> = blocks.iter().map(IpNet::trunc).collect();
    if let Some(addresses) = listed(old.difference(&group.addresses)) {
        return Err(AddressGroupError::AddressesNotFound { id, addresses }.into());
    }
    group.addresses.retain(|block| !old.contains(block));
    write(txn, group)
}

/// Removes the group, unless a rule or a template names it.
pub fn delete(
    txn: &mut Txn<'_>,
    id: AddressGroupId,
    caller: &Caller,
    expected_revision: Option<u64>,
) -> Result<(), ApiError> {
    let group = writable(txn, id, caller, "delete_address_group")?;
    standard::check_revision(&group.standard, expected_revision)?;
    let named = rules_naming(txn, id).next().is_some()
        || security_group::template::names_address_group(txn, id)?;
    if named {
        return Err(AddressGroupError::InUse(id).into());
    }
    rbac_policy::forget(txn, group.id.0)?;
    records::delete::<AddressGroup>(txn, id.as_bytes())?;
    Ok(())
}

/// The ports whose traffic may be judged otherwise after a change of this group: those in
/// security groups with a rule that names it.
pub fn affected_ports(read: &dyn Read, id: AddressGroupId) -> Result<BTreeSet<PortId>, ApiError> {
    let mut groups = BTreeSet::new();
    for rule in rules_naming(read, id) {
        groups.insert(rule?.security_group_id);
    }
    let members = |group| security_group::members(read, group);
    Ok(groups.into_iter().flat_map(members).collect())
}

/// The security group rules that name the group.
pub(crate) fn rules_naming(
    read: &dyn Read,
    id: AddressGroupId,
) -> impl Iterator<Item = Result<SecurityGroupRule, ApiError>> {
    let index = SECURITY_GROUP_RULE_BY_REMOTE_ADDRESS_GROUP;
    records::lookup(read, index, &[id.as_bytes()], None, false)
        .map(|rule| rule.map_err(ApiError::from))
}

/// The group, where the caller may change it.
fn writable(
    read: &dyn Read,
    id: AddressGroupId,
    caller: &Caller,
    rule: &'static str,
) -> Result<AddressGroup, ApiError> {
    let group = get(read, id, caller)?;
    policy::owner_only(caller, &group.project_id, rule)?;
    Ok(group)
}

fn write(txn: &mut Txn<'_>, mut group: AddressGroup) -> Result<AddressGroup, ApiError> {
    standard::update(&mut group.standard, None, None, None)?;
    records::put(txn, &group)?;
    Ok(group)
}

/// The blocks as a text; none where there are none.
fn listed<'a>(blocks: impl Iterator<Item = &'a IpNet>) -> Option<String> {
    let texts: Vec<_> = blocks.take(10).map(ToString::to_string).collect();
    (!texts.is_empty()).then(|| texts.join(", "))
}
