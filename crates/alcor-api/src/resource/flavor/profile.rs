//! Service profiles in the API.

use crate::attribute::{Attribute, Attributes};
use crate::error::RequestError;
use crate::field::{Field, Kind};
use crate::resource::{Managed, Resource, Row, id_field};
use crate::view::Fields;
use alcor_managers::flavor::{self, CreateServiceProfile, UpdateServiceProfile};
use alcor_managers::{ApiError, Caller, Settings};
use alcor_store::Txn;
use alcor_types::{ServiceProfile, ServiceProfileId};
use serde::ser::SerializeMap;
use uuid::Uuid;

/// `/v2.0/service_profiles`.
pub(crate) struct ServiceProfiles;

const ATTRIBUTES: &[Attribute<ServiceProfiles>] = &[
    Attribute::new("id", Kind::Id).read(|row| id_field(row.record.id.0)),
    Attribute::new("description", Kind::Text)
        .write::<String>()
        .read(|row| Field::text(&row.record.description)),
    Attribute::new("driver", Kind::Text)
        .write::<String>()
        .read(|row| Field::text(&row.record.driver)),
    Attribute::new("enabled", Kind::Flag)
        .write::<bool>()
        .read(|row| Field::Flag(row.record.enabled)),
    Attribute::new("metainfo", Kind::Text)
        .write::<String>()
        .read(|row| Field::text(&row.record.metainfo)),
    Attribute::new("tenant_id", Kind::Text)
        .post::<Option<String>>()
        .hidden(),
];

impl Resource for ServiceProfiles {
    const SINGULAR: &'static str = "service_profile";
    const PLURAL: &'static str = "service_profiles";
    const HAS_STANDARD: bool = false;
    type Record = ServiceProfile;
    type Extra = ();

    fn attributes() -> &'static [Attribute<Self>] {
        ATTRIBUTES
    }

    fn id(record: &ServiceProfile) -> Uuid {
        record.id.0
    }

    /// How a provider works is the operators' business.
    fn visible(_: &Row<'_, Self>, caller: &Caller) -> bool {
        caller.is_admin()
    }

    fn not_found(id: &str) -> RequestError {
        RequestError::NotFound {
            kind: "ServiceProfileNotFound",
            what: "Service Profile",
            id: id.to_owned(),
        }
    }

    fn write<M: SerializeMap>(
        row: &Row<'_, Self>,
        fields: &mut Fields<'_, M>,
    ) -> Result<(), M::Error> {
        let profile = &row.record;
        fields.put("id", &profile.id)?;
        fields.put("description", &profile.description)?;
        fields.put("driver", &profile.driver)?;
        fields.put("enabled", &profile.enabled)?;
        fields.put("metainfo", &profile.metainfo)
    }
}

impl Managed for ServiceProfiles {
    type Create = CreateServiceProfile;
    type Update = UpdateServiceProfile;

    fn create_request(body: &Attributes) -> Result<CreateServiceProfile, RequestError> {
        Ok(CreateServiceProfile {
            description: body.get("description")?.unwrap_or_default(),
            driver: body.get("driver")?.unwrap_or_default(),
            enabled: body.get("enabled")?,
            metainfo: body.get("metainfo")?.unwrap_or_default(),
        })
    }

    fn update_request(
        body: &Attributes,
        _: Option<u64>,
    ) -> Result<UpdateServiceProfile, RequestError> {
        Ok(UpdateServiceProfile {
            description: body.get("description")?,
            driver: body.get("driver")?,
            enabled: body.get("enabled")?,
            metainfo: body.get("metainfo")?,
        })
    }

    fn create(
        txn: &mut Txn<'_>,
        requests: &[CreateServiceProfile],
        _: &Caller,
        _: &Settings,
    ) -> Result<Vec<ServiceProfile>, ApiError> {
        flavor::create_profiles(txn, requests)
    }

    fn update(
        txn: &mut Txn<'_>,
        id: Uuid,
        request: &UpdateServiceProfile,
        _: &Caller,
        _: &Settings,
    ) -> Result<ServiceProfile, ApiError> {
        flavor::update_profile(txn, ServiceProfileId(id), request)
    }

    fn delete(txn: &mut Txn<'_>, id: Uuid, _: &Caller, _: Option<u64>) -> Result<(), ApiError> {
        flavor::delete_profile(txn, ServiceProfileId(id))
    }
}
