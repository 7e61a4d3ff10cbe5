//! What members of `/v2.0/subnetpools` do beside the five: prefixes come and go one by one, and
//! the subnets of a network are taken in.

use crate::auth::Who;
use crate::body;
use crate::enforce;
use crate::error::RequestError;
use crate::handler::{find, parse_id};
use crate::list::json;
use crate::resource::{SubnetPools, blocks};
use crate::state::ApiState;
use crate::value::{Cidr, FromJson};
use alcor_managers::{ApiError, Caller, subnet_pool};
use alcor_store::Txn;
use alcor_types::{NetworkId, SubnetPool, SubnetPoolId};
use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::Response;
use ipnet::IpNet;
use serde_json::{Value, json as object};
use uuid::Uuid;

/// A rule that changes a pool's prefixes.
type Change = fn(&mut Txn<'_>, SubnetPoolId, &[IpNet], &Caller) -> Result<SubnetPool, ApiError>;

/// `PUT /v2.0/subnetpools/{id}/add_prefixes`.
pub(crate) async fn add_prefixes(
    State(state): State<ApiState>,
    Who(caller): Who,
    Path(id): Path<String>,
    body: Body,
) -> Result<Response, RequestError> {
    let rule = subnet_pool::add_prefixes;
    change(&state, caller, &id, body, "add_prefixes", rule).await
}

/// `PUT /v2.0/subnetpools/{id}/remove_prefixes`.
pub(crate) async fn remove_prefixes(
    State(state): State<ApiState>,
    Who(caller): Who,
    Path(id): Path<String>,
    body: Body,
) -> Result<Response, RequestError> {
    let rule = subnet_pool::remove_prefixes;
    change(&state, caller, &id, body, "remove_prefixes", rule).await
}

async fn change(
    state: &ApiState,
    caller: Caller,
    id: &str,
    body: Body,
    action: &'static str,
    rule: Change,
) -> Result<Response, RequestError> {
    let id = allowed(state, &caller, id, action)?;
    let prefixes: Vec<Cidr> = member(state, body, "prefixes").await?;
    if prefixes.is_empty() {
        return Err(RequestError::invalid("prefixes", "the list is empty"));
    }
    let prefixes = blocks(prefixes);
    let writer = state.writer(&caller.project_id);
    let change = move |txn: &mut Txn<'_>| rule(txn, id, &prefixes, &caller);
    let pool = writer.transact(change).await?.value;
    Ok(json(object!({ "prefixes": pool.prefixes }).to_string()))
}

/// `PUT /v2.0/subnetpools/{id}/onboard_network_subnets`.
pub(crate) async fn onboard(
    State(state): State<ApiState>,
    Who(caller): Who,
    Path(id): Path<String>,
    body: Body,
) -> Result<Response, RequestError> {
    let id = allowed(&state, &caller, &id, "onboard_network_subnets")?;
    let network: Uuid = member(&state, body, "network_id").await?;
    let writer = state.writer(&caller.project_id);
    let onboard =
        move |txn: &mut Txn<'_>| subnet_pool::onboard(txn, id, NetworkId(network), &caller);
    let subnets = writer.transact(onboard).await?.value;
    let shown = subnets
        .iter()
        .map(|subnet| object!({ "id": subnet.id, "cidr": subnet.cidr }));
    Ok(json(Value::Array(shown.collect()).to_string()))
}

/// The pool's id, where the caller may do this to the pool.
fn allowed(
    state: &ApiState,
    caller: &Caller,
    id: &str,
    action: &str,
) -> Result<SubnetPoolId, RequestError> {
    let reading = state.reading(caller);
    enforce::action(&find::<SubnetPools>(&reading, id, caller)?, action)?;
    Ok(SubnetPoolId(parse_id::<SubnetPools>(id)?))
}

/// The only member of a body.
async fn member<T: FromJson>(
    state: &ApiState,
    body: Body,
    name: &'static str,
) -> Result<T, RequestError> {
    let mut body = body::object(body, state.limits.body_bytes).await?;
    let value = body.remove(name).filter(|_| body.is_empty());
    let missing =
        || RequestError::BadRequest(format!("Write {{\"{name}\": ...}} and nothing else"));
    T::from_json(&value.ok_or_else(missing)?).map_err(|reason| RequestError::invalid(name, reason))
}
