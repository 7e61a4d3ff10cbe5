//! What members of `/v2.0/address-groups` do beside the five: addresses come and go one by one.

use crate::auth::Who;
use crate::body;
use crate::enforce;
use crate::error::RequestError;
use crate::handler::{find, parse_id};
use crate::list::json;
use crate::resource::{AddressGroups, Row};
use crate::state::ApiState;
use crate::value::{Cidr, FromJson};
use crate::view::{Selection, single};
use alcor_managers::{ApiError, Caller, address_group};
use alcor_store::Txn;
use alcor_types::{AddressGroup, AddressGroupId};
use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::Response;
use ipnet::IpNet;
use serde_json::{Map, Value};

/// A rule that changes a group's addresses.
type Change = fn(&mut Txn<'_>, AddressGroupId, &[IpNet], &Caller) -> Result<AddressGroup, ApiError>;

/// `PUT /v2.0/address-groups/{id}/add_addresses`.
pub(crate) async fn add(
    State(state): State<ApiState>,
    Who(caller): Who,
    Path(id): Path<String>,
    body: Body,
) -> Result<Response, RequestError> {
    let rule = address_group::add_addresses;
    change(&state, caller, &id, body, ("add_addresses", rule)).await
}

/// `PUT /v2.0/address-groups/{id}/remove_addresses`.
pub(crate) async fn remove(
    State(state): State<ApiState>,
    Who(caller): Who,
    Path(id): Path<String>,
    body: Body,
) -> Result<Response, RequestError> {
    let rule = address_group::remove_addresses;
    change(&state, caller, &id, body, ("remove_addresses", rule)).await
}

async fn change(
    state: &ApiState,
    caller: Caller,
    id: &str,
    body: Body,
    (name, rule): (&str, Change),
) -> Result<Response, RequestError> {
    let before = state.reading(&caller);
    enforce::action(&find::<AddressGroups>(&before, id, &caller)?, name)?;
    let id = AddressGroupId(parse_id::<AddressGroups>(id)?);
    let blocks = addresses(body::object(body, state.limits.body_bytes).await?)?;
    let writer = state.writer(&caller.project_id);
    let change = move |txn: &mut Txn<'_>| rule(txn, id, &blocks, &caller);
    let group = writer.transact(change).await?.value;
    let reading = before.renewed(state);
    let selection = Selection::of::<AddressGroups>(&[], &reading.caller);
    let row = Row::<AddressGroups>::new(group, &reading);
    Ok(json(single(&row, &selection)?))
}

/// `{"addresses": [...]}`, with or without the envelope: clients send either.
fn addresses(mut body: Map<String, Value>) -> Result<Vec<IpNet>, RequestError> {
    if let Some(Value::Object(inner)) = body.remove("address_group") {
        body = inner;
    }
    let missing = || RequestError::BadRequest("Write {\"addresses\": [...]}".to_owned());
    let value = body.remove("addresses").filter(|_| body.is_empty());
    let blocks = Vec::<Cidr>::from_json(&value.ok_or_else(missing)?);
    let blocks = blocks.map_err(|reason| RequestError::invalid("addresses", reason))?;
    Ok(blocks.into_iter().map(|block| block.0).collect())
}
