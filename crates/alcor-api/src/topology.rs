//! `/v2.0/auto-allocated-topology/{project}`: a network with a way out for a project that asks
//! for nothing in particular ("get me a network").

use crate::auth::Who;
use crate::enforce;
use crate::error::RequestError;
use crate::list::json;
use crate::openapi::{About, object};
use crate::query::QueryString;
use crate::state::ApiState;
use alcor_managers::{Caller, topology};
use alcor_types::{AutoTopology, ProjectId};
use axum::extract::{Path, State};
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use serde_json::json as value;

/// The field whose presence asks only whether a topology could be made.
const DRY_RUN: &str = "dry-run";
/// What clients write for a project that they do not know: their own language's nothing.
const NO_PROJECT: [&str; 2] = ["None", "null"];

/// `GET /v2.0/auto-allocated-topology/{project}`: makes it where there is none.
pub(crate) async fn show(
    State(state): State<ApiState>,
    Who(caller): Who,
    Path(project): Path<String>,
    uri: Uri,
) -> Result<Response, RequestError> {
    let project = named(project, &caller);
    enforce::of_project(&caller, "get_auto_allocated_topology", project.as_str())?;
    let read = state.store.snapshot();
    if is_dry_run(&QueryString::of(&uri)?)? {
        topology::check(&read, &project, &caller)?;
        return Ok(answer("dry-run=pass", &project));
    }
    let topology = match topology::find(&read, &project, &caller)? {
        Some(present) => present,
        None => make(&state, &caller, &project).await?,
    };
    Ok(answer(&topology.network_id.to_string(), &project))
}

/// `DELETE /v2.0/auto-allocated-topology/{project}`: answers the same where there is none.
pub(crate) async fn delete(
    State(state): State<ApiState>,
    Who(caller): Who,
    Path(project): Path<String>,
) -> Result<StatusCode, RequestError> {
    let project = named(project, &caller);
    enforce::of_project(&caller, "delete_auto_allocated_topology", project.as_str())?;
    let writer = state.writer(&caller.project_id);
    let delete = move |txn: &mut alcor_store::Txn<'_>| topology::delete(txn, &project, &caller);
    writer.transact(delete).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn make(
    state: &ApiState,
    caller: &Caller,
    project: &ProjectId,
) -> Result<AutoTopology, RequestError> {
    let (asker, owner, settings) = (caller.clone(), project.clone(), state.settings.clone());
    let make =
        move |txn: &mut alcor_store::Txn<'_>| topology::ensure(txn, &owner, &asker, &settings);
    Ok(state.writer(&caller.project_id).transact(make).await?.value)
}

/// The project of the path, or the caller's where the path says that there is none.
fn named(project: String, caller: &Caller) -> ProjectId {
    if NO_PROJECT.contains(&project.as_str()) {
        return caller.project_id.clone();
    }
    ProjectId::from(project)
}

fn is_dry_run(query: &QueryString) -> Result<bool, RequestError> {
    let fields = query.fields();
    if fields.is_empty() || fields.contains(&DRY_RUN) {
        return Ok(!fields.is_empty());
    }
    let message =
        "Bad auto_allocate request: Unrecognized field, leave fields out or write dry-run.";
    Err(RequestError::BadRequest(message.to_owned()))
}

fn answer(id: &str, project: &ProjectId) -> Response {
    let project = project.as_str();
    let topology = value!({ "id": id, "project_id": project, "tenant_id": project });
    json(value!({ "auto_allocated_topology": topology }).to_string())
}

/// What the document says of showing one.
pub(crate) fn about() -> About {
    let text = || value!({ "type": "string" });
    let members = [
        ("id", text()),
        ("project_id", text()),
        ("tenant_id", text()),
    ];
    let topology = object(members, &["id", "project_id", "tenant_id"]);
    let envelope = object(
        [("auto_allocated_topology", topology)],
        &["auto_allocated_topology"],
    );
    About::new(
        "The network of a project that asks for nothing in particular; made where there is none.",
    )
    .gives(200, envelope)
    .asks("fields", "dry-run asks only whether one could be made.")
}
