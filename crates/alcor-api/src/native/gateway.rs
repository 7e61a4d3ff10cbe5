//! `/project/{project}/gateways`: what leads out of VPCs beside their routers, as operators enter
//! it; for administrators.

use super::payload::{envelope, member, read, refuse_unknown, required, same};
use super::{Asked, Members};
use crate::enforce;
use crate::error::RequestError;
use crate::list::json;
use alcor_managers::gateway::{self, CreateGateway, UpdateGateway};
use alcor_types::{Gateway, GatewayAddress, GatewayId, GatewayStatus, NetworkId, ProjectId};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json as object};
use uuid::Uuid;

const KEYS: [&str; 10] = [
    "id",
    "project_id",
    "owner",
    "vpc_id",
    "vni",
    "name",
    "description",
    "type",
    "status",
    "ips",
];

/// `GET /project/{project}/gateways`.
pub(crate) async fn list(asked: Asked) -> Result<Response, RequestError> {
    enforce::general(&asked.caller, "get_gateway")?;
    let all = gateway::list(&asked.state.store.snapshot(), &asked.project)?;
    let all: Vec<Value> = all.iter().map(view).collect();
    Ok(json(object!({ "gateways": all }).to_string()))
}

/// `GET /project/{project}/gateways/{id}`.
pub(crate) async fn show(asked: Asked) -> Result<Response, RequestError> {
    enforce::general(&asked.caller, "get_gateway")?;
    let read = asked.state.store.snapshot();
    Ok(one(&gateway::get(&read, id(&asked)?, &asked.project)?))
}

/// `POST /project/{project}/gateways`.
pub(crate) async fn create(mut asked: Asked) -> Result<Response, RequestError> {
    enforce::general(&asked.caller, "create_gateway")?;
    let wish = wish(&mut asked).await?;
    check_owner(&wish, &asked.project)?;
    let request = CreateGateway {
        id: member::<Uuid>(&wish, "id")?.map(GatewayId),
        network_id: NetworkId(required(&wish, "vpc_id")?),
        vni: member(&wish, "vni")?,
        name: member(&wish, "name")?.unwrap_or_default(),
        description: member(&wish, "description")?.unwrap_or_default(),
        kind: required(&wish, "type")?,
        status: member(&wish, "status")?.unwrap_or(GatewayStatus::Pending),
        ips: addresses(&wish)?.unwrap_or_default(),
    };
    let (project, caller) = (asked.project, asked.caller);
    let made = asked
        .store
        .transact(move |txn| gateway::create(txn, &request, &project, &caller));
    Ok((StatusCode::CREATED, one(&made.await?.value)).into_response())
}

/// `PUT /project/{project}/gateways/{id}`.
pub(crate) async fn update(mut asked: Asked) -> Result<Response, RequestError> {
    enforce::general(&asked.caller, "update_gateway")?;
    let id = id(&asked)?;
    let wish = wish(&mut asked).await?;
    let present = gateway::get(&asked.state.store.snapshot(), id, &asked.project)?;
    check_owner(&wish, &asked.project)?;
    same(&wish, "id", &id.0)?;
    same(&wish, "vpc_id", &present.network_id.0)?;
    same(&wish, "type", &present.kind)?;
    if wish.contains_key("vni") {
        let reason = "it is the VPC's and never changes, leave it out";
        return Err(RequestError::invalid("vni", reason));
    }
    let request = UpdateGateway {
        name: member(&wish, "name")?,
        description: member(&wish, "description")?,
        status: member(&wish, "status")?,
        ips: addresses(&wish)?,
    };
    let project = asked.project;
    let changed = asked
        .store
        .transact(move |txn| gateway::update(txn, id, &request, &project));
    Ok(one(&changed.await?.value))
}

/// `DELETE /project/{project}/gateways/{id}`.
pub(crate) async fn delete(asked: Asked) -> Result<Response, RequestError> {
    enforce::general(&asked.caller, "delete_gateway")?;
    let (id, project) = (id(&asked)?, asked.project);
    let gone = asked
        .store
        .transact(move |txn| gateway::delete(txn, id, &project));
    gone.await?;
    Ok(json(object!({ "id": id }).to_string()))
}

/// Refuses another owner than the project in the path, which is the VPC's.
pub(super) fn check_owner(wish: &Members, project: &ProjectId) -> Result<(), RequestError> {
    same(wish, "project_id", &project.to_string())?;
    same(wish, "owner", &project.to_string())
}

/// A gateway as clients see it.
pub(super) fn view(gateway: &Gateway) -> Value {
    let ips = gateway.ips.iter();
    let ips: Vec<_> = ips
        .map(|one| object!({ "ip": one.ip, "mac": one.mac }))
        .collect();
    object!({
        "id": gateway.id, "project_id": gateway.project_id, "owner": gateway.project_id,
        "vpc_id": gateway.network_id, "name": gateway.name, "description": gateway.description,
        "type": gateway.kind.as_str(), "status": gateway.status.as_str(), "ips": ips,
    })
}

async fn wish(asked: &mut Asked) -> Result<Members, RequestError> {
    let mut body = read(asked).await?;
    let wish = envelope(&mut body, "gateway")?;
    refuse_unknown(&wish, &KEYS)?;
    Ok(wish)
}

fn addresses(wish: &Members) -> Result<Option<Vec<GatewayAddress>>, RequestError> {
    member(wish, "ips")
}

fn id(asked: &Asked) -> Result<GatewayId, RequestError> {
    let text = asked.path.get("id").map(String::as_str).unwrap_or_default();
    text.parse().map_err(|_| RequestError::NotFound {
        kind: "GatewayNotFound",
        what: "Gateway",
        id: text.chars().take(80).collect(),
    })
}

fn one(gateway: &Gateway) -> Response {
    json(object!({ "gateway": view(gateway) }).to_string())
}
