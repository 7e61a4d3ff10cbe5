//! The API as clients meet it: requests into the router, over an ephemeral store.

mod auth;
mod concurrency;
mod create;
mod discovery;
mod hostile;
mod list;
mod nodes;
mod paging;
mod region;
mod rules;
mod tags;
mod views;
