//! What lives begin with: the region's settings and, half of them, a floating IP's way to a port,
//! which chance alone rarely builds.

use super::crash::{Fault, Faulty};
use super::{area, quotas};
use crate::region::{Region, id};
use alcor_managers::{Provider, Settings};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::{Arc, Mutex};

/// Few numbers and low quotas, so that both run out.
pub(super) fn settings() -> Settings {
    let vlans = [(area::PHYSICAL.to_owned(), vec![100..=103])].into();
    let provider = Provider {
        vlans,
        ..Provider::default().with_vnis(7..=12)
    };
    Settings {
        provider,
        quotas: quotas::defaults(),
        ..Settings::default()
    }
}

/// The region on the folder, and what makes its next write fail.
pub(super) fn open(folder: &Path) -> (Region, Arc<Mutex<Option<Fault>>>) {
    let (store, fault) = Faulty::open(folder);
    (Region::on(store, settings()), fault)
}

async fn made(region: &Region, path: &str, singular: &str, wish: Value) -> String {
    let path = format!("/v2.0/{path}");
    let made = region.post(&path, json!({ singular: wish })).await;
    id(&made.expect(201)[singular])
}

/// A network outside, one inside with two ports, and a router between them.
pub(super) async fn settled(region: &Region) {
    let network = |outside: bool| json!({ "router:external": outside, "project_id": "one" });
    let outside = made(region, "networks", "network", network(true)).await;
    let inside = made(region, "networks", "network", network(false)).await;
    let subnet = |network: &str, cidr: &str| json!({ "network_id": network, "cidr": cidr, "ip_version": 4, "project_id": "one" });
    made(region, "subnets", "subnet", subnet(&outside, "10.1.0.0/28")).await;
    let subnet = made(region, "subnets", "subnet", subnet(&inside, "10.0.0.0/28")).await;
    let gateway = json!({ "external_gateway_info": { "network_id": outside } });
    let router = made(region, "routers", "router", gateway).await;
    let path = format!("/v2.0/routers/{router}/add_router_interface");
    region
        .put(&path, json!({ "subnet_id": subnet }))
        .await
        .expect(200);
    for _ in 0..2 {
        let port = json!({ "network_id": inside, "device_owner": "compute:nova" });
        made(region, "ports", "port", port).await;
    }
    let floating_ip = json!({ "floating_network_id": outside });
    made(region, "floatingips", "floatingip", floating_ip).await;
}
