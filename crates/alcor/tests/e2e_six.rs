//! What VMs are told of IPv6 by their hosts in place of routers, as the kernel takes it.

#![expect(clippy::unwrap_used, reason = "a test fails by a panic")]

mod stage;

use alcor::scenario::{PortInfo, Scenario, Segment};
use serde_json::json;
use stage::six::{address, configured, gateways, guest, segment};
use stage::{LONG, binary, interface, on_hosts, reach, router, run, until};
use std::net::IpAddr;

#[tokio::test]
async fn vms_configure_themselves_by_what_their_router_says() -> anyhow::Result<()> {
    on_hosts(2, async |region| {
        let lab = region.lab();
        let red = segment(region, "red", "fd00:1::/64", Some("slaac")).await?;
        let blue = segment(region, "blue", "fd00:2::/64", Some("slaac")).await?;
        let near = guest(region, "r1", 1, &red).await?;
        let far = guest(region, "b2", 2, &blue).await?;
        assert!(gateways(region, "r1").await?.is_empty(), "without a router");
        let router = router(region, &[&red, &blue]).await?;
        configured(region, "r1", &near).await?;
        configured(region, "b2", &far).await?;
        lab.first_answer("r1", far.ip, LONG).await?;
        reach(lab, "r1", far.ip, 10).await?;
        let mtu = run(lab, "r1", "cat /proc/sys/net/ipv6/conf/eth0/mtu").await?;
        assert_eq!(mtu.trim(), "1400");
        the_router_is_known_as_one(region, far.ip).await?;
        a_vm_that_asks_is_answered(region, &red).await?;
        what_goes_is_taken_back(region, &router, &red, &near).await
    })
    .await
}

/// It answers a ping at the address that VMs know it by, and says that it is a router.
async fn the_router_is_known_as_one(region: &Scenario, far: IpAddr) -> anyhow::Result<()> {
    let lab = region.lab();
    let told = gateways(region, "r1").await?;
    let gateway = told[0]["gateway"].as_str().unwrap();
    assert!(gateway.starts_with("fe80::"), "{told:?}");
    run(lab, "r1", &format!("ping -6 -c 3 -i 0.05 {gateway}%eth0")).await?;
    run(lab, "r1", "ip -6 neighbour flush dev eth0").await?;
    reach(lab, "r1", far, 3).await?;
    let known = run(
        lab,
        "r1",
        &format!("ip -6 neighbour show {gateway} dev eth0"),
    )
    .await?;
    assert!(known.contains("router"), "{known}");
    assert_eq!(gateways(region, "r1").await?.len(), 1, "still its router");
    Ok(())
}

/// What was said before is gone; the VM asks as soon as its interface is up again.
async fn a_vm_that_asks_is_answered(region: &Scenario, red: &Segment) -> anyhow::Result<()> {
    let late = guest(region, "r3", 1, red).await?;
    configured(region, "r3", &late).await?;
    run(region.lab(), "r3", "ip link set eth0 down").await?;
    assert!(gateways(region, "r3").await?.is_empty());
    run(region.lab(), "r3", "ip link set eth0 up").await?;
    configured(region, "r3", &late).await
}

async fn what_goes_is_taken_back(
    region: &Scenario,
    router: &str,
    red: &Segment,
    port: &PortInfo,
) -> anyhow::Result<()> {
    interface(region, router, "remove", red).await?;
    until("no router is left", async || {
        anyhow::Ok(gateways(region, "r1").await?.is_empty())
    })
    .await?;
    until("its address is not to be used", async || {
        let address = address(region, "r1", port.ip).await?;
        anyhow::Ok(address.is_none_or(|address| address["deprecated"] == true))
    })
    .await?;
    interface(region, router, "add", red).await?;
    configured(region, "r1", port).await?;
    let path = format!("/v2.0/routers/{router}");
    let off = json!({ "router": { "admin_state_up": false } });
    region.rest().put(&path, &off).await?;
    until("a router that is off is none", async || {
        anyhow::Ok(gateways(region, "r1").await?.is_empty())
    })
    .await
}

#[tokio::test]
async fn routers_are_silent_where_no_mode_asks_them_to_speak() -> anyhow::Result<()> {
    on_hosts(1, async |region| {
        let plain = segment(region, "plain", "fd00:1::/64", None).await?;
        let red = segment(region, "red", "fd00:2::/64", Some("slaac")).await?;
        guest(region, "p1", 1, &plain).await?;
        let told = guest(region, "r1", 1, &red).await?;
        router(region, &[&plain, &red]).await?;
        configured(region, "r1", &told).await?;
        run(region.lab(), "p1", "ip link set eth0 down").await?;
        run(region.lab(), "p1", "ip link set eth0 up").await?;
        stage::caught_up(region, 1, &plain).await?;
        assert_eq!(advertisements(region, "p1").await?, 0);
        assert!(gateways(region, "p1").await?.is_empty());
        Ok(())
    })
    .await
}

/// How many advertisements the VM has heard.
async fn advertisements(region: &Scenario, vm: &str) -> anyhow::Result<u64> {
    let text = run(region.lab(), vm, "cat /proc/net/snmp6").await?;
    let mut lines = text.lines().map(str::split_whitespace);
    let heard = lines.find_map(|mut line| {
        (line.next() == Some("Icmp6InRouterAdvertisements")).then(|| line.next())
    });
    Ok(heard.flatten().unwrap().parse()?)
}

#[tokio::test]
async fn routers_say_again_that_they_are_there() -> anyhow::Result<()> {
    stage::without_agents(1, async |region| {
        let often = ["--datapath", "netdev", "--ra-seconds", "1"];
        region.lab().start_agent(1, binary(), often).await?;
        region.wait_for_agents(1).await?;
        let red = segment(region, "red", "fd00:1::/64", Some("slaac")).await?;
        router(region, &[&red]).await?;
        let port = guest(region, "r1", 1, &red).await?;
        configured(region, "r1", &port).await?;
        let heard = advertisements(region, "r1").await?;
        until("three rounds have passed", async || {
            anyhow::Ok(advertisements(region, "r1").await? >= heard + 3)
        })
        .await?;
        let told = gateways(region, "r1").await?;
        assert!(told[0]["expires"].as_u64().unwrap() <= 9, "{told:?}");
        Ok(())
    })
    .await
}
