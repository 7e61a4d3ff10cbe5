//! `/project/{project}/macs`: MAC addresses kept by hand, and the ranges they come from; for
//! administrators.

use super::{Asked, Members};
use crate::body;
use crate::enforce;
use crate::error::RequestError;
use crate::list::json;
use crate::value::FromJson;
use alcor_managers::mac::lease::{self, CreateMacLease};
use alcor_types::{MacAddr, MacLease, NetworkId, PortId, ProjectId};
use axum::body::Body;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json as object};
use std::sync::Arc;
use uuid::Uuid;

/// Addresses that one call may ask for.
const MAX_BULK: usize = 1_000;

/// `GET /project/{project}/macs`.
pub(crate) async fn list(asked: Asked) -> Result<Response, RequestError> {
    enforce::general(&asked.caller, "get_mac")?;
    let all = lease::list(&asked.state.store.snapshot(), &asked.project)?;
    let all: Vec<Value> = all.iter().map(view).collect();
    Ok(json(object!({ "mac_states": all }).to_string()))
}

/// `GET /project/{project}/macs/{id}`.
pub(crate) async fn show(asked: Asked) -> Result<Response, RequestError> {
    enforce::general(&asked.caller, "get_mac")?;
    let mac = address(&asked)?;
    let read = asked.state.store.snapshot();
    Ok(one(&lease::get(&read, mac, &asked.project)?))
}

/// `POST /project/{project}/macs`, and below a range.
pub(crate) async fn create(mut asked: Asked) -> Result<Response, RequestError> {
    enforce::general(&asked.caller, "create_mac")?;
    let mut body = read(&mut asked).await?;
    let wish = envelope(&mut body, "mac_state")?;
    let requests = vec![request(&asked.project, &wish)?];
    let made = commit(asked, requests).await?;
    let made = made.first().ok_or(RequestError::Damaged)?;
    Ok((StatusCode::CREATED, one(made)).into_response())
}

/// `POST /project/{project}/macs/bulk`, and below a range: all of them or none.
pub(crate) async fn create_many(mut asked: Asked) -> Result<Response, RequestError> {
    enforce::general(&asked.caller, "create_mac")?;
    let mut body = read(&mut asked).await?;
    let Some(Value::Array(wishes)) = body.remove("mac_states") else {
        let message = "Unable to find the list 'mac_states' in request body";
        return Err(RequestError::BadRequest(message.to_owned()));
    };
    if wishes.is_empty() || wishes.len() > MAX_BULK {
        let reason = format!("it has {} items, give 1 to {MAX_BULK}", wishes.len());
        return Err(RequestError::invalid("mac_states", reason));
    }
    let requests = wishes.iter().map(|wish| match wish {
        Value::Object(wish) => request(&asked.project, wish),
        _ => Err(RequestError::invalid("mac_states", "an item is no object")),
    });
    let requests = requests.collect::<Result<Vec<_>, _>>()?;
    let made = commit(asked, requests).await?;
    let made: Vec<Value> = made.iter().map(view).collect();
    let made = json(object!({ "mac_states": made }).to_string());
    Ok((StatusCode::CREATED, made).into_response())
}

/// `PUT /project/{project}/macs/{id}`: its state, and nothing else.
pub(crate) async fn update(mut asked: Asked) -> Result<Response, RequestError> {
    enforce::general(&asked.caller, "update_mac")?;
    let mac = address(&asked)?;
    let mut body = read(&mut asked).await?;
    let wish = envelope(&mut body, "mac_state")?;
    let project = asked.project.clone();
    let present = lease::get(&asked.state.store.snapshot(), mac, &project)?;
    same(&wish, "mac_address", &present.mac)?;
    same(&wish, "project_id", &present.project_id.to_string())?;
    same(&wish, "vpc_id", &present.network_id.0)?;
    same(&wish, "port_id", &present.port_id.0)?;
    let active = state(&wish)?.unwrap_or(present.active);
    let marked = asked
        .state
        .store
        .transact(move |txn| lease::mark(txn, mac, &project, active));
    Ok(one(&marked.await?.value))
}

/// `DELETE /project/{project}/macs/{id}`.
pub(crate) async fn delete(asked: Asked) -> Result<Response, RequestError> {
    enforce::general(&asked.caller, "delete_mac")?;
    let (mac, project) = (address(&asked)?, asked.project.clone());
    let gone = asked
        .state
        .store
        .transact(move |txn| lease::delete(txn, mac, &project));
    gone.await?;
    Ok(json(object!({ "mac_address": mac }).to_string()))
}

/// Takes the addresses, from the range that the path names, if it does.
async fn commit(
    asked: Asked,
    requests: Vec<CreateMacLease>,
) -> Result<Vec<MacLease>, RequestError> {
    let range = asked.path.get("range").cloned();
    let (caller, settings) = (asked.caller, Arc::clone(&asked.state.settings));
    let make = move |txn: &mut alcor_store::Txn<'_>| {
        lease::create_many(txn, &requests, range.as_deref(), &caller, &settings)
    };
    Ok(asked.state.store.transact(make).await?.value)
}

fn request(project: &ProjectId, wish: &Members) -> Result<CreateMacLease, RequestError> {
    let known = ["project_id", "vpc_id", "port_id", "mac_address", "state"];
    refuse_unknown(wish, &known)?;
    same(wish, "project_id", &project.to_string())?;
    let required = |name| RequestError::invalid(name, "it is required");
    let network = member::<Uuid>(wish, "vpc_id")?.ok_or_else(|| required("vpc_id"))?;
    let port = member::<Uuid>(wish, "port_id")?.ok_or_else(|| required("port_id"))?;
    Ok(CreateMacLease {
        project_id: project.clone(),
        network_id: NetworkId(network),
        port_id: PortId(port),
        mac: member(wish, "mac_address")?,
        active: state(wish)?.unwrap_or(true),
    })
}

/// Refuses a change of what never changes.
fn same<T: FromJson + PartialEq>(
    wish: &Members,
    name: &'static str,
    present: &T,
) -> Result<(), RequestError> {
    match member::<T>(wish, name)? {
        Some(asked) if asked != *present => {
            let reason = "it is not what the path names, and it never changes";
            Err(RequestError::invalid(name, reason))
        }
        _ => Ok(()),
    }
}

/// Whether the wish says Active or Inactive, in the words of either of the first Alcor's papers.
pub(super) fn state(wish: &Members) -> Result<Option<bool>, RequestError> {
    let Some(text) = member::<String>(wish, "state")? else {
        return Ok(None);
    };
    match text.to_ascii_lowercase().as_str() {
        "active" | "activated" => Ok(Some(true)),
        "inactive" | "deactivated" => Ok(Some(false)),
        _ => {
            let text: String = text.chars().take(80).collect();
            let reason = format!("'{text}' is not one of Active, Inactive");
            Err(RequestError::invalid("state", reason))
        }
    }
}

/// How views write a state.
pub(super) fn state_text(active: bool) -> &'static str {
    if active { "Active" } else { "Inactive" }
}

/// A member that may be missing or null.
pub(super) fn member<T: FromJson>(
    wish: &Members,
    name: &'static str,
) -> Result<Option<T>, RequestError> {
    let value = wish.get(name).map(Option::<T>::from_json).transpose();
    Ok(value
        .map_err(|why| RequestError::invalid(name, why))?
        .flatten())
}

pub(super) fn refuse_unknown(wish: &Members, known: &[&str]) -> Result<(), RequestError> {
    match wish.keys().find(|name| !known.contains(&name.as_str())) {
        Some(name) => {
            let name: String = name.chars().take(80).collect();
            let message = format!("Unrecognized attribute(s) '{name}'");
            Err(RequestError::BadRequest(message))
        }
        None => Ok(()),
    }
}

pub(super) async fn read(asked: &mut Asked) -> Result<Members, RequestError> {
    let limit = asked.state.limits.body_bytes;
    let body: Body = std::mem::take(&mut asked.body);
    body::object(body, limit).await
}

/// The object in the envelope.
pub(super) fn envelope(body: &mut Members, name: &str) -> Result<Members, RequestError> {
    if let Some(Value::Object(wish)) = body.remove(name) {
        return Ok(wish);
    }
    let message = format!("Unable to find '{name}' in request body");
    Err(RequestError::BadRequest(message))
}

/// The address in the path; a text that is none names nothing.
fn address(asked: &Asked) -> Result<MacAddr, RequestError> {
    let text = asked.path.get("id").map(String::as_str).unwrap_or_default();
    text.parse().map_err(|_| RequestError::NotFound {
        kind: "MacAddressNotFound",
        what: "MAC address",
        id: text.chars().take(80).collect(),
    })
}

fn view(lease: &MacLease) -> Value {
    object!({
        "mac_address": lease.mac, "project_id": lease.project_id, "vpc_id": lease.network_id,
        "port_id": lease.port_id, "state": state_text(lease.active),
    })
}

fn one(lease: &MacLease) -> Response {
    json(object!({ "mac_state": view(lease) }).to_string())
}
