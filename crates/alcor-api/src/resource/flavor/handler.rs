//! What is done with flavors beyond the five usual calls, and the providers of services.

use super::{Flavors, ServiceProfiles};
use crate::auth::Who;
use crate::body;
use crate::enforce;
use crate::error::RequestError;
use crate::handler::{find, parse_id};
use crate::list::json;
use crate::query::QueryString;
use crate::state::ApiState;
use crate::value::{FromJson, flag_of_text};
use alcor_managers::flavor::{self, PROVIDER, ROUTER_SERVICE};
use alcor_types::{FlavorId, ServiceProfileId};
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json as object};
use uuid::Uuid;

/// `POST /v2.0/flavors/{id}/service_profiles`: `{"service_profile": {"id": ...}}`.
pub(crate) async fn associate(
    State(state): State<ApiState>,
    Who(caller): Who,
    Path(id): Path<String>,
    body: Body,
) -> Result<Response, RequestError> {
    enforce::general(&caller, "create_flavor_service_profile")?;
    let flavor = FlavorId(parse_id::<Flavors>(&id)?);
    let body = body::object(body, state.limits.body_bytes).await?;
    let profile = body
        .get("service_profile")
        .and_then(|profile| profile.get("id"))
        .ok_or_else(|| {
            let message = "Unable to find 'service_profile' with an 'id' in request body";
            RequestError::BadRequest(message.to_owned())
        })?;
    let profile = Uuid::from_json(profile).map_err(|why| RequestError::invalid("id", why))?;
    state
        .writer(&caller.project_id)
        .transact(move |txn| flavor::associate(txn, flavor, ServiceProfileId(profile)))
        .await?;
    let answer = object!({ "service_profile": { "id": profile } });
    Ok((StatusCode::CREATED, json(answer.to_string())).into_response())
}

/// `DELETE /v2.0/flavors/{id}/service_profiles/{profile}`.
pub(crate) async fn dissociate(
    State(state): State<ApiState>,
    Who(caller): Who,
    Path((id, profile)): Path<(String, String)>,
) -> Result<StatusCode, RequestError> {
    enforce::general(&caller, "delete_flavor_service_profile")?;
    let flavor = FlavorId(parse_id::<Flavors>(&id)?);
    let profile = ServiceProfileId(parse_id::<ServiceProfiles>(&profile)?);
    state
        .writer(&caller.project_id)
        .transact(move |txn| flavor::dissociate(txn, flavor, profile))
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /v2.0/flavors/{id}/next_providers`.
pub(crate) async fn next_providers(
    State(state): State<ApiState>,
    Who(caller): Who,
    Path(id): Path<String>,
) -> Result<Response, RequestError> {
    find::<Flavors>(&state.reading(&caller), &id, &caller)?;
    let flavor = FlavorId(parse_id::<Flavors>(&id)?);
    let profile = flavor::next_profile(&state.store.snapshot(), flavor)?;
    let next = object!({
        "provider": PROVIDER,
        "driver": profile.driver,
        "metainfo": profile.metainfo,
    });
    Ok(json(object!({ "next_providers": [next] }).to_string()))
}

/// `GET /v2.0/service-providers`: the one there is, where the filters want it.
pub(crate) async fn providers(Who(caller): Who, uri: Uri) -> Result<Response, RequestError> {
    enforce::general(&caller, "get_service_provider")?;
    let query = QueryString::of(&uri)?;
    let wanted = |name: &str, value: &str| {
        let mut asked = query.all(name).peekable();
        asked.peek().is_none() || asked.any(|text| text == value)
    };
    let mut defaults = query.all("default").map(flag_of_text).peekable();
    let default = defaults.peek().is_none() || defaults.any(|flag| flag == Some(true));
    let shown = default && wanted("service_type", ROUTER_SERVICE) && wanted("name", PROVIDER);
    let provider = object!({ "service_type": ROUTER_SERVICE, "name": PROVIDER, "default": true });
    let providers: Vec<Value> = shown.then_some(provider).into_iter().collect();
    Ok(json(
        object!({ "service_providers": providers }).to_string(),
    ))
}
