//! Attributes that change under traffic: each takes effect on the port as it is, and nothing that is
//! gone stays behind or comes back.

mod stage;

use alcor::scenario::{PortInfo, Scenario, Segment};
use alcor_lab::{Client, Role, Signal};
use serde_json::{Value, json};
use stage::qos::Policy;
use stage::{
    Acl, Flows, LONG, Rule, Talk, at, caught_up, change, flows, flows_are, group, misses, on_hosts,
    reach, router, run, settle, steady_ping, until,
};
use std::net::Ipv4Addr;

async fn set_network(region: &Scenario, on: &Segment, to: Value) -> anyhow::Result<()> {
    let path = format!("/v2.0/networks/{}", on.network);
    region.rest().put(&path, &json!({ "network": to })).await?;
    Ok(())
}

async fn delete(region: &Scenario, kind: &str, id: impl std::fmt::Display) -> anyhow::Result<()> {
    let path = format!("/v2.0/{kind}/{id}");
    region.rest().delete(&path).await
}

/// `a` on host 1 talks to `b` on host 2 all the time.
struct Pair {
    net: Segment,
    b: PortInfo,
    talk: Talk,
    _server: Talk,
}

async fn talking(region: &Scenario) -> anyhow::Result<Pair> {
    let lab = region.lab();
    let net = region.segment("net", "10.0.0.0/24").await?;
    settle(region, "a", 1, &net, json!({})).await?;
    let b = settle(region, "b", 2, &net, json!({})).await?;
    lab.first_answer("a", b.ip, LONG).await?;
    let server = Talk::serve(lab, "b", &["tcp:8000"])?;
    let mut talk = Talk::hold(lab, "a", b.ip, 8000)?;
    assert!(talk.goes_on()?);
    Ok(Pair {
        net,
        b,
        talk,
        _server: server,
    })
}

impl Pair {
    async fn is_cut(&mut self, region: &Scenario, what: &str) -> anyhow::Result<()> {
        let (lab, ip) = (region.lab(), self.b.ip);
        until(what, async || misses(lab, "a", ip).await).await?;
        // What was lost in an earlier cut was sent again since, and its echo may still lie there.
        until(what, async || self.talk.goes_on().map(|on| !on)).await
    }

    /// The same connection, not a new one.
    async fn goes_on(&mut self, region: &Scenario, what: &str) -> anyhow::Result<()> {
        region.lab().first_answer("a", self.b.ip, LONG).await?;
        until(what, async || self.talk.goes_on()).await
    }
}

#[tokio::test]
async fn ports_and_networks_are_switched_off_and_on() -> anyhow::Result<()> {
    on_hosts(2, async |region| {
        let mut pair = talking(region).await?;
        let up = |up: bool| json!({ "admin_state_up": up });
        change(region, &pair.b, up(false)).await?;
        pair.is_cut(region, "a port that is off").await?;
        change(region, &pair.b, up(true)).await?;
        pair.goes_on(region, "a port that is on again").await?;
        set_network(region, &pair.net, up(false)).await?;
        pair.is_cut(region, "a network that is off").await?;
        set_network(region, &pair.net, up(true)).await?;
        pair.goes_on(region, "a network that is on again").await?;
        checks_come_and_go(region, &mut pair).await
    })
    .await
}

/// Whether its addresses are checked or not, what a port sends honestly passes.
async fn checks_come_and_go(region: &Scenario, pair: &mut Pair) -> anyhow::Result<()> {
    let lab = region.lab();
    let shown = stage::port(region, &pair.b).await?;
    let groups = shown["security_groups"].clone();
    let open = json!({ "port_security_enabled": false, "security_groups": [] });
    let checked = json!({ "port_security_enabled": true, "security_groups": groups });
    let pairs = json!({ "allowed_address_pairs": [{ "ip_address": "10.0.0.77" }] });
    let extra = "10.0.0.77".parse()?;
    run(lab, "b", "ip address add 10.0.0.77/32 dev eth0").await?;
    assert!(misses(lab, "a", extra).await?, "it is not allowed");
    for to in [open, checked, pairs] {
        let ping = steady_ping(lab, "a", pair.b.ip).await?;
        change(region, &pair.b, to.clone()).await?;
        caught_up(region, 2, &pair.net).await?;
        pair.goes_on(region, "the connection").await?;
        let report = ping.stop().await?;
        assert!(report.complete(), "{to}: {report:?}");
    }
    // `b` announces the address as its own, which a pair lets it do.
    let told = async || {
        run(lab, "b", "busybox arping -U -c 1 -w 1 -I eth0 10.0.0.77").await?;
        Ok::<_, anyhow::Error>(!misses(lab, "a", extra).await?)
    };
    until("the pair's address is reached", told).await?;
    change(region, &pair.b, json!({ "allowed_address_pairs": [] })).await?;
    until("it no longer is", async || misses(lab, "a", extra).await).await?;
    pair.goes_on(region, "the connection").await
}

#[tokio::test]
async fn a_port_changes_its_addresses() -> anyhow::Result<()> {
    on_hosts(2, async |region| {
        let lab = region.lab();
        let net = region.segment("net", "10.0.0.0/24").await?;
        settle(region, "a", 1, &net, json!({})).await?;
        let (b, _) = region.boot("b", 2, &net, Client::Udhcpc).await?;
        lab.first_answer("a", b.ip, LONG).await?;
        let ping = steady_ping(lab, "a", b.ip).await?;
        let new = "10.0.0.200".parse()?;
        change(
            region,
            &b,
            json!({ "fixed_ips": [{ "ip_address": "10.0.0.200" }] }),
        )
        .await?;
        until("the old address is dead", async || {
            misses(lab, "a", b.ip).await
        })
        .await?;
        lab.dhcp_stop("b").await?;
        let lease = lab.dhcp("b", Client::Udhcpc).await?;
        assert_eq!(lease.ip, new, "{lease:?}");
        lab.first_answer("a", new, LONG).await?;
        reach(lab, "a", new, 5).await?;
        // It still has the old address, but nothing comes from there.
        run(
            lab,
            "b",
            &format!("ip address replace {}/24 dev eth0", b.ip),
        )
        .await?;
        assert!(misses(lab, "a", b.ip).await?);
        let report = ping.stop().await?;
        assert!(report.received < report.sent, "{report:?}");
        its_ethernet_address_too(region, &net, &b).await
    })
    .await
}

/// As Neutron has it, only while it is bound to no host. Its interface stays where it is.
async fn its_ethernet_address_too(
    region: &Scenario,
    net: &Segment,
    port: &PortInfo,
) -> anyhow::Result<()> {
    let lab = region.lab();
    let new = "10.0.0.200".parse()?;
    let mac = "02:00:00:00:00:42";
    for to in [
        json!({ "binding:host_id": "" }),
        json!({ "mac_address": mac }),
        json!({ "binding:host_id": lab.host_id(2) }),
    ] {
        change(region, port, to).await?;
    }
    for host in [1, 2] {
        caught_up(region, host, net).await?;
    }
    until("the old one is dead", async || misses(lab, "a", new).await).await?;
    run(lab, "b", &format!("ip link set eth0 address {mac}")).await?;
    run(lab, "a", "ip neigh flush dev eth0").await?;
    lab.first_answer("a", new, LONG).await?;
    reach(lab, "a", new, 5).await?;
    let known = run(lab, "a", "ip neigh show 10.0.0.200 dev eth0").await?;
    assert!(known.contains(mac), "{known}");
    Ok(())
}

/// `a` is in the red network on host 1, `b` in the blue one on host 2; `n` of the red one on host 3
/// passes packets on.
#[tokio::test]
async fn a_router_changes_under_a_connection() -> anyhow::Result<()> {
    on_hosts(3, async |region| {
        let lab = region.lab();
        let red = region.segment("red", "10.1.0.0/24").await?;
        let blue = region.segment("blue", "10.2.0.0/24").await?;
        let router = router(region, &[&red, &blue]).await?;
        let a = settle(region, "a", 1, &red, at("10.1.0.11")).await?;
        let b = settle(region, "b", 2, &blue, at("10.2.0.12")).await?;
        let mut open = at("10.1.0.13");
        open["port_security_enabled"] = json!(false);
        open["security_groups"] = json!([]);
        settle(region, "n", 3, &red, open).await?;
        for (vm, gateway) in [("a", "10.1.0.1"), ("b", "10.2.0.1"), ("n", "10.1.0.1")] {
            run(lab, vm, &format!("ip route replace default via {gateway}")).await?;
        }
        lab.first_answer("a", b.ip, LONG).await?;
        let server = Talk::serve(lab, "b", &["tcp:8000"])?;
        let talk = Talk::hold(lab, "a", b.ip, 8000)?;
        let mut pair = Pair {
            net: red,
            b,
            talk,
            _server: server,
        };
        let set = async |to: Value| {
            let path = format!("/v2.0/routers/{router}");
            let body = json!({ "router": to });
            region.rest().put(&path, &body).await
        };
        set(json!({ "admin_state_up": false })).await?;
        pair.is_cut(region, "a router that is off").await?;
        set(json!({ "admin_state_up": true })).await?;
        pair.goes_on(region, "a router that is on again").await?;
        a_route_leads_elsewhere(region, &mut pair, &a, set).await
    })
    .await
}

/// Its own subnets come first; an address behind a VM follows the route.
async fn a_route_leads_elsewhere(
    region: &Scenario,
    pair: &mut Pair,
    a: &PortInfo,
    set: impl AsyncFn(Value) -> anyhow::Result<Value>,
) -> anyhow::Result<()> {
    let lab = region.lab();
    let behind = "192.0.2.1".parse()?;
    for vm in ["a", "n"] {
        run(lab, vm, "ip address add 192.0.2.1/32 dev lo").await?;
    }
    let pairs = json!({ "allowed_address_pairs": [{ "ip_address": "192.0.2.1" }] });
    change(region, a, pairs).await?;
    assert!(misses(lab, "b", behind).await?, "no route leads there");
    let route =
        |hop: &str| json!({ "routes": [{ "destination": "192.0.2.0/24", "nexthop": hop }] });
    for (hop, vm, other) in [("10.1.0.13", "n", "a"), ("10.1.0.11", "a", "n")] {
        set(route(hop)).await?;
        let before = region.echo_requests(vm).await?;
        until("the next hop gets it", async || {
            run(lab, "b", "ping -c 1 -W 1 192.0.2.1").await.ok();
            anyhow::Ok(region.echo_requests(vm).await? > before)
        })
        .await?;
        let before = region.echo_requests(other).await?;
        reach(lab, "b", behind, 3).await?;
        assert_eq!(region.echo_requests(other).await?, before, "by {hop}");
        pair.goes_on(region, "the connection").await?;
    }
    set(json!({ "routes": [] })).await?;
    until("nothing leads there", async || {
        misses(lab, "b", behind).await
    })
    .await?;
    pair.goes_on(region, "the connection").await
}

#[tokio::test]
async fn the_mtu_of_a_network_is_told_anew() -> anyhow::Result<()> {
    on_hosts(1, async |region| {
        let lab = region.lab();
        let net = region.segment("net", "10.0.0.0/24").await?;
        let (_, lease) = region.boot("a", 1, &net, Client::Udhcpc).await?;
        assert_ne!(lease.mtu, Some(1300));
        let six = stage::six::segment(region, "six", "fd00:1::/64", Some("slaac")).await?;
        router(region, &[&six]).await?;
        let b = stage::six::guest(region, "b", 1, &six).await?;
        stage::six::configured(region, "b", &b).await?;
        for on in [&net, &six] {
            set_network(region, on, json!({ "mtu": 1300 })).await?;
        }
        caught_up(region, 1, &net).await?;
        lab.dhcp_stop("a").await?;
        let lease = lab.dhcp("a", Client::Udhcpc).await?;
        assert_eq!(lease.mtu, Some(1300), "{lease:?}");
        until("the router says it", async || {
            let mtu = run(lab, "b", "cat /proc/sys/net/ipv6/conf/eth0/mtu").await?;
            anyhow::Ok(mtu.trim() == "1300")
        })
        .await
    })
    .await
}

#[tokio::test]
async fn an_agent_that_slept_through_moves_knows_the_last_place() -> anyhow::Result<()> {
    on_hosts(3, async |region| {
        let lab = region.lab();
        let net = region.segment("net", "10.0.0.0/24").await?;
        settle(region, "a", 1, &net, json!({})).await?;
        let b = settle(region, "b", 2, &net, json!({})).await?;
        lab.first_answer("a", b.ip, LONG).await?;
        let places = |flows: &Flows| [2, 3].map(|host| is_at(flows, &b, lab.tunnel_ip(host)));
        assert_eq!(places(&flows(lab, 1).await?), [true, false]);
        for (slept, last) in [([3, 2, 3], 3), ([2, 3, 2], 2)] {
            lab.signal(Role::Agent(1), Signal::SIGSTOP)?;
            for to in slept {
                lab.move_vm("b", to).await?;
                change(region, &b, json!({ "binding:host_id": lab.host_id(to) })).await?;
                region.wait_for_status(b.id, "ACTIVE").await?;
            }
            lab.signal(Role::Agent(1), Signal::SIGCONT)?;
            region.wait_for_agents(3).await?;
            lab.first_answer("a", b.ip, LONG).await?;
            caught_up(region, 1, &net).await?;
            assert_eq!(places(&flows(lab, 1).await?), [last == 2, last == 3]);
            reach(lab, "a", b.ip, 5).await?;
        }
        Ok(())
    })
    .await
}

/// Whether unicast to the port goes to that end of the tunnel.
fn is_at(flows: &Flows, port: &PortInfo, end: Ipv4Addr) -> bool {
    let (mac, end) = (format!("dl_dst={}", port.mac), format!("{end}->tun_dst"));
    let mut all = flows.all.keys();
    all.any(|flow| flow.contains(&mac) && flow.contains(&end))
}

/// What a switch holds besides its VMs' interfaces.
#[derive(PartialEq, Debug)]
struct Switch {
    flows: Vec<String>,
    groups: Vec<String>,
    meters: Vec<String>,
    ports: Vec<String>,
    connections: Vec<String>,
}

async fn switch(region: &Scenario, host: u16) -> anyhow::Result<Switch> {
    let lab = region.lab();
    let lines = |text: String| -> Vec<String> {
        let lines = text.lines().skip(1).map(str::trim);
        lines
            .filter(|line| !line.is_empty())
            .map(str::to_owned)
            .collect()
    };
    let own = async |what: &str| anyhow::Ok(lines(lab.ofctl(host, [what, "br-int"], "").await?));
    let held = flows(lab, host).await?;
    let ports = lab.vsctl(host, ["list-ports", "br-int"]).await?;
    let connections = lab.appctl(host, ["dpctl/dump-conntrack"]).await?;
    Ok(Switch {
        flows: held.texts().into_iter().map(str::to_owned).collect(),
        groups: own("dump-groups").await?,
        meters: own("dump-meters").await?,
        ports: ports.lines().map(str::to_owned).collect(),
        connections: connections.lines().map(str::to_owned).collect(),
    })
}

#[tokio::test]
async fn switches_forget_everything_that_is_deleted() -> anyhow::Result<()> {
    on_hosts(3, async |region| {
        let fresh = [
            switch(region, 1).await?,
            switch(region, 2).await?,
            switch(region, 3).await?,
        ];
        let made = everything(region).await?;
        assert!(!switch(region, 2).await?.meters.is_empty());
        for (host, fresh) in (1..).zip(&fresh) {
            assert_ne!(switch(region, host).await?, *fresh, "host {host}");
        }
        nothing(region, made).await?;
        for (host, fresh) in (1..).zip(&fresh) {
            let what = format!("host {host} is as new: {fresh:#?}");
            until(&what, async || {
                anyhow::Ok(switch(region, host).await? == *fresh)
            })
            .await?;
        }
        Ok(())
    })
    .await
}

struct Everything {
    networks: [Segment; 2],
    router: String,
    groups: [String; 2],
    acl: Acl,
    policy: Policy,
    ports: Vec<PortInfo>,
}

/// Three VMs on three hosts, in two networks that a router joins, with groups, pairs, an ACL and a
/// bound, and talks between them.
async fn everything(region: &Scenario) -> anyhow::Result<Everything> {
    let lab = region.lab();
    let red = region.segment("red", "10.1.0.0/24").await?;
    let blue = region.segment("blue", "10.2.0.0/24").await?;
    let router = router(region, &[&red, &blue]).await?;
    let clients = group(region, json!({ "name": "clients" })).await?;
    let servers = group(region, json!({ "name": "servers" })).await?;
    let any = json!({ "remote_group_id": clients });
    Rule::make(region, &servers, any).await?;
    let ports = json!({ "protocol": "tcp", "port_range_min": 8000, "port_range_max": 8010 });
    Rule::make(region, &servers, ports).await?;
    let acl = Acl::make(region, &blue, json!({ "is_default": true })).await?;
    let all = json!({ "protocol": "all", "ip_prefix": "0.0.0.0/0" });
    acl.rule(region, 1, "ingress", all.clone()).await?;
    acl.rule(region, 1, "egress", all).await?;
    let a = json!({
        "security_groups": [&clients], "fixed_ips": [{ "ip_address": "10.1.0.11" }],
        "allowed_address_pairs": [{ "ip_address": "10.1.0.64/28" }],
    });
    let a = settle(region, "a", 1, &red, a).await?;
    let at =
        |ip: &str| json!({ "security_groups": [&servers], "fixed_ips": [{ "ip_address": ip }] });
    let policy = Policy::new(region, "bound").await?;
    let limit = json!({ "max_kbps": 1_000_000 });
    policy.rule(region, "bandwidth_limit", limit).await?;
    let mut bound = at("10.2.0.12");
    bound["qos_policy_id"] = json!(policy.id);
    let b = settle(region, "b", 2, &blue, bound).await?;
    let c = settle(region, "c", 3, &red, at("10.1.0.13")).await?;
    for (vm, gateway) in [("a", "10.1.0.1"), ("b", "10.2.0.1")] {
        run(lab, vm, &format!("ip route replace default via {gateway}")).await?;
    }
    lab.first_answer("a", b.ip, LONG).await?;
    lab.first_answer("a", c.ip, LONG).await?;
    let _server = Talk::serve(lab, "b", &["tcp:8000"])?;
    assert!(Talk::hold(lab, "a", b.ip, 8000)?.goes_on()?);
    Ok(Everything {
        networks: [red, blue],
        router,
        groups: [clients, servers],
        acl,
        policy,
        ports: vec![a, b, c],
    })
}

async fn nothing(region: &Scenario, made: Everything) -> anyhow::Result<()> {
    let lab = region.lab();
    for port in &made.ports {
        delete(region, "ports", port.id).await?;
    }
    for vm in ["a", "b", "c"] {
        lab.remove_vm(vm).await?;
    }
    for on in &made.networks {
        stage::interface(region, &made.router, "remove", on).await?;
    }
    delete(region, "routers", &made.router).await?;
    made.acl.remove(region).await?;
    for on in &made.networks {
        delete(region, "networks", on.network).await?;
    }
    delete(region, "qos/policies", &made.policy.id).await?;
    for group in &made.groups {
        delete(region, "security-groups", group).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_host_that_goes_is_no_tunnel_end_any_more() -> anyhow::Result<()> {
    on_hosts(3, async |region| {
        let lab = region.lab();
        let net = region.segment("net", "10.0.0.0/24").await?;
        settle(region, "a", 1, &net, json!({})).await?;
        let b = settle(region, "b", 2, &net, json!({})).await?;
        lab.first_answer("a", b.ip, LONG).await?;
        let without = flows(lab, 1).await?;
        let c = settle(region, "c", 3, &net, json!({})).await?;
        lab.first_answer("a", c.ip, LONG).await?;
        assert_ne!(flows(lab, 1).await?.texts(), without.texts());
        lab.kill(Role::Agent(3)).await?;
        // A node goes when no port is bound to it any more.
        delete(region, "ports", c.id).await?;
        let node = format!("/nodes/{}", lab.host_id(3));
        region.rest().delete(&node).await?;
        flows_are(lab, 1, &without).await
    })
    .await
}
