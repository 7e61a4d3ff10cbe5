//! Security groups in packets: who reaches whom by which rule, while rules and members change,
//! and what becomes of connections.

mod stage;

use alcor::scenario::{PortInfo, Scenario, Segment};
use serde_json::{Value, json};
use stage::{
    LONG, Rule, Talk, answers, asked, caught_up, change, flows, flows_are, group, misses, on_hosts,
    reach, run, set_groups, settle, until,
};
use std::collections::BTreeMap;

/// A network that everybody may use.
async fn shared_network(region: &Scenario) -> anyhow::Result<Segment> {
    let network = json!({ "name": "net", "shared": true });
    let subnet = json!({ "ip_version": 4, "cidr": "10.0.0.0/24" });
    region.segment_of(network, subnet).await
}

fn of(project: &str) -> Value {
    json!({ "project_id": project })
}

fn in_groups(groups: &[&str]) -> Value {
    json!({ "security_groups": groups })
}

#[tokio::test]
async fn the_default_group_lets_its_own_ports_in_and_nobody_else() -> anyhow::Result<()> {
    on_hosts(3, async |region| {
        let lab = region.lab();
        let net = shared_network(region).await?;
        let mut ports = BTreeMap::new();
        let (red, blue) = ([("a", 1), ("b", 2), ("c", 1)], [("x", 1), ("y", 3)]);
        for (vm, host) in red {
            ports.insert(vm, settle(region, vm, host, &net, of("red")).await?);
        }
        for (vm, host) in blue {
            ports.insert(vm, settle(region, vm, host, &net, of("blue")).await?);
        }
        for (from, to) in [("a", "b"), ("b", "a"), ("a", "c"), ("c", "b"), ("x", "y")] {
            lab.first_answer(from, ports[to].ip, LONG).await?;
            reach(lab, from, ports[to].ip, 3).await?;
        }
        for (from, to) in [("a", "x"), ("x", "a"), ("a", "y"), ("y", "b"), ("x", "c")] {
            assert!(
                misses(lab, from, ports[to].ip).await?,
                "{from} reaches {to}"
            );
        }
        Ok(())
    })
    .await
}

/// `a` of the group of clients on host 1, `b` of the group of servers on host 2, `c` of the
/// clients on host 2: nobody may enter yet.
struct Stage {
    net: Segment,
    clients: String,
    servers: String,
    a: PortInfo,
    b: PortInfo,
}

async fn clients_and_servers(region: &Scenario) -> anyhow::Result<Stage> {
    let net = shared_network(region).await?;
    let clients = group(region, json!({ "name": "clients" })).await?;
    let servers = group(region, json!({ "name": "servers" })).await?;
    settle(region, "c", 2, &net, in_groups(&[&clients])).await?;
    Ok(Stage {
        a: settle(region, "a", 1, &net, in_groups(&[&clients])).await?,
        b: settle(region, "b", 2, &net, in_groups(&[&servers])).await?,
        net,
        clients,
        servers,
    })
}

impl Stage {
    /// Waits until all hosts hold what was changed before.
    async fn settled(&self, region: &Scenario) -> anyhow::Result<()> {
        for host in 1..=3 {
            caught_up(region, host, &self.net).await?;
        }
        Ok(())
    }

    /// Panics unless `b` answers `a` on just these of the ports.
    async fn a_is_answered_on(&self, region: &Scenario, open: &[&str]) -> anyhow::Result<()> {
        self.settled(region).await?;
        for port in PORTS {
            let heard = answers(region.lab(), "a", self.b.ip, port, 8).await?;
            assert_eq!(
                heard,
                open.contains(port),
                "{port}, where {open:?} are open"
            );
        }
        Ok(())
    }
}

const PORTS: &[&str] = &["tcp:8000", "tcp:8099", "tcp:8100", "udp:53"];

#[tokio::test]
async fn rules_open_what_they_say_while_ports_are_up() -> anyhow::Result<()> {
    on_hosts(3, async |region| {
        let stage = clients_and_servers(region).await?;
        let _server = Talk::serve(region.lab(), "b", PORTS)?;
        stage.a_is_answered_on(region, &[]).await?;
        ranges_of_ports(region, &stage).await?;
        ports_of_a_group(region, &stage).await?;
        addresses_of_a_group(region, &stage).await
    })
    .await
}

async fn ranges_of_ports(region: &Scenario, stage: &Stage) -> anyhow::Result<()> {
    let web = json!({
        "protocol": "tcp", "port_range_min": 8000, "port_range_max": 8099,
        "remote_ip_prefix": "10.0.0.0/24",
    });
    let web = Rule::make(region, &stage.servers, web).await?;
    let open = ["tcp:8000", "tcp:8099"];
    stage.a_is_answered_on(region, &open).await?;
    web.remove(region).await?;
    let far = json!({ "protocol": "tcp", "remote_ip_prefix": "10.0.1.0/24" });
    let far = Rule::make(region, &stage.servers, far).await?;
    stage.a_is_answered_on(region, &[]).await?;
    far.remove(region).await
}

async fn ports_of_a_group(region: &Scenario, stage: &Stage) -> anyhow::Result<()> {
    let lab = region.lab();
    let names = json!({ "protocol": "udp", "remote_group_id": stage.clients });
    let names = Rule::make(region, &stage.servers, names).await?;
    stage.a_is_answered_on(region, &["udp:53"]).await?;
    assert!(answers(lab, "c", stage.b.ip, "udp:53", 8).await?);
    // Nobody is there to answer: an error of the server's host, which no rule speaks of.
    let heard = asked(lab, "a", stage.b.ip, "udp:54", 8).await?;
    assert_eq!(heard, "refused");
    // Longer than a packet: only the first fragment has ports.
    assert!(answers(lab, "a", stage.b.ip, "udp:53", 4000).await?);
    set_groups(region, &stage.a, &[]).await?;
    stage.a_is_answered_on(region, &[]).await?;
    assert!(answers(lab, "c", stage.b.ip, "udp:53", 8).await?);
    set_groups(region, &stage.a, &[&stage.clients]).await?;
    stage.a_is_answered_on(region, &["udp:53"]).await?;
    names.remove(region).await
}

async fn addresses_of_a_group(region: &Scenario, stage: &Stage) -> anyhow::Result<()> {
    let lab = region.lab();
    let friends = json!({ "address_group": { "addresses": [format!("{}/32", stage.a.ip)] } });
    let friends = region.rest().post("/v2.0/address-groups", &friends).await?;
    let id = &friends["address_group"]["id"];
    let echo = json!({
        "protocol": "icmp", "port_range_min": 8, "port_range_max": 0,
        "remote_address_group_id": id,
    });
    let echo = Rule::make(region, &stage.servers, echo).await?;
    stage.settled(region).await?;
    reach(lab, "a", stage.b.ip, 3).await?;
    assert!(misses(lab, "c", stage.b.ip).await?);
    let path = format!(
        "/v2.0/address-groups/{}/remove_addresses",
        id.as_str().unwrap_or_default()
    );
    let gone = json!({ "address_group": { "addresses": [format!("{}/32", stage.a.ip)] } });
    region.rest().put(&path, &gone).await?;
    stage.settled(region).await?;
    assert!(misses(lab, "a", stage.b.ip).await?);
    echo.remove(region).await
}

#[tokio::test]
async fn a_connection_lives_as_long_as_a_rule_allows_it() -> anyhow::Result<()> {
    on_hosts(3, async |region| {
        let lab = region.lab();
        let stage = clients_and_servers(region).await?;
        let _server = Talk::serve(lab, "b", PORTS)?;
        let all = json!({ "protocol": "tcp" });
        let one = json!({ "protocol": "tcp", "port_range_min": 8000, "port_range_max": 8000 });
        let all = Rule::make(region, &stage.servers, all).await?;
        let one = Rule::make(region, &stage.servers, one).await?;
        stage.settled(region).await?;
        let mut first = Talk::hold(lab, "a", stage.b.ip, 8000)?;
        let mut second = Talk::hold(lab, "a", stage.b.ip, 8100)?;
        assert!(first.goes_on()? && second.goes_on()?);
        // Both were let in by the same rule; the other one still allows the first.
        all.remove(region).await?;
        stage.settled(region).await?;
        assert!(first.goes_on()?, "a rule allows it");
        assert!(!second.goes_on()?, "no rule allows it");
        // The client's own rules change, which does not concern its answers.
        set_groups(region, &stage.a, &[&stage.clients, &stage.servers]).await?;
        stage.settled(region).await?;
        assert!(first.goes_on()?);
        one.remove(region).await?;
        stage.settled(region).await?;
        assert!(!first.goes_on()?);
        a_connection_goes_on_when_a_rule_allows_it_again(region, &stage).await
    })
    .await
}

/// Datagrams from one port to another are one connection, however long none passes.
async fn a_connection_goes_on_when_a_rule_allows_it_again(
    region: &Scenario,
    stage: &Stage,
) -> anyhow::Result<()> {
    let heard = async || answers(region.lab(), "a", stage.b.ip, "udp:53:5300", 8).await;
    let names = json!({ "protocol": "udp" });
    let rule = Rule::make(region, &stage.servers, names.clone()).await?;
    stage.settled(region).await?;
    assert!(heard().await?);
    rule.remove(region).await?;
    stage.settled(region).await?;
    assert!(!heard().await?);
    Rule::make(region, &stage.servers, names).await?;
    stage.settled(region).await?;
    assert!(heard().await?);
    Ok(())
}

#[tokio::test]
async fn a_port_speaks_from_its_own_addresses_alone() -> anyhow::Result<()> {
    on_hosts(2, async |region| {
        let lab = region.lab();
        let net = shared_network(region).await?;
        let a = settle(region, "a", 1, &net, json!({})).await?;
        let open = json!({ "port_security_enabled": false, "security_groups": [] });
        let b = settle(region, "b", 2, &net, open.clone()).await?;
        lab.first_answer("a", b.ip, LONG).await?;

        speaks_as(region, "10.0.0.99", &b, false).await?;
        let pair = json!({ "allowed_address_pairs": [{ "ip_address": "10.0.0.96/28" }] });
        change(region, &a, pair).await?;
        caught_up(region, 1, &net).await?;
        speaks_as(region, "10.0.0.99", &b, true).await?;
        speaks_as(region, "10.0.0.112", &b, false).await?;

        run(lab, "a", "ip link set eth0 address 02:00:00:00:00:99").await?;
        speaks_as(region, &a.ip.to_string(), &b, false).await?;
        let mut unchecked = open;
        unchecked["allowed_address_pairs"] = json!([]);
        change(region, &a, unchecked).await?;
        caught_up(region, 1, &net).await?;
        speaks_as(region, &a.ip.to_string(), &b, true).await
    })
    .await
}

/// Panics unless `b` hears `a` speak from an address, by IP and by ARP, or hears neither.
async fn speaks_as(
    region: &Scenario,
    from: &str,
    to: &PortInfo,
    allowed: bool,
) -> anyhow::Result<()> {
    let lab = region.lab();
    run(lab, "a", &format!("ip address replace {from}/24 dev eth0")).await?;
    let mac = to.mac;
    let line = format!("ip neigh replace {} lladdr {mac} dev eth0", to.ip);
    run(lab, "a", &line).await?;
    let heard = region.echo_requests("b").await?;
    let ping = format!("ping -c 3 -i 0.01 -W 1 -I {from} {}", to.ip);
    // Answered or not: `b` may not know the way back.
    lab.exec("a", ping.split(' '), LONG).await?;
    let heard = region.echo_requests("b").await? > heard;
    assert_eq!(heard, allowed, "IP from {from}");

    let arping = format!("busybox arping -f -c 1 -w 1 -I eth0 -s {from} {}", to.ip);
    let answered = lab.exec("a", arping.split(' '), LONG).await?.success();
    assert_eq!(answered, allowed, "ARP from {from}");
    Ok(())
}

#[tokio::test]
async fn a_stateless_group_lets_through_what_its_rules_say_both_ways() -> anyhow::Result<()> {
    on_hosts(1, async |region| {
        let lab = region.lab();
        let net = shared_network(region).await?;
        let open = group(region, json!({ "stateful": false })).await?;
        let a = settle(region, "a", 1, &net, in_groups(&[&open])).await?;
        let b = settle(region, "b", 1, &net, json!({})).await?;
        assert!(misses(lab, "a", b.ip).await?, "no answer is let in");
        let any = json!({ "protocol": "icmp" });
        Rule::make(region, &open, any).await?;
        caught_up(region, 1, &net).await?;
        reach(lab, "b", a.ip, 3).await?;
        assert_eq!(connections(region, "a").await?, 0, "nobody keeps them");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn what_is_deleted_leaves_neither_flows_nor_connections() -> anyhow::Result<()> {
    on_hosts(2, async |region| {
        let lab = region.lab();
        let fresh = [flows(lab, 1).await?, flows(lab, 2).await?];
        let net = shared_network(region).await?;
        let a = settle(region, "a", 1, &net, json!({})).await?;
        let b = settle(region, "b", 2, &net, json!({})).await?;
        lab.first_answer("a", b.ip, LONG).await?;
        assert!(connections(region, "a").await? > 0);
        let zone = zone(region, "a").await?;
        for port in [&a, &b] {
            let path = format!("/v2.0/ports/{}", port.id);
            region.rest().delete(&path).await?;
        }
        for (host, fresh) in (1..).zip(&fresh) {
            flows_are(lab, host, fresh).await?;
        }
        lab.remove_vm("a").await?;
        until("no connection is left", async || {
            anyhow::Ok(in_zone(region, &zone).await? == 0)
        })
        .await
    })
    .await
}

/// The OpenFlow port number of a VM's interface on host 1, which is its zone.
async fn zone(region: &Scenario, vm: &str) -> anyhow::Result<String> {
    let words = ["get", "Interface", &format!("tap{vm}"), "ofport"];
    Ok(region.lab().vsctl(1, words).await?.trim().to_owned())
}

/// Connections that host 1 keeps for a VM of its own.
async fn connections(region: &Scenario, vm: &str) -> anyhow::Result<usize> {
    in_zone(region, &zone(region, vm).await?).await
}

async fn in_zone(region: &Scenario, zone: &str) -> anyhow::Result<usize> {
    let words = ["dpctl/dump-conntrack".to_owned(), format!("zone={zone}")];
    let text = region.lab().appctl(1, words).await?;
    Ok(text.lines().filter(|line| !line.trim().is_empty()).count())
}
