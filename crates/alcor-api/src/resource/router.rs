//! Routers in the API.

mod view;

use super::{Managed, Reading, Resource, Row, id_field};
use crate::attribute::{Attribute, Attributes, with_standard};
use crate::error::RequestError;
use crate::field::{Field, Kind};
use crate::list::{IndexRule, Lookup};
use crate::tag::Tagged;
use crate::value::{GatewayWish, MaybeGateway};
use crate::view::Fields;
use alcor_managers::port::FixedIpRequest;
use alcor_managers::records::Index;
use alcor_managers::router::{self, CreateRouter, GatewayRequest, UpdateRouter};
use alcor_managers::{ApiError, Caller, Settings, schema};
use alcor_store::Txn;
use alcor_types::{
    FlavorId, HostRoute, NetworkId, ProjectId, QosPolicyId, Router, RouterId, Standard, SubnetId,
};
use serde::ser::SerializeMap;
use std::collections::BTreeSet;
use uuid::Uuid;

/// `/v2.0/routers`.
pub(crate) struct Routers;

const STATUS: &str = "ACTIVE";

const ATTRIBUTES: &[Attribute<Routers>] = with_standard![
    Attribute::new("id", Kind::Id)
        .post::<Uuid>()
        .read(|row| id_field(row.record.id.0)),
    Attribute::new("project_id", Kind::Text)
        .post::<String>()
        .read(|row| Field::text(row.record.project_id.as_str())),
    Attribute::new("admin_state_up", Kind::Flag)
        .write::<bool>()
        .read(|row| Field::Flag(row.record.admin_state_up)),
    Attribute::new("status", Kind::Text).read(|_| Field::text(STATUS)),
    Attribute::new("distributed", Kind::Flag)
        .write::<Option<bool>>()
        .admin()
        .read(|row| Field::Flag(row.record.distributed)),
    Attribute::new("ha", Kind::Flag)
        .write::<Option<bool>>()
        .admin()
        .read(|row| Field::Flag(row.record.ha)),
    Attribute::new("external_gateway_info", Kind::Compound).write::<MaybeGateway>(),
    Attribute::new("external_gateways", Kind::Compound),
    Attribute::new("routes", Kind::Compound).put::<Vec<HostRoute>>(),
    Attribute::new("availability_zone_hints", Kind::Compound).post::<Vec<String>>(),
    Attribute::new("availability_zones", Kind::Compound),
    Attribute::new("flavor_id", Kind::Id)
        .post::<Option<Uuid>>()
        .read(|row| Field::or_null(row.record.flavor_id, |id| id_field(id.0))),
    Attribute::new("service_type_id", Kind::Id).read(|_| Field::Null),
    Attribute::new("enable_ndp_proxy", Kind::Flag)
        .write::<Option<bool>>()
        .read(|row| Field::Flag(row.record.enable_ndp_proxy)),
    Attribute::new("enable_default_route_bfd", Kind::Flag)
        .write::<Option<bool>>()
        .read(|row| Field::Flag(row.record.enable_default_route_bfd)),
    Attribute::new("enable_default_route_ecmp", Kind::Flag)
        .write::<Option<bool>>()
        .read(|row| Field::Flag(row.record.enable_default_route_ecmp)),
    Attribute::new("distributed_snat", Kind::Flag)
        .write::<Option<bool>>()
        .admin()
        .read(|row| Field::Flag(row.record.distributed_snat)),
    Attribute::new("conntrack_helpers", Kind::Compound),
];

const INDEXES: &[IndexRule] = &[
    IndexRule::new("name", schema::ROUTER_BY_NAME, 3),
    IndexRule::new("flavor_id", schema::ROUTER_BY_FLAVOR, 6),
    IndexRule::new("project_id", schema::ROUTER_BY_PROJECT, 7),
];

/// The requests for gateways as callers write them.
pub(crate) fn gateway_requests(wishes: Vec<GatewayWish>) -> Vec<GatewayRequest> {
    wishes.into_iter().map(gateway_request).collect()
}

fn gateway_request(wish: GatewayWish) -> GatewayRequest {
    let fixed_ips = wish.external_fixed_ips.into_iter();
    let fixed_ips = fixed_ips.map(|wish| FixedIpRequest {
        subnet_id: wish.subnet_id.map(SubnetId),
        ip_address: wish.ip_address,
    });
    GatewayRequest {
        network_id: NetworkId(wish.network_id),
        enable_snat: wish.enable_snat,
        external_fixed_ips: fixed_ips.collect(),
        qos_policy_id: wish.qos_policy_id.map(|id| id.map(QosPolicyId)),
    }
}

impl Resource for Routers {
    const SINGULAR: &'static str = "router";
    const PLURAL: &'static str = "routers";
    const HAS_STANDARD: bool = true;
    const TAG_INDEX: Option<Index> = Some(schema::ROUTER_BY_TAG);
    type Record = Router;
    type Extra = ();

    fn attributes() -> &'static [Attribute<Self>] {
        ATTRIBUTES
    }

    fn indexes() -> &'static [IndexRule] {
        INDEXES
    }

    fn id(record: &Router) -> Uuid {
        record.id.0
    }

    fn standard(record: &Router) -> Option<&Standard> {
        Some(&record.standard)
    }

    fn visible(row: &Row<'_, Self>, caller: &Caller) -> bool {
        router::visible(&row.record, caller)
    }

    fn scope(caller: &Caller, _: &Reading) -> Option<Vec<Lookup>> {
        let project = caller.project_id.as_str().as_bytes();
        Some(vec![Lookup::new(schema::ROUTER_BY_PROJECT, &[project])])
    }

    fn not_found(id: &str) -> RequestError {
        RequestError::NotFound {
            kind: "RouterNotFound",
            what: "Router",
            id: id.to_owned(),
        }
    }

    fn write<M: SerializeMap>(
        row: &Row<'_, Self>,
        fields: &mut Fields<'_, M>,
    ) -> Result<(), M::Error> {
        let router = &row.record;
        fields.put("id", &router.id)?;
        fields.put_project(router.project_id.as_str())?;
        fields.put_standard(&router.standard)?;
        fields.put("admin_state_up", &router.admin_state_up)?;
        fields.put("status", STATUS)?;
        fields.put("distributed", &router.distributed)?;
        fields.put("ha", &router.ha)?;
        fields.put_with("external_gateway_info", || {
            view::gateways(row).into_iter().next()
        })?;
        fields.put_with("external_gateways", || view::gateways(row))?;
        fields.put("routes", &router.routes)?;
        fields.put("availability_zone_hints", &router.availability_zone_hints)?;
        fields.put("availability_zones", &router.availability_zone_hints)?;
        fields.put("flavor_id", &router.flavor_id)?;
        fields.put("service_type_id", &None::<Uuid>)?;
        fields.put("enable_ndp_proxy", &router.enable_ndp_proxy)?;
        fields.put("enable_default_route_bfd", &router.enable_default_route_bfd)?;
        fields.put(
            "enable_default_route_ecmp",
            &router.enable_default_route_ecmp,
        )?;
        fields.put("distributed_snat", &router.distributed_snat)?;
        fields.put_with("conntrack_helpers", || view::conntrack_helpers(row))
    }
}

impl Managed for Routers {
    type Create = CreateRouter;
    type Update = UpdateRouter;

    fn create_request(body: &Attributes) -> Result<CreateRouter, RequestError> {
        let gateway = body.get::<MaybeGateway>("external_gateway_info")?;
        Ok(CreateRouter {
            id: body.get::<Uuid>("id")?.map(RouterId),
            project_id: body.get::<String>("project_id")?.map(ProjectId::from),
            name: body.get("name")?.unwrap_or_default(),
            description: body.get("description")?.unwrap_or_default(),
            tags: body.tags()?,
            admin_state_up: body.get("admin_state_up")?,
            distributed: body.some("distributed")?,
            ha: body.some("ha")?,
            gateway: gateway.and_then(|gateway| gateway.0.map(gateway_request)),
            availability_zone_hints: body.get("availability_zone_hints")?.unwrap_or_default(),
            flavor_id: body.some::<Uuid>("flavor_id")?.map(FlavorId),
            enable_ndp_proxy: body.some("enable_ndp_proxy")?,
            enable_default_route_bfd: body.some("enable_default_route_bfd")?,
            enable_default_route_ecmp: body.some("enable_default_route_ecmp")?,
            distributed_snat: body.some("distributed_snat")?,
        })
    }

    fn update_request(
        body: &Attributes,
        expected: Option<u64>,
    ) -> Result<UpdateRouter, RequestError> {
        let gateway = body.get::<MaybeGateway>("external_gateway_info")?;
        Ok(UpdateRouter {
            name: body.get("name")?,
            description: body.get("description")?,
            tags: None,
            admin_state_up: body.get("admin_state_up")?,
            distributed: body.some("distributed")?,
            ha: body.some("ha")?,
            gateway: gateway.map(|gateway| gateway.0.map(gateway_request)),
            routes: body.get("routes")?,
            enable_ndp_proxy: body.some("enable_ndp_proxy")?,
            enable_default_route_bfd: body.some("enable_default_route_bfd")?,
            enable_default_route_ecmp: body.some("enable_default_route_ecmp")?,
            distributed_snat: body.some("distributed_snat")?,
            expected_revision: expected,
        })
    }

    fn create(
        txn: &mut Txn<'_>,
        requests: &[CreateRouter],
        caller: &Caller,
        settings: &Settings,
    ) -> Result<Vec<Router>, ApiError> {
        router::create_many(txn, requests, caller, settings)
    }

    fn update(
        txn: &mut Txn<'_>,
        id: Uuid,
        request: &UpdateRouter,
        caller: &Caller,
        settings: &Settings,
    ) -> Result<Router, ApiError> {
        router::update(txn, RouterId(id), request, caller, settings)
    }

    fn delete(
        txn: &mut Txn<'_>,
        id: Uuid,
        caller: &Caller,
        expected: Option<u64>,
    ) -> Result<(), ApiError> {
        router::delete(txn, RouterId(id), caller, expected)
    }
}

impl Tagged for Routers {
    fn get(txn: &Txn<'_>, id: Uuid, caller: &Caller) -> Result<Router, ApiError> {
        router::get(txn, RouterId(id), caller)
    }

    fn tags_request(tags: BTreeSet<String>, expected: Option<u64>) -> UpdateRouter {
        UpdateRouter {
            tags: Some(tags),
            expected_revision: expected,
            ..UpdateRouter::default()
        }
    }
}
