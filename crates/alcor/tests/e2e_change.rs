//! Ports that are bound, plugged, moved, broken and deleted, and what becomes of their
//! neighbours and of the switches.

#![expect(clippy::print_stdout, reason = "gaps are measured, not judged")]

mod stage;

use alcor::scenario::{PortInfo, Scenario, Segment};
use alcor_lab::Client;
use serde_json::{Value, json};
use stage::{
    LONG, change, configure, flows, flows_are, migrate, on_hosts, port_shows, reach, run, settle,
    steady_ping, until, without_agents,
};

/// A binding to nobody, as Nova makes it before it has chosen a host.
fn nowhere() -> Value {
    json!({ "binding:host_id": "" })
}

fn is(status: &str, vif_type: &str) -> impl Fn(&Value) -> bool {
    move |port| port["status"] == status && port["binding:vif_type"] == vif_type
}

#[tokio::test]
async fn a_port_comes_up_when_its_host_and_its_interface_are_there() -> anyhow::Result<()> {
    without_agents(2, async |region| {
        region.start_agent(1).await?;
        region.wait_for_agents(1).await?;
        let net = region.segment("net", "10.0.0.0/24").await?;
        let early = a_port_without_a_host_is_bound_later(region, &net).await?;
        let late = a_port_on_an_unknown_host_waits_for_it(region, &net).await?;
        region.lab().first_answer("late", early.ip, LONG).await?;
        region.lab().first_answer("early", late.ip, LONG).await?;
        Ok(())
    })
    .await
}

async fn a_port_without_a_host_is_bound_later(
    region: &Scenario,
    net: &Segment,
) -> anyhow::Result<PortInfo> {
    let port = region.port(net, 1, nowhere()).await?;
    let shown = stage::port(region, &port).await?;
    assert!(is("DOWN", "unbound")(&shown), "{shown}");
    region.plug("early", 1, &port).await?;
    change(region, &port, json!({ "binding:host_id": "h1" })).await?;
    port_shows(region, &port, is("ACTIVE", "ovs")).await?;
    configure(region, "early", &port).await?;
    Ok(port)
}

async fn a_port_on_an_unknown_host_waits_for_it(
    region: &Scenario,
    net: &Segment,
) -> anyhow::Result<PortInfo> {
    let port = region.port(net, 2, json!({})).await?;
    let shown = stage::port(region, &port).await?;
    assert!(is("DOWN", "binding_failed")(&shown), "{shown}");
    assert!(shown["status_reason"].to_string().contains("h2"), "{shown}");
    region.start_agent(2).await?;
    region.plug("late", 2, &port).await?;
    port_shows(region, &port, is("ACTIVE", "ovs")).await?;
    configure(region, "late", &port).await?;
    Ok(port)
}

#[tokio::test]
async fn the_switches_follow_plugs_and_forget_what_is_deleted() -> anyhow::Result<()> {
    on_hosts(2, async |region| {
        let lab = region.lab();
        let fresh = [flows(lab, 1).await?, flows(lab, 2).await?];
        let net = region.segment("net", "10.0.0.0/24").await?;
        let a = settle(region, "a", 1, &net, json!({})).await?;
        let b = settle(region, "b", 2, &net, json!({})).await?;
        lab.first_answer("a", b.ip, LONG).await?;

        an_unplugged_port_is_down_until_it_is_plugged_again(region, &b).await?;
        an_interface_that_cannot_be_opened_is_an_error(region, &net).await?;

        let path = |kind: &str, id: &str| format!("/v2.0/{kind}/{id}");
        for port in [&a, &b] {
            region
                .rest()
                .delete(&path("ports", &port.id.to_string()))
                .await?;
        }
        let network = path("networks", &net.network.to_string());
        region.rest().delete(&network).await?;
        for (host, fresh) in (1..).zip(&fresh) {
            flows_are(lab, host, fresh).await?;
        }
        Ok(())
    })
    .await
}

async fn an_unplugged_port_is_down_until_it_is_plugged_again(
    region: &Scenario,
    port: &PortInfo,
) -> anyhow::Result<()> {
    let lab = region.lab();
    let ofport = lab.vsctl(2, ["get", "Interface", "tapb", "ofport"]).await?;
    let (from, to) = (
        format!("in_port={} ", ofport.trim()),
        format!("set_field:{:#x}->reg2", ofport.trim().parse::<u32>()?),
    );
    let before = flows(lab, 2).await?;
    assert!(before.mention(&from) && before.mention(&to), "{before:#?}");

    lab.unplug_vm("b").await?;
    let shown = port_shows(region, port, is("DOWN", "ovs")).await?;
    assert!(
        shown["status_reason"].to_string().contains("iface-id"),
        "{shown}"
    );
    until("the flows of the interface are gone", async || {
        let now = flows(lab, 2).await?;
        anyhow::Ok(!now.mention(&from) && !now.mention(&to))
    })
    .await?;

    lab.replug_vm("b").await?;
    port_shows(region, port, is("ACTIVE", "ovs")).await?;
    lab.first_answer("a", port.ip, LONG).await?;
    Ok(())
}

async fn an_interface_that_cannot_be_opened_is_an_error(
    region: &Scenario,
    net: &Segment,
) -> anyhow::Result<()> {
    let lab = region.lab();
    let port = region.port(net, 1, json!({})).await?;
    let id = format!("external_ids:iface-id={}", port.id);
    let line = format!("--no-wait add-port br-int ghost -- set Interface ghost {id}");
    lab.vsctl(1, line.split(' ')).await?;
    let shown = port_shows(region, &port, is("ERROR", "ovs")).await?;
    assert!(
        shown["status_reason"].to_string().contains("ghost"),
        "{shown}"
    );
    lab.vsctl(1, ["del-port", "ghost"]).await?;
    port_shows(region, &port, is("DOWN", "ovs")).await?;
    region
        .rest()
        .delete(&format!("/v2.0/ports/{}", port.id))
        .await
}

#[tokio::test]
async fn neighbours_follow_a_port_that_moves_or_is_made_again() -> anyhow::Result<()> {
    on_hosts(3, async |region| {
        let lab = region.lab();
        let net = region.segment("net", "10.0.0.0/24").await?;
        settle(region, "a", 1, &net, json!({})).await?;
        let (b, _) = region.boot("b", 2, &net, Client::Udhcpc).await?;
        let same = settle(region, "same", 3, &net, json!({})).await?;
        lab.first_answer("a", b.ip, LONG).await?;
        lab.first_answer("a", same.ip, LONG).await?;

        a_port_moves_under_a_ping(region, &b, 3).await?;
        reach(lab, "same", b.ip, 3).await?;
        a_port_moves_under_a_ping(region, &b, 1).await?;
        reach(lab, "same", b.ip, 3).await?;
        a_port_is_made_again_elsewhere(region, &net, &b).await
    })
    .await
}

async fn a_port_moves_under_a_ping(
    region: &Scenario,
    port: &PortInfo,
    to: u16,
) -> anyhow::Result<()> {
    let lab = region.lab();
    let ping = steady_ping(lab, "a", port.ip).await?;
    lab.move_vm("b", to).await?;
    change(region, port, json!({ "binding:host_id": lab.host_id(to) })).await?;
    region.wait_for_status(port.id, "ACTIVE").await?;
    lab.first_answer("a", port.ip, LONG).await?;
    let report = ping.stop().await?;
    println!(
        "moved to host {to}: {} pings of 10 ms lost",
        report.longest_gap()
    );
    // DHCP goes on where the port is now.
    assert_eq!(lab.dhcp_renew("b", LONG).await?.ip, port.ip);
    Ok(())
}

async fn a_port_is_made_again_elsewhere(
    region: &Scenario,
    net: &Segment,
    old: &PortInfo,
) -> anyhow::Result<()> {
    let lab = region.lab();
    lab.remove_vm("b").await?;
    region
        .rest()
        .delete(&format!("/v2.0/ports/{}", old.id))
        .await?;
    let address = json!({ "fixed_ips": [{ "ip_address": old.ip }] });
    let new = settle(region, "b", 2, net, address).await?;
    assert_ne!((new.id, new.mac), (old.id, old.mac));
    // As guests do when their interface comes up: `a` still has the old Ethernet address.
    let line = format!("busybox arping -U -c 1 -w 1 -I eth0 {}", new.ip);
    run(lab, "b", &line).await?;
    until("a has heard it", async || {
        let known = run(lab, "a", "ip neigh").await?;
        anyhow::Ok(known.contains(&new.mac.to_string()))
    })
    .await?;
    lab.first_answer("a", new.ip, LONG).await?;
    Ok(())
}

#[tokio::test]
async fn a_port_migrates_by_two_bindings_under_traffic() -> anyhow::Result<()> {
    on_hosts(3, async |region| {
        let lab = region.lab();
        let net = region.segment("net", "10.0.0.0/24").await?;
        settle(region, "a", 1, &net, json!({})).await?;
        let server = json!({ "device_id": "server", "device_owner": "compute:nova" });
        let b = settle(region, "b", 2, &net, server).await?;
        lab.first_answer("a", b.ip, LONG).await?;
        let mut stream = a_slow_stream(region, &b).await?;
        let ping = steady_ping(lab, "a", b.ip).await?;

        migrate(region, ("b", &b), 2, 3).await?;
        lab.first_answer("a", b.ip, LONG).await?;
        let report = ping.stop().await?;
        println!("migrated: {} pings of 10 ms lost", report.longest_gap());
        let status = stream.wait()?;
        assert!(status.success(), "the stream has come to its end: {status}");

        // The old host has forgotten the port, and the new one has it.
        until("host 2 has no flow of the port", async || {
            let left = stage::flows(lab, 2).await?;
            anyhow::Ok(!left.mention(&b.mac.to_string()))
        })
        .await?;
        let shown = stage::port(region, &b).await?;
        assert_eq!(shown["binding:host_id"], *lab.host_id(3), "{shown}");
        Ok(())
    })
    .await
}

/// Twenty lines, ten a second, over TCP.
async fn a_slow_stream(region: &Scenario, to: &PortInfo) -> anyhow::Result<std::process::Child> {
    let lab = region.lab();
    let talk = "for i in $(seq 20); do echo $i; sleep 0.1; done";
    let script = format!("busybox nc -l -p 5000 -e sh -c '{talk}'");
    lab.command("b", ["sh", "-c", &script])?.spawn()?;
    until("b listens", async || {
        anyhow::Ok(run(lab, "b", "ss -ltnH").await?.contains(":5000"))
    })
    .await?;
    let script = format!("test $(busybox nc -w 30 {} 5000 | wc -l) = 20", to.ip);
    Ok(lab.command("a", ["sh", "-c", &script])?.spawn()?)
}
