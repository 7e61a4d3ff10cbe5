//! What VMs are told by DHCPv6, by real clients.

mod stage;

use alcor::scenario::{PortInfo, Scenario};
use alcor_lab::Role;
use anyhow::Context;
use serde_json::{Value, json};
use stage::desk::Desk;
use stage::six::{address, configured, gateways, guest, segment};
use stage::{LONG, binary, on_hosts, reach, router, run, until};

/// A link-local address is needed to ask from, and no duplicate must be feared.
async fn may_ask(region: &Scenario, vm: &str) -> anyhow::Result<()> {
    until("the VM has a link-local address", async || {
        let line = "ip -6 address show dev eth0 scope link -tentative";
        anyhow::Ok(run(region.lab(), vm, line).await?.contains("fe80::"))
    })
    .await
}

/// No server but ours would know this.
fn check(events: &str, port: &PortInfo) {
    for word in [
        format!("new_ip6_address={}", port.ip),
        "new_dhcp6_name_servers=2001:db8::53 2001:db8::54".to_owned(),
        "new_dhcp6_domain_search=example.org.".to_owned(),
    ] {
        assert!(events.contains(&word), "no {word} in\n{events}");
    }
}

#[tokio::test]
async fn dhclient_gets_confirms_and_releases_its_ports_address() -> anyhow::Result<()> {
    on_hosts(1, async |region| {
        let net = segment(region, "net", "fd00:1::/64", Some("dhcpv6-stateful")).await?;
        let options = json!({ "extra_dhcp_opts": [
            { "opt_name": "bootfile-url", "opt_value": "tftp://boot", "ip_version": 6 },
        ]});
        let port = region.port(&net, 1, options).await?;
        region.plug("isc", 1, &port).await?;
        region.wait_for_status(port.id, "ACTIVE").await?;
        may_ask(region, "isc").await?;
        let desk = Desk::new("isc")?;
        desk.dhclient(region, "-1").await?;
        desk.hears("reason=BOUND6").await?;
        check(&desk.events()?, &port);
        desk.hears("tftp://boot").await?;
        // Started again with its lease, it asks whether that is right where it is.
        desk.dhclient(region, "-x").await?;
        desk.dhclient(region, "-1").await?;
        let log = std::fs::read_to_string(desk.path("log"))?;
        assert!(log.contains("XMT: Confirm"), "{log}");
        assert!(!log.contains("NotOnLink"), "{log}");
        desk.dhclient(region, "-r").await?;
        desk.hears("reason=RELEASE6").await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_client_renews_what_lasts_shortly() -> anyhow::Result<()> {
    stage::without_agents(1, async |region| {
        let shortly = ["--datapath", "netdev", "--lease-seconds", "8"];
        region.lab().start_agent(1, binary(), shortly).await?;
        region.wait_for_agents(1).await?;
        let net = segment(region, "net", "fd00:1::/64", Some("dhcpv6-stateful")).await?;
        let port = guest(region, "isc", 1, &net).await?;
        may_ask(region, "isc").await?;
        let desk = Desk::new("isc")?;
        desk.dhclient(region, "-1").await?;
        desk.hears("reason=BOUND6").await?;
        desk.hears("reason=RENEW6").await?;
        check(&desk.events()?, &port);
        desk.dhclient(region, "-x").await
    })
    .await
}

#[tokio::test]
async fn dhcpcd_does_as_routers_say() -> anyhow::Result<()> {
    on_hosts(2, async |region| {
        let lab = region.lab();
        let full = segment(region, "full", "fd00:1::/64", Some("dhcpv6-stateful")).await?;
        let less = segment(region, "less", "fd00:2::/64", Some("dhcpv6-stateless")).await?;
        let all = guest(region, "all", 1, &full).await?;
        let some = guest(region, "some", 2, &less).await?;
        router(region, &[&full, &less]).await?;
        // The kernel makes the address of a stateless subnet, and none of a stateful one.
        configured(region, "some", &some).await?;
        until("the other VM has a router", async || {
            anyhow::Ok(gateways(region, "all").await?.len() == 1)
        })
        .await?;
        assert!(address(region, "all", all.ip).await?.is_none());
        let (at_all, at_some) = (Desk::new("all")?, Desk::new("some")?);
        let _first = at_all.dhcpcd(region)?;
        let _second = at_some.dhcpcd(region)?;
        at_all.hears("reason=BOUND6").await?;
        at_all
            .hears(&format!("new_dhcp6_ia_na1_ia_addr1={}", all.ip))
            .await?;
        at_all
            .hears("new_dhcp6_name_servers=2001:db8::53 2001:db8::54")
            .await?;
        at_some.hears("reason=INFORM6").await?;
        at_some
            .hears("new_dhcp6_name_servers=2001:db8::53 2001:db8::54")
            .await?;
        // What the routers say of names.
        at_some
            .hears("nd1_rdnss1_servers=2001:db8::53 2001:db8::54")
            .await?;
        at_some.hears("nd1_dnssl1_search=example.org").await?;
        until("the address is there", async || {
            anyhow::Ok(address(region, "all", all.ip).await?.is_some())
        })
        .await?;
        lab.first_answer("all", some.ip, LONG).await?;
        reach(lab, "all", some.ip, 5).await
    })
    .await
}

#[tokio::test]
async fn networkd_does_as_routers_say() -> anyhow::Result<()> {
    on_hosts(1, async |region| {
        let lab = region.lab();
        let full = segment(region, "full", "fd00:1::/64", Some("dhcpv6-stateful")).await?;
        let less = segment(region, "less", "fd00:2::/64", Some("dhcpv6-stateless")).await?;
        let all = guest(region, "all", 1, &full).await?;
        let some = guest(region, "some", 1, &less).await?;
        router(region, &[&full, &less]).await?;
        let desks = [Desk::new("all")?, Desk::new("some")?];
        for (desk, port) in desks.iter().zip([&all, &some]) {
            let vm = if port.ip == all.ip { "all" } else { "some" };
            let client = desk.networkd(region)?;
            let told = until("networkd has given the VM its address", async || {
                // It keeps what routers say of servers in no order.
                let links = client.links()?;
                let named = ["2001:db8::53", "2001:db8::54"].map(|server| links.contains(server));
                let named = named == [true; 2];
                anyhow::Ok(named && address(region, vm, port.ip).await?.is_some())
            })
            .await;
            told.with_context(|| format!("{:?}\n{}", client.links(), desk.log()))?;
            assert!(client.links()?.contains("DOMAINS=example.org"));
            assert_eq!(gateways(region, vm).await?.len(), 1);
        }
        lab.first_answer("all", some.ip, LONG).await?;
        reach(lab, "all", some.ip, 5).await
    })
    .await
}

/// Has the probe in a VM say these things, and returns what it heard until the last of them was
/// answered.
async fn probe(
    region: &Scenario,
    port: &PortInfo,
    messages: &[String],
) -> anyhow::Result<Vec<Value>> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/stage/dhcp6_probe.py");
    let server = server_id(region, port).await?;
    let line = format!("python3 {script} {server} {}", messages.join(" "));
    Ok(serde_json::from_str(
        &run(region.lab(), "vm", &line).await?,
    )?)
}

/// The server's DUID: its MAC address, which ends like its network's id.
async fn server_id(region: &Scenario, port: &PortInfo) -> anyhow::Result<String> {
    let found = stage::port(region, port).await?;
    let network = found["network_id"].as_str().context("network_id")?;
    Ok(format!("000300010aa1c0{}", &network[network.len() - 6..]))
}

#[tokio::test]
async fn the_responder_follows_rfc_8415_and_survives_nonsense() -> anyhow::Result<()> {
    on_hosts(1, async |region| {
        let net = segment(region, "net", "fd00:1::/64", Some("dhcpv6-stateful")).await?;
        let port = guest(region, "vm", 1, &net).await?;
        may_ask(region, "vm").await?;
        messages_are_answered(region, &port).await?;
        what_needs_no_answer_gets_none(region, &port).await
    })
    .await
}

async fn messages_are_answered(region: &Scenario, port: &PortInfo) -> anyhow::Result<()> {
    let ip = port.ip.to_string();
    let day = json!({ ip.as_str(): 86_400 });
    let both = json!({ ip.as_str(): 86_400, "fd00:1::99": 0 });
    let none = json!({});
    for (message, kind, status, ips) in [
        ("solicit".to_owned(), "advertise", Value::Null, &day),
        ("solicit,rapid".to_owned(), "reply", Value::Null, &day),
        ("request,server".to_owned(), "reply", Value::Null, &day),
        (format!("renew,server,ip={ip}"), "reply", Value::Null, &day),
        (
            format!("rebind,ip={ip},ip=fd00:1::99"),
            "reply",
            Value::Null,
            &both,
        ),
        (format!("confirm,ip={ip}"), "reply", json!(0), &none),
        ("confirm,ip=fd00:9::1".to_owned(), "reply", json!(4), &none),
        (format!("decline,server,ip={ip}"), "reply", json!(0), &none),
        (format!("release,server,ip={ip}"), "reply", json!(0), &none),
        ("information".to_owned(), "reply", Value::Null, &none),
    ] {
        let replies = probe(region, port, std::slice::from_ref(&message)).await?;
        assert_eq!(replies.len(), 1, "{message}: {replies:?}");
        let told = &replies[0];
        assert_eq!(told["type"], kind, "{message}: {told}");
        assert_eq!(told["status"], status, "{message}: {told}");
        assert_eq!(&told["ips"], ips, "{message}: {told}");
    }
    Ok(())
}

async fn what_needs_no_answer_gets_none(region: &Scenario, port: &PortInfo) -> anyhow::Result<()> {
    let agent = region.lab().pid(Role::Agent(1))?;
    for silent in [
        "malformed",
        "solicit,server",
        "request",
        "request,stranger",
        "confirm",
    ] {
        let replies = probe(region, port, &[silent.to_owned(), "information".to_owned()]).await?;
        assert_eq!(replies.len(), 1, "{silent}: {replies:?}");
    }
    assert_eq!(
        region.lab().pid(Role::Agent(1))?,
        agent,
        "the agent has died"
    );
    until("the port is still ACTIVE", async || {
        anyhow::Ok(stage::port(region, port).await?["status"] == "ACTIVE")
    })
    .await
}
