//! Alcor's own paths: `/project/{project}/...`, gateways and managers.

use super::Routes;
use crate::native::{
    self, Asked, KINDS, Kind, elastic_range, ip, ip_range, mac, mac_range, ncm, node, vpc,
};
use crate::openapi::About;
use crate::resource::{AclRules, NetworkAcls, RouteTables};
use serde_json::json;

pub(super) fn routes() -> Routes {
    KINDS
        .iter()
        .fold(own(), |routes, kind| routes.merge(of_kind(kind)))
        .merge(of_vpcs())
        .merge(of_macs())
        .merge(of_ips())
        .merge(of_ip_ranges())
        .merge(of_elastic_ranges())
}

/// MAC addresses kept by hand, and their ranges.
fn of_macs() -> Routes {
    let macs = "/project/{project}/macs";
    let one = format!("{macs}/{{id}}");
    let ranges = format!("{macs}/ranges");
    let range = format!("{ranges}/{{id}}");
    let body = || json!({ "type": "object" });
    let kept = |verb: &str| About::new(format!("{verb} of the MAC addresses kept by hand."));
    let about = |verb: &str| About::new(format!("{verb} of the ranges of MAC addresses."));
    let made = |verb: &str| kept(verb).takes(body()).gives(201, body());
    let from = format!("{macs}/range/{{range}}");
    Routes::new()
        .get(macs, mac::list, kept("Lists all"))
        .post(macs, mac::create, made("Takes one"))
        .post(&from, mac::create, made("Takes one from a range"))
        .post(
            &format!("{macs}/bulk"),
            mac::create_many,
            made("Takes several"),
        )
        .post(
            &format!("{from}/bulk"),
            mac::create_many,
            made("Takes several from a range"),
        )
        .get(&one, mac::show, kept("Shows one"))
        .put(&one, mac::update, kept("Marks one").takes(body()))
        .delete(&one, mac::delete, kept("Gives back one"))
        .get(&ranges, mac_range::list, about("Lists all"))
        .post(
            &ranges,
            mac_range::create,
            about("Makes one").takes(body()).gives(201, body()),
        )
        .get(&range, mac_range::show, about("Shows one"))
        .put(
            &range,
            mac_range::update,
            about("Changes one").takes(body()),
        )
        .delete(&range, mac_range::delete, about("Removes one"))
}

/// Addresses of subnets kept by hand.
fn of_ips() -> Routes {
    let ips = "/project/{project}/ips";
    let bulk = format!("{ips}/bulk");
    let range = format!("{ips}/{{ip_range}}");
    let one = format!("{range}/{{id}}");
    let body = || json!({ "type": "object" });
    let about = |verb: &str| About::new(format!("{verb} of the addresses kept by hand."));
    let made = |verb: &str| about(verb).takes(body()).gives(201, body());
    Routes::new()
        .post(ips, ip::create, made("Takes one"))
        .put(ips, ip::update, about("Marks one").takes(body()))
        .post(&bulk, ip::create_many, made("Takes several"))
        .put(&bulk, ip::update_many, about("Marks several").takes(body()))
        .delete(
            &bulk,
            ip::delete_many,
            about("Gives back several").takes(body()),
        )
        .post(
            &format!("{ips}/update"),
            ip::replace,
            about("Gives back some and takes others").takes(body()),
        )
        .get(
            &range,
            ip::list,
            About::new("Lists the taken addresses of a range."),
        )
        .get(&one, ip::show, About::new("Says who has an address."))
        .delete(&one, ip::delete, about("Gives back one"))
}

/// The ranges that addresses are kept of by hand.
fn of_ip_ranges() -> Routes {
    let ranges = "/project/{project}/ips/range";
    let one = format!("{ranges}/{{id}}");
    let body = || json!({ "type": "object" });
    let about = |verb: &str| About::new(format!("{verb} of the ranges of subnets' addresses."));
    Routes::new()
        .get(ranges, ip_range::list, about("Lists all"))
        .post(
            ranges,
            ip_range::create,
            about("Makes one").takes(body()).gives(201, body()),
        )
        .get(&one, ip_range::show, about("Shows one"))
        .put(&one, ip_range::update, about("Changes one").takes(body()))
        .delete(&one, ip_range::delete, about("Removes one"))
}

/// The ranges that elastic IPs come from.
fn of_elastic_ranges() -> Routes {
    let ranges = "/project/{project}/elasticip-ranges";
    let one = format!("{ranges}/{{id}}");
    let body = || json!({ "type": "object" });
    let about = |verb: &str| About::new(format!("{verb} of the ranges of elastic IPs."));
    Routes::new()
        .get(ranges, elastic_range::list, about("Lists all"))
        .post(
            ranges,
            elastic_range::create,
            about("Makes one").takes(body()).gives(201, body()),
        )
        .get(&one, elastic_range::show, about("Shows one"))
        .put(
            &one,
            elastic_range::update,
            about("Changes one").takes(body()),
        )
        .delete(&one, elastic_range::delete, about("Removes one"))
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
