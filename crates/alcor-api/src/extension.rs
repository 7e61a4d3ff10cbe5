//! `/v2.0/extensions`: what of Neutron's extensions works here, and nothing else, because
//! clients and Tempest act on it.

use crate::auth::Who;
use crate::error::RequestError;
use crate::list::json;
use axum::extract::Path;
use axum::response::Response;
use serde_json::{Value, json as object};

/// An extension: alias, name, and what it means here.
type Extension = (&'static str, &'static str, &'static str);

/// When this list last changed.
const UPDATED: &str = "2026-11-22T00:00:00-00:00";

/// Security groups, port security, routers, quotas and DNS are missing on purpose: nothing is
/// filtered, routed, counted or resolved yet.
const EXTENSIONS: [Extension; 24] = [
    (
        "agent",
        "agent",
        "Agents by the nodes they registered, with their liveness",
    ),
    (
        "allowed-address-pairs",
        "Allowed Address Pairs",
        "Further addresses of a port",
    ),
    (
        "binding",
        "Port Binding",
        "Which host a port is plugged in, and how",
    ),
    (
        "empty-string-filtering",
        "Empty String Filtering",
        "An empty filter value matches an empty attribute",
    ),
    (
        "extra_dhcp_opt",
        "Extra DHCP Options",
        "DHCP options for one port",
    ),
    (
        "filter-validation",
        "Filter Validation",
        "An unknown filter is an error",
    ),
    (
        "ip-substring-filtering",
        "IP Address Substring Filtering",
        "Ports by a part of an address",
    ),
    ("net-mtu", "Network MTU", "The largest packet of a network"),
    (
        "net-mtu-writable",
        "Writable Network MTU",
        "The MTU can be chosen and changed",
    ),
    (
        "pagination",
        "Pagination",
        "limit, marker, page_reverse and links",
    ),
    ("project-id", "Project ID", "project_id beside tenant_id"),
    (
        "provider",
        "Provider Network",
        "Network type and VNI, for administrators",
    ),
    (
        "revision-if-match",
        "If-Match on Revision Number",
        "Conditional updates and deletions",
    ),
    ("sorting", "Sorting", "sort_key and sort_dir"),
    (
        "standard-attr-description",
        "Standard Description",
        "A description of each resource",
    ),
    (
        "standard-attr-revisions",
        "Resource Revision Numbers",
        "revision_number of each resource",
    ),
    (
        "standard-attr-tag",
        "Tag Support",
        "Tags of each resource, and filters by them",
    ),
    (
        "standard-attr-timestamp",
        "Resource Timestamps",
        "created_at, updated_at and changed_since",
    ),
    (
        "subnet-external-network",
        "Subnet External Network",
        "router:external of a subnet's network",
    ),
    (
        "subnet-service-types",
        "Subnet Service Types",
        "Which device owners a subnet serves",
    ),
    (
        "tag-creation",
        "Tag Creation",
        "Several tags added by one call",
    ),
    (
        "tag-ports-during-bulk-creation",
        "Tag Ports During Bulk Creation",
        "Tags in a port's create",
    ),
    (
        "alcor-nodes",
        "Alcor Nodes",
        "Hosts under /nodes and /nodes/bulk, for administrators",
    ),
    (
        "alcor-port-status-reason",
        "Port Status Reason",
        "status_reason: why a port is not ACTIVE",
    ),
];

fn view((alias, name, description): Extension) -> Value {
    object!({
        "alias": alias,
        "name": name,
        "description": description,
        "updated": UPDATED,
        "links": [],
    })
}

/// `GET /v2.0/extensions`.
pub(crate) async fn list(Who(_): Who) -> Result<Response, RequestError> {
    let all: Vec<Value> = EXTENSIONS.into_iter().map(view).collect();
    Ok(json(object!({ "extensions": all }).to_string()))
}

/// `GET /v2.0/extensions/{alias}`.
pub(crate) async fn show(Who(_): Who, Path(alias): Path<String>) -> Result<Response, RequestError> {
    EXTENSIONS
        .into_iter()
        .find(|extension| extension.0 == alias)
        .map(|extension| json(object!({ "extension": view(extension) }).to_string()))
        .ok_or_else(|| RequestError::NotFound {
            kind: "ExtensionNotFound",
            what: "Extension",
            id: alias.chars().take(80).collect(),
        })
}
