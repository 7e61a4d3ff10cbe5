//! What the end-to-end tests have in common: a lab that tells why it failed, a look at the
//! flows of a switch, and region servers without a lab.

#![allow(
    dead_code,
    unused_imports,
    reason = "every test program uses its own part of the stage"
)]
#![allow(clippy::print_stdout, reason = "a failed test shows the logs")]

mod acls;
pub(crate) mod desk;
mod flows;
pub(crate) mod frames;
mod groups;
mod look;
pub(crate) mod many;
pub(crate) mod outlets;
pub(crate) mod outside;
mod peer;
pub(crate) mod qos;
pub(crate) mod refusal;
mod router;
mod server;
pub(crate) mod six;
pub(crate) mod stream;
mod talk;
pub(crate) mod trace;
pub(crate) mod trunks;

pub(crate) use acls::{Acl, AclRule};
pub(crate) use flows::{Flow, Flows, assert_untouched, flows, flows_are, received};
pub(crate) use groups::{Rule, group, set_groups};
pub(crate) use look::{look, question};
pub(crate) use peer::Peer;
pub(crate) use router::{interface, router};
pub(crate) use server::{Server, Tokens, command, refusal};
pub(crate) use talk::{Talk, answers, asked};

use alcor::scenario::{PortInfo, Scenario, Segment};
use alcor_lab::{Lab, PingReport, PingRequest, RunningPing, Settings};
use anyhow::{Context, bail};
use serde_json::{Value, json};
use std::net::IpAddr;
use std::path::Path;
use std::time::{Duration, Instant};

/// Nothing that is waited for takes this long on the slowest machine.
pub(crate) const LONG: Duration = Duration::from_mins(1);

/// How often something is looked at that tells of itself by no event.
const LOOK: Duration = Duration::from_millis(5);

/// The program under test.
pub(crate) fn binary() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_alcor"))
}

/// Plays a test on a region with an agent on each of so many hosts.
pub(crate) async fn on_hosts(
    hosts: u16,
    test: impl AsyncFnOnce(&Scenario) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let scenario = Scenario::up(Settings::hosts(hosts), binary()).await?;
    play(scenario, test).await
}

/// Plays a test on a region whose hosts have no agents yet.
pub(crate) async fn without_agents(
    hosts: u16,
    test: impl AsyncFnOnce(&Scenario) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let scenario = Scenario::without_agents(Settings::hosts(hosts), binary()).await?;
    play(scenario, test).await
}

/// Plays a test on a region and agents with further arguments.
pub(crate) async fn with_flags(
    hosts: u16,
    (region, agents): (&[&str], &[&str]),
    test: impl AsyncFnOnce(&Scenario) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let owned = |flags: &[&str]| -> Vec<String> { flags.iter().map(ToString::to_string).collect() };
    let scenario = Scenario::told(Settings::hosts(hosts), binary(), &owned(region)).await?;
    for host in 1..=hosts {
        scenario.start_agent_with(host, &owned(agents)).await?;
    }
    scenario.wait_for_agents(hosts.into()).await?;
    scenario.underlay_learnt().await?;
    play(scenario, test).await
}

pub(crate) async fn play(
    scenario: Scenario,
    test: impl AsyncFnOnce(&Scenario) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let witness = Witness(Some(scenario.lab().clone()));
    test(&scenario).await?;
    witness.dismiss();
    scenario.down().await
}

/// Shows the ends of the lab's logs, unless it was dismissed before it was dropped.
struct Witness(Option<Lab>);

impl Witness {
    fn dismiss(mut self) {
        self.0 = None;
    }
}

impl Drop for Witness {
    fn drop(&mut self) {
        let Some(status) = self.0.as_ref().and_then(|lab| lab.status().ok()) else {
            return;
        };
        let processes = status.hosts.iter().flat_map(|host| &host.processes);
        for process in std::iter::once(&status.region).chain(processes) {
            let text = std::fs::read_to_string(&process.log).unwrap_or_default();
            let lines: Vec<_> = text.lines().collect();
            let end = &lines[lines.len().saturating_sub(40)..];
            println!("--- {}\n{}", process.role, end.join("\n"));
        }
    }
}

/// Looks again and again until it holds.
pub(crate) async fn until<E: Into<anyhow::Error>>(
    what: &str,
    mut holds: impl AsyncFnMut() -> Result<bool, E>,
) -> anyhow::Result<()> {
    let began = Instant::now();
    while !holds().await.map_err(Into::into)? {
        if began.elapsed() > LONG {
            bail!("still not so after {LONG:?}: {what}");
        }
        tokio::time::sleep(LOOK).await;
    }
    Ok(())
}

/// What a port is to be that has this address and no others.
pub(crate) fn at(ip: &str) -> Value {
    json!({ "fixed_ips": [{ "ip_address": ip }] })
}

/// The same of a port that nobody checks.
pub(crate) fn unchecked(ip: &str) -> Value {
    json!({
        "fixed_ips": [{ "ip_address": ip }],
        "port_security_enabled": false, "security_groups": [],
    })
}

/// A VM with this address, whose way to elsewhere is by the first address of its block.
pub(crate) async fn settle_behind(
    region: &Scenario,
    vm: &str,
    host: u16,
    on: &Segment,
    (ip, more): (&str, Value),
) -> anyhow::Result<PortInfo> {
    let port = settle(region, vm, host, on, more).await?;
    let (family, dot) = if ip.contains(':') {
        ("-6", ':')
    } else {
        ("-4", '.')
    };
    let (network, _) = ip.rsplit_once(dot).context("no address")?;
    let route = format!("ip {family} route replace default via {network}{dot}1");
    run(region.lab(), vm, &route).await?;
    Ok(port)
}

/// A VM behind a router that passes packets of others on, so that nobody checks its addresses.
pub(crate) async fn passing_guest(
    region: &Scenario,
    vm: &str,
    host: u16,
    on: &Segment,
    ip: &str,
) -> anyhow::Result<PortInfo> {
    settle_behind(region, vm, host, on, (ip, unchecked(ip))).await
}

/// Moves a VM as Nova does it: the second binding first, in force once the VM runs there.
pub(crate) async fn migrate(
    region: &Scenario,
    (vm, port): (&str, &PortInfo),
    from: u16,
    to: u16,
) -> anyhow::Result<()> {
    alcor_scale::migrate(region.rest(), region.lab(), (vm, port.id), (from, to))
        .await
        .map(drop)
}

/// A VM with the port's own address and the network's usual MTU, without DHCP.
pub(crate) async fn settle(
    region: &Scenario,
    vm: &str,
    host: u16,
    on: &Segment,
    more: Value,
) -> anyhow::Result<PortInfo> {
    let port = region.port(on, host, more).await?;
    region.plug(vm, host, &port).await?;
    region.wait_for_status(port.id, "ACTIVE").await?;
    configure(region, vm, &port).await?;
    Ok(port)
}

/// Gives a VM its port's address and the usual MTU.
pub(crate) async fn configure(region: &Scenario, vm: &str, port: &PortInfo) -> anyhow::Result<()> {
    let prefix = if port.ip.is_ipv4() { 24 } else { 64 };
    let lab = region.lab();
    let address = format!("{}/{prefix}", port.ip).parse()?;
    lab.address(vm, address).await?;
    run(lab, vm, "ip link set eth0 mtu 1450").await?;
    Ok(())
}

/// Runs a command line in a VM or host and returns its output; words are divided by blanks.
pub(crate) async fn run(lab: &Lab, place: &str, line: &str) -> anyhow::Result<String> {
    let output = lab.exec(place, line.split_whitespace(), LONG).await?;
    if !output.success() {
        bail!("in {place}: {line}: {output:?}");
    }
    Ok(output.stdout)
}

/// A ping every ten milliseconds until it is stopped, which has had its first answer.
pub(crate) async fn steady_ping(lab: &Lab, from: &str, to: IpAddr) -> anyhow::Result<RunningPing> {
    let request = PingRequest {
        count: None,
        interval: Duration::from_millis(10),
        ..PingRequest::to(to)
    };
    let mut ping = lab.spawn_ping(from, request)?;
    ping.answered(1, LONG).await?;
    Ok(ping)
}

/// Panics unless so many quick pings are answered, none of them lost.
pub(crate) async fn reach(lab: &Lab, from: &str, to: IpAddr, count: u32) -> anyhow::Result<()> {
    let mut ping = steady_ping(lab, from, to).await?;
    ping.answered(count, LONG).await?;
    let report = ping.stop().await?;
    assert!(report.complete(), "{from} pings {to}: {report:?}");
    Ok(())
}

/// Panics unless a long answer comes over TCP, whole.
pub(crate) async fn tcp_passes(lab: &Lab, from: &str, to: (&str, IpAddr)) -> anyhow::Result<()> {
    let (vm, ip) = to;
    let serve = ["busybox", "nc", "-l", "-p", "5000", "-e", "seq", "100000"];
    let mut server = lab.command(vm, serve)?.spawn()?;
    until("the server listens", async || {
        anyhow::Ok(run(lab, vm, "ss -ltnH").await?.contains(":5000"))
    })
    .await?;
    let text = run(lab, from, &format!("busybox nc -w 10 {ip} 5000")).await?;
    server.wait()?;
    assert_eq!(text.lines().count(), 100_000);
    assert_eq!(text.lines().last(), Some("100000"));
    Ok(())
}

/// Whether none of a few quick pings is answered.
pub(crate) async fn misses(lab: &Lab, from: &str, to: IpAddr) -> anyhow::Result<bool> {
    Ok(quick_ping(lab, from, to, 3).await?.received == 0)
}

/// What becomes of so many quick pings.
pub(crate) async fn quick_ping(
    lab: &Lab,
    from: &str,
    to: IpAddr,
    count: u32,
) -> anyhow::Result<PingReport> {
    let request = PingRequest {
        count: Some(count),
        interval: Duration::from_millis(10),
        deadline: LONG,
        ..PingRequest::to(to)
    };
    Ok(lab.ping(from, request).await?)
}

/// A port as the API shows it now.
pub(crate) async fn port(region: &Scenario, port: &PortInfo) -> anyhow::Result<Value> {
    let path = format!("/v2.0/ports/{}", port.id);
    Ok(region.rest().get(&path).await?["port"].clone())
}

/// Changes a port.
pub(crate) async fn change(region: &Scenario, port: &PortInfo, to: Value) -> anyhow::Result<()> {
    let path = format!("/v2.0/ports/{}", port.id);
    region.rest().put(&path, &json!({ "port": to })).await?;
    Ok(())
}

/// Waits until the API shows a port as wanted.
pub(crate) async fn port_shows(
    region: &Scenario,
    port: &PortInfo,
    wanted: impl Fn(&Value) -> bool,
) -> anyhow::Result<Value> {
    let path = format!("/v2.0/ports/{}", port.id);
    let shown = region
        .wait(&path, LONG, |shown| wanted(&shown["port"]))
        .await?;
    Ok(shown["port"].clone())
}

/// Waits until a host's agent has carried out everything that the region wanted before this
/// call: makes a port there, hears the agent's word on it, and deletes it.
pub(crate) async fn caught_up(region: &Scenario, host: u16, on: &Segment) -> anyhow::Result<()> {
    let fence = region.port(on, host, json!({ "name": "fence" })).await?;
    let heard = |port: &Value| port["status_reason"].to_string().contains("iface-id");
    port_shows(region, &fence, heard).await?;
    let path = format!("/v2.0/ports/{}", fence.id);
    region.rest().delete(&path).await
}

/// The value of a counter or gauge of the region.
pub(crate) async fn metric(region: &Scenario, name: &str) -> anyhow::Result<u64> {
    let text = region.rest().text("/metrics").await?;
    let value = text.lines().find_map(|line| {
        let (key, value) = line.split_once(' ')?;
        (key == name).then_some(value)
    });
    let value = value.with_context(|| format!("no metric {name} in:\n{text}"))?;
    Ok(value.parse()?)
}
