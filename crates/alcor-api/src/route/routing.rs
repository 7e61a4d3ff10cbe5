//! Routers, floating IPs and what belongs to them.

use super::Routes;
use crate::resource::{ConntrackHelpers, FloatingIps, PortForwardings, Routers};
use crate::routing::{self, about_interface, about_list};
use crate::value::GatewayWish;
use crate::{floating_pool, openapi::About};
use alcor_types::HostRoute;

pub(super) fn routes() -> Routes {
    Routes::new()
        .tagged::<Routers>()
        .merge(actions())
        .nested::<ConntrackHelpers>()
        .tagged::<FloatingIps>()
        .nested::<PortForwardings>()
        .get(
            "/v2.0/floatingip_pools",
            floating_pool::list,
            About::new("The subnets that floating IPs can come from."),
        )
}

fn actions() -> Routes {
    Routes::new()
        .put(
            "/v2.0/routers/{id}/add_router_interface",
            routing::add_interface,
            about_interface("Joins the router with a subnet or a port."),
        )
        .put(
            "/v2.0/routers/{id}/remove_router_interface",
            routing::remove_interface,
            about_interface("Takes the router off a subnet or a port."),
        )
        .put(
            "/v2.0/routers/{id}/add_extraroutes",
            routing::add_routes,
            about_list::<HostRoute>("Adds extra routes.", "routes"),
        )
        .put(
            "/v2.0/routers/{id}/remove_extraroutes",
            routing::remove_routes,
            about_list::<HostRoute>("Removes extra routes.", "routes"),
        )
        .put(
            "/v2.0/routers/{id}/add_external_gateways",
            routing::add_gateways,
            about_list::<GatewayWish>("Adds external gateways.", "external_gateways"),
        )
        .put(
            "/v2.0/routers/{id}/update_external_gateways",
            routing::update_gateways,
            about_list::<GatewayWish>("Sets all external gateways.", "external_gateways"),
        )
        .put(
            "/v2.0/routers/{id}/remove_external_gateways",
            routing::remove_gateways,
            about_list::<GatewayWish>("Removes external gateways.", "external_gateways"),
        )
}
