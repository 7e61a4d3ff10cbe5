//! What VMs are told by DHCP: by real clients, and by a probe for what clients seldom say.

#![expect(clippy::unwrap_used, reason = "a test fails by a panic")]

mod stage;

use alcor::scenario::{PortInfo, Scenario, Segment};
use alcor_lab::{Client, DhcpRequest, Lease, Role};
use serde_json::{Value, json};
use stage::{LONG, on_hosts, run, settle, until};
use std::net::Ipv4Addr;
use std::time::Duration;

/// A network with everything that DHCP can tell.
async fn rich_segment(region: &Scenario) -> anyhow::Result<Segment> {
    let network = json!({ "name": "rich", "mtu": 1400 });
    let subnet = json!({
        "ip_version": 4,
        "cidr": "10.1.0.0/20",
        "gateway_ip": "10.1.0.1",
        "dns_nameservers": ["192.0.2.53", "192.0.2.54"],
        "host_routes": [
            { "destination": "172.16.0.0/12", "nexthop": "10.1.0.9" },
            { "destination": "192.168.7.0/24", "nexthop": "10.1.0.10" },
        ],
    });
    region.segment_of(network, subnet).await
}

fn check(lease: &Lease, port: &PortInfo) {
    assert_eq!((lease.ip.into(), lease.prefix), (port.ip, 20), "{lease:?}");
    let gateway = Ipv4Addr::new(10, 1, 0, 1);
    assert_eq!(lease.router, Some(gateway), "{lease:?}");
    assert_eq!(lease.server_id, Some(gateway), "{lease:?}");
    let dns = [Ipv4Addr::new(192, 0, 2, 53), Ipv4Addr::new(192, 0, 2, 54)];
    assert_eq!(lease.dns, dns, "{lease:?}");
    assert_eq!(lease.mtu, Some(1400), "{lease:?}");
    let mut routes = lease.routes.iter().map(|route| route.to.to_string());
    let routes: Vec<_> = routes.by_ref().collect();
    let wanted = ["172.16.0.0/12", "192.168.7.0/24", "0.0.0.0/0"];
    assert_eq!(routes, wanted, "{lease:?}");
    assert_eq!(lease.routes[0].via, Ipv4Addr::new(10, 1, 0, 9), "{lease:?}");
    assert_eq!(lease.routes[2].via, gateway, "{lease:?}");
    assert_eq!(
        lease.lease_time,
        Some(Duration::from_hours(24)),
        "{lease:?}"
    );
}

#[tokio::test]
async fn every_client_is_told_what_the_api_says_and_renews_and_releases() -> anyhow::Result<()> {
    on_hosts(1, async |region| {
        let net = rich_segment(region).await?;
        let (one, two, three) = tokio::join!(
            live(region, &net, "busybox", Client::Udhcpc, "renew"),
            live(region, &net, "isc", Client::Dhclient, "REBOOT"),
            live(region, &net, "roy", Client::Dhcpcd, "RENEW"),
        );
        one.and(two).and(three)
    })
    .await
}

/// One client's life: lease, confirmation, release, and a lease again.
async fn live(
    region: &Scenario,
    net: &Segment,
    vm: &str,
    client: Client,
    confirmation: &str,
) -> anyhow::Result<()> {
    let lab = region.lab();
    let name = json!({ "dns_name": format!("{vm}-name") });
    let port = region.port(net, 1, name).await?;
    region.plug(vm, 1, &port).await?;
    let asking = DhcpRequest {
        deadline: LONG,
        ..client.into()
    };
    let lease = lab.dhcp(vm, asking.clone()).await?;
    check(&lease, &port);
    assert_eq!(lease.hostname, Some(format!("{vm}-name")), "{lease:?}");
    let again = lab.dhcp_renew(vm, LONG).await?;
    check(&again, &port);
    assert_eq!(again.event, confirmation);
    lab.dhcp_release(vm).await?;
    check(&lab.dhcp(vm, asking).await?, &port);
    Ok(())
}

#[tokio::test]
async fn leases_follow_the_port_and_changes_of_the_intent() -> anyhow::Result<()> {
    on_hosts(1, async |region| {
        one_mac_in_two_networks_gets_two_leases(region).await?;
        the_ports_own_options_win(region).await?;
        a_new_name_server_is_in_the_next_lease(region).await?;
        without_dhcp_nobody_is_answered_and_with_it_again(region).await
    })
    .await
}

async fn one_mac_in_two_networks_gets_two_leases(region: &Scenario) -> anyhow::Result<()> {
    let red = region.segment("red", "10.2.0.0/24").await?;
    let blue = region.segment("blue", "10.3.0.0/24").await?;
    let mac = json!({ "mac_address": "fa:16:3e:00:be:ef" });
    for (vm, on) in [("twin-red", &red), ("twin-blue", &blue)] {
        let port = region.port(on, 1, mac.clone()).await?;
        region.plug(vm, 1, &port).await?;
        let lease = region.lab().dhcp(vm, Client::Udhcpc).await?;
        assert_eq!(lease.ip, port.ip, "{vm}");
    }
    Ok(())
}

async fn the_ports_own_options_win(region: &Scenario) -> anyhow::Result<()> {
    let net = region.segment("own", "10.4.0.0/24").await?;
    let options = json!({ "extra_dhcp_opts": [
        { "opt_name": "mtu", "opt_value": "1300" },
        { "opt_name": "dns-server", "opt_value": "192.0.2.99" },
        { "opt_name": "51", "opt_value": "1200" },
    ]});
    let port = region.port(&net, 1, options).await?;
    region.plug("own", 1, &port).await?;
    let lease = region.lab().dhcp("own", Client::Udhcpc).await?;
    assert_eq!(lease.mtu, Some(1300), "{lease:?}");
    assert_eq!(lease.dns, [Ipv4Addr::new(192, 0, 2, 99)], "{lease:?}");
    assert_eq!(lease.lease_time, Some(Duration::from_mins(20)), "{lease:?}");
    Ok(())
}

async fn a_new_name_server_is_in_the_next_lease(region: &Scenario) -> anyhow::Result<()> {
    let net = region.segment("dns", "10.5.0.0/24").await?;
    region.boot("dns", 1, &net, Client::Udhcpc).await?;
    let path = format!("/v2.0/subnets/{}", net.subnet);
    let changed = json!({ "subnet": { "dns_nameservers": ["192.0.2.1"] } });
    region.rest().put(&path, &changed).await?;
    stage::caught_up(region, 1, &net).await?;
    let lease = region.lab().dhcp_renew("dns", LONG).await?;
    assert_eq!(lease.dns, [Ipv4Addr::new(192, 0, 2, 1)], "{lease:?}");
    Ok(())
}

async fn without_dhcp_nobody_is_answered_and_with_it_again(
    region: &Scenario,
) -> anyhow::Result<()> {
    let net = region.segment("off", "10.6.0.0/24").await?;
    let path = format!("/v2.0/subnets/{}", net.subnet);
    let dhcp = |on: bool| json!({ "subnet": { "enable_dhcp": on } });
    region.rest().put(&path, &dhcp(false)).await?;
    let port = region.port(&net, 1, json!({})).await?;
    region.plug("off", 1, &port).await?;
    region.wait_for_status(port.id, "ACTIVE").await?;
    let briefly = DhcpRequest {
        deadline: Duration::from_secs(2),
        ..Client::Udhcpc.into()
    };
    assert!(region.lab().dhcp("off", briefly).await.is_err());
    region.rest().put(&path, &dhcp(true)).await?;
    let lease = region.lab().dhcp("off", Client::Udhcpc).await?;
    assert_eq!(lease.ip, port.ip);
    Ok(())
}

/// Has the probe in a VM say these things, and returns what it heard until the last of them was
/// answered.
async fn probe(
    region: &Scenario,
    port: &PortInfo,
    messages: &[String],
) -> anyhow::Result<Vec<Value>> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/stage/dhcp_probe.py");
    let line = format!("python3 {script} {} {}", port.mac, messages.join(" "));
    Ok(serde_json::from_str(
        &run(region.lab(), "vm", &line).await?,
    )?)
}

/// What the probe hears to a single message: the kind of the reply and the address in it.
async fn reply(
    region: &Scenario,
    port: &PortInfo,
    message: String,
) -> anyhow::Result<(String, Value)> {
    let mut replies = probe(region, port, &[message]).await?;
    assert_eq!(replies.len(), 1, "{replies:?}");
    let reply = replies.remove(0);
    let kind = reply["type"].as_str().unwrap().to_owned();
    Ok((kind, reply))
}

#[tokio::test]
async fn the_responder_follows_rfc_2131_and_survives_nonsense() -> anyhow::Result<()> {
    on_hosts(1, async |region| {
        let net = region.segment("net", "10.0.0.0/24").await?;
        let port = settle(region, "vm", 1, &net, json!({})).await?;
        requests_are_answered_by_the_clients_state(region, &port).await?;
        what_needs_no_answer_gets_none(region, &port).await
    })
    .await
}

async fn requests_are_answered_by_the_clients_state(
    region: &Scenario,
    port: &PortInfo,
) -> anyhow::Result<()> {
    let (ip, server) = (port.ip, "10.0.0.1");
    for (message, kind) in [
        ("discover".to_owned(), "offer"),
        (format!("request,requested={ip},server={server}"), "ack"),
        // INIT-REBOOT, at home and after a move from another network.
        (format!("request,requested={ip}"), "ack"),
        ("request,requested=192.168.9.9".to_owned(), "nak"),
        // RENEWING, by unicast; REBINDING, by broadcast.
        (format!("request,ciaddr={ip},to={server}"), "ack"),
        (format!("request,ciaddr={ip}"), "ack"),
    ] {
        let (heard, reply) = reply(region, port, message.clone()).await?;
        assert_eq!(heard, kind, "{message}: {reply}");
        if kind != "nak" {
            assert_eq!(reply["yiaddr"], ip.to_string(), "{message}: {reply}");
        }
        assert_eq!(reply["options"]["54"], "0a000001", "{message}: {reply}");
    }
    let (heard, reply) = reply(region, port, format!("inform,ciaddr={ip}")).await?;
    assert_eq!(
        (heard.as_str(), &reply["yiaddr"]),
        ("ack", &json!("0.0.0.0"))
    );
    assert!(reply["options"]["51"].is_null(), "INFORM gives no lease");
    assert!(!reply["options"]["1"].is_null(), "INFORM tells the mask");
    Ok(())
}

async fn what_needs_no_answer_gets_none(region: &Scenario, port: &PortInfo) -> anyhow::Result<()> {
    let lab = region.lab();
    let (ip, agent) = (port.ip, lab.pid(Role::Agent(1))?);
    for silent in [
        "malformed".to_owned(),
        "discover,mac=02:00:00:00:00:99".to_owned(),
        format!("request,requested={ip},server=10.0.0.77"),
        format!("decline,requested={ip},server=10.0.0.1"),
        format!("release,ciaddr={ip},server=10.0.0.1,to=10.0.0.1"),
    ] {
        let replies = probe(region, port, &[silent.clone(), "discover".to_owned()]).await?;
        assert_eq!(replies.len(), 1, "{silent}: {replies:?}");
        assert_eq!(replies[0]["type"], "offer", "{silent}: {replies:?}");
    }
    assert_eq!(lab.pid(Role::Agent(1))?, agent, "the agent has died");
    until("the port is still ACTIVE", async || {
        anyhow::Ok(stage::port(region, port).await?["status"] == "ACTIVE")
    })
    .await
}
