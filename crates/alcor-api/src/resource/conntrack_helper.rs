//! Conntrack helpers in the API, below their router.

use super::{Managed, Nested, Resource, Routers, Row, id_field};
use crate::attribute::{Attribute, Attributes};
use crate::error::RequestError;
use crate::field::{Field, Kind};
use crate::list::IndexRule;
use crate::value::{HelperProtocol, TransportPort};
use crate::view::Fields;
use alcor_managers::conntrack_helper::{self, CreateConntrackHelper, UpdateConntrackHelper};
use alcor_managers::{ApiError, Caller, Settings, schema};
use alcor_store::Txn;
use alcor_types::{ConntrackHelper, ConntrackHelperId, RouterId};
use serde::ser::SerializeMap;
use uuid::Uuid;

/// `/v2.0/routers/{id}/conntrack_helpers`.
pub(crate) struct ConntrackHelpers;

const ATTRIBUTES: &[Attribute<ConntrackHelpers>] = &[
    Attribute::new("id", Kind::Id).read(|row| id_field(row.record.id.0)),
    Attribute::new("router_id", Kind::Id)
        .hidden()
        .read(|row| id_field(row.record.router_id.0)),
    Attribute::new("protocol", Kind::Text)
        .write::<HelperProtocol>()
        .required()
        .read(|row| Field::text(&row.record.protocol)),
    Attribute::new("port", Kind::Number)
        .write::<TransportPort>()
        .required()
        .read(|row| Field::Number(row.record.port.into())),
    Attribute::new("helper", Kind::Text)
        .write::<String>()
        .required()
        .read(|row| Field::text(&row.record.helper)),
];

const INDEXES: &[IndexRule] = &[IndexRule::new(
    "router_id",
    schema::CONNTRACK_HELPER_BY_ROUTER,
    1,
)];

impl Resource for ConntrackHelpers {
    const SINGULAR: &'static str = "conntrack_helper";
    const PLURAL: &'static str = "conntrack_helpers";
    const POLICY: &'static str = "router_conntrack_helper";
    const HAS_STANDARD: bool = false;
    type Record = ConntrackHelper;
    type Extra = ();

    fn attributes() -> &'static [Attribute<Self>] {
        ATTRIBUTES
    }

    fn indexes() -> &'static [IndexRule] {
        INDEXES
    }

    fn id(record: &ConntrackHelper) -> Uuid {
        record.id.0
    }

    fn visible(row: &Row<'_, Self>, caller: &Caller) -> bool {
        conntrack_helper::visible(&row.record, caller)
    }

    fn not_found(id: &str) -> RequestError {
        RequestError::NotFound {
            kind: "ConntrackHelperNotFound",
            what: "Conntrack Helper",
            id: id.to_owned(),
        }
    }

    fn write<M: SerializeMap>(
        row: &Row<'_, Self>,
        fields: &mut Fields<'_, M>,
    ) -> Result<(), M::Error> {
        fields.put("id", &row.record.id)?;
        fields.put("protocol", &row.record.protocol)?;
        fields.put("port", &row.record.port)?;
        fields.put("helper", &row.record.helper)
    }
}

impl Managed for ConntrackHelpers {
    type Create = CreateConntrackHelper;
    type Update = UpdateConntrackHelper;

    fn create_request(body: &Attributes) -> Result<CreateConntrackHelper, RequestError> {
        Ok(CreateConntrackHelper {
            router_id: RouterId(body.required(Self::PARENT)?),
            protocol: body.required::<HelperProtocol>("protocol")?.0,
            port: body.required::<TransportPort>("port")?.0,
            helper: body.required("helper")?,
        })
    }

    fn update_request(
        body: &Attributes,
        expected: Option<u64>,
    ) -> Result<UpdateConntrackHelper, RequestError> {
        Ok(UpdateConntrackHelper {
            protocol: body.get::<HelperProtocol>("protocol")?.map(|one| one.0),
            port: body.get::<TransportPort>("port")?.map(|one| one.0),
            helper: body.get("helper")?,
            expected_revision: expected,
        })
    }

    fn create(
        txn: &mut Txn<'_>,
        requests: &[CreateConntrackHelper],
        caller: &Caller,
        _: &Settings,
    ) -> Result<Vec<ConntrackHelper>, ApiError> {
        conntrack_helper::create_many(txn, requests, caller)
    }

    fn update(
        txn: &mut Txn<'_>,
        id: Uuid,
        request: &UpdateConntrackHelper,
        caller: &Caller,
        _: &Settings,
    ) -> Result<ConntrackHelper, ApiError> {
        conntrack_helper::update(txn, ConntrackHelperId(id), request, caller)
    }

    fn delete(
        txn: &mut Txn<'_>,
        id: Uuid,
        caller: &Caller,
        expected: Option<u64>,
    ) -> Result<(), ApiError> {
        conntrack_helper::delete(txn, ConntrackHelperId(id), caller, expected)
    }
}

impl Nested for ConntrackHelpers {
    type Parent = Routers;
    const PARENT: &'static str = "router_id";

    fn parent(record: &ConntrackHelper) -> Uuid {
        record.router_id.0
    }
}
