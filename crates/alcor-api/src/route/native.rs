//! Alcor's own paths: `/project/{project}/...`, gateways and managers.

use super::Routes;
use crate::native::{self, Asked, KINDS, Kind};
use crate::openapi::About;
use serde_json::json;

pub(super) fn routes() -> Routes {
    KINDS
        .iter()
        .fold(Routes::new(), |routes, kind| routes.merge(of_kind(kind)))
}

/// The calls of one of Alcor's collections.
fn of_kind(kind: &'static Kind) -> Routes {
    let collection = format!("/project/{{project}}/{}", kind.alcor);
    let bulk = format!("{collection}/bulk");
    let one = format!("{collection}/{{id}}");
    let many = move |asked: Asked| native::collection(kind, asked);
    let each = move |asked: Asked| native::one(kind, asked);
    let about = |verb: &str| About::new(format!("{verb} of {}, as Alcor has them.", kind.alcor));
    let body = || json!({ "type": "object" });
    let made = |verb: &str| about(verb).takes(body()).gives(201, body());
    let routes = Routes::new()
        .get(&collection, many, about("Lists all"))
        .post(&collection, many, made("Makes one"))
        .post(&bulk, many, made("Makes several"))
        .get(&one, each, about("Shows one"))
        .put(&one, each, about("Changes one").takes(body()))
        .delete(&one, each, about("Removes one"));
    kind.actions.iter().fold(routes, |routes, action| {
        let path = format!("{one}/{}", action.alcor);
        let act = move |asked: Asked| native::act(kind, action, asked);
        routes.put(&path, act, about(action.alcor).takes(body()))
    })
}
