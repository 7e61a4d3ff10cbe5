//! Names of the VPC's ports, answered by the host, and all others by whom the host asks.

mod stage;

use alcor::scenario::{PortInfo, Scenario, Segment};
use alcor_lab::{Client, Role};
use alcor_responder::{link_local, server_mac};
use serde_json::json;
use stage::{
    LONG, Peer, binary, change, interface, port, router, run, set_groups, settle, until,
    without_agents,
};
use std::net::Ipv4Addr;

/// A region whose agents ask this name server.
async fn region_with(
    hosts: u16,
    upstream: &Peer,
    test: impl AsyncFnOnce(&Scenario) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let server = format!("127.0.0.1:{}", upstream.port);
    without_agents(hosts, async |region| {
        for host in 1..=hosts {
            let flags = ["--datapath", "netdev", "--dns-server", &server];
            region.lab().start_agent(host, binary(), flags).await?;
        }
        region.wait_for_agents(hosts.into()).await?;
        region.underlay_learnt().await?;
        test(region).await
    })
    .await
}

/// A network with its own domain; all of them have the same addresses.
async fn tenant(region: &Scenario, name: &str) -> anyhow::Result<Segment> {
    let network = json!({ "name": name, "dns_domain": format!("{name}.example.") });
    let subnet = json!({ "ip_version": 4, "cidr": "10.0.0.0/24" });
    region.segment_of(network, subnet).await
}

/// What a VM's resolver says.
async fn dig(region: &Scenario, vm: &str, question: &str) -> anyhow::Result<String> {
    let line = format!("dig +time=5 +tries=3 {question}");
    run(region.lab(), vm, &line).await
}

/// The answers to a question, in short. Of a try that got none, as while the agent restarts, dig
/// tells on a line of its own.
async fn short(region: &Scenario, vm: &str, question: &str) -> anyhow::Result<String> {
    let told = dig(region, vm, &format!("+short {question}")).await?;
    let answers: Vec<_> = told.lines().filter(|line| !line.starts_with(';')).collect();
    Ok(answers.join("\n"))
}

#[tokio::test]
async fn every_tenant_has_names_of_its_own() -> anyhow::Result<()> {
    let upstream = Peer::upstream()?;
    region_with(3, &upstream, async |region| {
        let [red, blue] = [tenant(region, "red").await?, tenant(region, "blue").await?];
        let asker = json!({ "fixed_ips": [{ "ip_address": "10.0.0.5" }] });
        settle(region, "r1", 1, &red, asker.clone()).await?;
        settle(region, "b1", 1, &blue, asker).await?;
        let db = json!({ "dns_name": "db" });
        let red_db = settle(region, "r2", 2, &red, db.clone()).await?;
        let others = json!({ "dns_name": "db", "fixed_ips": [{ "ip_address": "10.0.0.77" }] });
        let blue_db = settle(region, "b3", 3, &blue, others).await?;
        for (vm, own, ip) in [("r1", "red", red_db.ip), ("b1", "blue", blue_db.ip)] {
            until("the host has heard of the name", async || {
                let told = short(region, vm, &format!("@10.0.0.1 db.{own}.example")).await?;
                anyhow::Ok(told == ip.to_string())
            })
            .await?;
            let told = short(region, vm, "@10.0.0.1 DB").await?;
            assert_eq!(told, ip.to_string(), "a name of its own domain");
            let told = short(region, vm, &format!("@10.0.0.1 -x {ip}")).await?;
            assert_eq!(told, format!("db.{own}.example."));
        }
        let told = short(region, "b1", "@10.0.0.1 db.red.example").await?;
        assert_eq!(told, "192.0.2.77", "another tenant's name is the world's");
        names_are_as_the_api_says(region, &red).await?;
        names_follow_their_ports(region, &red_db).await?;
        neither_groups_nor_routers_nor_restarts_matter(region, &red).await?;
        a_false_source_has_no_answer(region).await
    })
    .await
}

/// A port without a name of its own is known by its address.
async fn names_are_as_the_api_says(region: &Scenario, red: &Segment) -> anyhow::Result<()> {
    let plain = settle(region, "r3", 3, red, json!({})).await?;
    let shown = port(region, &plain).await?;
    let name = shown["dns_assignment"][0]["fqdn"].as_str().unwrap_or("");
    assert_eq!(
        name,
        format!(
            "host-{}.red.example.",
            plain.ip.to_string().replace('.', "-")
        )
    );
    until("the host has heard of it", async || {
        let told = short(region, "r1", &format!("@10.0.0.1 {name}")).await?;
        anyhow::Ok(told == plain.ip.to_string())
    })
    .await?;
    let told = dig(region, "r1", &format!("@10.0.0.1 {name} AAAA")).await?;
    assert!(told.contains("status: NOERROR"), "{told}");
    assert!(told.contains("ANSWER: 0"), "{told}");
    Ok(())
}

async fn names_follow_their_ports(region: &Scenario, db: &PortInfo) -> anyhow::Result<()> {
    change(region, db, json!({ "dns_name": "store" })).await?;
    until("the new name is known", async || {
        let told = short(region, "r1", "@10.0.0.1 store.red.example").await?;
        anyhow::Ok(told == db.ip.to_string())
    })
    .await?;
    let told = short(region, "r1", "@10.0.0.1 db.red.example").await?;
    assert_eq!(told, "192.0.2.77", "the old one is not");
    // The same port, asked on its own host.
    let told = short(region, "r2", "@10.0.0.1 store.red.example").await?;
    assert_eq!(told, db.ip.to_string());
    Ok(())
}

async fn neither_groups_nor_routers_nor_restarts_matter(
    region: &Scenario,
    red: &Segment,
) -> anyhow::Result<()> {
    let silent = settle(region, "r4", 1, red, json!({})).await?;
    set_groups(region, &silent, &[]).await?;
    stage::caught_up(region, 1, red).await?;
    let name = "@10.0.0.1 store.red.example";
    let expected = short(region, "r1", name).await?;
    assert_eq!(short(region, "r4", name).await?, expected);
    let router = router(region, &[red]).await?;
    let (restarted, answers) = tokio::join!(
        region.lab().restart(Role::Agent(1)),
        asked_again_and_again(region, "r4", name)
    );
    restarted?;
    let wrong = answers?.into_iter().find(|told| *told != expected);
    assert_eq!(wrong, None, "an agent that does not know yet says nothing");
    region.wait_for_agents(3).await?;
    until("the router has the server's address", async || {
        let line = "ping -c 1 -W 1 10.0.0.1";
        let ping = region.lab().exec("r1", line.split(' '), LONG).await?;
        anyhow::Ok(ping.success())
    })
    .await?;
    assert_eq!(short(region, "r4", name).await?, expected);
    interface(region, &router, "remove", red).await
}

/// What is answered, while nobody may be there to answer.
async fn asked_again_and_again(
    region: &Scenario,
    vm: &str,
    name: &str,
) -> anyhow::Result<Vec<String>> {
    let line = format!("dig +short +time=1 +tries=1 {name}");
    let mut answers = Vec::new();
    for _ in 0..20 {
        let told = region.lab().exec(vm, line.split(' '), LONG).await?;
        if told.success() {
            answers.push(told.stdout.trim().to_owned());
        }
    }
    Ok(answers)
}

async fn a_false_source_has_no_answer(region: &Scenario) -> anyhow::Result<()> {
    run(region.lab(), "r1", "ip address add 10.0.0.99/24 dev eth0").await?;
    let line = "dig +time=1 +tries=2 -b 10.0.0.99 @10.0.0.1 store.red.example";
    let told = region.lab().exec("r1", line.split(' '), LONG).await?;
    assert!(!told.success(), "{told:?}");
    Ok(())
}

#[tokio::test]
async fn others_are_asked_for_what_the_host_does_not_know() -> anyhow::Result<()> {
    let upstream = Peer::upstream()?;
    region_with(1, &upstream, async |region| {
        let net = tenant(region, "red").await?;
        settle(region, "vm", 1, &net, json!({ "dns_name": "self" })).await?;
        assert_eq!(
            short(region, "vm", "@10.0.0.1 www.example.com").await?,
            "192.0.2.77"
        );
        let told = short(region, "vm", "+tcp @10.0.0.1 self.red.example").await?;
        assert!(told.starts_with("10.0.0."), "{told}");
        let told = short(region, "vm", "@10.0.0.1 long.example.com").await?;
        assert_eq!(told.lines().count(), 200, "cut off by UDP, whole by TCP");
        let told = short(region, "vm", "+tcp @10.0.0.1 www.example.com").await?;
        assert_eq!(told, "192.0.2.77");
        let line = "+time=15 +tries=1 @10.0.0.1 lost.example.com";
        let told = dig(region, "vm", line).await?;
        assert!(told.contains("SERVFAIL"), "{told}");
        by_ipv6(region, &net).await?;
        many_at_once(region).await
    })
    .await
}

/// At the address that DHCPv6 and routers name.
async fn by_ipv6(region: &Scenario, net: &Segment) -> anyhow::Result<()> {
    let server = link_local(server_mac(net.network));
    until("the VM has a link-local address", async || {
        let line = "ip -6 address show dev eth0 scope link -tentative";
        anyhow::Ok(run(region.lab(), "vm", line).await?.contains("fe80::"))
    })
    .await?;
    for how in ["", "+tcp"] {
        let told = short(
            region,
            "vm",
            &format!("{how} @{server}%eth0 self.red.example"),
        )
        .await?;
        assert!(told.starts_with("10.0.0."), "{how} {told}");
    }
    Ok(())
}

async fn many_at_once(region: &Scenario) -> anyhow::Result<()> {
    let names: Vec<_> = (0..20)
        .map(|number| format!("n{number}.example.com"))
        .collect();
    let asked = names.iter().map(|name| {
        let question = format!("@10.0.0.1 {name}");
        async move { short(region, "vm", &question).await }
    });
    for told in futures::future::join_all(asked).await {
        assert_eq!(told?, "192.0.2.77");
    }
    Ok(())
}

#[tokio::test]
async fn dhcp_names_the_host_where_the_subnet_names_nobody() -> anyhow::Result<()> {
    let upstream = Peer::upstream()?;
    region_with(1, &upstream, async |region| {
        // Without a domain of its own a network has the region's.
        let net = region.segment("plain", "10.0.0.0/24").await?;
        let (port, lease) = region.boot("near", 1, &net, Client::Udhcpc).await?;
        assert_eq!(lease.dns, [Ipv4Addr::new(10, 0, 0, 1)], "{lease:?}");
        let name = format!(
            "host-{}.openstacklocal",
            port.ip.to_string().replace('.', "-")
        );
        let told = short(region, "near", &format!("@10.0.0.1 {name}")).await?;
        assert_eq!(told, port.ip.to_string());
        let alone = json!({ "ip_version": 4, "cidr": "10.1.0.0/24", "gateway_ip": null });
        let network = json!({ "name": "alone", "dns_domain": "alone.example." });
        let alone = region.segment_of(network, alone).await?;
        for client in [Client::Udhcpc, Client::Dhclient, Client::Dhcpcd] {
            a_server_off_the_subnet_is_found(region, &alone, client).await?;
        }
        Ok(())
    })
    .await
}

/// Without a gateway, the way to the server is told as well.
async fn a_server_off_the_subnet_is_found(
    region: &Scenario,
    on: &Segment,
    client: Client,
) -> anyhow::Result<()> {
    let name = format!("{client:?}").to_lowercase();
    let port = region.port(on, 1, json!({ "dns_name": name })).await?;
    region.plug(&name, 1, &port).await?;
    region.wait_for_status(port.id, "ACTIVE").await?;
    let lease = region.lab().dhcp(&name, client).await?;
    assert_eq!(lease.dns, [Ipv4Addr::new(169, 254, 0, 67)], "{lease:?}");
    let question = format!("@169.254.0.67 {name}.alone.example");
    assert_eq!(short(region, &name, &question).await?, port.ip.to_string());
    Ok(())
}
