//! The table of routes: each with its handler and its description, entered together, so that
//! `/openapi.json` has every route and no other.

use crate::handler::{self, nested};
use crate::openapi::{About, Operation, of_resource};
use crate::resource::{Managed, Nested, Resource};
use crate::state::ApiState;
use crate::tag::{self, Tagged};
use axum::Router;
use axum::handler::Handler;
use axum::routing::{MethodRouter, delete, get, post, put};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Routes and their descriptions.
#[derive(Default)]
pub(crate) struct Routes {
    router: Router<ApiState>,
    operations: Vec<Operation>,
    schemas: BTreeMap<String, Value>,
}

impl Routes {
    /// No routes.
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// These and those.
    pub(crate) fn merge(mut self, other: Self) -> Self {
        self.router = self.router.merge(other.router);
        self.operations.extend(other.operations);
        self.schemas.extend(other.schemas);
        self
    }

    /// The routes as a service.
    pub(crate) fn into_router(self) -> Router<ApiState> {
        self.router
    }

    /// The descriptions and the schemas they refer to.
    pub(crate) fn into_description(self) -> (Vec<Operation>, BTreeMap<String, Value>) {
        (self.operations, self.schemas)
    }

    /// A GET.
    pub(crate) fn get<H: Handler<T, ApiState>, T: 'static>(
        self,
        path: &str,
        handler: H,
        about: About,
    ) -> Self {
        self.add("get", path, get(handler), about)
    }

    /// A POST.
    pub(crate) fn post<H: Handler<T, ApiState>, T: 'static>(
        self,
        path: &str,
        handler: H,
        about: About,
    ) -> Self {
        self.add("post", path, post(handler), about)
    }

    /// A PUT.
    pub(crate) fn put<H: Handler<T, ApiState>, T: 'static>(
        self,
        path: &str,
        handler: H,
        about: About,
    ) -> Self {
        self.add("put", path, put(handler), about)
    }

    /// A DELETE.
    pub(crate) fn delete<H: Handler<T, ApiState>, T: 'static>(
        self,
        path: &str,
        handler: H,
        about: About,
    ) -> Self {
        self.add("delete", path, delete(handler), about)
    }

    /// List and show.
    pub(crate) fn readable<R: Resource>(self) -> Self {
        let collection = format!("/v2.0/{}", R::PATH);
        let of = of_resource::<R>();
        self.with_schemas(of.schemas())
            .get(&collection, handler::list::<R>, of.list())
            .get(
                &format!("{collection}/{{id}}"),
                handler::show::<R>,
                of.show(),
            )
    }

    /// Create, list, show, update and delete.
    pub(crate) fn managed<R: Managed>(self) -> Self {
        let collection = format!("/v2.0/{}", R::PATH);
        let one = format!("{collection}/{{id}}");
        let of = of_resource::<R>();
        self.readable::<R>()
            .post(&collection, handler::create::<R>, of.create())
            .put(&one, handler::update::<R>, of.update())
            .delete(&one, handler::delete::<R>, of.delete())
    }

    /// Create, list, show and delete, for what never changes.
    pub(crate) fn immutable<R: Managed>(self) -> Self {
        let collection = format!("/v2.0/{}", R::PATH);
        let of = of_resource::<R>();
        self.readable::<R>()
            .post(&collection, handler::create::<R>, of.create().unlinked())
            .delete(
                &format!("{collection}/{{id}}"),
                handler::delete::<R>,
                of.delete(),
            )
    }

    /// The five of the managed, and the tags.
    pub(crate) fn tagged<R: Tagged>(self) -> Self {
        self.managed::<R>().tags::<R>(&format!("/v2.0/{}", R::PATH))
    }

    /// The tags of the resources below `collection`.
    pub(crate) fn tags<R: Tagged>(self, collection: &str) -> Self {
        let tags = format!("{collection}/{{id}}/tags");
        let tag = format!("{tags}/{{tag}}");
        let set = json!({
            "type": "object",
            "properties": { "tags": { "type": "array", "items": { "type": "string" } } },
            "required": ["tags"],
        });
        let about = |what: &str| About::new(format!("{what}, of {}.", R::PLURAL));
        let body = |what: &str| about(what).takes(set.clone()).gives(200, set.clone());
        self.get(
            &tags,
            tag::list::<R>,
            about("All tags").gives(200, set.clone()),
        )
        .put(&tags, tag::replace::<R>, body("These tags and no others"))
        .post(
            &tags,
            tag::extend::<R>,
            body("These tags too").gives(201, json!({})),
        )
        .delete(&tags, tag::clear::<R>, about("No tags").empty(204))
        .get(
            &tag,
            tag::check::<R>,
            about("Whether the tag is there").empty(204),
        )
        .put(&tag, tag::add::<R>, about("One tag more").empty(201))
        .delete(&tag, tag::remove::<R>, about("One tag less").empty(204))
    }

    /// The five below a parent's path.
    pub(crate) fn nested<R: Nested>(self) -> Self {
        let collection = format!("/v2.0/{}/{{parent}}/{}", R::Parent::PATH, R::PATH);
        let one = format!("{collection}/{{id}}");
        let of = of_resource::<R>();
        self.with_schemas(of.schemas())
            .get(&collection, nested::list::<R>, of.list())
            .post(&collection, nested::create::<R>, of.create())
            .get(&one, nested::show::<R>, of.show())
            .put(&one, nested::update::<R>, of.update())
            .delete(&one, nested::delete::<R>, of.delete())
    }

    /// Schemas that descriptions refer to.
    pub(crate) fn with_schemas<const N: usize>(mut self, schemas: [(String, Value); N]) -> Self {
        self.schemas.extend(schemas);
        self
    }

    fn add(
        mut self,
        method: &'static str,
        path: &str,
        route: MethodRouter<ApiState>,
        about: About,
    ) -> Self {
        self.router = self.router.route(path, route);
        self.operations.push(Operation::new(method, path, about));
        self
    }
}
