//! `/project/{project}/gatewayinfo`: a VPC's gateways by the VPC's id, as the first Alcor's
//! services entered and reported them; for administrators.

use super::gateway::{check_owner, view};
use super::payload::{envelope, list as items, member, read, refuse_unknown, required, same};
use super::{Asked, Members};
use crate::enforce;
use crate::error::RequestError;
use crate::list::json;
use alcor_managers::gateway::{self, CreateGateway};
use alcor_types::{Gateway, GatewayKind, GatewayStatus, NetworkId};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json as object};

/// What a report may say of one kind of gateway; the rest comes back as clients read it.
const REPORTED: [&str; 9] = [
    "type",
    "status",
    "id",
    "project_id",
    "owner",
    "vpc_id",
    "name",
    "description",
    "ips",
];

/// `POST /project/{project}/gatewayinfo`: enters the VPC's Zeta gateway, as a wish.
pub(crate) async fn create(mut asked: Asked) -> Result<Response, RequestError> {
    enforce::general(&asked.caller, "create_gateway")?;
    let mut body = read(&mut asked).await?;
    // The first Alcor's documents and its code called it differently.
    let documented = body.contains_key("vpc_vni");
    let name = if documented { "vpc_vni" } else { "vpcinfo" };
    let wish = envelope(&mut body, name)?;
    refuse_unknown(&wish, &["vpc_id", "vni", "owner"])?;
    check_owner(&wish, &asked.project)?;
    let network = NetworkId(required(&wish, "vpc_id")?);
    let request = CreateGateway {
        vni: member(&wish, "vni")?,
        ..CreateGateway::new(network, GatewayKind::Zeta)
    };
    let (project, caller) = (asked.project, asked.caller);
    let made = asked
        .store
        .transact(move |txn| gateway::create(txn, &request, &project, &caller));
    made.await?;
    let answer = json(object!({ "id": network }).to_string());
    Ok((StatusCode::CREATED, answer).into_response())
}

/// `GET /project/{project}/gatewayinfo/{id}`.
pub(crate) async fn show(asked: Asked) -> Result<Response, RequestError> {
    enforce::general(&asked.caller, "get_gateway")?;
    let id = id(&asked)?;
    let read = asked.state.store.snapshot();
    let gateways = gateway::of_vpc(&read, id, &asked.project, &asked.caller)?;
    Ok(info(id, &gateways))
}

/// `PUT /project/{project}/gatewayinfo/{id}`: how far the gateways are.
pub(crate) async fn update(mut asked: Asked) -> Result<Response, RequestError> {
    enforce::general(&asked.caller, "update_gateway")?;
    let id = id(&asked)?;
    let mut body = read(&mut asked).await?;
    let mut wish = envelope(&mut body, "gatewayinfo")?;
    let known = ["resource_id", "gateways", "routetables", "status"];
    refuse_unknown(&wish, &known)?;
    same(&wish, "resource_id", &id.0)?;
    let all = member::<GatewayStatus>(&wish, "status")?;
    let single = match wish.get("gateways") {
        None | Some(Value::Null) => Vec::new(),
        Some(_) => items(&mut wish, "gateways")?,
    };
    let single = single.iter().map(reported).collect::<Result<Vec<_>, _>>()?;
    if all.is_none() && single.is_empty() {
        let reason = "it is missing: give a status of all gateways, or gateways with theirs";
        return Err(RequestError::invalid("status", reason));
    }
    let (project, caller) = (asked.project, asked.caller);
    let changed = asked
        .store
        .transact(move |txn| gateway::report(txn, id, (all, &single), &project, &caller));
    Ok(info(id, &changed.await?.value))
}

/// `DELETE /project/{project}/gatewayinfo/{id}`: all gateways of the VPC.
pub(crate) async fn delete(asked: Asked) -> Result<Response, RequestError> {
    enforce::general(&asked.caller, "delete_gateway")?;
    let id = id(&asked)?;
    let (project, caller) = (asked.project, asked.caller);
    let gone = asked
        .store
        .transact(move |txn| gateway::delete_of_vpc(txn, id, &project, &caller));
    gone.await?;
    Ok(json(object!({ "id": id }).to_string()))
}

fn reported(wish: &Members) -> Result<(GatewayKind, GatewayStatus), RequestError> {
    refuse_unknown(wish, &REPORTED)?;
    Ok((required(wish, "type")?, required(wish, "status")?))
}

fn id(asked: &Asked) -> Result<NetworkId, RequestError> {
    let text = asked.path.get("id").map(String::as_str).unwrap_or_default();
    text.parse().map_err(|_| RequestError::NotFound {
        kind: "NetworkNotFound",
        what: "Network",
        id: text.chars().take(80).collect(),
    })
}

fn info(id: NetworkId, gateways: &[Gateway]) -> Response {
    let gateways: Vec<Value> = gateways.iter().map(view).collect();
    let info = object!({ "resource_id": id, "gateways": gateways });
    json(object!({ "gatewayinfo": info }).to_string())
}
