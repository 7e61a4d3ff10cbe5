//! Rules by their id alone. The rule's policy is looked up, and then it is a call below that.

use super::QosRules;
use super::kind::RuleKind;
use crate::auth::Who;
use crate::error::RequestError;
use crate::handler::{nested, parse_id};
use crate::resource::Resource;
use crate::state::ApiState;
use alcor_types::QosRule;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;

/// `GET /v2.0/qos/alias-...-rules/{id}`.
pub(crate) async fn show<K: RuleKind>(
    state: State<ApiState>,
    who: Who,
    Path(id): Path<String>,
    uri: Uri,
) -> Result<Response, RequestError> {
    let path = below_policy::<K>(&state, &who, id)?;
    nested::show::<QosRules<K>>(state, who, Path(path), uri).await
}

/// `PUT /v2.0/qos/alias-...-rules/{id}`.
pub(crate) async fn update<K: RuleKind>(
    state: State<ApiState>,
    who: Who,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, RequestError> {
    let path = below_policy::<K>(&state, &who, id)?;
    nested::update::<QosRules<K>>(state, who, Path(path), headers, body).await
}

/// `DELETE /v2.0/qos/alias-...-rules/{id}`.
pub(crate) async fn delete<K: RuleKind>(
    state: State<ApiState>,
    who: Who,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<StatusCode, RequestError> {
    let path = below_policy::<K>(&state, &who, id)?;
    nested::delete::<QosRules<K>>(state, who, Path(path), headers).await
}

/// The ids of the rule's policy and of the rule. Whether the caller sees the policy is for the
/// call below it to find out; it must not differ from a rule that does not exist.
fn below_policy<K: RuleKind>(
    state: &ApiState,
    Who(caller): &Who,
    id: String,
) -> Result<(String, String), RequestError> {
    let key = parse_id::<QosRules<K>>(&id)?;
    let reading = state.reading(caller);
    let rule = reading.get::<QosRule>(key.as_bytes());
    let visible = |rule: &QosRule| {
        alcor_managers::qos::rule_visible(&reading.snapshot, rule, caller).unwrap_or(false)
    };
    let rule = rule.filter(visible);
    let rule = rule.ok_or_else(|| QosRules::<K>::not_found(&id))?;
    Ok((rule.policy_id.to_string(), id))
}
