//! `/project/{project}/elasticip-ranges`: which addresses elastic IPs come from; for
//! administrators, and the same for every project.

use super::payload::{envelope, member, read, refuse_unknown};
use super::{Asked, Members};
use crate::enforce;
use crate::error::RequestError;
use crate::list::json;
use crate::value::FromJson;
use alcor_managers::floating_ip::range::{self, CreateElasticRange, UpdateElasticRange};
use alcor_store::Read;
use alcor_types::{ElasticPart, ElasticRange, ElasticRangeId, IpPool, IpVersion};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json as object};
use uuid::Uuid;

/// What a body may say; the count is the region's, and comes back as clients read it.
const KEYS: [&str; 6] = [
    "id",
    "name",
    "description",
    "ip_version",
    "allocation_ranges",
    "used_ip_count",
];

/// `GET /project/{project}/elasticip-ranges`.
pub(crate) async fn list(asked: Asked) -> Result<Response, RequestError> {
    enforce::general(&asked.caller, "get_elastic_ip_range")?;
    let read = asked.state.store.snapshot();
    let all = range::list(&read)?;
    let all = all.iter().map(|range| view(&read, range));
    let all = all.collect::<Result<Vec<_>, _>>()?;
    Ok(json(object!({ "elasticip-ranges": all }).to_string()))
}

/// `GET /project/{project}/elasticip-ranges/{id}`.
pub(crate) async fn show(asked: Asked) -> Result<Response, RequestError> {
    enforce::general(&asked.caller, "get_elastic_ip_range")?;
    let read = asked.state.store.snapshot();
    one(&read, &range::get(&read, id(&asked)?)?)
}

/// `POST /project/{project}/elasticip-ranges`.
pub(crate) async fn create(mut asked: Asked) -> Result<Response, RequestError> {
    enforce::general(&asked.caller, "create_elastic_ip_range")?;
    let wish = wish(&mut asked).await?;
    let required = || RequestError::invalid("allocation_ranges", "it is required");
    let request = CreateElasticRange {
        id: member::<Uuid>(&wish, "id")?.map(ElasticRangeId),
        name: member(&wish, "name")?.unwrap_or_default(),
        description: member(&wish, "description")?.unwrap_or_default(),
        pools: pools(&wish)?.ok_or_else(required)?,
    };
    let store = &asked.store;
    let made = store.transact(move |txn| range::create(txn, &request));
    let made = made.await?.value;
    let made = one(&store.snapshot(), &made)?;
    Ok((StatusCode::CREATED, made).into_response())
}

/// `PUT /project/{project}/elasticip-ranges/{id}`.
pub(crate) async fn update(mut asked: Asked) -> Result<Response, RequestError> {
    enforce::general(&asked.caller, "update_elastic_ip_range")?;
    let id = id(&asked)?;
    let wish = wish(&mut asked).await?;
    if member::<Uuid>(&wish, "id")?.is_some_and(|named| named != id.0) {
        return Err(RequestError::invalid("id", "it is not the id in the path"));
    }
    let request = UpdateElasticRange {
        name: member(&wish, "name")?,
        description: member(&wish, "description")?,
        pools: pools(&wish)?,
    };
    let store = &asked.store;
    let changed = store.transact(move |txn| range::update(txn, id, &request));
    let changed = changed.await?.value;
    one(&store.snapshot(), &changed)
}

/// `DELETE /project/{project}/elasticip-ranges/{id}`.
pub(crate) async fn delete(asked: Asked) -> Result<Response, RequestError> {
    enforce::general(&asked.caller, "delete_elastic_ip_range")?;
    let id = id(&asked)?;
    let store = &asked.store;
    store.transact(move |txn| range::delete(txn, id)).await?;
    Ok(json(object!({ "id": id }).to_string()))
}

async fn wish(asked: &mut Asked) -> Result<Members, RequestError> {
    let mut body = read(asked).await?;
    let wish = envelope(&mut body, "elasticip-range")?;
    refuse_unknown(&wish, &KEYS)?;
    if member::<IpVersion>(&wish, "ip_version")? == Some(IpVersion::V6) {
        let reason = "elastic IPs are IPv4 addresses, so a range of IPv6 would bound nothing";
        return Err(RequestError::invalid("ip_version", reason));
    }
    Ok(wish)
}

/// The addresses, as clients write them or as they read them, with the subnets.
fn pools(wish: &Members) -> Result<Option<Vec<IpPool>>, RequestError> {
    let wrong = |why| RequestError::invalid("allocation_ranges", why);
    let items = match wish.get("allocation_ranges") {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Array(items)) => items,
        Some(_) => return Err(wrong("it is not a list".to_owned())),
    };
    let pools = items.iter().map(|item| {
        let mut item = item.clone();
        if let Value::Object(members) = &mut item {
            members.remove("subnet_id");
        }
        IpPool::from_json(&item).map_err(wrong)
    });
    Ok(Some(pools.collect::<Result<_, _>>()?))
}

fn id(asked: &Asked) -> Result<ElasticRangeId, RequestError> {
    let text = asked.path.get("id").map(String::as_str).unwrap_or_default();
    text.parse().map_err(|_| RequestError::NotFound {
        kind: "ElasticIpRangeNotFound",
        what: "Elastic IP range",
        id: text.chars().take(80).collect(),
    })
}

fn view(read: &dyn Read, range: &ElasticRange) -> Result<Value, RequestError> {
    // Ranges are of IPv4, whose addresses a JSON value can count.
    let used = u64::try_from(range::used(read, range)?).map_err(|_| RequestError::Damaged)?;
    let parts: Vec<Value> = range.parts.iter().map(part).collect();
    Ok(object!({
        "id": range.id, "name": range.name, "description": range.description, "ip_version": 4,
        "allocation_ranges": parts, "used_ip_count": used,
    }))
}

fn part(part: &ElasticPart) -> Value {
    let IpPool { start, end } = part.pool;
    object!({ "start": start, "end": end, "subnet_id": part.subnet_id })
}

fn one(read: &dyn Read, range: &ElasticRange) -> Result<Response, RequestError> {
    let view = view(read, range)?;
    Ok(json(object!({ "elasticip-range": view }).to_string()))
}
