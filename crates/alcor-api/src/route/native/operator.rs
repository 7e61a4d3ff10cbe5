//! What operators keep of projects and nobody else sees: addresses and their ranges, gateways.

use super::Routes;
use crate::native::{elastic_range, gateway, gateway_info, ip, ip_range, mac, mac_range};
use crate::openapi::About;
use serde_json::json;

pub(super) fn routes() -> Routes {
    of_macs()
        .merge(of_ips())
        .merge(of_ip_ranges())
        .merge(of_elastic_ranges())
        .merge(of_gateways())
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
    let all = json!({ "type": "array", "items": body() });
    let about = |verb: &str| About::new(format!("{verb} of the ranges of subnets' addresses."));
    Routes::new()
        .get(ranges, ip_range::list, about("Lists all").gives(200, all))
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

/// Gateways, by their ids and by their VPCs.
fn of_gateways() -> Routes {
    let gateways = "/project/{project}/gateways";
    let one = format!("{gateways}/{{id}}");
    let info = "/project/{project}/gatewayinfo";
    let of = format!("{info}/{{id}}");
    let body = || json!({ "type": "object" });
    let about = |verb: &str| About::new(format!("{verb} of the gateways of VPCs."));
    let made = |verb: &str| about(verb).takes(body()).gives(201, body());
    Routes::new()
        .get(gateways, gateway::list, about("Lists all"))
        .post(gateways, gateway::create, made("Enters one"))
        .get(&one, gateway::show, about("Shows one"))
        .put(&one, gateway::update, about("Changes one").takes(body()))
        .delete(&one, gateway::delete, about("Removes one"))
        .post(info, gateway_info::create, made("Enters the Zeta one"))
        .get(&of, gateway_info::show, about("Shows those of one"))
        .put(
            &of,
            gateway_info::update,
            about("Reports the statuses of those of one").takes(body()),
        )
        .delete(&of, gateway_info::delete, about("Removes those of one"))
}
