//! Alcor's own paths, `/project/{project}/...`: the same resources in the words of the first
//! Alcor.
//!
//! A request is put into Neutron's words and handed to Neutron's routes, with the caller's own
//! headers: there is one set of rules, one policy and one audit of both APIs. What each quirk of
//! the first Alcor's payloads comes to is in `docs/alcor-paths.md`.

mod answer;
mod elastic;
pub(crate) mod elastic_range;
pub(crate) mod gateway;
pub(crate) mod gateway_info;
pub(crate) mod ip;
pub(crate) mod ip_range;
mod kind;
pub(crate) mod mac;
pub(crate) mod mac_range;
pub(crate) mod ncm;
pub(crate) mod node;
mod payload;
pub(crate) mod vpc;
mod wish;

pub(crate) use kind::{Action, KINDS, Kind, named};

use crate::auth::Who;
use crate::body;
use crate::error::RequestError;
use crate::state::ApiState;
use alcor_managers::Caller;
use alcor_store::Store;
use alcor_types::ProjectId;
use axum::Router;
use axum::body::Body;
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::{HeaderMap, HeaderValue, Method, Uri, header};
use axum::response::Response;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use tower::ServiceExt;

/// Neutron's routes, for requests that were put into its words.
#[derive(Clone)]
pub(crate) struct Neutron(pub(crate) Router);

/// A request below `/project/{project}`, whose project is the caller's or any to an
/// administrator.
pub(crate) struct Asked {
    state: ApiState,
    /// The store, for what is written for the project.
    store: Store,
    neutron: Neutron,
    caller: Caller,
    project: ProjectId,
    path: BTreeMap<String, String>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Body,
}

impl FromRequest<ApiState> for Asked {
    type Rejection = RequestError;

    async fn from_request(request: Request, state: &ApiState) -> Result<Self, RequestError> {
        let (mut parts, body) = request.into_parts();
        let Who(caller) = Who::from_request_parts(&mut parts, state).await?;
        let Path(path) = Path::<BTreeMap<String, String>>::from_request_parts(&mut parts, state)
            .await
            .map_err(|_| RequestError::UnknownPath)?;
        let neutron = parts.extensions.get::<Neutron>().cloned();
        let project = path.get("project").map(String::as_str).unwrap_or_default();
        let project = ProjectId::from(project);
        check_project(&caller, &project)?;
        Ok(Self {
            state: state.clone(),
            store: state.writer(&project),
            neutron: neutron.ok_or(RequestError::UnknownPath)?,
            caller,
            project,
            path,
            method: parts.method,
            uri: parts.uri,
            headers: parts.headers,
            body,
        })
    }
}

/// The path's project is the caller's own, except to who sees all of them.
pub(crate) fn check_project(caller: &Caller, project: &ProjectId) -> Result<(), RequestError> {
    if caller.owns(project) {
        return Ok(());
    }
    let message = "The project in the path is not the one that the token is for: use that, or \
                   ask an administrator.";
    Err(RequestError::Forbidden(message.to_owned()))
}

/// Lists, or makes one or, by the envelope or the path `bulk`, several.
pub(crate) async fn collection(
    kind: &'static Kind,
    asked: Asked,
) -> Result<Response, RequestError> {
    let path = format!("/v2.0/{}", kind.neutron);
    let query = match asked.method {
        Method::GET => list_query(&asked),
        _ => String::new(),
    };
    call(kind, asked, &format!("{path}{query}"), None).await
}

/// Shows, changes or removes one.
pub(crate) async fn one(kind: &'static Kind, asked: Asked) -> Result<Response, RequestError> {
    let query = asked
        .uri
        .query()
        .map_or_else(String::new, |query| format!("?{query}"));
    let path = format!("/v2.0/{}/{}{query}", kind.neutron, id(&asked));
    call(kind, asked, &path, None).await
}

/// Reads something of one.
pub(crate) async fn part(
    kind: &'static Kind,
    name: &'static str,
    asked: Asked,
) -> Result<Response, RequestError> {
    let path = format!("/v2.0/{}/{}/{name}", kind.neutron, id(&asked));
    call(kind, asked, &path, None).await
}

/// Does something with one.
pub(crate) async fn act(
    kind: &'static Kind,
    action: &'static Action,
    asked: Asked,
) -> Result<Response, RequestError> {
    let path = format!("/v2.0/{}/{}/{}", kind.neutron, id(&asked), action.neutron);
    call(kind, asked, &path, Some(action)).await
}

/// The id in the path, safe in another path.
fn id(asked: &Asked) -> String {
    let id = asked.path.get("id").map(String::as_str).unwrap_or_default();
    let safe = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    // What is no id in these letters names nothing, and must not become another path.
    if id.is_empty() || !id.chars().all(safe) {
        return "-".to_owned();
    }
    id.to_owned()
}

/// An administrator's list is of the project in the path; anybody else's of what it may see.
fn list_query(asked: &Asked) -> String {
    let mut pairs: Vec<String> = asked.uri.query().map(str::to_owned).into_iter().collect();
    let other = asked.project != asked.caller.project_id;
    if other {
        let project = asked.path.get("project").map(String::as_str);
        let safe = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        let project: String = project.unwrap_or_default().chars().filter(safe).collect();
        pairs.push(format!("project_id={project}"));
    }
    if pairs.is_empty() {
        return String::new();
    }
    format!("?{}", pairs.join("&"))
}

/// Hands the request to Neutron's routes, and puts the answer into Alcor's words.
async fn call(
    kind: &'static Kind,
    mut asked: Asked,
    path: &str,
    action: Option<&'static Action>,
) -> Result<Response, RequestError> {
    let limit = asked.state.limits.body_bytes;
    let body = match asked.method {
        Method::POST | Method::PUT => {
            let body = std::mem::take(&mut asked.body);
            let wished = body::object(body, limit).await?;
            let verb = wish::Verb::of(&asked.method);
            let body = match action {
                Some(action) => wish::of_action(action, wished),
                None => wish::translate(kind, verb, &asked, wished)?,
            };
            Some(Value::Object(body))
        }
        _ => None,
    };
    let request = request(&asked.method, path, &asked.headers, body.as_ref())?;
    let answer = asked.neutron.0.oneshot(request).await;
    let answer = answer.unwrap_or_else(|never| match never {});
    answer::translate(kind, &asked.method, asked.path.get("id"), answer, limit).await
}

/// A request of Neutron's with the caller's headers.
fn request(
    method: &Method,
    path: &str,
    headers: &HeaderMap,
    body: Option<&Value>,
) -> Result<Request, RequestError> {
    let bytes = body.map_or_else(Vec::new, |body| body.to_string().into_bytes());
    let mut request = Request::builder()
        .method(method.clone())
        .uri(path)
        .body(Body::from(bytes))
        .map_err(|_| RequestError::UnknownPath)?;
    let mut headers = headers.clone();
    headers.remove(header::CONTENT_LENGTH);
    headers.remove(header::TRANSFER_ENCODING);
    if body.is_some() {
        let json = HeaderValue::from_static("application/json");
        headers.insert(header::CONTENT_TYPE, json);
    }
    *request.headers_mut() = headers;
    Ok(request)
}

/// An object's members.
type Members = Map<String, Value>;
