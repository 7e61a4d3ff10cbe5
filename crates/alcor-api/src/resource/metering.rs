//! Metering labels in the API.

mod rule;

pub(crate) use rule::MeteringRules;

use super::{Managed, Reading, Resource, Row, id_field};
use crate::attribute::{Attribute, Attributes};
use crate::error::RequestError;
use crate::field::{Field, Kind};
use crate::list::{IndexRule, Lookup};
use crate::view::Fields;
use alcor_managers::metering::{self, CreateMeteringLabel};
use alcor_managers::{ApiError, Caller, Settings, schema};
use alcor_store::Txn;
use alcor_types::{MeteringLabel, MeteringLabelId, ProjectId};
use serde::ser::SerializeMap;
use std::convert::Infallible;
use uuid::Uuid;

/// `/v2.0/metering/metering-labels`.
pub(crate) struct MeteringLabels;

const ATTRIBUTES: &[Attribute<MeteringLabels>] = &[
    Attribute::new("id", Kind::Id).read(|row| id_field(row.record.id.0)),
    Attribute::new("project_id", Kind::Text)
        .post::<String>()
        .read(|row| Field::text(row.record.project_id.as_str())),
    Attribute::new("name", Kind::Text)
        .post::<String>()
        .read(|row| Field::text(&row.record.name)),
    Attribute::new("description", Kind::Text)
        .post::<String>()
        .read(|row| Field::text(&row.record.description)),
    Attribute::new("shared", Kind::Flag)
        .post::<bool>()
        .read(|row| Field::Flag(row.record.shared)),
];

const INDEXES: &[IndexRule] = &[
    IndexRule::new("name", schema::METERING_LABEL_BY_NAME, 3),
    IndexRule::new("shared", schema::METERING_LABEL_IS_SHARED, 6),
    IndexRule::new("project_id", schema::METERING_LABEL_BY_PROJECT, 7),
];

impl Resource for MeteringLabels {
    const SINGULAR: &'static str = "metering_label";
    const PLURAL: &'static str = "metering_labels";
    const PATH: &'static str = "metering/metering-labels";
    const HAS_STANDARD: bool = false;
    type Record = MeteringLabel;
    type Extra = ();

    fn attributes() -> &'static [Attribute<Self>] {
        ATTRIBUTES
    }

    fn indexes() -> &'static [IndexRule] {
        INDEXES
    }

    fn id(record: &MeteringLabel) -> Uuid {
        record.id.0
    }

    fn visible(row: &Row<'_, Self>, caller: &Caller) -> bool {
        metering::visible(&row.record, caller)
    }

    fn scope(caller: &Caller, _: &Reading) -> Option<Vec<Lookup>> {
        let project = caller.project_id.as_str().as_bytes();
        Some(vec![
            Lookup::new(schema::METERING_LABEL_BY_PROJECT, &[project]),
            Lookup::new(schema::METERING_LABEL_IS_SHARED, &[]),
        ])
    }

    fn not_found(id: &str) -> RequestError {
        RequestError::NotFound {
            kind: "MeteringLabelNotFound",
            what: "Metering label",
            id: id.to_owned(),
        }
    }

    fn write<M: SerializeMap>(
        row: &Row<'_, Self>,
        fields: &mut Fields<'_, M>,
    ) -> Result<(), M::Error> {
        let label = &row.record;
        fields.put("id", &label.id)?;
        fields.put_project(label.project_id.as_str())?;
        fields.put("name", &label.name)?;
        fields.put("description", &label.description)?;
        fields.put("shared", &label.shared)
    }
}

impl Managed for MeteringLabels {
    type Create = CreateMeteringLabel;
    type Update = Infallible;

    fn create_request(body: &Attributes) -> Result<CreateMeteringLabel, RequestError> {
        Ok(CreateMeteringLabel {
            project_id: body.get::<String>("project_id")?.map(ProjectId::from),
            name: body.get("name")?.unwrap_or_default(),
            description: body.get("description")?.unwrap_or_default(),
            shared: body.get("shared")?.unwrap_or_default(),
        })
    }

    fn update_request(_: &Attributes, _: Option<u64>) -> Result<Infallible, RequestError> {
        Err(RequestError::MethodNotAllowed)
    }

    fn create(
        txn: &mut Txn<'_>,
        requests: &[CreateMeteringLabel],
        caller: &Caller,
        _: &Settings,
    ) -> Result<Vec<MeteringLabel>, ApiError> {
        metering::create_many(txn, requests, caller)
    }

    fn update(
        _: &mut Txn<'_>,
        _: Uuid,
        request: &Infallible,
        _: &Caller,
        _: &Settings,
    ) -> Result<MeteringLabel, ApiError> {
        match *request {}
    }

    fn delete(
        txn: &mut Txn<'_>,
        id: Uuid,
        caller: &Caller,
        _: Option<u64>,
    ) -> Result<(), ApiError> {
        metering::delete(txn, MeteringLabelId(id), caller)
    }
}
