//! What routers do beside the usual five: interfaces, extra routes, further gateways.

use crate::auth::Who;
use crate::body;
use crate::enforce;
use crate::error::RequestError;
use crate::handler::{find, parse_id};
use crate::list::json;
use crate::openapi::{About, object, of_resource};
use crate::resource::{Reading, Resource, Routers, Row, gateway_requests};
use crate::state::ApiState;
use crate::value::{FromJson, GatewayWish};
use crate::view::{self, Selection};
use alcor_managers::router::{self, Attached, Attachment, Detachment, GatewayRequest};
use alcor_managers::{ApiError, Caller, Settings};
use alcor_store::Txn;
use alcor_types::{HostRoute, PortId, Router, RouterId, SubnetId};
use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::Response;
use serde_json::{Map, Value, json as value};
use std::sync::Arc;
use uuid::Uuid;

/// `PUT /v2.0/routers/{id}/add_router_interface`.
pub(crate) async fn add_interface(
    State(state): State<ApiState>,
    Who(caller): Who,
    Path(id): Path<String>,
    body: Body,
) -> Result<Response, RequestError> {
    let id = RouterId(parse_id::<Routers>(&id)?);
    let named = Named::read(&body::object(body, state.limits.body_bytes).await?)?;
    let to = match (named.subnet, named.port) {
        (Some(subnet), None) => Attachment::Subnet(subnet),
        (None, Some(port)) => Attachment::Port(port),
        (Some(_), Some(_)) => return Err(bad("Cannot specify both subnet-id and port-id")),
        (None, None) => return Err(bad(NOTHING_NAMED)),
    };
    allow(&state.reading(&caller), id, &["add_router_interface"])?;
    let rule = move |txn: &mut Txn<'_>, caller: &Caller, settings: &Settings| {
        router::add_interface(txn, id, to, caller, settings)
    };
    Ok(attached(&transact(&state, caller, rule).await?))
}

/// `PUT /v2.0/routers/{id}/remove_router_interface`.
pub(crate) async fn remove_interface(
    State(state): State<ApiState>,
    Who(caller): Who,
    Path(id): Path<String>,
    body: Body,
) -> Result<Response, RequestError> {
    let id = RouterId(parse_id::<Routers>(&id)?);
    let named = Named::read(&body::object(body, state.limits.body_bytes).await?)?;
    let from = match (named.subnet, named.port) {
        (subnet, Some(port)) => Detachment::Port(port, subnet),
        (Some(subnet), None) => Detachment::Subnet(subnet),
        (None, None) => return Err(bad(NOTHING_NAMED)),
    };
    allow(&state.reading(&caller), id, &["remove_router_interface"])?;
    let rule = move |txn: &mut Txn<'_>, caller: &Caller, _: &Settings| {
        router::remove_interface(txn, id, from, caller)
    };
    Ok(attached(&transact(&state, caller, rule).await?))
}

/// What a change of a router's list is, for the lists that change by parts.
type Change<T> = fn(&mut Txn<'_>, RouterId, &[T], &Caller, &Settings) -> Result<Router, ApiError>;

/// A change with the name of its rule.
type Action<T> = (&'static str, Change<T>);

/// Refuses what the policy does not allow on a router that the caller sees.
fn allow(reading: &Reading, id: RouterId, rules: &[&str]) -> Result<(), RequestError> {
    let row = find::<Routers>(reading, &id.to_string(), &reading.caller)?;
    rules
        .iter()
        .try_for_each(|rule| enforce::action(&row, rule))
}

/// `PUT /v2.0/routers/{id}/add_extraroutes`.
pub(crate) async fn add_routes(
    state: State<ApiState>,
    who: Who,
    id: Path<String>,
    body: Body,
) -> Result<Response, RequestError> {
    change_routes(
        state,
        who,
        id,
        body,
        ("add_extraroutes", router::add_routes),
    )
    .await
}

/// `PUT /v2.0/routers/{id}/remove_extraroutes`.
pub(crate) async fn remove_routes(
    state: State<ApiState>,
    who: Who,
    id: Path<String>,
    body: Body,
) -> Result<Response, RequestError> {
    change_routes(
        state,
        who,
        id,
        body,
        ("remove_extraroutes", router::remove_routes),
    )
    .await
}

/// `PUT /v2.0/routers/{id}/add_external_gateways`.
pub(crate) async fn add_gateways(
    state: State<ApiState>,
    who: Who,
    id: Path<String>,
    body: Body,
) -> Result<Response, RequestError> {
    change_gateways(
        state,
        who,
        id,
        body,
        ("add_external_gateways", router::add_gateways),
    )
    .await
}

/// `PUT /v2.0/routers/{id}/update_external_gateways`.
pub(crate) async fn update_gateways(
    state: State<ApiState>,
    who: Who,
    id: Path<String>,
    body: Body,
) -> Result<Response, RequestError> {
    change_gateways(
        state,
        who,
        id,
        body,
        ("update_external_gateways", router::update_gateways),
    )
    .await
}

/// `PUT /v2.0/routers/{id}/remove_external_gateways`.
pub(crate) async fn remove_gateways(
    state: State<ApiState>,
    who: Who,
    id: Path<String>,
    body: Body,
) -> Result<Response, RequestError> {
    change_gateways(
        state,
        who,
        id,
        body,
        (REMOVE_GATEWAYS, router::remove_gateways),
    )
    .await
}

/// What `/openapi.json` says of adding and removing interfaces.
pub(crate) fn about_interface(summary: &str) -> About {
    let members = [("subnet_id", Uuid::schema()), ("port_id", Uuid::schema())];
    About::new(summary).takes(object(members, &[]))
}

/// What `/openapi.json` says of a change of a list.
pub(crate) fn about_list<T: FromJson>(summary: &str, attribute: &'static str) -> About {
    let inner = object([(attribute, Vec::<T>::schema())], &[attribute]);
    About::new(summary)
        .takes(object([(Routers::SINGULAR, inner)], &[Routers::SINGULAR]))
        .gives(200, of_resource::<Routers>().one())
}

/// The rule of removing gateways, which asks for no right to what it names.
const REMOVE_GATEWAYS: &str = "remove_external_gateways";

/// What the requests choose that has a rule of its own.
fn named(gateways: &[GatewayRequest]) -> impl Iterator<Item = &'static str> {
    let snat = gateways.iter().any(|one| one.enable_snat.is_some());
    let fixed = gateways
        .iter()
        .any(|one| !one.external_fixed_ips.is_empty());
    let named = [(snat, "enable_snat"), (fixed, "external_fixed_ips")];
    named
        .into_iter()
        .filter_map(|(is, name)| is.then_some(name))
}

const NOTHING_NAMED: &str = "Either subnet_id or port_id must be specified";

fn bad(reason: &str) -> RequestError {
    RequestError::BadRequest(format!("Bad router request: {reason}."))
}

/// What the body of an interface call names.
struct Named {
    subnet: Option<SubnetId>,
    port: Option<PortId>,
}

impl Named {
    fn read(body: &Map<String, Value>) -> Result<Self, RequestError> {
        let known = ["subnet_id", "port_id"];
        if let Some(name) = body.keys().find(|name| !known.contains(&name.as_str())) {
            let name: String = name.chars().take(80).collect();
            return Err(bad(&format!("'{name}' is neither subnet_id nor port_id")));
        }
        let id = |name: &'static str| {
            let id = body.get(name).map(Option::<Uuid>::from_json);
            let id = id
                .transpose()
                .map_err(|why| RequestError::invalid(name, why))?;
            Ok::<_, RequestError>(id.flatten())
        };
        Ok(Self {
            subnet: id("subnet_id")?.map(SubnetId),
            port: id("port_id")?.map(PortId),
        })
    }
}

/// The answer of an interface call, which is none of the usual envelopes.
fn attached(done: &Attached) -> Response {
    let project = done.router.project_id.as_str();
    let body = value!({
        "id": done.router.id,
        "project_id": project,
        "tenant_id": project,
        "port_id": done.port.id,
        "network_id": done.port.network_id,
        "subnet_id": done.subnets.last(),
        "subnet_ids": done.subnets,
        "tags": done.router.standard.tags,
    });
    json(body.to_string())
}

async fn change_routes(
    State(state): State<ApiState>,
    Who(caller): Who,
    Path(id): Path<String>,
    body: Body,
    (rule, change): Action<HostRoute>,
) -> Result<Response, RequestError> {
    let id = RouterId(parse_id::<Routers>(&id)?);
    let body = body::object(body, state.limits.body_bytes).await?;
    let routes = list::<HostRoute>(body, "routes")?;
    allow(&state.reading(&caller), id, &[rule])?;
    change_router(&state, caller, id, routes, change).await
}

async fn change_gateways(
    State(state): State<ApiState>,
    Who(caller): Who,
    Path(id): Path<String>,
    body: Body,
    (rule, change): Action<GatewayRequest>,
) -> Result<Response, RequestError> {
    let id = RouterId(parse_id::<Routers>(&id)?);
    let body = body::object(body, state.limits.body_bytes).await?;
    let gateways = gateway_requests(list::<GatewayWish>(body, "external_gateways")?);
    let mut rules = vec![rule.to_owned()];
    if rule != REMOVE_GATEWAYS {
        rules.extend(named(&gateways).map(|name| format!("{rule}:external_gateways:{name}")));
    }
    let rules: Vec<_> = rules.iter().map(String::as_str).collect();
    allow(&state.reading(&caller), id, &rules)?;
    change_router(&state, caller, id, gateways, change).await
}

async fn change_router<T: Send + Sync + 'static>(
    state: &ApiState,
    caller: Caller,
    id: RouterId,
    items: Vec<T>,
    change: Change<T>,
) -> Result<Response, RequestError> {
    let selection = Selection::of::<Routers>(&[], &caller);
    let rule = move |txn: &mut Txn<'_>, caller: &Caller, settings: &Settings| {
        change(txn, id, &items, caller, settings)
    };
    let router = transact(state, caller.clone(), rule).await?;
    let reading = state.reading(&caller);
    let row = Row::<Routers>::new(router, &reading);
    Ok(json(view::single(&row, &selection)?))
}

/// `{"router": {name: [...]}}` as callers send it.
fn list<T: FromJson>(
    mut body: Map<String, Value>,
    name: &'static str,
) -> Result<Vec<T>, RequestError> {
    let inner = body.remove(Routers::SINGULAR).filter(|_| body.is_empty());
    let inner = inner.as_ref().and_then(Value::as_object);
    let items = inner
        .filter(|inner| inner.len() == 1)
        .and_then(|inner| inner.get(name));
    let Some(items) = items else {
        let message = format!("Invalid body: write {{\"router\": {{\"{name}\": [...]}}}}");
        return Err(RequestError::BadRequest(message));
    };
    Vec::from_json(items).map_err(|why| RequestError::invalid(name, why))
}

/// Commits one change by the caller.
async fn transact<T: Send + 'static>(
    state: &ApiState,
    caller: Caller,
    rule: impl Fn(&mut Txn<'_>, &Caller, &Settings) -> Result<T, ApiError> + Send + 'static,
) -> Result<T, RequestError> {
    let settings = Arc::clone(&state.settings);
    let committed = state
        .writer(&caller.project_id)
        .transact(move |txn| rule(txn, &caller, &settings))
        .await?;
    Ok(committed.value)
}
