//! `/v2.0/ports/{id}/bindings`: several bindings of one port, named by their hosts.

use crate::auth::Who;
use crate::body;
use crate::enforce;
use crate::error::RequestError;
use crate::handler::find;
use crate::list::json;
use crate::query::QueryString;
use crate::resource::{Ports, Profile, Reading, VifDetails, profile_text};
use crate::state::ApiState;
use crate::value::{Members, Object};
use alcor_managers::ApiError;
use alcor_managers::port::binding::{self, CreateBinding, Place, UpdateBinding};
use alcor_managers::port::vif_type;
use alcor_types::{HostName, PortId};
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json as object};

/// The envelope of one.
const SINGULAR: &str = "binding";
/// What a body may say.
const MEMBERS: [&str; 4] = ["host", "vnic_type", "profile", "project_id"];

/// `GET /v2.0/ports/{id}/bindings`.
pub(crate) async fn list(
    State(state): State<ApiState>,
    Who(caller): Who,
    Path(id): Path<String>,
    uri: Uri,
) -> Result<Response, RequestError> {
    let query = QueryString::of(&uri)?;
    let reading = state.reading(&caller);
    let id = port(&reading, &id, "get_port_binding")?;
    let places = binding::list(&reading.snapshot, id, &caller)?;
    let views = places.iter().map(|place| view(place, &reading));
    let views: Vec<_> = views
        .filter(|view| wanted(view, &query))
        .map(|view| only(view, &query))
        .collect();
    Ok(json(object!({ "bindings": views }).to_string()))
}

/// `GET /v2.0/ports/{id}/bindings/{host}`.
pub(crate) async fn show(
    State(state): State<ApiState>,
    Who(caller): Who,
    Path((id, host)): Path<(String, String)>,
    uri: Uri,
) -> Result<Response, RequestError> {
    let query = QueryString::of(&uri)?;
    let reading = state.reading(&caller);
    let id = port(&reading, &id, "get_port_binding")?;
    let place = binding::get(&reading.snapshot, id, &HostName::from(host), &caller)?;
    let view = only(view(&place, &reading), &query);
    Ok(json(object!({ SINGULAR: view }).to_string()))
}

/// `POST /v2.0/ports/{id}/bindings`.
pub(crate) async fn create(
    State(state): State<ApiState>,
    Who(caller): Who,
    Path(id): Path<String>,
    body: Body,
) -> Result<Response, RequestError> {
    let id = port(&state.reading(&caller), &id, "create_port_binding")?;
    let body = envelope(body, &state).await?;
    let request = create_request(&body)?;
    let asker = caller.clone();
    let committed = state
        .writer(&caller.project_id)
        .transact(move |txn| binding::create(txn, id, &request, &asker))
        .await?;
    let view = view(&committed.value, &state.reading(&caller));
    let answer = json(object!({ SINGULAR: view }).to_string());
    Ok((StatusCode::CREATED, answer).into_response())
}

/// `PUT /v2.0/ports/{id}/bindings/{host}`.
pub(crate) async fn update(
    State(state): State<ApiState>,
    Who(caller): Who,
    Path((id, host)): Path<(String, String)>,
    body: Body,
) -> Result<Response, RequestError> {
    let id = port(&state.reading(&caller), &id, "create_port_binding")?;
    let body = envelope(body, &state).await?;
    let request = update_request(&body)?;
    let (asker, host) = (caller.clone(), HostName::from(host));
    let committed = state
        .writer(&caller.project_id)
        .transact(move |txn| binding::update(txn, id, &host, &request, &asker))
        .await?;
    let view = view(&committed.value, &state.reading(&caller));
    Ok(json(object!({ SINGULAR: view }).to_string()))
}

/// `PUT /v2.0/ports/{id}/bindings/{host}/activate`. Neutron's answer has no envelope.
pub(crate) async fn activate(
    State(state): State<ApiState>,
    Who(caller): Who,
    Path((id, host)): Path<(String, String)>,
) -> Result<Response, RequestError> {
    let id = port(&state.reading(&caller), &id, "activate")?;
    let (asker, host) = (caller.clone(), HostName::from(host));
    let committed = state
        .writer(&caller.project_id)
        .transact(move |txn| binding::activate(txn, id, &host, &asker))
        .await?;
    let view = view(&committed.value, &state.reading(&caller));
    Ok(json(Value::Object(view).to_string()))
}

/// `DELETE /v2.0/ports/{id}/bindings/{host}`.
pub(crate) async fn delete(
    State(state): State<ApiState>,
    Who(caller): Who,
    Path((id, host)): Path<(String, String)>,
) -> Result<StatusCode, RequestError> {
    let id = port(&state.reading(&caller), &id, "delete_port_binding")?;
    let host = HostName::from(host);
    let writer = state.writer(&caller.project_id);
    let delete = move |txn: &mut alcor_store::Txn<'_>| binding::delete(txn, id, &host, &caller);
    writer.transact::<(), ApiError, _>(delete).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The port, where the caller sees it and may do this to its bindings.
fn port(reading: &Reading, id: &str, rule: &str) -> Result<PortId, RequestError> {
    let row = find::<Ports>(reading, id, &reading.caller)?;
    enforce::action(&row, rule)?;
    Ok(row.record.id)
}

/// What stands in `{"binding": ...}`.
async fn envelope(body: Body, state: &ApiState) -> Result<Value, RequestError> {
    let mut body = body::object(body, state.limits.body_bytes).await?;
    body.remove(SINGULAR)
        .filter(|_| body.is_empty())
        .ok_or_else(|| {
            RequestError::BadRequest(format!("Unable to find '{SINGULAR}' in request body"))
        })
}

fn wrong(reason: String) -> RequestError {
    RequestError::invalid(SINGULAR, reason)
}

fn profile(members: &Members<'_>) -> Result<Option<String>, RequestError> {
    let profile = members.optional::<Object>("profile").map_err(wrong)?;
    Ok(profile.map(profile_text))
}

fn create_request(body: &Value) -> Result<CreateBinding, RequestError> {
    let members = Members::of(body, &MEMBERS).map_err(wrong)?;
    let host: String = members.required("host").map_err(wrong)?;
    Ok(CreateBinding {
        host: HostName::from(host),
        vnic_type: members.optional("vnic_type").map_err(wrong)?,
        profile: profile(&members)?,
    })
}

fn update_request(body: &Value) -> Result<UpdateBinding, RequestError> {
    let members = Members::of(body, &MEMBERS[..3]).map_err(wrong)?;
    let host: Option<String> = members.optional("host").map_err(wrong)?;
    Ok(UpdateBinding {
        host: host.map(HostName::from),
        vnic_type: members.optional("vnic_type").map_err(wrong)?,
        profile: profile(&members)?,
    })
}

/// A binding as Neutron shows it. One that the port has left must be plugged anew.
fn view(place: &Place, reading: &Reading) -> Map<String, Value> {
    let binding = &place.binding;
    let vif_type = if binding.left {
        "unbound"
    } else {
        vif_type(&reading.snapshot, &binding.host, &binding.vnic_type)
            .unwrap_or_else(|failed| failed.vif_type)
    };
    let view = object!({
        "host": binding.host.as_str(),
        "vif_type": vif_type,
        "vif_details": VifDetails::at(reading, &binding.host, vif_type),
        "vnic_type": binding.vnic_type,
        "profile": Profile(&binding.profile),
        "status": if place.active { "ACTIVE" } else { "INACTIVE" },
    });
    match view {
        Value::Object(view) => view,
        _ => Map::new(),
    }
}

/// Whether a binding passes the query's filters: of one attribute any value, of several all.
fn wanted(view: &Map<String, Value>, query: &QueryString) -> bool {
    let filters = ["host", "vif_type", "vnic_type", "status"];
    filters.into_iter().all(|name| {
        let mut values = query.all(name).peekable();
        values.peek().is_none() || values.any(|value| view.get(name) == Some(&value.into()))
    })
}

/// The attributes that `fields` names.
fn only(mut view: Map<String, Value>, query: &QueryString) -> Map<String, Value> {
    let fields = query.fields();
    if !fields.is_empty() {
        view.retain(|name, _| fields.contains(&name.as_str()));
    }
    view
}
