//! Flavors in the API.

mod handler;
mod profile;

pub(crate) use handler::{associate, dissociate, next_providers, providers};
pub(crate) use profile::ServiceProfiles;

use super::{Managed, Resource, Row, id_field};
use crate::attribute::{Attribute, Attributes};
use crate::error::RequestError;
use crate::field::{Field, Kind};
use crate::list::IndexRule;
use crate::view::Fields;
use alcor_managers::flavor::{self, CreateFlavor, UpdateFlavor};
use alcor_managers::{ApiError, Caller, Settings, schema};
use alcor_store::Txn;
use alcor_types::{Flavor, FlavorId, ServiceProfileId};
use serde::ser::SerializeMap;
use uuid::Uuid;

/// `/v2.0/flavors`.
pub(crate) struct Flavors;

const ATTRIBUTES: &[Attribute<Flavors>] = &[
    Attribute::new("id", Kind::Id).read(|row| id_field(row.record.id.0)),
    Attribute::new("name", Kind::Text)
        .write::<String>()
        .read(|row| Field::text(&row.record.name)),
    Attribute::new("description", Kind::Text)
        .write::<String>()
        .read(|row| Field::text(&row.record.description)),
    Attribute::new("service_type", Kind::Text)
        .post::<String>()
        .required()
        .read(|row| Field::text(&row.record.service_type)),
    Attribute::new("enabled", Kind::Flag)
        .write::<bool>()
        .read(|row| Field::Flag(row.record.enabled)),
    Attribute::new("service_profiles", Kind::Compound)
        .post::<Vec<Uuid>>()
        .read_each(Kind::Id, |row| {
            let profiles = row.record.service_profiles.iter();
            profiles.map(|profile| id_field(profile.0)).collect()
        }),
    Attribute::new("tenant_id", Kind::Text)
        .post::<Option<String>>()
        .hidden(),
];

const INDEXES: &[IndexRule] = &[
    IndexRule::new("name", schema::FLAVOR_BY_NAME, 3),
    IndexRule::new("service_profiles", schema::FLAVOR_BY_PROFILE, 4),
];

impl Resource for Flavors {
    const SINGULAR: &'static str = "flavor";
    const PLURAL: &'static str = "flavors";
    const HAS_STANDARD: bool = false;
    type Record = Flavor;
    type Extra = ();

    fn attributes() -> &'static [Attribute<Self>] {
        ATTRIBUTES
    }

    fn indexes() -> &'static [IndexRule] {
        INDEXES
    }

    fn id(record: &Flavor) -> Uuid {
        record.id.0
    }

    /// Flavors are an offer to everyone.
    fn visible(_: &Row<'_, Self>, _: &Caller) -> bool {
        true
    }

    fn not_found(id: &str) -> RequestError {
        RequestError::NotFound {
            kind: "FlavorNotFound",
            what: "Flavor",
            id: id.to_owned(),
        }
    }

    fn write<M: SerializeMap>(
        row: &Row<'_, Self>,
        fields: &mut Fields<'_, M>,
    ) -> Result<(), M::Error> {
        let flavor = &row.record;
        fields.put("id", &flavor.id)?;
        fields.put("name", &flavor.name)?;
        fields.put("description", &flavor.description)?;
        fields.put("service_type", &flavor.service_type)?;
        fields.put("enabled", &flavor.enabled)?;
        fields.put("service_profiles", &flavor.service_profiles)
    }
}

impl Managed for Flavors {
    type Create = CreateFlavor;
    type Update = UpdateFlavor;

    fn create_request(body: &Attributes) -> Result<CreateFlavor, RequestError> {
        let profiles = body.get::<Vec<Uuid>>("service_profiles")?;
        let profiles = profiles.unwrap_or_default().into_iter();
        Ok(CreateFlavor {
            name: body.get("name")?.unwrap_or_default(),
            description: body.get("description")?.unwrap_or_default(),
            service_type: body.required("service_type")?,
            enabled: body.get("enabled")?,
            service_profiles: profiles.map(ServiceProfileId).collect(),
        })
    }

    fn update_request(body: &Attributes, _: Option<u64>) -> Result<UpdateFlavor, RequestError> {
        Ok(UpdateFlavor {
            name: body.get("name")?,
            description: body.get("description")?,
            enabled: body.get("enabled")?,
        })
    }

    fn create(
        txn: &mut Txn<'_>,
        requests: &[CreateFlavor],
        _: &Caller,
        _: &Settings,
    ) -> Result<Vec<Flavor>, ApiError> {
        flavor::create_many(txn, requests)
    }

    fn update(
        txn: &mut Txn<'_>,
        id: Uuid,
        request: &UpdateFlavor,
        _: &Caller,
        _: &Settings,
    ) -> Result<Flavor, ApiError> {
        flavor::update(txn, FlavorId(id), request)
    }

    fn delete(txn: &mut Txn<'_>, id: Uuid, _: &Caller, _: Option<u64>) -> Result<(), ApiError> {
        flavor::delete(txn, FlavorId(id))
    }
}
