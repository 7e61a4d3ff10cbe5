//! Figures, not assertions: how fast a real switch takes and gives flows. Run with
//! `cargo test --release -p alcor-openflow --test speed -- --ignored --nocapture`.

#![allow(
    clippy::unwrap_used,
    reason = "helpers of a test, which the lint settings do not see as one"
)]

mod support;

use alcor_openflow::{Action, Field, Flow, FlowMod, FlowRequest, Match, PortNo};
use alcor_types::MacAddr;
use std::time::Instant;
use support::Switch;

/// What a host needs to know of one remote neighbour.
fn neighbour(number: u32) -> FlowMod {
    let [a, b, c, d] = number.to_be_bytes();
    let matching = Match::new()
        .metadata(100)
        .eth_dst(MacAddr([0xfa, 0x16, a, b, c, d]));
    let remote = std::net::Ipv4Addr::new(192, 168, c, d);
    let flow = Flow::new(20, 100, matching).cookie(number.into()).apply([
        Action::set(Field::TunnelId, 100u64),
        Action::set(Field::TunIpv4Dst, remote),
        Action::output(PortNo(10)),
    ]);
    FlowMod::add(flow)
}

/// User and system time of a process so far, in milliseconds.
fn cpu_ms(pid: u32) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let after_name = stat.rsplit(')').next().unwrap();
    let ticks = after_name.split_whitespace().skip(11).take(2);
    ticks.map(|t| t.parse::<u64>().unwrap() * 10).sum()
}

fn load() -> String {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap();
    text.split_whitespace().next().unwrap().to_owned()
}

#[tokio::test]
#[ignore = "a measurement"]
async fn flows_per_second() {
    let own = std::process::id();
    for count in [10_000, 100_000] {
        let switch = Switch::start();
        let (client, _events) = switch.connect().await;
        let items: Vec<_> = (0..count).map(|n| neighbour(n).into()).collect();
        let before = (cpu_ms(own), cpu_ms(switch.daemon_pid()));
        let start = Instant::now();
        client.commit(items).await.unwrap();
        let wall = start.elapsed();
        let after = (cpu_ms(own), cpu_ms(switch.daemon_pid()));
        println!(
            "commit {count}: {wall:?}, {:.0} flows/s, CPU ours {} ms, switch {} ms, load {}",
            f64::from(count) / wall.as_secs_f64(),
            after.0 - before.0,
            after.1 - before.1,
            load(),
        );
        let start = Instant::now();
        let flows = client.dump_flows(FlowRequest::all()).await.unwrap();
        let ours = cpu_ms(own) - after.0;
        println!(
            "dump {}: {:?}, CPU ours {ours} ms, load {}",
            flows.len(),
            start.elapsed(),
            load()
        );
        let start = Instant::now();
        let rounds = 1000;
        for _ in 0..rounds {
            client.flow_mod(neighbour(1)).await.unwrap();
        }
        println!("confirmed flow-mod: {:?} each", start.elapsed() / rounds);
    }
}
