//! Network ACLs in packets: what crosses the edges of subnets by which rule, in the order of their
//! numbers, both ways, without memory, and while everything changes.

mod stage;

use alcor::scenario::{PortInfo, Scenario, Segment};
use alcor_lab::Client;
use anyhow::Context;
use serde_json::{Value, json};
use stage::six::{configured, gateways};
use stage::{
    Acl, LONG, Talk, answers, asked, at, caught_up, flows, flows_are, misses, on_hosts, reach,
    router, run, settle_behind, steady_ping, until,
};

/// A network with two subnets that a router joins. `a` on host 1 and `c` on host 3 are in the east;
/// `b` on host 2 and `d` on host 1 in the west.
struct Stage {
    east: Segment,
    west: Segment,
    a: PortInfo,
    b: PortInfo,
    d: PortInfo,
}

async fn another_subnet(region: &Scenario, on: &Segment, subnet: Value) -> anyhow::Result<Segment> {
    let mut subnet = subnet;
    subnet["network_id"] = json!(on.network.to_string());
    let made = json!({ "subnet": subnet });
    let made = region.rest().post("/v2.0/subnets", &made).await?;
    let id = made["subnet"]["id"].as_str().context("no id")?;
    Ok(Segment {
        network: on.network,
        subnet: id.parse()?,
    })
}

/// A VM whose default route is the `.1` of its subnet.
async fn guest(
    region: &Scenario,
    vm: &str,
    host: u16,
    on: &Segment,
    ip: &str,
) -> anyhow::Result<PortInfo> {
    settle_behind(region, vm, host, on, (ip, at(ip))).await
}

async fn two_subnets(region: &Scenario) -> anyhow::Result<Stage> {
    let east = region.segment("net", "10.1.0.0/24").await?;
    let west = json!({ "ip_version": 4, "cidr": "10.2.0.0/24" });
    let west = another_subnet(region, &east, west).await?;
    router(region, &[&east, &west]).await?;
    let a = guest(region, "a", 1, &east, "10.1.0.11").await?;
    guest(region, "c", 3, &east, "10.1.0.13").await?;
    let b = guest(region, "b", 2, &west, "10.2.0.12").await?;
    let d = guest(region, "d", 1, &west, "10.2.0.11").await?;
    for to in [&b, &d] {
        region.lab().first_answer("a", to.ip, LONG).await?;
    }
    region.lab().first_answer("c", b.ip, LONG).await?;
    Ok(Stage {
        east,
        west,
        a,
        b,
        d,
    })
}

impl Stage {
    /// Waits until all hosts hold what was changed before.
    async fn settled(&self, region: &Scenario) -> anyhow::Result<()> {
        for host in 1..=3 {
            caught_up(region, host, &self.east).await?;
        }
        Ok(())
    }

    async fn pings(
        &self,
        region: &Scenario,
        from: &str,
        to: &str,
        pass: bool,
    ) -> anyhow::Result<()> {
        let ip = match to {
            "a" => self.a.ip,
            "b" => self.b.ip,
            "d" => self.d.ip,
            _ => "10.1.0.13".parse()?,
        };
        if pass {
            return reach(region.lab(), from, ip, 3).await;
        }
        assert!(misses(region.lab(), from, ip).await?, "{from} reaches {to}");
        Ok(())
    }
}

fn icmp(prefix: &str) -> Value {
    json!({ "protocol": "icmp", "ip_prefix": prefix })
}

fn echo(prefix: &str, kind: u8) -> Value {
    json!({ "protocol": "icmp", "ip_prefix": prefix, "icmp_type": kind, "icmp_code": 0 })
}

fn ports(protocol: &str, prefix: &str, low: u16, high: u16) -> Value {
    json!({
        "protocol": protocol, "ip_prefix": prefix, "port_range_min": low, "port_range_max": high,
    })
}

const EAST: &str = "10.1.0.0/24";

#[tokio::test]
async fn the_lowest_number_decides_what_crosses_an_edge() -> anyhow::Result<()> {
    on_hosts(3, async |region| {
        let stage = two_subnets(region).await?;
        let edge = Acl::make(region, &stage.west, json!({ "name": "edge" })).await?;
        edge.guard(region, &[&stage.west]).await?;
        stage.settled(region).await?;
        nothing_crosses_without_a_rule(region, &stage).await?;
        an_answer_needs_its_own_rule(region, &stage, &edge).await?;
        numbers_come_first(region, &stage, &edge).await?;
        ports_are_told_apart(region, &stage, &edge).await
    })
    .await
}

async fn nothing_crosses_without_a_rule(region: &Scenario, stage: &Stage) -> anyhow::Result<()> {
    for (from, to) in [("a", "b"), ("a", "d"), ("c", "b"), ("b", "a"), ("d", "c")] {
        stage.pings(region, from, to, false).await?;
    }
    // Inside of a subnet, guarded or not, and to its gateway.
    for (from, to) in [("d", "b"), ("b", "d"), ("a", "c")] {
        stage.pings(region, from, to, true).await?;
    }
    reach(region.lab(), "b", "10.2.0.1".parse()?, 3).await?;
    // A VM that takes the other subnet for its own link does not get around the router's way.
    let direct = "ip route replace 10.2.0.0/24 dev eth0";
    run(region.lab(), "a", direct).await?;
    stage.pings(region, "a", "b", false).await?;
    run(region.lab(), "a", "ip route delete 10.2.0.0/24 dev eth0").await?;
    // A new VM of the guarded subnet gets its lease.
    let fixed = json!({ "fixed_ips": [{ "subnet_id": stage.west.subnet.to_string() }] });
    let port = region.port(&stage.west, 3, fixed).await?;
    region.plug("e", 3, &port).await?;
    region.wait_for_status(port.id, "ACTIVE").await?;
    let lease = region.lab().dhcp("e", Client::Udhcpc).await?;
    assert_eq!(lease.ip, port.ip);
    Ok(())
}

async fn an_answer_needs_its_own_rule(
    region: &Scenario,
    stage: &Stage,
    edge: &Acl,
) -> anyhow::Result<()> {
    let into = edge.rule(region, 100, "ingress", echo(EAST, 8)).await?;
    stage.settled(region).await?;
    let heard = region.echo_requests("b").await?;
    stage.pings(region, "a", "b", false).await?;
    assert!(region.echo_requests("b").await? > heard, "requests enter");
    let out = edge.rule(region, 100, "egress", echo(EAST, 0)).await?;
    stage.settled(region).await?;
    for (from, to) in [("a", "b"), ("a", "d"), ("c", "b")] {
        stage.pings(region, from, to, true).await?;
    }
    // The other way it is another type.
    stage.pings(region, "b", "a", false).await?;
    stage.pings(region, "d", "a", false).await?;
    into.remove(region).await?;
    out.remove(region).await
}

async fn numbers_come_first(region: &Scenario, stage: &Stage, edge: &Acl) -> anyhow::Result<()> {
    edge.rule(region, 100, "ingress", icmp("0.0.0.0/0")).await?;
    edge.rule(region, 100, "egress", icmp(EAST)).await?;
    let mut deny = icmp("10.1.0.11/32");
    deny["action"] = json!("deny");
    let deny = edge.rule(region, 50, "ingress", deny).await?;
    stage.settled(region).await?;
    stage.pings(region, "a", "b", false).await?;
    stage.pings(region, "c", "b", true).await?;
    deny.change(region, json!({ "number": 150 })).await?;
    stage.settled(region).await?;
    stage.pings(region, "a", "b", true).await?;
    deny.change(region, json!({ "number": 99 })).await?;
    stage.settled(region).await?;
    stage.pings(region, "a", "b", false).await?;
    deny.change(region, json!({ "action": "allow" })).await?;
    stage.settled(region).await?;
    stage.pings(region, "a", "b", true).await
}

async fn ports_are_told_apart(region: &Scenario, stage: &Stage, edge: &Acl) -> anyhow::Result<()> {
    let lab = region.lab();
    let all = ["tcp:8000", "tcp:8099", "tcp:8100", "udp:53"];
    let _server = Talk::serve(lab, "b", &all)?;
    let answered = async |open: &[&str]| {
        stage.settled(region).await?;
        for port in all {
            let heard = answers(lab, "a", stage.b.ip, port, 8).await?;
            assert_eq!(
                heard,
                open.contains(&port),
                "{port}, where {open:?} are open"
            );
        }
        anyhow::Ok(())
    };
    answered(&[]).await?;
    let web = ports("tcp", EAST, 8000, 8099);
    edge.rule(region, 200, "ingress", web).await?;
    answered(&[]).await?;
    let back = ports("tcp", "10.0.0.0/8", 1024, 65535);
    edge.rule(region, 200, "egress", back).await?;
    answered(&["tcp:8000", "tcp:8099"]).await?;
    let names = ports("udp", EAST, 53, 53);
    edge.rule(region, 201, "ingress", names).await?;
    let back = ports("udp", EAST, 1024, 65535);
    edge.rule(region, 201, "egress", back).await?;
    answered(&["tcp:8000", "tcp:8099", "udp:53"]).await?;
    // Longer than a packet: only the first fragment has ports.
    assert!(answers(lab, "a", stage.b.ip, "udp:53", 4000).await?);
    // Nobody is there to answer: an error of the other end, which a rule of ICMP lets out.
    let nobody = ports("udp", EAST, 54, 54);
    edge.rule(region, 202, "ingress", nobody).await?;
    stage.settled(region).await?;
    assert_eq!(asked(lab, "a", stage.b.ip, "udp:54", 8).await?, "refused");
    Ok(())
}

#[tokio::test]
async fn an_acl_is_changed_taken_off_and_removed_under_traffic() -> anyhow::Result<()> {
    on_hosts(3, async |region| {
        let lab = region.lab();
        let stage = two_subnets(region).await?;
        let _server = Talk::serve(lab, "b", &["tcp:8000", "udp:53"])?;
        assert!(
            answers(lab, "a", stage.b.ip, "udp:53", 4000).await?,
            "no ACL"
        );
        let mut talk = Talk::hold(lab, "a", stage.b.ip, 8000)?;
        let ping = steady_ping(lab, "a", stage.b.ip).await?;
        let before = [flows(lab, 1).await?, flows(lab, 2).await?];

        let edge = Acl::make(region, &stage.west, json!({})).await?;
        let all = json!({ "protocol": "all", "ip_prefix": "0.0.0.0/0" });
        let into = edge.rule(region, 1, "ingress", all.clone()).await?;
        edge.rule(region, 1, "egress", all.clone()).await?;
        edge.guard(region, &[&stage.west]).await?;
        stage.settled(region).await?;
        assert!(talk.goes_on()?, "everything is allowed");
        into.change(region, json!({ "action": "deny" })).await?;
        stage.settled(region).await?;
        assert!(!talk.goes_on()?, "established connections end at once");
        stage.pings(region, "a", "b", false).await?;
        edge.guard(region, &[]).await?;
        stage.settled(region).await?;
        stage.pings(region, "a", "b", true).await?;
        until("the connection goes on", async || talk.goes_on()).await?;

        the_default_guards_the_rest(region, &stage, &edge).await?;
        edge.remove(region).await?;
        for (host, before) in (1..).zip(&before) {
            flows_are(lab, host, before).await?;
        }
        stage.pings(region, "a", "b", true).await?;
        let report = ping.stop().await?;
        assert!(report.received < report.sent, "{report:?}");
        Ok(())
    })
    .await
}

/// The east has its own ACL that denies all; the default lets everything through.
async fn the_default_guards_the_rest(
    region: &Scenario,
    stage: &Stage,
    edge: &Acl,
) -> anyhow::Result<()> {
    let default = Acl::make(region, &stage.west, json!({ "is_default": true })).await?;
    stage.settled(region).await?;
    stage.pings(region, "a", "b", false).await?;
    stage.pings(region, "a", "c", true).await?;
    let all = json!({ "protocol": "all", "ip_prefix": "10.0.0.0/8" });
    for direction in ["ingress", "egress"] {
        default.rule(region, 9, direction, all.clone()).await?;
    }
    stage.settled(region).await?;
    stage.pings(region, "a", "b", true).await?;
    // Its ingress rule still denies.
    edge.guard(region, &[&stage.east]).await?;
    stage.settled(region).await?;
    stage.pings(region, "a", "b", false).await?;
    edge.guard(region, &[]).await?;
    stage.settled(region).await?;
    stage.pings(region, "a", "b", true).await?;
    default.remove(region).await?;
    stage.settled(region).await?;
    stage.pings(region, "b", "a", true).await
}

#[tokio::test]
async fn edges_of_ipv6_are_guarded_alike() -> anyhow::Result<()> {
    on_hosts(3, async |region| {
        let lab = region.lab();
        let six = |cidr: &str| {
            json!({
                "ip_version": 6, "cidr": cidr,
                "ipv6_ra_mode": "slaac", "ipv6_address_mode": "slaac",
            })
        };
        let network = json!({ "name": "net" });
        let east = region.segment_of(network, six("fd00:1::/64")).await?;
        let network = json!({ "name": "other" });
        let west = region.segment_of(network, six("fd00:2::/64")).await?;
        router(region, &[&east, &west]).await?;
        let edge = Acl::make(region, &west, json!({})).await?;
        edge.guard(region, &[&west]).await?;
        let a = stage::six::guest(region, "a", 1, &east).await?;
        let b = stage::six::guest(region, "b", 2, &west).await?;
        let c = stage::six::guest(region, "c", 3, &west).await?;
        // What routers advertise is nobody's to deny, and neighbours find each other.
        for (vm, port) in [("a", &a), ("b", &b), ("c", &c)] {
            configured(region, vm, port).await?;
        }
        lab.first_answer("b", c.ip, LONG).await?;
        assert!(misses(lab, "a", b.ip).await?);
        assert!(misses(lab, "b", a.ip).await?);
        let settled = async || {
            caught_up(region, 1, &east).await?;
            caught_up(region, 2, &west).await?;
            caught_up(region, 3, &west).await
        };
        let kind = |kind: u8| {
            json!({
                "ether_type": "ipv6", "protocol": "icmpv6", "ip_prefix": "fd00:1::/64",
                "icmp_type": kind, "icmp_code": 0,
            })
        };
        edge.rule(region, 7, "ingress", kind(128)).await?;
        edge.rule(region, 7, "egress", kind(129)).await?;
        settled().await?;
        reach(lab, "a", b.ip, 3).await?;
        assert!(misses(lab, "b", a.ip).await?);

        let _server = Talk::serve(lab, "b", &["tcp:80", "udp:53"])?;
        let web = |low: u16, high: u16| {
            json!({
                "ether_type": "ipv6", "protocol": "tcp", "ip_prefix": "::/0",
                "port_range_min": low, "port_range_max": high,
            })
        };
        assert!(!answers(lab, "a", b.ip, "tcp:80", 8).await?);
        edge.rule(region, 8, "ingress", web(80, 80)).await?;
        edge.rule(region, 8, "egress", web(1024, 65535)).await?;
        settled().await?;
        assert!(answers(lab, "a", b.ip, "tcp:80", 8).await?);
        assert!(!answers(lab, "a", b.ip, "udp:53", 8).await?);
        a_link_local_address_is_no_way_around(region, &edge).await
    })
    .await
}

/// Of a VM's link-local address nobody knows the subnet: it is judged as from outside.
async fn a_link_local_address_is_no_way_around(
    region: &Scenario,
    edge: &Acl,
) -> anyhow::Result<()> {
    let lab = region.lab();
    let told = gateways(region, "b").await?;
    let gateway = told[0]["gateway"].as_str().context("no gateway")?;
    let ping = format!("ping -6 -c 2 -i 0.05 -W 1 {gateway}%eth0");
    assert!(!lab.exec("b", ping.split(' '), LONG).await?.success());
    let link = |direction: &'static str| {
        let all = json!({ "ether_type": "ipv6", "protocol": "all", "ip_prefix": "fe80::/10" });
        edge.rule(region, 9, direction, all)
    };
    link("ingress").await?;
    link("egress").await?;
    until("a rule opens the link", async || {
        anyhow::Ok(lab.exec("b", ping.split(' '), LONG).await?.success())
    })
    .await
}
