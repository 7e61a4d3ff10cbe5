//! Flavors and service profiles: what kinds of a service operators offer.

mod error;
mod profile;
mod request;

pub use error::FlavorError;
pub use profile::{create_profiles, delete_profile, update_profile};
pub use request::{CreateFlavor, CreateServiceProfile, UpdateFlavor, UpdateServiceProfile};

use crate::records;
use crate::schema::ROUTER_BY_FLAVOR;
use crate::{ApiError, standard};
use alcor_store::{Read, Txn};
use alcor_types::{Flavor, FlavorId, Router, ServiceProfile, ServiceProfileId};

/// The service that routers are, as Neutron names it.
pub const ROUTER_SERVICE: &str = "L3_ROUTER_NAT";
/// The one provider of every service of the region, which is also the driver that service
/// profiles name.
pub const PROVIDER: &str = "alcor";

/// Makes flavors: all of them or none.
pub fn create_many(txn: &mut Txn<'_>, requests: &[CreateFlavor]) -> Result<Vec<Flavor>, ApiError> {
    requests
        .iter()
        .map(|request| create(txn, request))
        .collect()
}

fn create(txn: &mut Txn<'_>, request: &CreateFlavor) -> Result<Flavor, ApiError> {
    standard::check_text("name", &request.name)?;
    standard::check_text("description", &request.description)?;
    if request.service_type != ROUTER_SERVICE {
        return Err(FlavorError::InvalidServiceType(request.service_type.clone()).into());
    }
    let flavor = Flavor {
        id: FlavorId::random(),
        name: request.name.clone(),
        description: request.description.clone(),
        service_type: request.service_type.clone(),
        enabled: request.enabled.unwrap_or(true),
        service_profiles: request.service_profiles.clone(),
    };
    for id in &flavor.service_profiles {
        profile::get(txn, *id)?;
    }
    records::insert(txn, &flavor)?;
    Ok(flavor)
}

/// Changes what the request names and nothing else.
pub fn update(txn: &mut Txn<'_>, id: FlavorId, request: &UpdateFlavor) -> Result<Flavor, ApiError> {
    let mut flavor = get(txn, id)?;
    standard::assign(&mut flavor.name, request.name.as_ref());
    standard::assign(&mut flavor.description, request.description.as_ref());
    standard::assign(&mut flavor.enabled, request.enabled.as_ref());
    standard::check_text("name", &flavor.name)?;
    standard::check_text("description", &flavor.description)?;
    records::put(txn, &flavor)?;
    Ok(flavor)
}

/// Removes a flavor that no router has.
pub fn delete(txn: &mut Txn<'_>, id: FlavorId) -> Result<(), ApiError> {
    get(txn, id)?;
    check_unused(txn, id)?;
    records::delete::<Flavor>(txn, id.as_bytes())?;
    Ok(())
}

fn check_unused(read: &dyn Read, flavor: FlavorId) -> Result<(), ApiError> {
    let parts: [&[u8]; 1] = [flavor.as_bytes()];
    let mut routers = records::lookup::<Router>(read, ROUTER_BY_FLAVOR, &parts, None, false);
    match routers.next().transpose()? {
        Some(router) => {
            let router = router.id;
            Err(FlavorError::InUse { flavor, router }.into())
        }
        None => Ok(()),
    }
}

/// The flavor.
pub fn get(read: &dyn Read, id: FlavorId) -> Result<Flavor, ApiError> {
    let flavor = records::get(read, id.as_bytes())?;
    flavor.ok_or_else(|| FlavorError::NotFound(id).into())
}

/// Lets a profile carry the flavor out.
pub fn associate(
    txn: &mut Txn<'_>,
    id: FlavorId,
    profile: ServiceProfileId,
) -> Result<(), ApiError> {
    let mut flavor = get(txn, id)?;
    profile::get(txn, profile)?;
    if !flavor.service_profiles.insert(profile) {
        let flavor = id;
        return Err(FlavorError::BindingExists { flavor, profile }.into());
    }
    records::put(txn, &flavor)?;
    Ok(())
}

/// Takes a profile off the flavor.
pub fn dissociate(
    txn: &mut Txn<'_>,
    id: FlavorId,
    profile: ServiceProfileId,
) -> Result<(), ApiError> {
    let mut flavor = get(txn, id)?;
    if !flavor.service_profiles.remove(&profile) {
        let flavor = id;
        return Err(FlavorError::BindingNotFound { flavor, profile }.into());
    }
    records::put(txn, &flavor)?;
    Ok(())
}

/// The profile that carries the flavor out: the first enabled one.
pub fn next_profile(read: &dyn Read, id: FlavorId) -> Result<ServiceProfile, ApiError> {
    let flavor = get(read, id)?;
    if !flavor.enabled {
        return Err(FlavorError::Disabled(id).into());
    }
    for profile in &flavor.service_profiles {
        let profile = profile::get(read, *profile)?;
        if profile.enabled {
            return Ok(profile);
        }
    }
    Err(FlavorError::NoProfile(id).into())
}

/// Checks that something new may have the flavor: it exists, is of this service, and an enabled
/// profile carries it out.
pub fn check_usable(read: &dyn Read, id: FlavorId, service_type: &str) -> Result<(), ApiError> {
    let flavor = get(read, id)?;
    if flavor.service_type != service_type {
        return Err(FlavorError::InvalidServiceType(flavor.service_type).into());
    }
    next_profile(read, id).map(drop)
}
