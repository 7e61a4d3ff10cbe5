//! Service profiles: how a provider carries a flavor out.

use super::request::{CreateServiceProfile, UpdateServiceProfile};
use super::{FlavorError, PROVIDER};
use crate::records;
use crate::schema::FLAVOR_BY_PROFILE;
use crate::{ApiError, standard};
use alcor_store::{Read, Txn};
use alcor_types::{Flavor, ServiceProfile, ServiceProfileId};

/// The longest `metainfo`, in characters (Neutron's column width).
const MAX_METAINFO: usize = 4096;

/// Makes service profiles: all of them or none.
pub fn create_profiles(
    txn: &mut Txn<'_>,
    requests: &[CreateServiceProfile],
) -> Result<Vec<ServiceProfile>, ApiError> {
    requests
        .iter()
        .map(|request| create(txn, request))
        .collect()
}

fn create(txn: &mut Txn<'_>, request: &CreateServiceProfile) -> Result<ServiceProfile, ApiError> {
    let profile = ServiceProfile {
        id: ServiceProfileId::random(),
        description: request.description.clone(),
        driver: request.driver.clone(),
        enabled: request.enabled.unwrap_or(true),
        metainfo: request.metainfo.clone(),
    };
    check(&profile)?;
    records::insert(txn, &profile)?;
    Ok(profile)
}

/// Changes what the request names and nothing else; not while a flavor has the profile.
pub fn update_profile(
    txn: &mut Txn<'_>,
    id: ServiceProfileId,
    request: &UpdateServiceProfile,
) -> Result<ServiceProfile, ApiError> {
    let mut profile = get(txn, id)?;
    check_unused(txn, id)?;
    standard::assign(&mut profile.description, request.description.as_ref());
    standard::assign(&mut profile.driver, request.driver.as_ref());
    standard::assign(&mut profile.enabled, request.enabled.as_ref());
    standard::assign(&mut profile.metainfo, request.metainfo.as_ref());
    check(&profile)?;
    records::put(txn, &profile)?;
    Ok(profile)
}

/// Removes a profile that no flavor has.
pub fn delete_profile(txn: &mut Txn<'_>, id: ServiceProfileId) -> Result<(), ApiError> {
    get(txn, id)?;
    check_unused(txn, id)?;
    records::delete::<ServiceProfile>(txn, id.as_bytes())?;
    Ok(())
}

pub(super) fn get(read: &dyn Read, id: ServiceProfileId) -> Result<ServiceProfile, ApiError> {
    let profile = records::get(read, id.as_bytes())?;
    profile.ok_or_else(|| FlavorError::ProfileNotFound(id).into())
}

fn check(profile: &ServiceProfile) -> Result<(), ApiError> {
    standard::check_text("description", &profile.description)?;
    if profile.metainfo.chars().count() > MAX_METAINFO {
        let reason = format!("it is too long, shorten it to {MAX_METAINFO} characters");
        return Err(ApiError::attribute("metainfo", reason));
    }
    if profile.driver.is_empty() && profile.metainfo.is_empty() {
        return Err(FlavorError::ProfileEmpty.into());
    }
    if !profile.driver.is_empty() && profile.driver != PROVIDER {
        return Err(FlavorError::DriverNotFound(profile.driver.clone()).into());
    }
    Ok(())
}

fn check_unused(read: &dyn Read, profile: ServiceProfileId) -> Result<(), ApiError> {
    let parts: [&[u8]; 1] = [profile.as_bytes()];
    let mut users = records::lookup::<Flavor>(read, FLAVOR_BY_PROFILE, &parts, None, false);
    match users.next().transpose()? {
        Some(flavor) => {
            let flavor = flavor.id;
            Err(FlavorError::ProfileInUse { profile, flavor }.into())
        }
        None => Ok(()),
    }
}
