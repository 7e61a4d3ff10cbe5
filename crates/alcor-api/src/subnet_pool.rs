//! What members of `/v2.0/subnetpools` do beside the five: prefixes come and go one by one, and
//! the subnets of a network are taken in.

use crate::auth::Who;
use crate::body;
use crate::error::RequestError;
use crate::handler::parse_id;
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
    change(&state, caller, &id, body, subnet_pool::add_prefixes).await
}

/// `PUT /v2.0/subnetpools/{id}/remove_prefixes`.
pub(crate) async fn remove_prefixes(
    State(state): State<ApiState>,
    Who(caller): Who,
    Path(id): Path<String>,
    body: Body,
) -> Result<Response, RequestError> {
    change(&state, caller, &id, body, subnet_pool::remove_prefixes).await
}

async fn change(
    state: &ApiState,
    caller: Caller,
    id: &str,
    body: Body,
    rule: Change,
) -> Result<Response, RequestError> {
    let id = SubnetPoolId(parse_id::<SubnetPools>(id)?);
    let prefixes: Vec<Cidr> = member(state, body, "prefixes").await?;
    if prefixes.is_empty() {
        return Err(RequestError::invalid("prefixes", "the list is empty"));
    }
    let prefixes = blocks(prefixes);
    let change = move |txn: &mut Txn<'_>| rule(txn, id, &prefixes, &caller);
    let pool = state.store.transact(change).await?.value;
    Ok(json(object!({ "prefixes": pool.prefixes }).to_string()))
}

/// `PUT /v2.0/subnetpools/{id}/onboard_network_subnets`.
pub(crate) async fn onboard(
    State(state): State<ApiState>,
    Who(caller): Who,
    Path(id): Path<String>,
    body: Body,
) -> Result<Response, RequestError> {
    let id = SubnetPoolId(parse_id::<SubnetPools>(&id)?);
    let network: Uuid = member(&state, body, "network_id").await?;
    let onboard =
        move |txn: &mut Txn<'_>| subnet_pool::onboard(txn, id, NetworkId(network), &caller);
    let subnets = state.store.transact(onboard).await?.value;
    let shown = subnets
        .iter()
        .map(|subnet| object!({ "id": subnet.id, "cidr": subnet.cidr }));
    Ok(json(Value::Array(shown.collect()).to_string()))
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
