//! Tap services in the API.

use super::{is_active, relabel, status};
use crate::attribute::{Attribute, Attributes};
use crate::error::RequestError;
use crate::field::{Field, Kind};
use crate::list::{IndexRule, Lookup};
use crate::resource::{Managed, Reading, Resource, Row, id_field};
use crate::view::Fields;
use alcor_managers::tap::service::{self, CreateTapService, Relabel};
use alcor_managers::{ApiError, Caller, Settings, schema};
use alcor_store::Txn;
use alcor_types::{PortId, ProjectId, TapService, TapServiceId};
use serde::ser::SerializeMap;
use uuid::Uuid;

/// `/v2.0/taas/tap_services`.
pub(crate) struct TapServices;

const ATTRIBUTES: &[Attribute<TapServices>] = &[
    Attribute::new("id", Kind::Id).read(|row| id_field(row.record.id.0)),
    Attribute::new("project_id", Kind::Text)
        .post::<String>()
        .read(|row| Field::text(row.record.project_id.as_str())),
    Attribute::new("name", Kind::Text)
        .write::<String>()
        .read(|row| Field::text(&row.record.name)),
    Attribute::new("description", Kind::Text)
        .write::<String>()
        .read(|row| Field::text(&row.record.description)),
    Attribute::new("port_id", Kind::Id)
        .post::<Uuid>()
        .required()
        .read(|row| id_field(row.record.port_id.0)),
    Attribute::new("status", Kind::Text).read(|row| Field::text(row.status())),
];

const INDEXES: &[IndexRule] = &[
    IndexRule::new("port_id", schema::TAP_SERVICE_BY_PORT, 1),
    IndexRule::new("name", schema::TAP_SERVICE_BY_NAME, 2),
    IndexRule::new("project_id", schema::TAP_SERVICE_BY_PROJECT, 7),
];

impl Row<'_, TapServices> {
    /// It works while its port does.
    fn status(&self) -> &'static str {
        status(is_active(self.reading, self.record.port_id))
    }
}

impl Resource for TapServices {
    const SINGULAR: &'static str = "tap_service";
    const PLURAL: &'static str = "tap_services";
    const PATH: &'static str = "taas/tap_services";
    const HAS_STANDARD: bool = false;
    type Record = TapService;
    type Extra = ();

    fn attributes() -> &'static [Attribute<Self>] {
        ATTRIBUTES
    }

    fn indexes() -> &'static [IndexRule] {
        INDEXES
    }

    fn id(record: &TapService) -> Uuid {
        record.id.0
    }

    fn visible(row: &Row<'_, Self>, caller: &Caller) -> bool {
        caller.owns(&row.record.project_id)
    }

    fn scope(caller: &Caller, _: &Reading) -> Option<Vec<Lookup>> {
        let project = caller.project_id.as_str().as_bytes();
        Some(vec![Lookup::new(
            schema::TAP_SERVICE_BY_PROJECT,
            &[project],
        )])
    }

    fn not_found(id: &str) -> RequestError {
        RequestError::NotFound {
            kind: "TapServiceNotFound",
            what: "Tap service",
            id: id.to_owned(),
        }
    }

    fn write<M: SerializeMap>(
        row: &Row<'_, Self>,
        fields: &mut Fields<'_, M>,
    ) -> Result<(), M::Error> {
        let service = &row.record;
        fields.put("id", &service.id)?;
        fields.put_project(service.project_id.as_str())?;
        fields.put("name", &service.name)?;
        fields.put("description", &service.description)?;
        fields.put("port_id", &service.port_id)?;
        fields.put_with("status", || row.status())
    }
}

impl Managed for TapServices {
    type Create = CreateTapService;
    type Update = Relabel;

    fn create_request(body: &Attributes) -> Result<CreateTapService, RequestError> {
        Ok(CreateTapService {
            project_id: body.get::<String>("project_id")?.map(ProjectId::from),
            name: body.get("name")?.unwrap_or_default(),
            description: body.get("description")?.unwrap_or_default(),
            port_id: PortId(body.required("port_id")?),
        })
    }

    fn update_request(body: &Attributes, expected: Option<u64>) -> Result<Relabel, RequestError> {
        relabel(body, expected)
    }

    fn create(
        txn: &mut Txn<'_>,
        requests: &[CreateTapService],
        caller: &Caller,
        settings: &Settings,
    ) -> Result<Vec<TapService>, ApiError> {
        let create = |request| service::create(txn, request, caller, settings);
        requests.iter().map(create).collect()
    }

    fn update(
        txn: &mut Txn<'_>,
        id: Uuid,
        request: &Relabel,
        caller: &Caller,
        _: &Settings,
    ) -> Result<TapService, ApiError> {
        service::update(txn, TapServiceId(id), request, caller)
    }

    fn delete(
        txn: &mut Txn<'_>,
        id: Uuid,
        caller: &Caller,
        _expected: Option<u64>,
    ) -> Result<(), ApiError> {
        service::delete(txn, TapServiceId(id), caller)
    }
}
