//! `/v2.0/quotas`: the limits of projects and what of them is used. Quotas have a project for an
//! id and no attributes of their own but the counted kinds, so the generic handlers do not fit.

use crate::auth::Who;
use crate::body;
use crate::enforce;
use crate::error::RequestError;
use crate::list::json;
use crate::state::ApiState;
use crate::value::FromJson;
use alcor_managers::Caller;
use alcor_managers::quota::{self, Kind, Limits};
use alcor_types::ProjectId;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Map, Value, json as object};

/// The highest limit that Neutron's column holds.
const MAX_LIMIT: i64 = 2_147_483_647;
/// Members of a body that say who or how, not how many.
const OWNER_NAMES: [&str; 2] = ["project_id", "tenant_id"];

/// What an update asks for.
struct Change {
    limits: Limits,
    force: bool,
}

/// Refuses to show a caller a quota that is not its business.
fn may_see(caller: &Caller, project: &ProjectId) -> Result<(), RequestError> {
    enforce::of_project(caller, "get_quota", project.as_str())
}

fn view(limits: &Limits) -> Map<String, Value> {
    let entry = |(kind, limit): (&Kind, &i64)| (kind.as_str().to_owned(), (*limit).into());
    limits.iter().map(entry).collect()
}

/// `GET /v2.0/quotas`: the projects that have quotas of their own.
pub(crate) async fn list(
    State(state): State<ApiState>,
    Who(caller): Who,
) -> Result<Response, RequestError> {
    enforce::general(&caller, "get_quota")?;
    let all = quota::all(&state.store.snapshot(), &state.settings)?;
    let entry = |(project, limits): &(ProjectId, Limits)| {
        let mut entry = view(limits);
        for name in OWNER_NAMES {
            entry.insert(name.to_owned(), project.as_str().into());
        }
        Value::Object(entry)
    };
    let quotas: Vec<_> = all.iter().map(entry).collect();
    Ok(json(object!({ "quotas": quotas }).to_string()))
}

/// `GET /v2.0/quotas/{project}`.
pub(crate) async fn show(
    State(state): State<ApiState>,
    Who(caller): Who,
    Path(project): Path<ProjectId>,
) -> Result<Response, RequestError> {
    may_see(&caller, &project)?;
    answer(&state, &project)
}

/// `GET /v2.0/quotas/{project}/default`.
pub(crate) async fn default(
    State(state): State<ApiState>,
    Who(caller): Who,
    Path(project): Path<ProjectId>,
) -> Result<Response, RequestError> {
    may_see(&caller, &project)?;
    let limits = Kind::ALL.map(|kind| (kind, state.settings.default_limit(kind)));
    let quota = view(&limits.into());
    Ok(json(object!({ "quota": quota }).to_string()))
}

/// `GET /v2.0/quotas/{project}/details`: of each kind the limit and how many there are.
pub(crate) async fn details(
    State(state): State<ApiState>,
    Who(caller): Who,
    Path(project): Path<ProjectId>,
) -> Result<Response, RequestError> {
    may_see(&caller, &project)?;
    let read = state.store.snapshot();
    let mut details = Map::new();
    for (kind, limit) in quota::limits(&read, &project, &state.settings)? {
        let used = quota::used(&read, kind, &project)?;
        // A create counts when it is committed, so nothing is ever merely reserved.
        let detail = object!({ "limit": limit, "used": used, "reserved": 0 });
        details.insert(kind.as_str().to_owned(), detail);
    }
    Ok(json(object!({ "quota": details }).to_string()))
}

/// `GET /v2.0/quotas/tenant`: whose quota the caller would be asked to keep.
pub(crate) async fn tenant(Who(caller): Who) -> Response {
    let project = caller.project_id.as_str();
    json(object!({ "tenant": { "tenant_id": project } }).to_string())
}

/// `GET /v2.0/quotas/project`: the same by its present name.
pub(crate) async fn project(Who(caller): Who) -> Response {
    let project = caller.project_id.as_str();
    json(object!({ "project": { "project_id": project } }).to_string())
}

/// `PUT /v2.0/quotas/{project}`.
pub(crate) async fn update(
    State(state): State<ApiState>,
    Who(caller): Who,
    Path(project): Path<ProjectId>,
    body: Body,
) -> Result<Response, RequestError> {
    enforce::general(&caller, "update_quota")?;
    let change = change(body::object(body, state.limits.body_bytes).await?)?;
    let owner = project.clone();
    state
        .writer(&caller.project_id)
        .transact(move |txn| quota::set(txn, &owner, &change.limits, change.force))
        .await?;
    answer(&state, &project)
}

/// `DELETE /v2.0/quotas/{project}`: the defaults hold again.
pub(crate) async fn reset(
    State(state): State<ApiState>,
    Who(caller): Who,
    Path(project): Path<ProjectId>,
) -> Result<StatusCode, RequestError> {
    enforce::general(&caller, "delete_quota")?;
    let reset = move |txn: &mut alcor_store::Txn<'_>| quota::reset(txn, &project);
    state.writer(&caller.project_id).transact(reset).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn answer(state: &ApiState, project: &ProjectId) -> Result<Response, RequestError> {
    let limits = quota::limits(&state.store.snapshot(), project, &state.settings)?;
    Ok(json(object!({ "quota": view(&limits) }).to_string()))
}

/// Reads `{"quota": {"network": 10, ...}}`. Usage is checked unless `force` is true; the older
/// `check_limit` asks for what is done anyway.
fn change(mut body: Map<String, Value>) -> Result<Change, RequestError> {
    let Some(Value::Object(mut quota)) = body.remove("quota").filter(|_| body.is_empty()) else {
        let message = "Unable to find 'quota' in request body";
        return Err(RequestError::BadRequest(message.to_owned()));
    };
    let force = flag(&mut quota, "force")?;
    flag(&mut quota, "check_limit")?;
    for name in OWNER_NAMES {
        quota.remove(name);
    }
    let limits = quota.iter().map(|(name, limit)| read_limit(name, limit));
    let limits = limits.collect::<Result<_, _>>()?;
    Ok(Change { limits, force })
}

fn flag(quota: &mut Map<String, Value>, name: &str) -> Result<bool, RequestError> {
    let Some(value) = quota.remove(name) else {
        return Ok(false);
    };
    bool::from_json(&value).map_err(|reason| RequestError::invalid(name, reason))
}

fn read_limit(name: &str, limit: &Value) -> Result<(Kind, i64), RequestError> {
    let unknown = || {
        let name: String = name.chars().take(80).collect();
        RequestError::BadRequest(format!("Unrecognized attribute(s) '{name}'"))
    };
    let kind = Kind::named(name).ok_or_else(unknown)?;
    let limit = i64::from_json(limit).map_err(|reason| RequestError::invalid(name, reason))?;
    if (-1..=MAX_LIMIT).contains(&limit) {
        return Ok((kind, limit));
    }
    let reason = format!("'{limit}' is not in range -1 through {MAX_LIMIT}");
    Err(RequestError::invalid(name, reason))
}
