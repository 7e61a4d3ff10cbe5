//! Which paths each part of the API has. Every part lists its own, in a file of its own.

mod addressing;
mod layer2;
mod native;
mod operator;
mod ports;
mod routing;
mod security;
mod service;

pub(crate) use addressing::routes as addressing;
pub(crate) use layer2::routes as layer2;
pub(crate) use native::routes as native;
pub(crate) use operator::routes as operator;
pub(crate) use ports::routes as ports;
pub(crate) use routing::routes as routing;
pub(crate) use security::routes as security;
pub(crate) use service::routes as service;

use crate::handler::{self, nested};
use crate::resource::{Managed, Nested, Resource};
use crate::state::ApiState;
use crate::tag::{self, Tagged};
use axum::Router;
use axum::routing::get;

/// List and show.
fn readable<R: Resource>() -> Router<ApiState> {
    let collection = format!("/v2.0/{}", R::PATH);
    Router::new()
        .route(&collection, get(handler::list::<R>))
        .route(&format!("{collection}/{{id}}"), get(handler::show::<R>))
}

/// Create, list, show, update and delete.
fn managed<R: Managed>() -> Router<ApiState> {
    let collection = format!("/v2.0/{}", R::PATH);
    Router::new()
        .route(
            &collection,
            get(handler::list::<R>).post(handler::create::<R>),
        )
        .route(
            &format!("{collection}/{{id}}"),
            get(handler::show::<R>)
                .put(handler::update::<R>)
                .delete(handler::delete::<R>),
        )
}

/// The same five, and the tags.
fn tagged<R: Tagged>() -> Router<ApiState> {
    let tags = format!("/v2.0/{}/{{id}}/tags", R::PATH);
    managed::<R>()
        .route(
            &tags,
            get(tag::list::<R>)
                .put(tag::replace::<R>)
                .post(tag::extend::<R>)
                .delete(tag::clear::<R>),
        )
        .route(
            &format!("{tags}/{{tag}}"),
            get(tag::check::<R>)
                .put(tag::add::<R>)
                .delete(tag::remove::<R>),
        )
}

/// The same five below a parent's path.
fn nested<R: Nested>() -> Router<ApiState> {
    let collection = format!("/v2.0/{}/{{parent}}/{}", R::Parent::PATH, R::PATH);
    Router::new()
        .route(
            &collection,
            get(nested::list::<R>).post(nested::create::<R>),
        )
        .route(
            &format!("{collection}/{{id}}"),
            get(nested::show::<R>)
                .put(nested::update::<R>)
                .delete(nested::delete::<R>),
        )
}
