//! Which paths each part of the API has. Every part lists its own, in a file of its own.

mod addressing;
mod layer2;
mod native;
mod operator;
mod ports;
mod routing;
mod security;
mod service;
mod table;
mod whole;

pub(crate) use table::Routes;

/// All routes of the API.
pub(crate) fn all() -> Routes {
    whole::routes()
        .merge(layer2::routes())
        .merge(addressing::routes())
        .merge(ports::routes())
        .merge(security::routes())
        .merge(routing::routes())
        .merge(service::routes())
        .merge(operator::routes())
        .merge(native::routes())
}
