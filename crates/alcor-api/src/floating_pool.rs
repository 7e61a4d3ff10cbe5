//! `/v2.0/floatingip_pools`: the IPv4 subnets of external networks, which anybody who may take a
//! floating IP from them may list.

use crate::auth::Who;
use crate::error::RequestError;
use crate::list::json;
use crate::query::QueryString;
use crate::state::ApiState;
use alcor_managers::floating_ip;
use alcor_types::Subnet;
use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use serde_json::{Map, Value, json as value};

/// The attributes, each a filter too.
const ATTRIBUTES: [&str; 6] = [
    "subnet_id",
    "subnet_name",
    "network_id",
    "cidr",
    "project_id",
    "tenant_id",
];

/// `GET /v2.0/floatingip_pools`.
pub(crate) async fn list(
    State(state): State<ApiState>,
    Who(caller): Who,
    uri: Uri,
) -> Result<Response, RequestError> {
    let query = QueryString::of(&uri)?;
    let reading = state.reading(&caller);
    let project = caller.project_id.as_str();
    let pools: Vec<_> = floating_ip::pools(&reading.snapshot, &caller)?
        .iter()
        .map(|subnet| view(subnet, project))
        .filter(|pool| wanted(pool, &query))
        .map(|pool| select(pool, &query.fields()))
        .collect();
    Ok(json(value!({ "floatingip_pools": pools }).to_string()))
}

fn view(subnet: &Subnet, project: &str) -> Map<String, Value> {
    let values = [
        value!(subnet.id),
        value!(subnet.standard.name),
        value!(subnet.network_id),
        value!(subnet.cidr),
        value!(project),
        value!(project),
    ];
    let names = ATTRIBUTES.map(str::to_owned);
    names.into_iter().zip(values).collect()
}

fn wanted(pool: &Map<String, Value>, query: &QueryString) -> bool {
    ATTRIBUTES.iter().all(|name| {
        let mut values = query.all(name).peekable();
        let own = pool.get(*name).and_then(Value::as_str);
        values.peek().is_none() || values.any(|value| Some(value) == own)
    })
}

fn select(mut pool: Map<String, Value>, fields: &[&str]) -> Map<String, Value> {
    if !fields.is_empty() {
        pool.retain(|name, _| fields.contains(&name.as_str()));
    }
    pool
}
