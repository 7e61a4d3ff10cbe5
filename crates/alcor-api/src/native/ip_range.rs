//! `/project/{project}/ips/range`: the ranges of subnets' addresses; for administrators.

use super::payload::{member, read, refuse_unknown, required};
use super::{Asked, Members};
use crate::enforce;
use crate::error::RequestError;
use crate::list::json;
use alcor_managers::ip::range::{self, Claim, CreateIpRange, Place, UpdateIpRange};
use alcor_store::Read;
use alcor_types::{IpRangeId, NetworkId, SubnetId};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::json as object;
use std::net::IpAddr;
use uuid::Uuid;

/// What a body may say; the counts are the region's, and come back as clients read them.
const KEYS: [&str; 8] = [
    "id",
    "vpc_id",
    "subnet_id",
    "ip_version",
    "first_ip",
    "last_ip",
    "used_ips",
    "total_ips",
];

/// A range as clients see it. No JSON value in memory: an IPv6 subnet has more addresses than
/// those can count.
#[derive(Serialize)]
struct View {
    id: IpRangeId,
    vpc_id: NetworkId,
    subnet_id: SubnetId,
    ip_version: u8,
    first_ip: IpAddr,
    last_ip: IpAddr,
    used_ips: u128,
    total_ips: u128,
}

/// `GET /project/{project}/ips/range`.
pub(crate) async fn list(asked: Asked) -> Result<Response, RequestError> {
    enforce::general(&asked.caller, "get_ip_range")?;
    let read = asked.state.store.snapshot();
    let all = range::list(&read, &asked.project)?;
    let all = all.iter().map(|place| view(&read, place));
    text(&all.collect::<Result<Vec<_>, _>>()?)
}

/// `GET /project/{project}/ips/range/{id}`.
pub(crate) async fn show(asked: Asked) -> Result<Response, RequestError> {
    enforce::general(&asked.caller, "get_ip_range")?;
    let read = asked.state.store.snapshot();
    let place = range::get(&read, id(&asked, "id")?, &asked.project, &asked.caller)?;
    one(&read, &place)
}

/// `POST /project/{project}/ips/range`.
pub(crate) async fn create(mut asked: Asked) -> Result<Response, RequestError> {
    enforce::general(&asked.caller, "create_ip_range")?;
    let wish = wish(&mut asked).await?;
    let request = CreateIpRange {
        id: member::<Uuid>(&wish, "id")?.map(IpRangeId),
        subnet_id: SubnetId(required(&wish, "subnet_id")?),
        claim: claim(&wish)?,
        first: required(&wish, "first_ip")?,
        last: required(&wish, "last_ip")?,
    };
    let (project, caller) = (asked.project, asked.caller);
    let made = asked
        .store
        .transact(move |txn| range::create(txn, &request, &project, &caller));
    let made = made.await?.value;
    let made = one(&asked.store.snapshot(), &made)?;
    Ok((StatusCode::CREATED, made).into_response())
}

/// `PUT /project/{project}/ips/range/{id}`: its ends, and nothing else.
pub(crate) async fn update(mut asked: Asked) -> Result<Response, RequestError> {
    enforce::general(&asked.caller, "update_ip_range")?;
    let id = id(&asked, "id")?;
    let wish = wish(&mut asked).await?;
    if member::<Uuid>(&wish, "id")?.is_some_and(|named| named != id.0) {
        return Err(RequestError::invalid("id", "it is not the id in the path"));
    }
    let request = UpdateIpRange {
        claim: claim(&wish)?,
        first: member(&wish, "first_ip")?,
        last: member(&wish, "last_ip")?,
    };
    let (project, caller) = (asked.project, asked.caller);
    let changed = asked
        .store
        .transact(move |txn| range::update(txn, id, &request, &project, &caller));
    let changed = changed.await?.value;
    one(&asked.store.snapshot(), &changed)
}

/// `DELETE /project/{project}/ips/range/{id}`.
pub(crate) async fn delete(asked: Asked) -> Result<Response, RequestError> {
    enforce::general(&asked.caller, "delete_ip_range")?;
    let id = id(&asked, "id")?;
    let (project, caller) = (asked.project, asked.caller);
    let gone = asked
        .store
        .transact(move |txn| range::delete(txn, id, &project, &caller));
    gone.await?;
    Ok(json(object!({ "id": id }).to_string()))
}

/// What a body says of the subnet.
pub(super) fn claim(wish: &Members) -> Result<Claim, RequestError> {
    Ok(Claim {
        subnet_id: member::<Uuid>(wish, "subnet_id")?.map(SubnetId),
        network_id: member::<Uuid>(wish, "vpc_id")?.map(NetworkId),
        version: member(wish, "ip_version")?,
    })
}

/// The range that the path names; a text that is no id names nothing.
pub(super) fn id(asked: &Asked, part: &str) -> Result<IpRangeId, RequestError> {
    let text = asked.path.get(part).map(String::as_str).unwrap_or_default();
    text.parse().map_err(|_| RequestError::NotFound {
        kind: "IpRangeNotFound",
        what: "IP range",
        id: text.chars().take(80).collect(),
    })
}

async fn wish(asked: &mut Asked) -> Result<Members, RequestError> {
    let wish = read(asked).await?;
    refuse_unknown(&wish, &KEYS)?;
    Ok(wish)
}

fn view(read: &dyn Read, place: &Place) -> Result<View, RequestError> {
    let usage = range::usage(read, place)?;
    Ok(View {
        id: place.id,
        vpc_id: place.subnet.network_id,
        subnet_id: place.subnet.id,
        ip_version: place.subnet.ip_version().number(),
        first_ip: place.pool.start,
        last_ip: place.pool.end,
        used_ips: usage.used,
        total_ips: usage.total,
    })
}

fn one(read: &dyn Read, place: &Place) -> Result<Response, RequestError> {
    text(&view(read, place)?)
}

fn text(view: &impl Serialize) -> Result<Response, RequestError> {
    let text = serde_json::to_string(view).map_err(|_| RequestError::Damaged)?;
    Ok(json(text))
}
