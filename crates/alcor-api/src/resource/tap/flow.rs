//! Tap flows in the API.

use super::{is_active, relabel, status};
use crate::attribute::{Attribute, Attributes};
use crate::error::RequestError;
use crate::field::{Field, Kind};
use crate::list::{IndexRule, Lookup};
use crate::resource::{Managed, Reading, Resource, Row, id_field};
use crate::view::Fields;
use alcor_managers::tap::flow::{self, CreateTapFlow};
use alcor_managers::tap::service::Relabel;
use alcor_managers::{ApiError, Caller, Settings, schema};
use alcor_store::Txn;
use alcor_types::{PortId, ProjectId, TapDirection, TapFlow, TapFlowId, TapService, TapServiceId};
use serde::ser::SerializeMap;
use uuid::Uuid;

/// `/v2.0/taas/tap_flows`.
pub(crate) struct TapFlows;

const ATTRIBUTES: &[Attribute<TapFlows>] = &[
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
    Attribute::new("tap_service_id", Kind::Id)
        .post::<Uuid>()
        .required()
        .read(|row| id_field(row.record.tap_service_id.0)),
    Attribute::new("source_port", Kind::Id)
        .post::<Uuid>()
        .required()
        .read(|row| id_field(row.record.source_port.0)),
    Attribute::new("direction", Kind::Text)
        .post::<TapDirection>()
        .required()
        .read(|row| Field::text(row.record.direction.as_str())),
    Attribute::new("status", Kind::Text).read(|row| Field::text(row.status())),
];

const INDEXES: &[IndexRule] = &[
    IndexRule::new("source_port", schema::TAP_FLOW_BY_SOURCE, 1),
    IndexRule::new("tap_service_id", schema::TAP_FLOW_BY_SERVICE, 3),
    IndexRule::new("name", schema::TAP_FLOW_BY_NAME, 2),
    IndexRule::new("project_id", schema::TAP_FLOW_BY_PROJECT, 7),
];

impl Row<'_, TapFlows> {
    /// It works while both of its ports do.
    fn status(&self) -> &'static str {
        let id = self.record.tap_service_id;
        let service = self.reading.get::<TapService>(id.as_bytes());
        let looks_on = service.is_some_and(|service| is_active(self.reading, service.port_id));
        status(looks_on && is_active(self.reading, self.record.source_port))
    }
}

impl Resource for TapFlows {
    const SINGULAR: &'static str = "tap_flow";
    const PLURAL: &'static str = "tap_flows";
    const PATH: &'static str = "taas/tap_flows";
    const HAS_STANDARD: bool = false;
    type Record = TapFlow;
    type Extra = ();

    fn attributes() -> &'static [Attribute<Self>] {
        ATTRIBUTES
    }

    fn indexes() -> &'static [IndexRule] {
        INDEXES
    }

    fn id(record: &TapFlow) -> Uuid {
        record.id.0
    }

    fn visible(row: &Row<'_, Self>, caller: &Caller) -> bool {
        caller.owns(&row.record.project_id)
    }

    fn scope(caller: &Caller, _: &Reading) -> Option<Vec<Lookup>> {
        let project = caller.project_id.as_str().as_bytes();
        Some(vec![Lookup::new(schema::TAP_FLOW_BY_PROJECT, &[project])])
    }

    fn not_found(id: &str) -> RequestError {
        RequestError::NotFound {
            kind: "TapFlowNotFound",
            what: "Tap flow",
            id: id.to_owned(),
        }
    }

    fn write<M: SerializeMap>(
        row: &Row<'_, Self>,
        fields: &mut Fields<'_, M>,
    ) -> Result<(), M::Error> {
        let flow = &row.record;
        fields.put("id", &flow.id)?;
        fields.put_project(flow.project_id.as_str())?;
        fields.put("name", &flow.name)?;
        fields.put("description", &flow.description)?;
        fields.put("tap_service_id", &flow.tap_service_id)?;
        fields.put("source_port", &flow.source_port)?;
        fields.put("direction", &flow.direction)?;
        fields.put_with("status", || row.status())
    }
}

impl Managed for TapFlows {
    type Create = CreateTapFlow;
    type Update = Relabel;

    fn create_request(body: &Attributes) -> Result<CreateTapFlow, RequestError> {
        Ok(CreateTapFlow {
            project_id: body.get::<String>("project_id")?.map(ProjectId::from),
            name: body.get("name")?.unwrap_or_default(),
            description: body.get("description")?.unwrap_or_default(),
            tap_service_id: TapServiceId(body.required("tap_service_id")?),
            source_port: PortId(body.required("source_port")?),
            direction: body.required("direction")?,
        })
    }

    fn update_request(body: &Attributes, expected: Option<u64>) -> Result<Relabel, RequestError> {
        relabel(body, expected)
    }

    fn create(
        txn: &mut Txn<'_>,
        requests: &[CreateTapFlow],
        caller: &Caller,
        _: &Settings,
    ) -> Result<Vec<TapFlow>, ApiError> {
        let create = |request| flow::create(txn, request, caller);
        requests.iter().map(create).collect()
    }

    fn update(
        txn: &mut Txn<'_>,
        id: Uuid,
        request: &Relabel,
        caller: &Caller,
        _: &Settings,
    ) -> Result<TapFlow, ApiError> {
        flow::update(txn, TapFlowId(id), request, caller)
    }

    fn delete(
        txn: &mut Txn<'_>,
        id: Uuid,
        caller: &Caller,
        _expected: Option<u64>,
    ) -> Result<(), ApiError> {
        flow::delete(txn, TapFlowId(id), caller)
    }
}
