//! Alcor's own paths: `/project/{project}/...`, and managers.

mod operator;

use super::Routes;
use crate::native::{self, Asked, KINDS, Kind, ncm, node, vpc};
use crate::openapi::About;
use crate::resource::{AclRules, NetworkAcls, RouteTables};
use serde_json::json;

pub(super) fn routes() -> Routes {
    KINDS
        .iter()
        .fold(own(), |routes, kind| routes.merge(of_kind(kind)))
        .merge(of_vpcs())
        .merge(operator::routes())
}

/// What hangs on VPCs and subnets: the router and the route tables.
fn of_vpcs() -> Routes {
    let (Some(routers), Some(tables)) = (native::named("routers"), native::named("routetables"))
    else {
        return Routes::new();
    };
    let kinds = vpc::Kinds { routers, tables };
    let vpc = "/project/{project}/vpcs/{id}";
    let router = format!("{vpc}/router");
    let default = format!("{vpc}/vpcroutetable");
    let own = "/project/{project}/subnets/{id}/routetable";
    let about = |what: &str| About::new(format!("{what}, as Alcor has it."));
    let body = || json!({ "type": "object" });
    let made = |what: &str| about(what).takes(body()).gives(201, body());
    let shown = move |asked: Asked| vpc::vpc_table(kinds, asked);
    let changed = move |asked: Asked| vpc::own_table(kinds, asked);
    Routes::new()
        .get(
            &router,
            move |asked: Asked| vpc::show_router(kinds, asked),
            about("Shows or makes the router of a VPC"),
        )
        .post(
            &router,
            move |asked: Asked| vpc::create_router(kinds, asked),
            about("Makes the router of a VPC").gives(201, body()),
        )
        .delete(
            &router,
            vpc::delete_router,
            about("Removes the router of a VPC"),
        )
        .get(
            &default,
            shown,
            about("Shows or makes the route table of a VPC"),
        )
        .put(
            &default,
            shown,
            about("Changes the route table of a VPC").takes(body()),
        )
        .post(
            &default,
            move |asked: Asked| vpc::create_vpc_table(kinds, asked),
            made("Makes the route table of a VPC"),
        )
        .get(
            &format!("{vpc}/routetables"),
            move |asked: Asked| vpc::vpc_tables(kinds, asked),
            about("Lists all route tables of a VPC"),
        )
        .get(
            own,
            move |asked: Asked| vpc::subnet_table(kinds, asked),
            about("Shows the route table that a subnet uses"),
        )
        .post(
            own,
            move |asked: Asked| vpc::create_subnet_table(kinds, asked),
            made("Makes the route table of a subnet"),
        )
        .put(
            own,
            changed,
            about("Changes the route table of a subnet").takes(body()),
        )
        .delete(own, changed, about("Removes the route table of a subnet"))
}

/// What is not Neutron's: network ACLs, and what operators keep of hosts and managers.
fn own() -> Routes {
    let body = || json!({ "type": "object" });
    let about = |what: &str| About::new(format!("{what} network config managers."));
    Routes::new()
        .managed::<NetworkAcls>()
        .managed::<AclRules>()
        .managed::<RouteTables>()
        .put(
            "/nodes",
            node::update,
            About::new("Changes the node with the id in the body.").takes(body()),
        )
        .post(
            "/nodes/upload",
            node::upload,
            About::new("Makes or replaces the nodes of a file."),
        )
        .post(
            "/segments/createDefaultTable",
            node::default_table,
            About::new("Does nothing: tunnel ids need no table."),
        )
        .get("/ncms", ncm::list, about("Lists"))
        .post(
            "/ncms",
            ncm::create,
            about("Enters one of").takes(body()).gives(201, body()),
        )
        .get("/ncms/{id}", ncm::show, about("Shows one of"))
        .put(
            "/ncms/{id}",
            ncm::update,
            about("Changes one of").takes(body()),
        )
        .delete("/ncms/{id}", ncm::delete, about("Removes one of"))
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
    let mut routes = Routes::new()
        .get(&collection, many, about("Lists all"))
        .get(&one, each, about("Shows one"))
        .delete(&one, each, about("Removes one"));
    if kind.changed {
        routes = routes.put(&one, each, about("Changes one").takes(body()));
    }
    if kind.made {
        routes = routes.post(&collection, many, made("Makes one")).post(
            &bulk,
            many,
            made("Makes several"),
        );
    }
    let routes = kind.reads.iter().fold(routes, |routes, name| {
        let path = format!("{one}/{name}");
        let read = move |asked: Asked| native::part(kind, name, asked);
        routes.get(&path, read, about("Shows a part of one"))
    });
    kind.actions.iter().fold(routes, |routes, action| {
        let path = format!("{one}/{}", action.alcor);
        let act = move |asked: Asked| native::act(kind, action, asked);
        routes.put(&path, act, about(action.alcor).takes(body()))
    })
}
