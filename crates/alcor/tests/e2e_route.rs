//! Routers: every host routes for its own VMs, whichever hosts their peers are on, and a change of a
//! router is one for packets that are under way.

#![expect(clippy::unwrap_used, reason = "a test fails by a panic")]

mod stage;

use alcor::scenario::{PortInfo, Scenario, Segment};
use serde_json::{Value, json};
use stage::{
    Flows, LONG, at, flows, flows_are, interface, misses, on_hosts, passing_guest, reach, router,
    run, settle_behind, steady_ping, tcp_passes, until,
};

async fn set_router(region: &Scenario, router: &str, to: Value) -> anyhow::Result<()> {
    let path = format!("/v2.0/routers/{router}");
    region.rest().put(&path, &json!({ "router": to })).await?;
    Ok(())
}

/// A VM whose default route is the `.1` of its network.
async fn guest(
    region: &Scenario,
    vm: &str,
    host: u16,
    on: &Segment,
    ip: &str,
) -> anyhow::Result<PortInfo> {
    settle_behind(region, vm, host, on, (ip, at(ip))).await
}

/// Red and blue of one tenant on three hosts; green and gray, with the same addresses, of another.
struct Two {
    red: Segment,
    blue: Segment,
    router: String,
    /// `b1` on host 2, `b2` on host 1, where `r1` is.
    blues: [PortInfo; 2],
}

async fn two_tenants(region: &Scenario) -> anyhow::Result<Two> {
    let red = region.segment("red", "10.1.0.0/24").await?;
    let blue = region.segment("blue", "10.2.0.0/24").await?;
    let green = region.segment("green", "10.1.0.0/24").await?;
    let gray = region.segment("gray", "10.2.0.0/24").await?;
    guest(region, "r1", 1, &red, "10.1.0.11").await?;
    passing_guest(region, "r3", 3, &red, "10.1.0.13").await?;
    let b1 = guest(region, "b1", 2, &blue, "10.2.0.11").await?;
    let b2 = guest(region, "b2", 1, &blue, "10.2.0.12").await?;
    guest(region, "g1", 1, &green, "10.1.0.11").await?;
    guest(region, "y1", 2, &gray, "10.2.0.11").await?;
    assert!(misses(region.lab(), "r1", b1.ip).await?, "without a router");
    let router = router(region, &[&red, &blue]).await?;
    let blues = [b1, b2];
    Ok(Two {
        red,
        blue,
        router,
        blues,
    })
}

#[tokio::test]
async fn vms_of_two_networks_talk_through_the_router_of_their_host() -> anyhow::Result<()> {
    on_hosts(3, async |region| {
        let two = two_tenants(region).await?;
        let lab = region.lab();
        for to in &two.blues {
            lab.first_answer("r1", to.ip, LONG).await?;
            reach(lab, "r1", to.ip, 10).await?;
        }
        lab.first_answer("b1", "10.1.0.13".parse()?, LONG).await?;
        // The other tenant has no router, and the same addresses.
        assert!(misses(lab, "g1", "10.2.0.11".parse()?).await?);
        assert_eq!(region.echo_requests("y1").await?, 0);
        packets_have_passed_one_router(region).await?;
        tcp_passes(lab, "r1", ("b1", two.blues[0].ip)).await?;
        the_router_answers(region).await?;
        a_trace_shows_the_router(region).await
    })
    .await
}

async fn packets_have_passed_one_router(region: &Scenario) -> anyhow::Result<()> {
    for target in ["10.2.0.11", "10.2.0.12"] {
        let answer = run(region.lab(), "r1", &format!("ping -c 1 {target}")).await?;
        assert!(answer.contains("ttl=63"), "{answer}");
    }
    let full = "ping -M do -s 1422 -c 1 -w 10 10.2.0.11";
    run(region.lab(), "r1", full).await?;
    Ok(())
}

async fn the_router_answers(region: &Scenario) -> anyhow::Result<()> {
    for own in ["10.1.0.1", "10.2.0.1"] {
        for vm in ["r1", "r3", "b1"] {
            reach(region.lab(), vm, own.parse()?, 5).await?;
        }
    }
    Ok(())
}

async fn a_trace_shows_the_router(region: &Scenario) -> anyhow::Result<()> {
    let lab = region.lab();
    let trace = run(lab, "r1", "busybox traceroute -n -w 5 -q 1 10.2.0.11").await?;
    let hops: Vec<_> = trace
        .lines()
        .skip(1)
        .map(|line| line.split_whitespace().nth(1))
        .collect();
    assert_eq!(hops, [Some("10.1.0.1"), Some("10.2.0.11")], "{trace}");
    let trace = run(lab, "r3", "busybox traceroute -n -w 5 -q 1 10.2.0.1").await?;
    assert_eq!(
        trace.lines().count(),
        2,
        "the router says that nobody listens: {trace}"
    );
    Ok(())
}

#[tokio::test]
async fn ipv6_is_routed_like_ipv4() -> anyhow::Result<()> {
    on_hosts(3, async |region| {
        let lab = region.lab();
        let six = |cidr: &str| json!({ "ip_version": 6, "cidr": cidr });
        let red = region
            .segment_of(json!({ "name": "red" }), six("fd00:1::/64"))
            .await?;
        let blue = region
            .segment_of(json!({ "name": "blue" }), six("fd00:2::/64"))
            .await?;
        guest(region, "r1", 1, &red, "fd00:1::11").await?;
        let r2 = guest(region, "r2", 2, &red, "fd00:1::12").await?;
        let b1 = guest(region, "b1", 1, &blue, "fd00:2::11").await?;
        let b3 = guest(region, "b3", 3, &blue, "fd00:2::13").await?;
        lab.first_answer("r1", r2.ip, LONG).await?;
        assert!(misses(lab, "r1", b3.ip).await?, "without a router");
        router(region, &[&red, &blue]).await?;
        for to in [b1.ip, b3.ip, "fd00:1::1".parse()?, "fd00:2::1".parse()?] {
            lab.first_answer("r1", to, LONG).await?;
            reach(lab, "r1", to, 10).await?;
        }
        let answer = run(lab, "r1", "ping -6 -c 1 fd00:2::13").await?;
        assert!(answer.contains("ttl=63"), "{answer}");
        let trace = run(lab, "r1", "busybox traceroute6 -n -w 5 -q 1 fd00:2::13").await?;
        assert!(
            trace.contains("1  fd00:1::1") && trace.contains("2  fd00:2::13"),
            "{trace}"
        );
        Ok(())
    })
    .await
}

#[tokio::test]
async fn changes_of_a_router_reach_running_traffic() -> anyhow::Result<()> {
    on_hosts(3, async |region| {
        let lab = region.lab();
        let before = [
            flows(lab, 1).await?,
            flows(lab, 2).await?,
            flows(lab, 3).await?,
        ];
        let two = two_tenants(region).await?;
        let far = two.blues[0].ip;
        let reaches = async || anyhow::Ok(!misses(lab, "r1", far).await?);
        lab.first_answer("r1", far, LONG).await?;

        set_router(region, &two.router, json!({ "admin_state_up": false })).await?;
        until("a router that is off routes nothing", async || {
            misses(lab, "r1", far).await
        })
        .await?;
        set_router(region, &two.router, json!({ "admin_state_up": true })).await?;
        until("it routes again", reaches).await?;

        interface(region, &two.router, "remove", &two.blue).await?;
        until("nothing leads there", async || misses(lab, "r1", far).await).await?;
        interface(region, &two.router, "add", &two.blue).await?;
        until("the way is there again", reaches).await?;

        a_vm_is_a_next_hop(region, &two).await?;
        nothing_stays_behind(region, &two, &before).await
    })
    .await
}

/// `r3` knows the way to a network of its own.
async fn a_vm_is_a_next_hop(region: &Scenario, two: &Two) -> anyhow::Result<()> {
    let lab = region.lab();
    run(lab, "r3", "ip address add 192.0.2.1/32 dev lo").await?;
    let inner = "192.0.2.1".parse()?;
    assert!(misses(lab, "b1", inner).await?);
    let routes = json!([{ "destination": "192.0.2.0/24", "nexthop": "10.1.0.13" }]);
    set_router(region, &two.router, json!({ "routes": routes })).await?;
    lab.first_answer("b1", inner, LONG).await?;
    // A VM of the next hop's own network gets there by the router, too.
    lab.first_answer("r1", inner, LONG).await?;
    set_router(region, &two.router, json!({ "routes": [] })).await?;
    until("unknown again", async || misses(lab, "b1", inner).await).await
}

async fn nothing_stays_behind(
    region: &Scenario,
    two: &Two,
    before: &[Flows; 3],
) -> anyhow::Result<()> {
    let rest = region.rest();
    for segment in [&two.red, &two.blue] {
        interface(region, &two.router, "remove", segment).await?;
    }
    rest.delete(&format!("/v2.0/routers/{}", two.router))
        .await?;
    let ports = rest.get("/v2.0/ports").await?;
    for port in ports["ports"].as_array().unwrap() {
        rest.delete(&format!("/v2.0/ports/{}", port["id"].as_str().unwrap()))
            .await?;
    }
    for (host, wanted) in (1..).zip(before) {
        flows_are(region.lab(), host, wanted).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_running_ping_loses_nothing_when_other_networks_join_the_router() -> anyhow::Result<()> {
    on_hosts(2, async |region| {
        let lab = region.lab();
        let red = region.segment("red", "10.1.0.0/24").await?;
        let blue = region.segment("blue", "10.2.0.0/24").await?;
        let green = region.segment("green", "10.3.0.0/24").await?;
        guest(region, "r", 1, &red, "10.1.0.11").await?;
        let b = guest(region, "b", 2, &blue, "10.2.0.11").await?;
        let g = guest(region, "g", 2, &green, "10.3.0.11").await?;
        let router = router(region, &[&red, &blue]).await?;
        lab.first_answer("r", b.ip, LONG).await?;
        let mut ping = steady_ping(lab, "r", b.ip).await?;
        for _ in 0..5 {
            interface(region, &router, "add", &green).await?;
            lab.first_answer("r", g.ip, LONG).await?;
            interface(region, &router, "remove", &green).await?;
            until("gone", async || misses(lab, "r", g.ip).await).await?;
        }
        ping.answered(20, LONG).await?;
        let report = ping.stop().await?;
        assert!(report.complete(), "{report:?}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_subnets_route_table_leads_what_comes_from_it() -> anyhow::Result<()> {
    on_hosts(3, async |region| {
        let lab = region.lab();
        let vpc = json!({ "name": "vpc", "cidr": "10.0.0.0/8" });
        let one = json!({ "ip_version": 4, "cidr": "10.1.0.0/24" });
        let red = region.segment_of(vpc, one).await?;
        let blue = subnet(region, &red, "10.2.0.0/24").await?;
        guest(region, "r", 1, &red, "10.1.0.11").await?;
        guest(region, "b", 2, &blue, "10.2.0.11").await?;
        for (vm, host, ip) in [("near", 1, "10.1.0.21"), ("far", 3, "10.1.0.22")] {
            passing_guest(region, vm, host, &red, ip).await?;
            run(lab, vm, "ip address add 192.0.2.1/32 dev lo").await?;
        }
        let router = router(region, &[&red, &blue]).await?;
        let project = project_of(region, &red).await?;
        let path = format!("/project/{project}/vpcs/{}/router", red.network);
        let made = region.rest().post(&path, &json!({})).await?;
        assert_eq!(
            made["router"]["id"], *router,
            "the one that joins the subnets"
        );

        // All go to `far`, but what comes from blue goes to `near`.
        table(region, &red, None, "10.1.0.22").await?;
        table(region, &red, Some(&blue), "10.1.0.21").await?;
        let inner = "192.0.2.1".parse()?;
        for (vm, passed, other) in [("r", "far", "near"), ("b", "near", "far")] {
            lab.first_answer(vm, inner, LONG).await?;
            let before = [
                region.echo_requests(passed).await?,
                region.echo_requests(other).await?,
            ];
            reach(lab, vm, inner, 10).await?;
            let after = [
                region.echo_requests(passed).await?,
                region.echo_requests(other).await?,
            ];
            assert!(
                after[0] >= before[0] + 10 && after[1] == before[1],
                "{vm} by {passed}"
            );
        }
        Ok(())
    })
    .await
}

/// A further subnet of a network.
async fn subnet(region: &Scenario, of: &Segment, cidr: &str) -> anyhow::Result<Segment> {
    let body = json!({ "subnet": {
        "network_id": of.network.to_string(), "ip_version": 4, "cidr": cidr,
    }});
    let made = region.rest().post("/v2.0/subnets", &body).await?;
    Ok(Segment {
        network: of.network,
        subnet: made["subnet"]["id"].as_str().unwrap().parse()?,
    })
}

async fn project_of(region: &Scenario, segment: &Segment) -> anyhow::Result<String> {
    let path = format!("/v2.0/networks/{}", segment.network);
    let network = region.rest().get(&path).await?;
    Ok(network["network"]["project_id"]
        .as_str()
        .unwrap()
        .to_owned())
}

/// Leads 192.0.2.0/24 to a VM: for a whole VPC, whose table is there already, or for a subnet.
async fn table(
    region: &Scenario,
    vpc: &Segment,
    subnet: Option<&Segment>,
    nexthop: &str,
) -> anyhow::Result<()> {
    let project = project_of(region, vpc).await?;
    let routes = json!([{ "destination": "192.0.2.0/24", "nexthop": nexthop }]);
    let Some(subnet) = subnet else {
        let path = format!("/project/{project}/vpcs/{}/vpcroutetable", vpc.network);
        let body = json!({ "routetable": { "routes": routes } });
        region.rest().put(&path, &body).await?;
        return Ok(());
    };
    let body = json!({ "routetable": {
        "vpc_id": vpc.network.to_string(),
        "subnet_id": subnet.subnet.to_string(),
        "routes": routes,
    }});
    region.rest().post("/v2.0/routetables", &body).await?;
    Ok(())
}
