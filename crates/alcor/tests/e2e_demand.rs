//! Large networks: hosts know only the neighbours that their VMs speak to, and no packet is lost by that.

mod stage;

use alcor::scenario::{PortInfo, Scenario, Segment};
use alcor_goalstate::wire::goal_state_provisioner_client::GoalStateProvisionerClient;
use alcor_goalstate::wire::host_request::ResourceStateRequest;
use alcor_goalstate::wire::host_request_reply::HostRequestOperationStatus;
use alcor_goalstate::wire::{HostRequest, OperationStatus, RequestType};
use alcor_lab::Role;
use serde_json::{Value, json};
use stage::many::{all_answered, comes_to_know, crowd, delete, knows, large, where_few_are_many};
use stage::{
    LONG, assert_untouched, at, change, flows, metric, misses, router, run, settle, settle_behind,
    steady_ping, until,
};

#[tokio::test]
async fn the_first_packet_to_a_cold_neighbour_arrives() -> anyhow::Result<()> {
    where_few_are_many("60", async |region| {
        let net = large(region, "net", "10.0.0.0/24").await?;
        settle(region, "a", 1, &net, json!({})).await?;
        let b = settle(region, "b", 2, &net, json!({})).await?;
        let c = settle(region, "c", 3, &net, json!({})).await?;
        assert!(!knows(region, 1, &b).await?);
        all_answered(region, "a", &b).await?;
        assert!(knows(region, 1, &b).await?);
        assert!(!knows(region, 1, &c).await?);
        all_answered(region, "c", &b).await?;
        // Of one that is not asked for by address: the VM knows it already.
        let line = format!("ip neigh replace {} lladdr {} dev eth0", c.ip, c.mac);
        run(region.lab(), "a", &line).await?;
        all_answered(region, "a", &c).await?;
        nobody_has_it_until_somebody_has(region, &net).await
    })
    .await
}

/// What is asked in vain is believed for a while, and then asked again.
async fn nobody_has_it_until_somebody_has(region: &Scenario, net: &Segment) -> anyhow::Result<()> {
    let lab = region.lab();
    let late = "10.0.0.200";
    assert!(misses(lab, "a", late.parse()?).await?);
    assert!(metric(region, "alcor_delivery_absent_total").await? > 0);
    let port = settle(region, "late", 2, net, at(late)).await?;
    lab.first_answer("a", port.ip, LONG).await?;
    delete(region, &port).await?;
    comes_to_know(region, 1, &port, false).await
}

/// The host of a VM that is spoken to hears who speaks, and need not ask when the VM answers. Here it never
/// does, and no group's rules are to be asked who that is: its host has no reason of its own to ask.
#[tokio::test]
async fn who_is_spoken_to_for_the_first_time_is_told_of_the_speaker() -> anyhow::Result<()> {
    where_few_are_many("60", async |region| {
        let net = large(region, "net", "10.0.0.0/24").await?;
        // Once it has this one, the third host knows that the network is large.
        settle(region, "c", 3, &net, json!({})).await?;
        let a = settle(region, "a", 1, &net, json!({})).await?;
        let open = json!({ "port_security_enabled": false, "security_groups": [] });
        let b = settle(region, "b", 2, &net, open).await?;
        let deaf = "busybox sysctl -w net.ipv4.icmp_echo_ignore_all=1";
        run(region.lab(), "b", deaf).await?;
        assert!(misses(region.lab(), "a", b.ip).await?);
        comes_to_know(region, 2, &a, true).await?;
        assert!(!knows(region, 3, &a).await?);
        assert_eq!(metric(region, "alcor_delivery_wants_total").await?, 1);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn cold_neighbours_are_found_by_ipv6_and_behind_routers() -> anyhow::Result<()> {
    where_few_are_many("60", async |region| {
        let red = large(region, "red", "10.1.0.0/24").await?;
        let blue = large(region, "blue", "10.2.0.0/24").await?;
        router(region, &[&red, &blue]).await?;
        settle_behind(region, "r", 1, &red, ("10.1.0.50", at("10.1.0.50"))).await?;
        let b = settle_behind(region, "b", 2, &blue, ("10.2.0.50", at("10.2.0.50"))).await?;
        assert!(!knows(region, 1, &b).await?);
        all_answered(region, "r", &b).await?;
        assert!(misses(region.lab(), "r", "10.2.0.99".parse()?).await?);

        let subnet = json!({ "ip_version": 6, "cidr": "fd00:1::/64" });
        let six = region.segment_of(json!({ "name": "six" }), subnet).await?;
        crowd(region, &six).await?;
        settle(region, "s", 1, &six, json!({})).await?;
        let t = settle(region, "t", 2, &six, json!({})).await?;
        assert!(!knows(region, 1, &t).await?);
        all_answered(region, "s", &t).await
    })
    .await
}

#[tokio::test]
async fn names_of_cold_neighbours_are_found() -> anyhow::Result<()> {
    where_few_are_many("60", async |region| {
        let lab = region.lab();
        let network = json!({ "name": "net", "dns_domain": "net.example." });
        let subnet = json!({ "ip_version": 4, "cidr": "10.0.0.0/24" });
        let net = region.segment_of(network, subnet).await?;
        crowd(region, &net).await?;
        settle(region, "a", 1, &net, json!({})).await?;
        let web = settle(region, "b", 2, &net, json!({ "dns_name": "web" })).await?;
        let plain = settle(region, "c", 3, &net, json!({})).await?;
        let dig = async |question: &str| {
            let line = format!("dig +short +time=10 +tries=1 @10.0.0.1 {question}");
            anyhow::Ok(run(lab, "a", &line).await?.trim().to_owned())
        };
        assert_eq!(dig("Web.net.example").await?, web.ip.to_string());
        let called = format!("host-{}", plain.ip.to_string().replace('.', "-"));
        let back = dig(&format!("+tcp -x {}", plain.ip)).await?;
        assert_eq!(back, format!("{called}.net.example."));
        assert_eq!(dig(&called).await?, plain.ip.to_string());
        assert_eq!(dig("nobody.net.example").await?, "");
        Ok(())
    })
    .await
}

/// The first Alcor's agents ask by a call of their own.
#[tokio::test]
async fn the_published_question_is_answered() -> anyhow::Result<()> {
    where_few_are_many("60", async |region| {
        let net = large(region, "net", "10.0.0.0/24").await?;
        let a = settle(region, "a", 1, &net, json!({})).await?;
        let b = settle(region, "b", 2, &net, json!({})).await?;
        let path = format!("/v2.0/networks/{}", net.network);
        let shown = region.rest().get(&path).await?;
        let number = shown["network"]["provider:segmentation_id"].as_u64();
        let tunnel_id = u32::try_from(number.unwrap_or(0))?;
        let ask = |to: &str| ResourceStateRequest {
            request_id: to.to_owned(),
            tunnel_id,
            source_ip: a.ip.to_string(),
            destination_ip: to.to_owned(),
            ..ResourceStateRequest::default()
        };
        let restarted = ResourceStateRequest {
            request_type: RequestType::AgentRestarted.into(),
            ..ResourceStateRequest::default()
        };
        let asked = [&*b.ip.to_string(), "10.0.0.99", "nonsense"].map(ask);
        let request = HostRequest {
            format_version: 1,
            state_requests: asked.into_iter().chain([restarted]).collect(),
        };
        let mut client = GoalStateProvisionerClient::connect(region.lab().region_url()?).await?;
        let reply = client.request_goal_states(request).await?.into_inner();
        let told = reply.operation_statuses.iter();
        let told: Vec<_> = told
            .map(HostRequestOperationStatus::operation_status)
            .collect();
        let (yes, no) = (OperationStatus::Success, OperationStatus::Failure);
        // No host's tunnels end where the test calls from.
        assert_eq!(told, [yes, no, OperationStatus::InvalidArg, no]);
        comes_to_know(region, 1, &b, true).await
    })
    .await
}

#[tokio::test]
async fn whoever_has_asked_hears_of_moves_and_of_the_end() -> anyhow::Result<()> {
    where_few_are_many("60", async |region| {
        let lab = region.lab();
        let net = large(region, "net", "10.0.0.0/24").await?;
        settle(region, "a", 1, &net, json!({})).await?;
        let b = settle(region, "b", 2, &net, json!({})).await?;
        all_answered(region, "a", &b).await?;
        for to in [3, 1, 2] {
            lab.move_vm("b", to).await?;
            change(region, &b, json!({ "binding:host_id": lab.host_id(to) })).await?;
            region.wait_for_status(b.id, "ACTIVE").await?;
            lab.first_answer("a", b.ip, LONG).await?;
        }
        what_is_for_everybody_arrives(region, &net, &b).await?;
        lab.remove_vm("b").await?;
        delete(region, &b).await?;
        comes_to_know(region, 1, &b, false).await?;
        assert!(misses(lab, "a", b.ip).await?);
        Ok(())
    })
    .await
}

/// An address that ports share is known to themselves alone: everybody hears the question for it.
async fn what_is_for_everybody_arrives(
    region: &Scenario,
    net: &Segment,
    b: &PortInfo,
) -> anyhow::Result<()> {
    let lab = region.lab();
    let shared = json!({ "allowed_address_pairs": [{ "ip_address": "10.0.0.222" }] });
    change(region, b, shared.clone()).await?;
    let c = settle(region, "c", 3, net, shared).await?;
    run(lab, "c", "ip address add 10.0.0.222/24 dev eth0").await?;
    lab.first_answer("a", "10.0.0.222".parse()?, LONG).await?;
    let known = run(lab, "a", "ip neigh show 10.0.0.222").await?;
    assert!(known.contains(&c.mac.to_string()), "{known}");
    Ok(())
}

#[tokio::test]
async fn restarts_lose_no_packet_to_a_neighbour_that_was_asked_for() -> anyhow::Result<()> {
    use Role::{Agent, Region};
    where_few_are_many("60", async |region| {
        let lab = region.lab();
        let net = large(region, "net", "10.0.0.0/24").await?;
        settle(region, "a", 1, &net, json!({})).await?;
        let b = settle(region, "b", 2, &net, json!({})).await?;
        all_answered(region, "a", &b).await?;
        for roles in [&[Agent(1), Agent(2)][..], &[Region]] {
            let before = flows(lab, 1).await?;
            let ping = steady_ping(lab, "a", b.ip).await?;
            for role in roles {
                lab.kill(*role).await?;
            }
            for role in roles {
                lab.start(*role).await?;
            }
            for host in [1, 2] {
                stage::caught_up(region, host, &net).await?;
            }
            let report = ping.stop().await?;
            assert!(report.complete(), "{roles:?}: {report:?}");
            assert_untouched(&before, &flows(lab, 1).await?);
        }
        // The subscription is there, too.
        lab.remove_vm("b").await?;
        delete(region, &b).await?;
        comes_to_know(region, 1, &b, false).await
    })
    .await
}

#[tokio::test]
async fn a_network_grows_large_and_small_again_under_a_ping() -> anyhow::Result<()> {
    where_few_are_many("60", async |region| {
        let lab = region.lab();
        let net = region.segment("net", "10.0.0.0/24").await?;
        settle(region, "a", 1, &net, json!({})).await?;
        let b = settle(region, "b", 2, &net, json!({})).await?;
        let asks = async || anyhow::Ok(flows(lab, 1).await?.mention("pause"));
        let ping = steady_ping(lab, "a", b.ip).await?;
        assert!(!asks().await?);
        for _ in 0..2 {
            let many = crowd(region, &net).await?;
            until("the network is large", asks).await?;
            assert!(knows(region, 1, &b).await?);
            for port in &many {
                delete(region, port).await?;
            }
            until("it is small again", async || anyhow::Ok(!asks().await?)).await?;
        }
        for _ in 0..2 {
            set_above(region, &net, json!(1)).await?;
            until("the network is large by its own number", asks).await?;
            assert!(knows(region, 1, &b).await?);
            set_above(region, &net, json!(null)).await?;
            until("the region's number counts", async || {
                anyhow::Ok(!asks().await?)
            })
            .await?;
        }
        let report = ping.stop().await?;
        assert!(report.complete(), "{report:?}");
        let c = settle(region, "c", 3, &net, json!({})).await?;
        comes_to_know(region, 1, &c, true).await
    })
    .await
}

/// Gives a network a number of its own from which on it is large.
async fn set_above(region: &Scenario, net: &Segment, above: Value) -> anyhow::Result<()> {
    let path = format!("/v2.0/networks/{}", net.network);
    let body = json!({ "network": { "on_demand_above": above } });
    region.rest().put(&path, &body).await?;
    Ok(())
}

#[tokio::test]
async fn neighbours_that_nobody_uses_are_forgotten_and_found_again() -> anyhow::Result<()> {
    where_few_are_many("2", async |region| {
        let lab = region.lab();
        let net = large(region, "net", "10.0.0.0/24").await?;
        settle(region, "a", 1, &net, json!({})).await?;
        let b = settle(region, "b", 2, &net, json!({})).await?;
        let c = settle(region, "c", 3, &net, json!({})).await?;
        all_answered(region, "a", &c).await?;
        let ping = steady_ping(lab, "a", b.ip).await?;
        comes_to_know(region, 1, &c, false).await?;
        assert!(knows(region, 1, &b).await?, "who is used stays");
        all_answered(region, "a", &c).await?;
        let report = ping.stop().await?;
        assert!(report.complete(), "{report:?}");
        assert!(metric(region, "alcor_delivery_released_total").await? > 0);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_vm_that_scans_does_not_keep_others_from_cold_neighbours() -> anyhow::Result<()> {
    where_few_are_many("60", async |region| {
        let lab = region.lab();
        let wide = json!({ "ip_version": 4, "cidr": "10.0.0.0/16" });
        let net = region.segment_of(json!({ "name": "net" }), wide).await?;
        crowd(region, &net).await?;
        settle(region, "scanner", 1, &net, json!({})).await?;
        settle(region, "a", 1, &net, json!({})).await?;
        let mut cold = Vec::new();
        for number in 0..5 {
            let host = 2 + number % 2;
            cold.push(settle(region, &format!("b{number}"), host, &net, json!({})).await?);
        }
        run(lab, "scanner", "ip route add 10.0.0.0/16 dev eth0").await?;
        let scan = "while :; do for i in $(seq 9 250); do \
                    busybox timeout 1 ping -c 1 -W 1 10.0.$((i % 40 + 1)).$i > /dev/null 2>&1 & done; wait; done";
        let mut scan = Running(lab.command("scanner", ["sh", "-c", scan])?.spawn()?);
        until("many are asked for in vain", async || {
            anyhow::Ok(metric(region, "alcor_delivery_absent_total").await? > 50)
        })
        .await?;
        for port in &cold {
            all_answered(region, "a", port).await?;
        }
        scan.0.kill()?;
        Ok(())
    })
    .await
}

/// A process that ends with its test.
struct Running(std::process::Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ended = self.0.kill();
        let _gone = self.0.wait();
    }
}
