//! `/project/{project}/macs`: MAC addresses kept by hand, and the ranges they come from; for
//! administrators.

use super::payload::{
    envelope, list as items, member, read, refuse_unknown, required, same, state,
};
use super::{Asked, Members};
use crate::enforce;
use crate::error::RequestError;
use crate::list::json;
use alcor_managers::mac::lease::{self, CreateMacLease};
use alcor_types::{MacAddr, MacLease, NetworkId, PortId, ProjectId};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json as object};
use std::sync::Arc;

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
    let wishes = items(&mut body, "mac_states")?;
    let requests = wishes.iter().map(|wish| request(&asked.project, wish));
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
        .store
        .transact(move |txn| lease::mark(txn, mac, &project, active));
    Ok(one(&marked.await?.value))
}

/// `DELETE /project/{project}/macs/{id}`.
pub(crate) async fn delete(asked: Asked) -> Result<Response, RequestError> {
    enforce::general(&asked.caller, "delete_mac")?;
    let (mac, project) = (address(&asked)?, asked.project.clone());
    let gone = asked
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
    Ok(asked.store.transact(make).await?.value)
}

fn request(project: &ProjectId, wish: &Members) -> Result<CreateMacLease, RequestError> {
    let known = ["project_id", "vpc_id", "port_id", "mac_address", "state"];
    refuse_unknown(wish, &known)?;
    same(wish, "project_id", &project.to_string())?;
    Ok(CreateMacLease {
        project_id: project.clone(),
        network_id: NetworkId(required(wish, "vpc_id")?),
        port_id: PortId(required(wish, "port_id")?),
        mac: member(wish, "mac_address")?,
        active: state(wish)?.unwrap_or(true),
    })
}

/// How views write a state.
pub(super) fn state_text(active: bool) -> &'static str {
    if active { "Active" } else { "Inactive" }
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
