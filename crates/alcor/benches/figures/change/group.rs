//! A rule for many members.

use super::crowd::{self, PATIENCE};
use crate::Scale;
use crate::report::{Goal, Report, Row};
use crate::samples::Samples;
use alcor::scenario::Scenario;
use serde_json::{Value, json};
use std::net::IpAddr;
use std::time::Instant;

/// Rules that name the group of all members as their remote.
const RULES: u16 = 100;

pub(super) async fn measure(
    scale: Scale,
    region: &Scenario,
    hosts: u16,
    report: &mut Report,
) -> anyhow::Result<()> {
    let members = scale.pick(1_000, 100);
    let net = region.segment("groups", "10.8.0.0/16").await?;
    let group = group(region, "inside").await?;
    let inside = json!({ "security_groups": [group] });
    crowd::ports(region, &net, hosts, members, &inside).await?;
    let target = crowd::vm(region, "target", 2, &net, inside, "10.8.0.1").await?;
    crowd::vm(region, "asker", 1, &net, json!({}), "10.8.0.1").await?;
    crowd::settled_flows(region, hosts).await?;

    let effective = rounds(scale, region, &group, target.ip).await?;
    let what = format!("POST of a rule to the first ping it lets in, {members} members");
    report.add(Row::of(what, &effective, "ms").goal(Goal::Below(100.0)));
    flows(region, hosts, &group, members, report).await
}

async fn rounds(
    scale: Scale,
    region: &Scenario,
    group: &str,
    target: IpAddr,
) -> anyhow::Result<Samples> {
    let mut effective = Samples::default();
    for _ in 0..scale.pick(21, 3) {
        let mut ping = crowd::ping(region, "asker", target).await?;
        let began = Instant::now();
        let rule = rule(region, group, json!({ "protocol": "icmp" })).await?;
        ping.answered(1, PATIENCE).await?;
        effective.add(began.elapsed());
        drop(ping);
        region
            .rest()
            .delete(&format!("/v2.0/security-group-rules/{rule}"))
            .await?;
    }
    Ok(effective)
}

/// How many flows a host gets for many rules that name many members.
async fn flows(
    region: &Scenario,
    hosts: u16,
    group: &str,
    members: usize,
    report: &mut Report,
) -> anyhow::Result<()> {
    let before = crowd::settled_flows(region, hosts).await?;
    for number in 0..RULES {
        let port = 10_000 + 7 * number;
        let more = json!({
            "protocol": "tcp", "port_range_min": port, "port_range_max": port,
            "remote_group_id": group,
        });
        rule(region, group, more).await?;
    }
    let after = crowd::settled_flows(region, hosts).await?;
    let more = after
        .iter()
        .zip(&before)
        .map(|(after, before)| after - before);
    let what = format!("flows a host of {RULES} rules with {members} remote members");
    let all = after.iter().max().copied().unwrap_or_default();
    let more = more.max().unwrap_or_default();
    report.add(Row::once(what, more as f64, "flows").note(format!("of {all} in all")));
    Ok(())
}

/// A group that lets everything out and nothing in.
async fn group(region: &Scenario, name: &str) -> anyhow::Result<String> {
    let body = json!({ "security_group": { "name": name } });
    let made = region.rest().post("/v2.0/security-groups", &body).await?;
    Ok(text(&made["security_group"]["id"]))
}

async fn rule(region: &Scenario, group: &str, mut more: Value) -> anyhow::Result<String> {
    more["security_group_id"] = json!(group);
    more["direction"] = json!("ingress");
    let body = json!({ "security_group_rule": more });
    let made = region
        .rest()
        .post("/v2.0/security-group-rules", &body)
        .await?;
    Ok(text(&made["security_group_rule"]["id"]))
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
