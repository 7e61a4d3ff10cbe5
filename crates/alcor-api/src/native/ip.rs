//! `/project/{project}/ips`: addresses of subnets kept by hand; for administrators.

use super::ip_range::{claim, id};
use super::payload::{list as items, member, read, refuse_unknown, required, state};
use super::{Asked, Members};
use crate::enforce;
use crate::error::RequestError;
use crate::link::host_url;
use crate::list::json;
use alcor_managers::ip::lease::{self, CreateIpLease, Held, Holder, IpPlace};
use alcor_managers::ip::range;
use alcor_managers::{ApiError, Caller};
use alcor_store::Txn;
use alcor_types::{IpRangeId, ProjectId};
use axum::extract::Query;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json as object};
use std::net::IpAddr;
use uuid::Uuid;

/// Addresses that one answer lists at most.
const PAGE: usize = 10_000;

/// What a body may say of an address; `port_id` comes back as clients read it.
const KEYS: [&str; 7] = [
    "ip_version",
    "vpc_id",
    "subnet_id",
    "range_id",
    "ip",
    "state",
    "port_id",
];

/// Which part of a range is wanted.
#[derive(Deserialize)]
struct Wanted {
    limit: Option<usize>,
    marker: Option<IpAddr>,
}

/// `GET /project/{project}/ips/{range}`: what is taken of the range, in order.
pub(crate) async fn list(asked: Asked) -> Result<Response, RequestError> {
    enforce::general(&asked.caller, "get_ip")?;
    let Query(wanted) = Query::<Wanted>::try_from_uri(&asked.uri).map_err(|error| {
        RequestError::BadRequest(format!(
            "the query string cannot be read, give a number as limit and an address as marker: {error}"
        ))
    })?;
    let limit = wanted.limit.filter(|limit| *limit > 0).unwrap_or(PAGE);
    let limit = limit.min(PAGE);
    let read = asked.state.store.snapshot();
    let place = range::get(
        &read,
        id(&asked, "ip_range")?,
        &asked.project,
        &asked.caller,
    )?;
    let page = lease::page(&read, &place, wanted.marker, limit)?;
    let mut body = many(&page);
    if let Some(last) = page.last().filter(|_| page.len() == limit) {
        let base = host_url(&asked.uri, &asked.headers) + asked.uri.path();
        let href = format!("{base}?limit={limit}&marker={}", last.address);
        body["ip_requests_links"] = object!([{ "rel": "next", "href": href }]);
    }
    Ok(json(body.to_string()))
}

/// `GET /project/{project}/ips/{range}/{ip}`.
pub(crate) async fn show(asked: Asked) -> Result<Response, RequestError> {
    enforce::general(&asked.caller, "get_ip")?;
    let at = path(&asked)?;
    let read = asked.state.store.snapshot();
    let held = lease::get(&read, at, &asked.project, &asked.caller)?;
    Ok(json(view(&held).to_string()))
}

/// `POST /project/{project}/ips`.
pub(crate) async fn create(mut asked: Asked) -> Result<Response, RequestError> {
    enforce::general(&asked.caller, "create_ip")?;
    let requests = vec![wished(&read(&mut asked).await?)?];
    let made = run(asked, move |txn, project, caller| {
        lease::create_many(txn, &requests, project, caller)
    });
    Ok((StatusCode::CREATED, single(&made.await?)?).into_response())
}

/// `POST /project/{project}/ips/bulk`: all of them or none.
pub(crate) async fn create_many(mut asked: Asked) -> Result<Response, RequestError> {
    enforce::general(&asked.caller, "create_ip")?;
    let requests = all(&mut asked, "ip_requests", wished).await?;
    let made = run(asked, move |txn, project, caller| {
        lease::create_many(txn, &requests, project, caller)
    });
    let made = json(many(&made.await?).to_string());
    Ok((StatusCode::CREATED, made).into_response())
}

/// `PUT /project/{project}/ips`: the state of one.
pub(crate) async fn update(mut asked: Asked) -> Result<Response, RequestError> {
    enforce::general(&asked.caller, "update_ip")?;
    let marks = vec![mark(&read(&mut asked).await?)?];
    let marked = run(asked, move |txn, project, caller| {
        lease::mark_many(txn, &marks, project, caller)
    });
    single(&marked.await?)
}

/// `PUT /project/{project}/ips/bulk`: the states of several, all of them or none.
pub(crate) async fn update_many(mut asked: Asked) -> Result<Response, RequestError> {
    enforce::general(&asked.caller, "update_ip")?;
    let marks = all(&mut asked, "ip_requests", mark).await?;
    let marked = run(asked, move |txn, project, caller| {
        lease::mark_many(txn, &marks, project, caller)
    });
    Ok(json(many(&marked.await?).to_string()))
}

/// `DELETE /project/{project}/ips/{range}/{ip}`.
pub(crate) async fn delete(asked: Asked) -> Result<Response, RequestError> {
    enforce::general(&asked.caller, "delete_ip")?;
    let at = path(&asked)?;
    let gone = run(asked, move |txn, project, caller| {
        lease::delete_many(txn, &[at], project, caller)
    });
    gone.await?;
    Ok(json(address_view(&at).to_string()))
}

/// `DELETE /project/{project}/ips/bulk`: all of them or none.
pub(crate) async fn delete_many(mut asked: Asked) -> Result<Response, RequestError> {
    enforce::general(&asked.caller, "delete_ip")?;
    let given = all(&mut asked, "ip_requests", named).await?;
    let gone: Vec<Value> = given.iter().map(address_view).collect();
    let done = run(asked, move |txn, project, caller| {
        lease::delete_many(txn, &given, project, caller)
    });
    done.await?;
    Ok(json(object!({ "ip_requests": gone }).to_string()))
}

/// `POST /project/{project}/ips/update`: gives some back and takes others, in one step.
pub(crate) async fn replace(mut asked: Asked) -> Result<Response, RequestError> {
    enforce::general(&asked.caller, "create_ip")?;
    enforce::general(&asked.caller, "delete_ip")?;
    let mut body = read(&mut asked).await?;
    let given = each(&mut body, "oldIpAddrRequests", named)?;
    let requests = each(&mut body, "newIpAddrRequests", wished)?;
    let gone: Vec<Value> = given.iter().map(address_view).collect();
    let taken = run(asked, move |txn, project, caller| {
        lease::replace(txn, &given, &requests, project, caller)
    });
    let taken: Vec<Value> = taken.await?.iter().map(view).collect();
    let body = object!({ "oldIpAddrRequests": gone, "newIpAddrRequests": taken });
    Ok(json(body.to_string()))
}

/// Runs one transaction for the project in the path.
async fn run<T: Send + 'static>(
    asked: Asked,
    rule: impl Fn(&mut Txn<'_>, &ProjectId, &Caller) -> Result<T, ApiError> + Send + 'static,
) -> Result<T, RequestError> {
    let (project, caller) = (asked.project, asked.caller);
    let done = asked
        .store
        .transact(move |txn| rule(txn, &project, &caller));
    Ok(done.await?.value)
}

async fn all<T>(
    asked: &mut Asked,
    name: &'static str,
    one: impl Fn(&Members) -> Result<T, RequestError>,
) -> Result<Vec<T>, RequestError> {
    each(&mut read(asked).await?, name, one)
}

fn each<T>(
    body: &mut Members,
    name: &'static str,
    one: impl Fn(&Members) -> Result<T, RequestError>,
) -> Result<Vec<T>, RequestError> {
    items(body, name)?.iter().map(one).collect()
}

/// A wish for an address.
fn wished(wish: &Members) -> Result<CreateIpLease, RequestError> {
    refuse_unknown(wish, &KEYS)?;
    Ok(CreateIpLease {
        range_id: member::<Uuid>(wish, "range_id")?.map(IpRangeId),
        claim: claim(wish)?,
        address: member(wish, "ip")?,
        active: state(wish)?.unwrap_or(true),
    })
}

/// An address that is there.
fn named(wish: &Members) -> Result<IpPlace, RequestError> {
    refuse_unknown(wish, &KEYS)?;
    Ok(IpPlace {
        range_id: IpRangeId(required(wish, "range_id")?),
        address: required(wish, "ip")?,
    })
}

/// An address that is there, and its new state.
fn mark(wish: &Members) -> Result<(IpPlace, bool), RequestError> {
    let active = state(wish)?.ok_or_else(|| RequestError::invalid("state", "it is required"))?;
    Ok((named(wish)?, active))
}

/// The address that the path names; a text that is none names nothing.
fn path(asked: &Asked) -> Result<IpPlace, RequestError> {
    let text = asked.path.get("id").map(String::as_str).unwrap_or_default();
    let missing = |_| RequestError::NotFound {
        kind: "IpAddressNotFound",
        what: "IP address",
        id: text.chars().take(80).collect(),
    };
    Ok(IpPlace {
        range_id: id(asked, "ip_range")?,
        address: text.parse().map_err(missing)?,
    })
}

fn view(held: &Held) -> Value {
    let (state, port) = match held.holder {
        Holder::Free => ("free", None),
        Holder::Lease(true) => ("activated", None),
        Holder::Lease(false) => ("deactivated", None),
        Holder::Port(port) => ("activated", Some(port)),
    };
    let subnet = &held.place.subnet;
    object!({
        "ip_version": subnet.ip_version().number(), "vpc_id": subnet.network_id,
        "subnet_id": subnet.id, "range_id": held.place.id, "ip": held.address,
        "state": state, "port_id": port,
    })
}

fn many(held: &[Held]) -> Value {
    let all: Vec<Value> = held.iter().map(view).collect();
    object!({ "ip_requests": all })
}

fn single(held: &[Held]) -> Result<Response, RequestError> {
    let one = held.first().ok_or(RequestError::Damaged)?;
    Ok(json(view(one).to_string()))
}

fn address_view(at: &IpPlace) -> Value {
    object!({ "range_id": at.range_id, "ip": at.address })
}
