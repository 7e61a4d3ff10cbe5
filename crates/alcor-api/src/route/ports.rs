//! Ports, their bindings, and trunks.

use super::Routes;
use crate::openapi::{About, object, of_resource};
use crate::resource::Ports;
use crate::{binding, pairs};
use serde_json::{Value, json};

pub(super) fn routes() -> Routes {
    bindings(Routes::new().tagged::<Ports>())
        .put(
            "/v2.0/ports/{id}/add_allowed_address_pairs",
            pairs::add,
            of_resource::<Ports>().update(),
        )
        .put(
            "/v2.0/ports/{id}/remove_allowed_address_pairs",
            pairs::remove,
            of_resource::<Ports>().update(),
        )
}

fn bindings(routes: Routes) -> Routes {
    let collection = "/v2.0/ports/{id}/bindings";
    let one = "/v2.0/ports/{id}/bindings/{host}";
    let about = |what: &str| About::new(format!("{what} of a port."));
    let envelope = || object([("binding", binding_schema())], &["binding"]);
    routes
        .get(collection, binding::list, about("All bindings"))
        .post(
            collection,
            binding::create,
            about("A further binding")
                .takes(envelope())
                .gives(201, envelope()),
        )
        .get(one, binding::show, about("One binding"))
        .put(
            one,
            binding::update,
            about("A change of a binding").takes(envelope()),
        )
        .delete(one, binding::delete, about("One binding less").empty(204))
        .put(
            "/v2.0/ports/{id}/bindings/{host}/activate",
            binding::activate,
            about("The move to this binding"),
        )
}

fn binding_schema() -> Value {
    let text = || json!({ "type": "string" });
    let members = [
        ("host", text()),
        ("vnic_type", text()),
        ("profile", json!({ "type": "object" })),
    ];
    object(members, &[])
}
