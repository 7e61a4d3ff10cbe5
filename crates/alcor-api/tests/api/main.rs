//! The API as clients meet it: requests into the router, over an ephemeral store.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a panic outside of a test function fails the test all the same"
)]
#![expect(
    clippy::cloned_ref_to_slice_refs,
    clippy::similar_names,
    reason = "lists of ids are compared with one-element lists, and names are the API's"
)]

mod agents;
mod auth;
mod bindings;
mod concurrency;
mod create;
mod discovery;
mod floating_ips;
mod hostile;
mod identity;
mod isolation;
mod life;
mod limits;
mod list;
mod native;
mod native_elastic_ranges;
mod native_gateways;
mod native_ips;
mod native_macs;
mod native_nodes;
mod native_routes;
mod network_acls;
mod networks;
mod nodes;
mod openapi;
mod paging;
mod pools;
mod ports;
mod qos;
mod quotas;
mod region;
mod revisions;
mod routers;
mod rules;
mod security;
mod services;
mod sharing;
mod tags;
mod taps;
mod topologies;
mod trunks;
mod views;
