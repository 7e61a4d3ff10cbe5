//! Answers of forwarded ports come from the address that was asked, however the router translates
//! what its VMs begin themselves.

mod stage;

use alcor::scenario::{PortInfo, Scenario, Segment};
use serde_json::json;
use stage::outlets::*;
use stage::outside::*;
use stage::*;

/// VMs behind a router that leads out, one on the gateway's host and one elsewhere.
struct World {
    vms: [PortInfo; 2],
    outside: Segment,
    router: String,
    seat: u16,
    home: u16,
}

async fn world_of(region: &Scenario, translates: bool) -> anyhow::Result<World> {
    let outside = external(region, false).await?;
    let net = region.segment("red", "10.1.0.0/24").await?;
    let router = router(region, &[&net]).await?;
    lead_out(region, &router, &outside, translates).await?;
    let seat = seat(region, &router).await?;
    let home = seat % 3 + 1;
    let near = passing_guest(region, "near", seat, &net, "10.1.0.11").await?;
    let far = passing_guest(region, "far", home, &net, "10.1.0.12").await?;
    Ok(World {
        vms: [near, far],
        outside,
        router,
        seat,
        home,
    })
}

/// Port 6001 of an address leads to `near`, port 6002 to `far`; the world hears both answer.
async fn both_answer(region: &Scenario, world_of: &World) -> anyhow::Result<()> {
    let lab = region.lab();
    let (id, ip) = floating(region, &world_of.outside, None).await?;
    let vms = ["near", "far"].into_iter().zip(&world_of.vms);
    for ((vm, port), number) in vms.zip(1..) {
        let body = json!({ "port_forwarding": { "protocol": "tcp",
            "internal_port_id": port.id.to_string(), "internal_ip_address": port.ip.to_string(),
            "external_port": 6000 + number, "internal_port": 7000 + number } });
        let path = format!("/v2.0/floatingips/{id}/port_forwardings");
        region.rest().post(&path, &body).await?;
        let served = Who::serve(lab, vm, &[&format!("tcp:{}", 7000 + number)])?;
        is_seen_as(lab, WORLD, (ip, 6000 + number), world()).await?;
        drop(served);
    }
    Ok(())
}

#[tokio::test]
async fn where_every_host_translates() -> anyhow::Result<()> {
    with_outside(3, async |region| {
        let made = world_of(region, true).await?;
        spread(region, &made.router, true).await?;
        let mut hosts = [made.seat, made.home];
        hosts.sort_unstable();
        let outlets = outlets_on(region, &made.router, &hosts).await?;
        let lab = region.lab();
        let _world = Who::serve(lab, WORLD, &["tcp:80"])?;
        let own = outlets[usize::from(hosts[0] != made.home)];
        is_seen_as(lab, "far", (world(), 80), own).await?;
        both_answer(region, &made).await?;
        // What it begins itself leaves as before.
        is_seen_as(lab, "far", (world(), 80), own).await
    })
    .await
}

#[tokio::test]
async fn where_nothing_is_translated() -> anyhow::Result<()> {
    with_outside(3, async |region| {
        let made = world_of(region, false).await?;
        both_answer(region, &made).await
    })
    .await
}
