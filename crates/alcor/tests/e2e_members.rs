//! Security groups in large networks: hosts know only those members of a group that their VMs speak to, and
//! rules that name the group hold all the same.

mod stage;

use alcor::scenario::{PortInfo, Scenario, Segment};
use alcor_lab::PingRequest;
use serde_json::{Value, json};
use stage::many::{all_answered, comes_to_know, crowd, delete, knows, large, where_few_are_many};
use stage::trace::agreed;
use stage::{
    LONG, Rule, Talk, answers, at, caught_up, change, flows, group, metric, misses, router,
    set_groups, settle, settle_behind, steady_ping, until,
};
use std::time::Duration;

fn in_groups(groups: &[&str]) -> Value {
    json!({ "security_groups": groups })
}

/// The groups of clients and of servers: these let the clients in.
struct Groups {
    clients: String,
    servers: String,
}

impl Groups {
    async fn make(region: &Scenario) -> anyhow::Result<Self> {
        let clients = group(region, json!({ "name": "clients" })).await?;
        let servers = group(region, json!({ "name": "servers" })).await?;
        Rule::make(region, &servers, json!({ "remote_group_id": clients })).await?;
        Ok(Self { clients, servers })
    }

    fn client(&self) -> Value {
        in_groups(&[&self.clients])
    }

    fn server(&self) -> Value {
        in_groups(&[&self.servers])
    }
}

const PORTS: &[&str] = &["tcp:8000"];

#[tokio::test]
async fn a_member_passes_from_cold_and_nobody_else_does() -> anyhow::Result<()> {
    where_few_are_many("60", async |region| {
        let lab = region.lab();
        let net = large(region, "net", "10.0.0.0/24").await?;
        let groups = Groups::make(region).await?;
        let a = settle(region, "a", 1, &net, groups.client()).await?;
        let b = settle(region, "b", 2, &net, groups.server()).await?;
        let x = settle(region, "x", 3, &net, groups.server()).await?;
        assert!(!knows(region, 2, &a).await?, "nobody has asked for it");
        all_answered(region, "a", &b).await?;
        assert!(knows(region, 2, &a).await?);
        assert!(misses(lab, "x", b.ip).await?);
        assert!(knows(region, 2, &x).await?, "it was asked who that is");
        a_member_that_comes_and_goes(region, &groups, (&x, &b)).await
    })
    .await
}

/// Whoever was asked for in vain is a member at once when it becomes one, and none when it is none any more.
async fn a_member_that_comes_and_goes(
    region: &Scenario,
    groups: &Groups,
    (x, b): (&PortInfo, &PortInfo),
) -> anyhow::Result<()> {
    let lab = region.lab();
    let _server = Talk::serve(lab, "b", PORTS)?;
    set_groups(region, x, &[&groups.clients]).await?;
    lab.first_answer("x", b.ip, LONG).await?;
    let mut talk = Talk::hold(lab, "x", b.ip, 8000)?;
    assert!(talk.goes_on()?);
    set_groups(region, x, &[]).await?;
    until("nobody lets it in", async || misses(lab, "x", b.ip).await).await?;
    assert!(!talk.goes_on()?, "nor what it had begun");
    assert!(!answers(lab, "x", b.ip, PORTS[0], 8).await?);
    all_answered(region, "a", b).await
}

#[tokio::test]
async fn a_member_that_was_forgotten_goes_on_where_it_stopped() -> anyhow::Result<()> {
    where_few_are_many("2", async |region| {
        let lab = region.lab();
        let net = large(region, "net", "10.0.0.0/24").await?;
        let groups = Groups::make(region).await?;
        let a = settle(region, "a", 1, &net, groups.client()).await?;
        let b = settle(region, "b", 2, &net, groups.server()).await?;
        let _server = Talk::serve(lab, "b", PORTS)?;
        let mut talk = Talk::hold(lab, "a", b.ip, 8000)?;
        assert!(talk.goes_on()?);
        comes_to_know(region, 2, &a, false).await?;
        assert!(
            talk.goes_on()?,
            "the connection is older than what is known"
        );
        comes_to_know(region, 2, &a, false).await?;
        all_answered(region, "a", &b).await
    })
    .await
}

#[tokio::test]
async fn rules_for_what_a_vm_sends_may_name_a_group_too() -> anyhow::Result<()> {
    where_few_are_many("60", async |region| {
        let lab = region.lab();
        let red = large(region, "red", "10.1.0.0/24").await?;
        let blue = large(region, "blue", "10.2.0.0/24").await?;
        let small = region.segment("small", "10.3.0.0/24").await?;
        router(region, &[&red, &blue, &small]).await?;
        let groups = Groups::make(region).await?;
        let shut = shut_group(region).await?;
        let out = json!({ "direction": "egress", "remote_group_id": groups.servers });
        Rule::make(region, &shut, out).await?;
        Rule::make(region, &groups.servers, json!({ "remote_group_id": shut })).await?;
        let placed = |ip: &str, groups: &Value| {
            let mut port = at(ip);
            port["security_groups"] = groups["security_groups"].clone();
            port
        };
        let mine = in_groups(&[&shut]);
        for (vm, host, net, ip, groups) in [
            ("r", 1, &red, "10.1.0.50", &mine),
            ("s", 2, &blue, "10.2.0.50", &groups.server()),
            ("t", 3, &blue, "10.2.0.60", &groups.client()),
            ("u", 2, &small, "10.3.0.50", &groups.server()),
            ("v", 3, &small, "10.3.0.60", &mine),
        ] {
            settle_behind(region, vm, host, net, (ip, placed(ip, groups))).await?;
        }
        for (from, to) in [
            ("r", "10.2.0.50"),
            ("r", "10.3.0.50"),
            ("v", "10.2.0.50"),
            ("v", "10.3.0.50"),
        ] {
            stage::reach(lab, from, to.parse()?, 5).await?;
        }
        for (from, to) in [("r", "10.2.0.60"), ("u", "10.2.0.50"), ("r", "10.3.0.60")] {
            assert!(misses(lab, from, to.parse()?).await?, "{from} reaches {to}");
        }
        Ok(())
    })
    .await
}

/// A group whose ports may send nothing.
async fn shut_group(region: &Scenario) -> anyhow::Result<String> {
    let shut = group(region, json!({ "name": "shut" })).await?;
    let path = format!("/v2.0/security-groups/{shut}");
    let shown = region.rest().get(&path).await?;
    let rules = shown["security_group"]["security_group_rules"].as_array();
    for rule in rules.into_iter().flatten() {
        let id = rule["id"].as_str().unwrap_or_default();
        let path = format!("/v2.0/security-group-rules/{id}");
        region.rest().delete(&path).await?;
    }
    Ok(shut)
}

#[tokio::test]
async fn members_stay_members_while_their_network_grows_and_shrinks() -> anyhow::Result<()> {
    where_few_are_many("60", async |region| {
        let lab = region.lab();
        let net = region.segment("net", "10.0.0.0/24").await?;
        let groups = Groups::make(region).await?;
        settle(region, "a", 1, &net, groups.client()).await?;
        let b = settle(region, "b", 2, &net, groups.server()).await?;
        settle(region, "x", 3, &net, groups.server()).await?;
        let _server = Talk::serve(lab, "b", PORTS)?;
        let mut talk = Talk::hold(lab, "a", b.ip, 8000)?;
        let asks = async || anyhow::Ok(flows(lab, 2).await?.mention("pause"));
        let ping = steady_ping(lab, "a", b.ip).await?;
        let foe = lab.spawn_ping(
            "x",
            PingRequest {
                count: None,
                interval: Duration::from_millis(10),
                ..PingRequest::to(b.ip)
            },
        )?;
        for _ in 0..2 {
            let many = crowd(region, &net).await?;
            until("the network is large", asks).await?;
            assert!(talk.goes_on()?);
            for port in &many {
                delete(region, port).await?;
            }
            until("it is small again", async || anyhow::Ok(!asks().await?)).await?;
            assert!(talk.goes_on()?);
        }
        let report = ping.stop().await?;
        assert!(report.complete(), "{report:?}");
        let report = foe.stop().await?;
        assert_eq!(report.received, 0, "{report:?}");
        Ok(())
    })
    .await
}

/// The blocks of allowed pairs are nobody's address: all hosts of a group know them.
#[tokio::test]
async fn addresses_by_allowed_pairs_are_members_as_well() -> anyhow::Result<()> {
    where_few_are_many("60", async |region| {
        let lab = region.lab();
        let net = large(region, "net", "10.0.0.0/24").await?;
        let groups = Groups::make(region).await?;
        let mut port = groups.client();
        port["allowed_address_pairs"] = json!([{ "ip_address": "10.0.0.224/28" }]);
        let a = settle(region, "a", 1, &net, port).await?;
        let b = settle(region, "b", 2, &net, groups.server()).await?;
        stage::run(lab, "a", "ip address add 10.0.0.230/24 dev eth0").await?;
        stage::run(
            lab,
            "a",
            "ip route replace 10.0.0.0/24 dev eth0 src 10.0.0.230",
        )
        .await?;
        all_answered(region, "a", &b).await?;
        change(region, &a, json!({ "allowed_address_pairs": [] })).await?;
        until("the pair is gone", async || misses(lab, "a", b.ip).await).await
    })
    .await
}

#[tokio::test]
async fn a_trace_says_that_somebody_is_not_known_yet() -> anyhow::Result<()> {
    where_few_are_many("60", async |region| {
        let net = large(region, "net", "10.0.0.0/24").await?;
        let b = settle(region, "b", 2, &net, json!({ "name": "b" })).await?;
        settle(region, "a", 1, &net, json!({ "name": "a" })).await?;
        let (_, found) = agreed(region, &["a", "b"], 0).await?;
        let end = found["end"].to_string();
        assert!(end.contains("waits for the region's word"), "{found}");
        all_answered(region, "a", &b).await?;
        let (_, found) = agreed(region, &["a", "b"], 0).await?;
        assert_eq!(found["end"], json!("delivered to port b"), "{found}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn who_joins_a_large_network_costs_nobody_else_a_message() -> anyhow::Result<()> {
    where_few_are_many("60", async |region| {
        let net: Segment = large(region, "net", "10.0.0.0/24").await?;
        for (vm, host) in [("a", 1), ("b", 2), ("c", 3)] {
            settle(region, vm, host, &net, json!({})).await?;
            caught_up(region, host, &net).await?;
        }
        let join = async || {
            let port = region.port(&net, 3, json!({})).await?;
            let heard = |port: &Value| port["status_reason"].to_string().contains("iface-id");
            stage::port_shows(region, &port, heard).await
        };
        // Behind the end of what the last host has caught up with.
        join().await?;
        let before = metric(region, "alcor_delivery_pushes_total").await?;
        for _ in 0..10 {
            join().await?;
        }
        let after = metric(region, "alcor_delivery_pushes_total").await?;
        assert_eq!(after - before, 10, "one push each, to its own host");
        Ok(())
    })
    .await
}
