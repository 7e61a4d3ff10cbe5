//! `alcor lab demo`: the main job, end to end on real parts.
//!
//! Two tenants use the same addresses. Six VMs on three hosts get theirs by two real DHCP
//! clients; then every VM pings every other one, and the target's own kernel says whether the
//! packets came: with overlapping addresses an answer alone does not tell who gave it.

use super::show::table;
use crate::scenario::{PortInfo, Scenario, Segment};
use alcor_lab::{Client, DEFAULT_BASE, Lab, PingRequest, Settings};
use anyhow::{Context, bail};
use clap::Args;
use futures::future::try_join_all;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use serde_json::json;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// VMs of each network, one a host.
const PER_NETWORK: u16 = 3;

/// The addresses of both networks.
const CIDR: &str = "10.0.0.0/24";

/// Answers that each VM must get from each other one.
const PINGS: u32 = 2;

/// How long they may take.
const ANSWERS: Duration = Duration::from_secs(10);

/// How to show it.
#[derive(Args)]
pub(crate) struct Flags {
    /// Leave everything running, and print how to play with it
    #[arg(long)]
    keep: bool,
    /// Print the result as JSON instead of tables
    #[arg(long)]
    json: bool,
    /// The folder that holds labs
    #[arg(long, env = "ALCOR_LAB_BASE", default_value = DEFAULT_BASE)]
    base: PathBuf,
}

/// One VM of the demo.
struct Vm {
    name: String,
    network: &'static str,
    host: u16,
    client: Client,
}

/// When things were done, in milliseconds since the port's POST.
#[derive(Serialize)]
struct Timing {
    vm: String,
    host: String,
    ip: String,
    client: Client,
    created: f64,
    active: f64,
    lease: f64,
    first_ping: f64,
}

/// One ordered pair of VMs.
#[derive(Serialize)]
struct Pair {
    from: String,
    to: String,
    expected: bool,
    /// Whether the target's kernel counted the pings that were sent.
    seen: bool,
}

#[derive(Serialize)]
struct Outcome {
    ports: Vec<Timing>,
    pairs: Vec<Pair>,
    passed: bool,
}

/// Shows it.
pub(crate) async fn run(flags: Flags) -> anyhow::Result<()> {
    let progress = bar(flags.json);
    progress.set_message("booting three hosts, the region and its agents");
    let settings = Settings {
        base: flags.base,
        ..Settings::hosts(PER_NETWORK)
    };
    let scenario = Scenario::up(settings, &std::env::current_exe()?).await?;
    let outcome = play(&scenario, &progress).await?;
    progress.finish_and_clear();
    if flags.json {
        println!("{}", serde_json::to_string_pretty(&outcome)?);
    } else {
        print(&outcome);
    }
    if flags.keep {
        print_how_to_play(&scenario.keep())?;
    } else {
        scenario.down().await?;
    }
    if outcome.passed {
        Ok(())
    } else {
        bail!("some pairs of VMs did not do as expected")
    }
}

fn bar(hidden: bool) -> ProgressBar {
    if hidden {
        return ProgressBar::hidden();
    }
    let progress = ProgressBar::new_spinner();
    progress.set_style(ProgressStyle::default_spinner());
    progress.enable_steady_tick(Duration::from_millis(100));
    progress
}

async fn play(scenario: &Scenario, progress: &ProgressBar) -> anyhow::Result<Outcome> {
    progress.set_message("creating two networks with the same addresses");
    let red = scenario.segment("red", CIDR).await?;
    let blue = scenario.segment("blue", CIDR).await?;
    let vms = vms();
    progress.set_message("creating six ports and booting six VMs");
    let segment = |vm: &Vm| if vm.network == "red" { &red } else { &blue };
    let booted = try_join_all(vms.iter().map(|vm| boot(scenario, vm, segment(vm)))).await?;
    progress.set_message("first pings");
    let mut ports = Vec::new();
    for (at, vm) in vms.iter().enumerate() {
        let peer = peer_of(&vms, at).context("every network has two VMs or more")?;
        ports.push(first_ping(scenario, vm, &booted[at], &booted[peer].port).await?);
    }
    let mut pairs = Vec::new();
    for (from, one) in vms.iter().enumerate() {
        for (to, other) in vms.iter().enumerate().filter(|(to, _)| *to != from) {
            progress.set_message(format!("{} pings {}", one.name, other.name));
            pairs.push(try_pair(scenario, one, other, &booted[to].port).await?);
        }
    }
    let passed = pairs.iter().all(|pair| pair.expected == pair.seen);
    Ok(Outcome {
        ports,
        pairs,
        passed,
    })
}

fn vms() -> Vec<Vm> {
    let vm = |network: &'static str, host: u16| Vm {
        name: format!("{network}-{host}"),
        network,
        host,
        client: if host % 2 == 1 {
            Client::Udhcpc
        } else {
            Client::Dhclient
        },
    };
    (1..=PER_NETWORK)
        .flat_map(|host| [vm("red", host), vm("blue", host)])
        .collect()
}

/// The next VM of the same network.
fn peer_of(vms: &[Vm], at: usize) -> Option<usize> {
    let others = (1..vms.len()).map(|step| (at + step) % vms.len());
    others
        .into_iter()
        .find(|other| vms[*other].network == vms[at].network)
}

/// A VM with its lease, and when it got there.
struct Booted {
    port: PortInfo,
    began: Instant,
    created: Duration,
    active: Duration,
    lease: Duration,
}

async fn boot(scenario: &Scenario, vm: &Vm, on: &Segment) -> anyhow::Result<Booted> {
    let began = Instant::now();
    let port = scenario
        .port(on, vm.host, json!({ "name": vm.name }))
        .await?;
    let created = began.elapsed();
    scenario.plug(&vm.name, vm.host, &port).await?;
    scenario.wait_for_status(port.id, "ACTIVE").await?;
    let active = began.elapsed();
    let lease = scenario.lab().dhcp(&vm.name, vm.client).await?;
    if port.ip != lease.ip {
        bail!("{} was to get {} and got {}", vm.name, port.ip, lease.ip);
    }
    Ok(Booted {
        port,
        began,
        created,
        active,
        lease: began.elapsed(),
    })
}

async fn first_ping(
    scenario: &Scenario,
    vm: &Vm,
    booted: &Booted,
    peer: &PortInfo,
) -> anyhow::Result<Timing> {
    scenario
        .lab()
        .first_answer(&vm.name, peer.ip, Duration::from_secs(10))
        .await?;
    let millis = |time: Duration| time.as_secs_f64() * 1e3;
    Ok(Timing {
        vm: vm.name.clone(),
        host: scenario.lab().host_id(vm.host),
        ip: booted.port.ip.to_string(),
        client: vm.client,
        created: millis(booted.created),
        active: millis(booted.active),
        lease: millis(booted.lease),
        first_ping: millis(booted.began.elapsed()),
    })
}

async fn try_pair(
    scenario: &Scenario,
    from: &Vm,
    to: &Vm,
    target: &PortInfo,
) -> anyhow::Result<Pair> {
    let before = scenario.echo_requests(&to.name).await?;
    // Not by their number: ping gives up on the last of them too soon for a busy machine.
    let request = PingRequest {
        count: None,
        interval: Duration::from_millis(20),
        ..PingRequest::to(target.ip)
    };
    let mut ping = scenario.lab().spawn_ping(&from.name, request)?;
    let answered = ping.answered(PINGS, ANSWERS).await.is_ok();
    let complete = ping.stop().await?.complete();
    let arrived = scenario.echo_requests(&to.name).await? - before;
    let expected = from.network == to.network;
    // A single packet is a leak; a pair that should reach each other must lose none.
    let seen = if expected {
        answered && complete && arrived >= u64::from(PINGS)
    } else {
        arrived > 0
    };
    Ok(Pair {
        from: from.name.clone(),
        to: to.name.clone(),
        expected,
        seen,
    })
}

fn print(outcome: &Outcome) {
    let mut ports = table(&[
        "VM",
        "host",
        "address",
        "client",
        "201",
        "ACTIVE",
        "lease",
        "first ping",
    ]);
    for port in &outcome.ports {
        let time = |millis: f64| format!("{millis:.0} ms");
        ports.add_row([
            port.vm.clone(),
            port.host.clone(),
            port.ip.clone(),
            format!("{:?}", port.client).to_lowercase(),
            time(port.created),
            time(port.active),
            time(port.lease),
            time(port.first_ping),
        ]);
    }
    println!(
        "Time from POST of each port (six at once, plugging and DHCP clients included):\n\n{ports}\n"
    );
    println!("Who reaches whom (yes: reached as expected; -: not reached, as expected):\n");
    println!("{}\n", matrix(&outcome.pairs));
    let right = outcome
        .pairs
        .iter()
        .filter(|pair| pair.expected == pair.seen)
        .count();
    println!("{right} of {} pairs as expected", outcome.pairs.len());
}

fn matrix(pairs: &[Pair]) -> comfy_table::Table {
    let mut names: Vec<&str> = pairs.iter().map(|pair| pair.from.as_str()).collect();
    names.dedup();
    let header: Vec<&str> = std::iter::once("from \\ to")
        .chain(names.iter().copied())
        .collect();
    let mut table = table(&header);
    for from in &names {
        let cell = |to: &&str| {
            let pair = pairs
                .iter()
                .find(|pair| pair.from == *from && pair.to == *to);
            pair.map_or("", verdict).to_owned()
        };
        let cells = names.iter().map(cell);
        table.add_row(std::iter::once((*from).to_owned()).chain(cells));
    }
    table
}

fn verdict(pair: &Pair) -> &'static str {
    match (pair.expected, pair.seen) {
        (true, true) => "yes",
        (false, false) => "-",
        (true, false) => "NOT REACHED",
        (false, true) => "LEAK",
    }
}

fn print_how_to_play(lab: &Lab) -> anyhow::Result<()> {
    let (name, api) = (lab.name(), lab.rest_url()?);
    println!("\nThe lab {name} stays up. Try:");
    println!("  alcor lab status --name {name}");
    println!("  alcor lab exec --name {name} red-1 ping -c 3 10.0.0.1");
    println!("  alcor lab vm --name {name} --host 2 --network red red-9");
    println!("  openstack --os-auth-type none --os-endpoint {api} port list");
    println!("  curl {api}/v2.0/ports");
    println!("  alcor lab down --name {name}");
    Ok(())
}
