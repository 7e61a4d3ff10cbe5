//! VMs on a VLAN whose router leads out on another host: their packets go there by their own wire.

mod stage;

use alcor::scenario::{PortInfo, Scenario, Segment};
use alcor_lab::Role;
use alcor_pipeline::seat_mac;
use anyhow::Context;
use serde_json::json;
use stage::outside::*;
use stage::trace::{agreed, says};
use stage::*;
use std::net::IpAddr;

/// A VM by the gateway of this number.
async fn guest(
    region: &Scenario,
    (vm, host): (&str, u16),
    on: &Segment,
    ip: &str,
    gateway: u8,
) -> anyhow::Result<PortInfo> {
    let mut more = unchecked(ip);
    more["name"] = json!(vm);
    let port = settle(region, vm, host, on, more).await?;
    let route = format!("ip route replace default via 192.0.2.{gateway}");
    run(region.lab(), vm, &route).await?;
    // As large packets as the VLAN has: no tunnel takes anything of them.
    run(region.lab(), vm, "ip link set eth0 mtu 1500").await?;
    Ok(port)
}

/// A second router of a network, at another address than the gateway's. Answers its port as well.
async fn beside(region: &Scenario, on: &Segment) -> anyhow::Result<String> {
    let made = router(region, &[]).await?;
    let port = json!({ "port": { "network_id": on.network.to_string(),
        "fixed_ips": [{ "ip_address": "192.0.2.2" }] } });
    let port = region.rest().post("/v2.0/ports", &port).await?;
    let body = json!({ "port_id": port["port"]["id"] });
    let path = format!("/v2.0/routers/{made}/add_router_interface");
    region.rest().put(&path, &body).await?;
    Ok(made)
}

/// A tenant's router, by which its VMs are seen outside, and one VM of it on each host.
struct Tenant {
    router: String,
    seen: IpAddr,
    guests: Vec<(String, PortInfo)>,
}

impl Tenant {
    /// On the wire by the router's address of this number.
    async fn make(
        region: &Scenario,
        (inside, outside): (&Segment, &Segment),
        gateway: u8,
    ) -> anyhow::Result<Self> {
        let router = match gateway {
            1 => router(region, &[inside]).await?,
            _ => beside(region, inside).await?,
        };
        let seen = lead_out(region, &router, outside, true).await?;
        let mut guests = Vec::new();
        for host in 1..=3 {
            let (vm, ip) = (
                format!("by{gateway}-{host}"),
                format!("192.0.2.{gateway}{host}"),
            );
            let port = guest(region, (&vm, host), inside, &ip, gateway).await?;
            guests.push((vm, port));
        }
        Ok(Self {
            router,
            seen,
            guests,
        })
    }

    /// A VM of another host than this.
    fn elsewhere(&self, host: u16) -> (&str, &PortInfo) {
        let (vm, port) = &self.guests[usize::from(host % 3)];
        (vm, port)
    }
}

#[tokio::test]
async fn vms_on_a_wire_leave_by_the_gateways_of_two_routers() -> anyhow::Result<()> {
    with_outside(3, async |region| {
        let lab = region.lab();
        let nets = (&wired(region).await?, &external(region, false).await?);
        let one = Tenant::make(region, nets, 1).await?;
        let two = Tenant::make(region, nets, 2).await?;
        let _world = Who::serve(lab, WORLD, &["tcp:80"])?;
        let _echo = Talk::serve(lab, WORLD, &["udp:53"])?;
        for tenant in [&one, &two] {
            let host = seat(region, &tenant.router).await?;
            println!("{} leads out on host {host}", tenant.router);
            for (vm, _) in &tenant.guests {
                is_seen_as(lab, vm, (world(), 80), tenant.seen).await?;
                reach(lab, vm, world(), 10).await?;
                assert!(answers(lab, vm, world(), "udp:53", 9).await?);
                let whole = format!("ping -c 1 -W 5 -M do -s 1472 {}", world());
                run(lab, vm, &whole).await?;
            }
        }
        let host = seat(region, &one.router).await?;
        let (vm, port) = one.elsewhere(host);
        tcp_passes(lab, vm, (WORLD, world())).await?;
        wire_knows_the_way(region, &one.router, host).await?;
        let words = [vm, WORLD_IP, "--protocol", "tcp", "--port", "80"];
        let (_, found) = agreed(region, &words, 0).await?;
        assert!(says(&found, "network vlan: VLAN 77 of physnet2"), "{found}");
        let left = format!("onto the wire of network outside, from {}", one.seen);
        assert_eq!(found["end"], json!(left), "{found}");
        assert_eq!(found["switches"].as_array().map(Vec::len), Some(2));
        is_found_from_outside(region, nets.1, (vm, port)).await?;
        nothing_is_left(region, &two.router).await
    })
    .await
}

/// The address on the VMs' wire by which a router takes what is to leave by a host.
async fn address_of(region: &Scenario, router: &str, host: u16) -> anyhow::Result<String> {
    let shown = region.rest().get("/v2.0/agents").await?;
    let agents = shown["agents"].as_array().context("no agents")?.iter();
    let id = region.lab().host_id(host);
    let mut of_host = agents.filter(|agent| agent["host"] == json!(id));
    let end = of_host.find_map(|agent| agent["configurations"]["tunneling_ip"].as_str());
    let end: IpAddr = end.context("no tunnels")?.parse()?;
    let path = format!("/v2.0/ports?device_id={router}&device_owner=network:router_interface");
    let shown = region.rest().get(&path).await?;
    let port = shown["ports"][0]["id"].as_str().context("no port")?;
    Ok(seat_mac(end, port.parse()?).to_string())
}

/// The switch between the hosts has learnt where the router is, so that it need not flood.
async fn wire_knows_the_way(region: &Scenario, router: &str, host: u16) -> anyhow::Result<()> {
    let address = address_of(region, router, host).await?;
    let known = run(region.lab(), WORLD, "bridge fdb show br tagwire").await?;
    let there = format!("{address} dev tagwire{host} ");
    assert!(known.contains(&there), "{there}: {known}");
    Ok(())
}

/// A router that leads nowhere has no address on any wire.
async fn nothing_is_left(region: &Scenario, router: &str) -> anyhow::Result<()> {
    let lab = region.lab();
    let host = seat(region, router).await?;
    let address = address_of(region, router, host).await?;
    assert!(flows(lab, host).await?.mention(&address));
    let body = json!({ "router": { "external_gateway_info": null } });
    let path = format!("/v2.0/routers/{router}");
    region.rest().put(&path, &body).await?;
    for host in 1..=3 {
        until("no flow speaks of the address", async || {
            anyhow::Ok(!flows(lab, host).await?.mention(&address))
        })
        .await?;
    }
    Ok(())
}

/// By a forwarded port, where the gateway is on another host, and by an address of its own.
async fn is_found_from_outside(
    region: &Scenario,
    outside: &Segment,
    (vm, port): (&str, &PortInfo),
) -> anyhow::Result<()> {
    let lab = region.lab();
    let _vm = Who::serve(lab, vm, &["tcp:80"])?;
    let (id, ip) = floating(region, outside, None).await?;
    let body = json!({ "port_forwarding": { "protocol": "tcp", "external_port": 8080,
        "internal_port": 80, "internal_port_id": port.id.to_string(),
        "internal_ip_address": port.ip.to_string() } });
    let path = format!("/v2.0/floatingips/{id}/port_forwardings");
    region.rest().post(&path, &body).await?;
    is_seen_as(lab, WORLD, (ip, 8080), world()).await?;
    let (_, own) = floating(region, outside, Some(port)).await?;
    is_seen_as(lab, WORLD, (own, 80), world()).await?;
    is_seen_as(lab, vm, (world(), 80), own).await
}

#[tokio::test]
async fn another_host_leads_out_when_the_gateways_host_dies() -> anyhow::Result<()> {
    with_outside(3, async |region| {
        let lab = region.lab();
        let nets = (&wired(region).await?, &external(region, false).await?);
        let tenant = Tenant::make(region, nets, 1).await?;
        let _world = Who::serve(lab, WORLD, &["tcp:80"])?;
        let mut dead = Vec::new();
        for whole in [true, false] {
            let host = seat(region, &tenant.router).await?;
            dead.push(host);
            let mut alive = (1..=3).filter(|number| !dead.contains(number));
            let home = alive.next_back().context("a host is left")?;
            let (vm, _) = &tenant.guests[usize::from(home) - 1];
            is_seen_as(lab, vm, (world(), 80), tenant.seen).await?;
            // Longer than agents may need to come back to a region that has just begun.
            let mut ping = steady_ping(lab, vm, world()).await?;
            ping.answered(600, LONG).await?;
            lab.kill(Role::Agent(host)).await?;
            if whole {
                lab.kill(Role::Vswitchd(host)).await?;
            }
            until("the gateway is on another host", async || {
                anyhow::Ok(seat(region, &tenant.router).await? != host)
            })
            .await?;
            is_seen_as(lab, vm, (world(), 80), tenant.seen).await?;
            let report = ping.stop().await?;
            println!(
                "{}: {} of {} lost",
                if whole { "host dead" } else { "agent dead" },
                report.sent - report.received,
                report.sent
            );
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn global_addresses_on_a_wire_are_routed_as_they_are() -> anyhow::Result<()> {
    with_outside(3, async |region| {
        let lab = region.lab();
        let world: IpAddr = WORLD_IP6.parse()?;
        let outside = external(region, false).await?;
        external6(region, &outside).await?;
        let net = wired(region).await?;
        let six = json!({ "subnet": { "network_id": net.network.to_string(), "ip_version": 6,
            "cidr": "2001:db8:1::/64", "enable_dhcp": false } });
        let made = region.rest().post("/v2.0/subnets", &six).await?;
        let subnet = made["subnet"]["id"].as_str().context("no id")?.parse()?;
        let net = Segment { subnet, ..net };
        let router = router(region, &[&net]).await?;
        let own = lead_out_by(region, &router, &outside, json!({})).await?;
        let own = own
            .into_iter()
            .find(IpAddr::is_ipv6)
            .context("no address")?;
        let route = format!("ip -6 route replace 2001:db8:1::/64 via {own}");
        run(lab, WORLD, &route).await?;
        let _world = Who::serve(lab, WORLD, &["tcp:80"])?;
        for host in 1..=3 {
            let (vm, ip) = (format!("vm{host}"), format!("2001:db8:1::1{host}"));
            let port = settle_behind(region, &vm, host, &net, (&ip, unchecked(&ip))).await?;
            let _vm = Who::serve(lab, &vm, &["tcp:80"])?;
            is_seen_as(lab, &vm, (world, 80), port.ip).await?;
            is_seen_as(lab, WORLD, (port.ip, 80), world).await?;
            reach(lab, &vm, world, 10).await?;
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_gateway_goes_to_where_its_networks_wires_are() -> anyhow::Result<()> {
    with_outside(3, async |region| {
        let lab = region.lab();
        let nets = (&wired(region).await?, &external(region, false).await?);
        let tenant = Tenant::make(region, nets, 1).await?;
        let _world = Who::serve(lab, WORLD, &["tcp:80"])?;
        let host = seat(region, &tenant.router).await?;
        let (vm, _) = tenant.elsewhere(host);
        is_seen_as(lab, vm, (world(), 80), tenant.seen).await?;
        // The host goes on leading outside, but has the VMs' wire no more.
        lab.kill(Role::Agent(host)).await?;
        let less = format!("--bridge-mappings={PHYSICAL}:br-ex");
        region.start_agent_with(host, &[less]).await?;
        until("the gateway is on another host", async || {
            anyhow::Ok(seat(region, &tenant.router).await? != host)
        })
        .await?;
        is_seen_as(lab, vm, (world(), 80), tenant.seen).await
    })
    .await
}
