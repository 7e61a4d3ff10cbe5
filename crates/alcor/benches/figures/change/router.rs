//! A router that joins two large networks.

use super::crowd::{self, PATIENCE};
use crate::Scale;
use crate::report::{Report, Row};
use crate::samples::Samples;
use alcor::scenario::{Scenario, Segment};
use serde_json::json;
use std::net::IpAddr;
use std::time::Instant;

pub(super) async fn measure(
    scale: Scale,
    region: &Scenario,
    hosts: u16,
    report: &mut Report,
) -> anyhow::Result<()> {
    let count = scale.pick(1_000, 100);
    let left = region.segment("left", "10.16.0.0/16").await?;
    let right = region.segment("right", "10.17.0.0/16").await?;
    for side in [&left, &right] {
        crowd::ports(region, side, hosts, count, &json!({})).await?;
    }
    crowd::vm(region, "l", 1, &left, json!({}), "10.16.0.1").await?;
    let far = crowd::vm(region, "r", 2, &right, json!({}), "10.17.0.1").await?;
    let body = json!({ "router": { "name": "bench" } });
    let made = region.rest().post("/v2.0/routers", &body).await?;
    let router = made["router"]["id"].as_str().unwrap_or_default().to_owned();
    interface(region, &router, "add", &left).await?;
    let apart = crowd::settled_flows(region, hosts).await?;

    let attached = rounds(scale, region, &router, &right, far.ip).await?;
    let what = format!("attach of a router to the first ping, {count} ports each side");
    report.add(Row::of(what, &attached, "ms"));
    interface(region, &router, "add", &right).await?;
    let joined = crowd::settled_flows(region, hosts).await?;
    let what = format!("flows a host, {count} ports each side, joined by a router");
    let (all, before) = (most(&joined), most(&apart));
    report.add(Row::once(what, all, "flows").note(format!("{before} while apart")));
    Ok(())
}

async fn rounds(
    scale: Scale,
    region: &Scenario,
    router: &str,
    right: &Segment,
    far: IpAddr,
) -> anyhow::Result<Samples> {
    let mut attached = Samples::default();
    for _ in 0..scale.pick(11, 3) {
        let mut ping = crowd::ping(region, "l", far).await?;
        let began = Instant::now();
        interface(region, router, "add", right).await?;
        ping.answered(1, PATIENCE).await?;
        attached.add(began.elapsed());
        drop(ping);
        interface(region, router, "remove", right).await?;
    }
    Ok(attached)
}

async fn interface(
    region: &Scenario,
    router: &str,
    verb: &str,
    segment: &Segment,
) -> anyhow::Result<()> {
    let path = format!("/v2.0/routers/{router}/{verb}_router_interface");
    let body = json!({ "subnet_id": segment.subnet.to_string() });
    region.rest().put(&path, &body).await?;
    Ok(())
}

fn most(flows: &[u64]) -> f64 {
    flows.iter().max().copied().unwrap_or_default() as f64
}
