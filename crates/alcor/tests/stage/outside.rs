//! The world outside: machines on a wire that every host's provider bridge is plugged into.
//!
//! The wire is a bridge beside the underlay's, in the namespace of the fabric, which has an address
//! on it and so plays the machine outside.

use super::{LONG, run, until};
use alcor::scenario::{PortInfo, Scenario, Segment};
use alcor_lab::{Lab, Settings};
use anyhow::{Context, bail};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::net::{IpAddr, SocketAddr};
use std::process::{Child, Stdio};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/stage/who.py");

/// The physical network of the tests.
pub(crate) const PHYSICAL: &str = "physnet1";
/// Whose frames bear tags until they are in the wire.
pub(crate) const TAGGED: &str = "physnet2";
/// The tag.
pub(crate) const TAG: u16 = 77;
/// Where the machine outside is.
pub(crate) const WORLD: &str = "fabric";
/// Its addresses, on the first wire and on the second.
pub(crate) const WORLD_IP: &str = "203.0.113.1";
pub(crate) const TAGGED_IP: &str = "198.51.100.1";
/// The same of IPv6, where a test gives it one.
pub(crate) const WORLD_IP6: &str = "2001:db8:f::1";

/// Where the machine outside is on the first wire.
#[allow(clippy::unwrap_used, reason = "the constant is an address")]
pub(crate) fn world() -> IpAddr {
    WORLD_IP.parse().unwrap()
}

/// A region with agents that have ways outside.
pub(crate) async fn with_outside(
    hosts: u16,
    test: impl AsyncFnOnce(&Scenario) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    with_outside_on(hosts, hosts, test).await
}

/// The same, but only the first of the hosts know their ways outside.
pub(crate) async fn with_outside_on(
    hosts: u16,
    first: u16,
    test: impl AsyncFnOnce(&Scenario) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let region = [
        format!("--flat-network={PHYSICAL}"),
        format!("--vlan-range={TAGGED}:{TAG}:{TAG}"),
    ];
    let settings = Settings::hosts(hosts);
    let scenario = Scenario::told(settings, super::binary(), &region).await?;
    wire(scenario.lab(), hosts).await?;
    let mapped = [mappings()];
    for host in 1..=hosts {
        let flags = if host <= first { &mapped[..] } else { &[] };
        scenario.start_agent_with(host, flags).await?;
    }
    scenario.wait_for_agents(hosts.into()).await?;
    scenario.underlay_learnt().await?;
    super::play(scenario, test).await
}

/// What tells an agent of both its ways outside.
pub(crate) fn mappings() -> String {
    format!("--bridge-mappings={PHYSICAL}:br-ex,{TAGGED}:br-tag")
}

async fn wire(lab: &Lab, hosts: u16) -> anyhow::Result<()> {
    for (bridge, ip) in [("wire", WORLD_IP), ("tagwire", TAGGED_IP)] {
        for line in [
            format!("ip link add {bridge} type bridge forward_delay 0 mcast_snooping 0"),
            format!("ethtool -K {bridge} tx off"),
            format!("ip address add {ip}/24 dev {bridge}"),
            format!("ip link set {bridge} up"),
        ] {
            run(lab, WORLD, &line).await?;
        }
    }
    for host in 1..=hosts {
        let namespace = lab.namespace(&format!("h{host}"))?;
        for (wire, bridge, tag) in [("wire", "br-ex", ""), ("tagwire", "br-tag", "tag=77")] {
            let (here, there) = (format!("{wire}{host}"), format!("x-{bridge}"));
            let cable = format!("ip link add {here} type veth peer name {there} netns {namespace}");
            run(lab, WORLD, &cable).await?;
            run(lab, WORLD, &format!("ip link set {here} master {wire} up")).await?;
            let own = format!("h{host}");
            run(lab, &own, &format!("ethtool -K {there} tx off")).await?;
            run(lab, &own, &format!("ip link set {there} up")).await?;
            let line = format!(
                "add-br {bridge} -- set Bridge {bridge} datapath_type=netdev \
                 fail_mode=standalone -- add-port {bridge} {there} {tag}"
            );
            lab.vsctl(host, line.split_whitespace()).await?;
        }
    }
    Ok(())
}

/// A network outside, whose subnet's gateway is the machine there.
pub(crate) async fn external(region: &Scenario, tagged: bool) -> anyhow::Result<Segment> {
    let (cidr, gateway) = if tagged {
        ("198.51.100.0/24", TAGGED_IP)
    } else {
        ("203.0.113.0/24", WORLD_IP)
    };
    let mut network = json!({ "name": "outside", "router:external": true });
    let kind = if tagged {
        json!({ "provider:network_type": "vlan", "provider:segmentation_id": TAG,
                "provider:physical_network": TAGGED })
    } else {
        json!({ "provider:network_type": "flat", "provider:physical_network": PHYSICAL })
    };
    if let (Some(network), Value::Object(kind)) = (network.as_object_mut(), kind) {
        network.extend(kind);
    }
    let subnet = json!({ "ip_version": 4, "cidr": cidr, "gateway_ip": gateway,
                         "enable_dhcp": false });
    region.segment_of(network, subnet).await
}

/// A second subnet outside, of IPv6, whose gateway is the machine there.
pub(crate) async fn external6(region: &Scenario, external: &Segment) -> anyhow::Result<()> {
    let address = format!("ip -6 address add {WORLD_IP6}/64 dev wire nodad");
    run(region.lab(), WORLD, &address).await?;
    let subnet = json!({ "subnet": { "network_id": external.network.to_string(),
        "ip_version": 6, "cidr": "2001:db8:f::/64", "gateway_ip": WORLD_IP6,
        "enable_dhcp": false } });
    region.rest().post("/v2.0/subnets", &subnet).await?;
    Ok(())
}

/// A network of VMs on the second wire.
pub(crate) async fn wired(region: &Scenario) -> anyhow::Result<Segment> {
    let subnet = json!({ "ip_version": 4, "cidr": "192.0.2.0/24" });
    let network = json!({ "name": "vlan", "provider:network_type": "vlan",
        "provider:segmentation_id": TAG, "provider:physical_network": TAGGED });
    region.segment_of(network, subnet).await
}

/// The router leads outside, with or without translation; answers its address there.
pub(crate) async fn lead_out(
    region: &Scenario,
    router: &str,
    external: &Segment,
    snat: bool,
) -> anyhow::Result<IpAddr> {
    let all = lead_out_by(region, router, external, json!({ "enable_snat": snat })).await?;
    all.first().copied().context("no address")
}

/// The same with these attributes of the gateway; answers all its addresses there.
pub(crate) async fn lead_out_by(
    region: &Scenario,
    router: &str,
    external: &Segment,
    mut info: Value,
) -> anyhow::Result<Vec<IpAddr>> {
    info["network_id"] = json!(external.network.to_string());
    let body = json!({ "router": { "external_gateway_info": info } });
    let path = format!("/v2.0/routers/{router}");
    let shown = region.rest().put(&path, &body).await?;
    let fixed = shown["router"]["external_gateway_info"]["external_fixed_ips"].as_array();
    let addresses = fixed.into_iter().flatten().map(|fixed| {
        let address = fixed["ip_address"].as_str().context("no address")?;
        Ok(address.parse()?)
    });
    addresses.collect()
}

/// Where a router's gateway is: the number of its host.
pub(crate) async fn seat(region: &Scenario, router: &str) -> anyhow::Result<u16> {
    let path = format!("/v2.0/ports?device_id={router}&device_owner=network:router_gateway");
    let placed = |shown: &Value| {
        shown["ports"][0]["binding:host_id"]
            .as_str()
            .is_some_and(|host| !host.is_empty())
    };
    let shown = region.wait(&path, LONG, placed).await?;
    let host = shown["ports"][0]["binding:host_id"].as_str();
    let number = host.and_then(|host| host.strip_prefix('h'));
    Ok(number.context("no host")?.parse()?)
}

/// A floating IP: its id and its address.
pub(crate) async fn floating(
    region: &Scenario,
    external: &Segment,
    port: Option<&PortInfo>,
) -> anyhow::Result<(String, IpAddr)> {
    let port = port.map(|port| port.id.to_string());
    let body = json!({ "floatingip": {
        "floating_network_id": external.network.to_string(), "port_id": port } });
    let made = region.rest().post("/v2.0/floatingips", &body).await?;
    let made = &made["floatingip"];
    let id = made["id"].as_str().context("no id")?.to_owned();
    let address = made["floating_ip_address"].as_str().context("no address")?;
    Ok((id, address.parse()?))
}

/// Moves a floating IP to another port, or to none.
pub(crate) async fn associate(
    region: &Scenario,
    floating: &str,
    port: Option<&PortInfo>,
) -> anyhow::Result<()> {
    let port = port.map(|port| port.id.to_string());
    let body = json!({ "floatingip": { "port_id": port } });
    let path = format!("/v2.0/floatingips/{floating}");
    region.rest().put(&path, &body).await?;
    Ok(())
}

/// A machine that tells who asks. Ends when it is dropped.
pub(crate) struct Who(Child);

impl Who {
    /// On ports such as `tcp:80`.
    pub(crate) fn serve(lab: &Lab, place: &str, ports: &[&str]) -> anyhow::Result<Self> {
        let argv = ["python3", SCRIPT].iter().chain(ports).copied();
        let mut child = lab.command(place, argv)?.stdout(Stdio::piped()).spawn()?;
        let out = child.stdout.take().context("no stdout")?;
        let who = Self(child);
        let mut line = String::new();
        BufReader::new(out).read_line(&mut line)?;
        if line.trim() != "serving" {
            bail!("{place} does not serve {ports:?}: {line}");
        }
        Ok(who)
    }
}

impl Drop for Who {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Whom a server takes the asking machine for; nothing where no answer comes.
pub(crate) async fn seen_as(
    lab: &Lab,
    from: &str,
    to: IpAddr,
    port: u16,
) -> anyhow::Result<Option<IpAddr>> {
    let to = SocketAddr::new(to, port);
    let line = format!("curl -sS --max-time 3 http://{to}/");
    let output = lab.exec(from, line.split(' '), LONG).await?;
    Ok(output
        .success()
        .then(|| output.stdout.trim().parse())
        .transpose()?)
}

/// Waits until the asking machine is taken for this one.
pub(crate) async fn is_seen_as(
    lab: &Lab,
    from: &str,
    (to, port): (IpAddr, u16),
    wanted: IpAddr,
) -> anyhow::Result<()> {
    until(&format!("{from} is seen as {wanted} by {to}"), async || {
        anyhow::Ok(seen_as(lab, from, to, port).await? == Some(wanted))
    })
    .await
}
