//! Route tables in the API, in the words of the first Alcor.

use super::{Managed, Reading, Resource, Row, id_field};
use crate::attribute::{Attribute, Attributes, with_standard};
use crate::error::RequestError;
use crate::field::{Field, Kind};
use crate::list::{IndexRule, Lookup};
use crate::value::target_text;
use crate::view::Fields;
use alcor_managers::records::Index;
use alcor_managers::route_table::{self, CreateRouteTable, RouteRequest, UpdateRouteTable};
use alcor_managers::{ApiError, Caller, Settings, schema};
use alcor_store::Txn;
use alcor_types::{
    NetworkId, ProjectId, RouteTable, RouteTableId, RouteTableKind, RouteTarget, Standard,
    SubnetId, TableRoute,
};
use serde::ser::SerializeMap;
use serde_json::{Value, json};
use uuid::Uuid;

/// `/v2.0/routetables`, and below `/project/{project}`.
pub(crate) struct RouteTables;

const ATTRIBUTES: &[Attribute<RouteTables>] = with_standard![
    Attribute::new("id", Kind::Id)
        .post::<Uuid>()
        .read(|row| id_field(row.record.id.0)),
    Attribute::new("project_id", Kind::Text)
        .post::<String>()
        .read(|row| Field::text(row.record.project_id.as_str())),
    Attribute::new("vpc_id", Kind::Id)
        .post::<Uuid>()
        .read(|row| id_field(row.record.network_id.0)),
    Attribute::new("subnet_id", Kind::Id)
        .post::<Option<Uuid>>()
        .read(|row| Field::or_null(row.record.subnet_id, |id| id_field(id.0))),
    Attribute::new("router_id", Kind::Id)
        .read(|row| Field::or_null(row.record.router_id, |id| id_field(id.0))),
    Attribute::new("owner", Kind::Id).read(|row| id_field(owner(&row.record))),
    Attribute::new("route_table_type", Kind::Text)
        .write::<RouteTableKind>()
        .read(|row| Field::text(row.record.kind.as_str())),
    Attribute::new("routes", Kind::Compound).write::<Vec<RouteRequest>>(),
];

const INDEXES: &[IndexRule] = &[
    IndexRule::new("subnet_id", schema::ROUTE_TABLE_BY_SUBNET, 1),
    IndexRule::new("router_id", schema::ROUTE_TABLE_BY_ROUTER, 1),
    IndexRule::new("name", schema::ROUTE_TABLE_BY_NAME, 3),
    IndexRule::new("vpc_id", schema::ROUTE_TABLE_BY_NETWORK, 4),
    IndexRule::new("project_id", schema::ROUTE_TABLE_BY_PROJECT, 7),
];

/// What the table is of: the first Alcor's clients look a table up by it.
fn owner(table: &RouteTable) -> Uuid {
    table
        .subnet_id
        .map_or(table.network_id.0, |subnet| subnet.0)
}

impl Row<'_, RouteTables> {
    /// Its routes with the way into the VPC; without it where the VPC cannot be read, which is
    /// logged.
    fn routes(&self) -> Vec<Value> {
        let routes = route_table::with_local(&self.reading.snapshot, &self.record);
        let routes = routes.unwrap_or_else(|error| {
            tracing::error!(table = %self.record.id, %error, "unreadable VPC");
            self.record.routes.clone()
        });
        routes
            .iter()
            .map(|route| route_view(&self.record, route))
            .collect()
    }
}

fn route_view(table: &RouteTable, route: &TableRoute) -> Value {
    let nexthop = match route.target {
        RouteTarget::NextHop(address) => Some(address),
        _ => None,
    };
    let kind = if table.subnet_id.is_some() {
        "SUBNET"
    } else {
        "VPC"
    };
    json!({
        "id": (!route.id.is_nil()).then_some(route.id),
        "name": route.name,
        "description": route.description,
        "destination": route.destination,
        "target": target_text(route.target),
        "nexthop": nexthop,
        "priority": route.priority,
        "routeTableId": table.id,
        "associatedType": kind,
    })
}

impl Resource for RouteTables {
    const SINGULAR: &'static str = "routetable";
    const PLURAL: &'static str = "routetables";
    const POLICY: &'static str = "route_table";
    const HAS_STANDARD: bool = true;
    const TAG_INDEX: Option<Index> = Some(schema::ROUTE_TABLE_BY_TAG);
    type Record = RouteTable;
    type Extra = ();

    fn attributes() -> &'static [Attribute<Self>] {
        ATTRIBUTES
    }

    fn indexes() -> &'static [IndexRule] {
        INDEXES
    }

    fn id(record: &RouteTable) -> Uuid {
        record.id.0
    }

    fn standard(record: &RouteTable) -> Option<&Standard> {
        Some(&record.standard)
    }

    fn visible(row: &Row<'_, Self>, caller: &Caller) -> bool {
        caller.owns(&row.record.project_id)
    }

    fn scope(caller: &Caller, _: &Reading) -> Option<Vec<Lookup>> {
        let project = caller.project_id.as_str().as_bytes();
        Some(vec![Lookup::new(
            schema::ROUTE_TABLE_BY_PROJECT,
            &[project],
        )])
    }

    fn not_found(id: &str) -> RequestError {
        RequestError::NotFound {
            kind: "RouteTableNotFound",
            what: "Route table",
            id: id.to_owned(),
        }
    }

    fn write<M: SerializeMap>(
        row: &Row<'_, Self>,
        fields: &mut Fields<'_, M>,
    ) -> Result<(), M::Error> {
        let table = &row.record;
        fields.put("id", &table.id)?;
        fields.put_project(table.project_id.as_str())?;
        fields.put_standard(&table.standard)?;
        fields.put("vpc_id", &table.network_id)?;
        fields.put("subnet_id", &table.subnet_id)?;
        fields.put("router_id", &table.router_id)?;
        fields.put("owner", &owner(table))?;
        fields.put("route_table_type", table.kind.as_str())?;
        fields.put_with("routes", || row.routes())
    }
}

impl Managed for RouteTables {
    type Create = CreateRouteTable;
    type Update = UpdateRouteTable;

    fn create_request(body: &Attributes) -> Result<CreateRouteTable, RequestError> {
        Ok(CreateRouteTable {
            id: body.get::<Uuid>("id")?.map(RouteTableId),
            project_id: body.get::<String>("project_id")?.map(ProjectId::from),
            name: body.get("name")?.unwrap_or_default(),
            description: body.get("description")?.unwrap_or_default(),
            tags: body.tags()?,
            network_id: body.get::<Uuid>("vpc_id")?.map(NetworkId),
            subnet_id: body.some::<Uuid>("subnet_id")?.map(SubnetId),
            kind: body.get("route_table_type")?,
            routes: body.get("routes")?.unwrap_or_default(),
        })
    }

    fn update_request(
        body: &Attributes,
        expected: Option<u64>,
    ) -> Result<UpdateRouteTable, RequestError> {
        Ok(UpdateRouteTable {
            name: body.get("name")?,
            description: body.get("description")?,
            tags: None,
            kind: body.get("route_table_type")?,
            routes: body.get("routes")?,
            expected_revision: expected,
        })
    }

    fn create(
        txn: &mut Txn<'_>,
        requests: &[CreateRouteTable],
        caller: &Caller,
        _: &Settings,
    ) -> Result<Vec<RouteTable>, ApiError> {
        route_table::create_many(txn, requests, caller)
    }

    fn update(
        txn: &mut Txn<'_>,
        id: Uuid,
        request: &UpdateRouteTable,
        caller: &Caller,
        _: &Settings,
    ) -> Result<RouteTable, ApiError> {
        route_table::update(txn, RouteTableId(id), request, caller)
    }

    fn delete(
        txn: &mut Txn<'_>,
        id: Uuid,
        caller: &Caller,
        expected: Option<u64>,
    ) -> Result<(), ApiError> {
        route_table::delete(txn, RouteTableId(id), caller, expected)
    }
}
