//! Ports, their bindings, trunks, and taps.

use super::Routes;
use crate::openapi::{About, object, of_resource};
use crate::resource::{Ports, TapFlows, TapServices, Trunks};
use crate::value::FromJson;
use crate::{binding, pairs, trunk};
use alcor_managers::trunk::SubPortRequest;
use serde_json::{Value, json};

pub(super) fn routes() -> Routes {
    trunks(bindings(Routes::new().tagged::<Ports>()))
        .managed::<TapServices>()
        .managed::<TapFlows>()
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

fn trunks(routes: Routes) -> Routes {
    let list = |item: Value| {
        object(
            [("sub_ports", json!({ "type": "array", "items": item }))],
            &["sub_ports"],
        )
    };
    let id = || json!({ "type": "string", "format": "uuid" });
    let gone = list(object([("port_id", id())], &["port_id"]));
    routes
        .tagged::<Trunks>()
        .get(
            "/v2.0/trunks/{id}/get_subports",
            trunk::get,
            About::new("The sub-ports of a trunk."),
        )
        .put(
            "/v2.0/trunks/{id}/add_subports",
            trunk::add,
            About::new("More sub-ports of a trunk.").takes(list(SubPortRequest::schema())),
        )
        .put(
            "/v2.0/trunks/{id}/remove_subports",
            trunk::remove,
            About::new("Fewer sub-ports of a trunk.").takes(gone),
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
