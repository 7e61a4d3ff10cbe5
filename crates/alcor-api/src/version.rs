//! Version discovery: what keystoneauth and openstacksdk ask first.

use crate::auth::Who;
use crate::error::RequestError;
use crate::link::host_url;
use crate::list::json;
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use serde_json::{Value, json as object};

/// The collections under `/v2.0` by their singular.
const COLLECTIONS: [(&str, &str); 6] = [
    ("network", "networks"),
    ("subnet", "subnets"),
    ("subnetpool", "subnetpools"),
    ("port", "ports"),
    ("agent", "agents"),
    ("extension", "extensions"),
];

/// `GET /`: the versions. Open to everybody, as in Neutron.
pub(crate) async fn root(uri: Uri, headers: HeaderMap) -> Response {
    let body = object!({ "versions": [version(&host_url(&uri, &headers))] });
    json(body.to_string())
}

/// `GET /v2.0`: the collections, and the version for clients that start here.
pub(crate) async fn v2(
    Who(_): Who,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, RequestError> {
    let host = host_url(&uri, &headers);
    let resource = |(name, collection): (&str, &str)| {
        let href = format!("{host}/v2.0/{collection}");
        object!({
            "name": name,
            "collection": collection,
            "links": [{ "rel": "self", "href": href }],
        })
    };
    let resources: Vec<Value> = COLLECTIONS.into_iter().map(resource).collect();
    let body = object!({ "resources": resources, "version": version(&host) });
    Ok(json(body.to_string()))
}

fn version(host: &str) -> Value {
    object!({
        "id": "v2.0",
        "status": "CURRENT",
        "links": [{ "rel": "self", "href": format!("{host}/v2.0/") }],
    })
}
