//! Address scopes: made for a family, used by pools that do not overlap, kept while they are.

use crate::records;
use crate::schema::SUBNET_POOL_BY_ADDRESS_SCOPE;
use crate::subnet_pool::PoolError;
use crate::{ApiError, Caller, policy, rbac_policy, standard};
use alcor_store::{Read, Txn};
use alcor_types::{AddressScope, AddressScopeId, IpVersion, ProjectId, Sharing, SubnetPool};

/// `POST /v2.0/address-scopes`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateAddressScope {
    /// The id, where the caller chooses it; must be free.
    pub id: Option<AddressScopeId>,
    /// The owner, where it is not the caller's project.
    pub project_id: Option<ProjectId>,
    /// Label; at most 255 characters.
    pub name: String,
    /// The family of its pools.
    pub ip_version: IpVersion,
    /// Whether every project may use it.
    pub shared: bool,
}

/// `PUT /v2.0/address-scopes/{id}`. An absent member means "not sent".
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UpdateAddressScope {
    /// A new label.
    pub name: Option<String>,
    /// Whether every project may use it; never taken back.
    pub shared: Option<bool>,
}

/// Makes a scope.
pub fn create(
    txn: &mut Txn<'_>,
    request: &CreateAddressScope,
    caller: &Caller,
) -> Result<AddressScope, ApiError> {
    standard::check_text("name", &request.name)?;
    let owner = request.project_id.as_ref();
    let scope = AddressScope {
        id: request.id.unwrap_or_else(AddressScopeId::random),
        project_id: policy::project(caller, owner, "create_address_scope")?,
        name: request.name.clone(),
        ip_version: request.ip_version,
        shared: Sharing::of(request.shared),
    };
    standard::check_free::<AddressScope>(txn, scope.id.as_bytes(), &scope.id)?;
    records::insert(txn, &scope)?;
    rbac_policy::mirror(txn, &scope)?;
    Ok(scope)
}

/// The scope, where the caller may see it.
pub fn get(read: &dyn Read, id: AddressScopeId, caller: &Caller) -> Result<AddressScope, ApiError> {
    find(read, id)?
        .filter(|scope| visible(scope, caller))
        .ok_or_else(|| PoolError::ScopeNotFound(id).into())
}

/// Whether the caller may see and use the scope.
pub fn visible(scope: &AddressScope, caller: &Caller) -> bool {
    caller.owns(&scope.project_id) || scope.shared.includes(&caller.project_id)
}

/// Changes what the request names and nothing else.
pub fn update(
    txn: &mut Txn<'_>,
    id: AddressScopeId,
    request: &UpdateAddressScope,
    caller: &Caller,
) -> Result<AddressScope, ApiError> {
    let mut scope = get(txn, id, caller)?;
    policy::owner_only(caller, &scope.project_id, "update_address_scope")?;
    if let Some(name) = &request.name {
        standard::check_text("name", name)?;
        scope.name.clone_from(name);
    }
    match request.shared {
        Some(false) if scope.shared.is_public() => return Err(PoolError::Unshare(id).into()),
        Some(shared) => scope.shared.set_public(shared),
        None => {}
    }
    records::put(txn, &scope)?;
    rbac_policy::mirror(txn, &scope)?;
    Ok(scope)
}

/// Removes the scope when no pool is in it.
pub fn delete(txn: &mut Txn<'_>, id: AddressScopeId, caller: &Caller) -> Result<(), ApiError> {
    let scope = get(txn, id, caller)?;
    policy::owner_only(caller, &scope.project_id, "delete_address_scope")?;
    if records::any::<SubnetPool>(txn, SUBNET_POOL_BY_ADDRESS_SCOPE, &[id.as_bytes()]) {
        return Err(PoolError::ScopeInUse(id).into());
    }
    rbac_policy::forget(txn, id.0)?;
    records::delete::<AddressScope>(txn, id.as_bytes())?;
    Ok(())
}

pub(crate) fn find(read: &dyn Read, id: AddressScopeId) -> Result<Option<AddressScope>, ApiError> {
    Ok(records::get(read, id.as_bytes())?)
}
