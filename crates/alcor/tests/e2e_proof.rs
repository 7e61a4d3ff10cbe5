//! The proof with real packets: in a region made at random, VMs on three hosts try to reach each other
//! by ping and TCP, and what becomes of it is what `alcor trace` says from the intent and from the
//! switches.
//!
//! `ALCOR_PROOF_SEED` makes another region; the seed is printed.

#![expect(clippy::unwrap_used, reason = "a test fails by a panic")]
#![allow(clippy::print_stdout, reason = "the test tells what would repeat it")]

mod stage;

use alcor::scenario::{PortInfo, Scenario, Segment};
use alcor_lab::Lab;
use anyhow::Context;
use serde_json::{Value, json};
use stage::{
    Rule, Talk, answers, binary, caught_up, group, misses, on_hosts, router, run, settle, until,
};

/// VMs of a region: every host has some of each network.
const VMS: u16 = 6;
const GROUPS: u64 = 3;

/// A small generator of numbers (SplitMix64): the same seed is the same region.
struct Dice(u64);

impl Dice {
    fn throw(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ mixed >> 31) % sides
    }
}

/// What a VM tries.
#[derive(Clone, Copy, Debug)]
enum Attempt {
    Ping,
    Tcp,
}

struct Vm {
    name: String,
    port: PortInfo,
}

#[tokio::test]
async fn packets_do_what_the_trace_says() -> anyhow::Result<()> {
    let seed = std::env::var("ALCOR_PROOF_SEED").ok();
    let seed = seed.map_or(Ok(1), |seed| seed.parse())?;
    println!("ALCOR_PROOF_SEED={seed}");
    on_hosts(3, async |region| {
        let (net, vms) = make(region, &mut Dice(seed)).await?;
        for host in 1..=3 {
            caught_up(region, host, &net).await?;
        }
        let mut arrived = 0;
        for from in &vms {
            for to in vms.iter().filter(|to| to.name != from.name) {
                for attempt in [Attempt::Ping, Attempt::Tcp] {
                    arrived += usize::from(proven(region, from, to, attempt).await?);
                }
            }
        }
        println!("{arrived} of {} arrive", usize::from(VMS * (VMS - 1) * 2));
        Ok(())
    })
    .await
}

/// Two networks that a router joins, groups with random rules, VMs in random groups.
async fn make(region: &Scenario, dice: &mut Dice) -> anyhow::Result<(Segment, Vec<Vm>)> {
    let nets = [
        region.segment("n0", "10.0.0.0/24").await?,
        region.segment("n1", "10.0.1.0/24").await?,
    ];
    router(region, &[&nets[0], &nets[1]]).await?;
    let mut groups = Vec::new();
    for number in 0..GROUPS {
        groups.push(group(region, json!({ "name": format!("g{number}") })).await?);
    }
    for of in &groups {
        for _ in 0..2 {
            let other = &groups[usize::try_from(dice.throw(GROUPS))?];
            Rule::make(region, of, rule(dice, other)).await?;
        }
    }
    let mut vms = Vec::new();
    for number in 0..VMS {
        let side = usize::from(number % 2);
        let more = attributes(dice, &groups, number);
        let name = format!("v{number}");
        let port = settle(region, &name, number / 2 + 1, &nets[side], more).await?;
        run(
            region.lab(),
            &name,
            &format!("ip route add default via 10.0.{side}.1"),
        )
        .await?;
        vms.push(Vm { name, port });
    }
    let [net, _] = nets;
    Ok((net, vms))
}

fn rule(dice: &mut Dice, other: &str) -> Value {
    let mut rule = match dice.throw(3) {
        0 => json!({ "protocol": "icmp" }),
        1 => json!({ "protocol": "tcp", "port_range_min": 79, "port_range_max": 81 }),
        _ => json!({}),
    };
    match dice.throw(4) {
        0 => rule["remote_ip_prefix"] = json!("10.0.0.0/24"),
        1 => rule["remote_ip_prefix"] = json!("10.0.1.0/30"),
        2 => {}
        _ => rule["remote_group_id"] = json!(other),
    }
    rule
}

fn attributes(dice: &mut Dice, groups: &[String], number: u16) -> Value {
    let name = format!("v{number}");
    if dice.throw(6) == 0 {
        return json!({ "name": name, "port_security_enabled": false, "security_groups": [] });
    }
    let some = groups.iter().filter(|_| dice.throw(2) == 0);
    json!({ "name": name, "security_groups": some.collect::<Vec<_>>() })
}

/// Whether it arrives, of which trace and packets agree.
async fn proven(region: &Scenario, from: &Vm, to: &Vm, attempt: Attempt) -> anyhow::Result<bool> {
    let (code, said) = trace(region, from, to, attempt).await?;
    assert!(
        code < 2,
        "{} to {}, {attempt:?}: {said}",
        from.name,
        to.name
    );
    let what = format!(
        "{} to {} is {code} by {attempt:?}: {said}",
        from.name, to.name
    );
    until(&what, async || {
        let arrives = arrives(region.lab(), from, to, attempt).await?;
        anyhow::Ok(arrives == (code == 0))
    })
    .await?;
    Ok(code == 0)
}

async fn arrives(lab: &Lab, from: &Vm, to: &Vm, attempt: Attempt) -> anyhow::Result<bool> {
    match attempt {
        Attempt::Ping => Ok(!misses(lab, &from.name, to.port.ip).await?),
        Attempt::Tcp => {
            let _server = Talk::serve(lab, &to.name, &["tcp:80"])?;
            answers(lab, &from.name, to.port.ip, "tcp:80", 10).await
        }
    }
}

async fn trace(
    region: &Scenario,
    from: &Vm,
    to: &Vm,
    attempt: Attempt,
) -> anyhow::Result<(i32, String)> {
    let lab = region.lab();
    let mut question = tokio::process::Command::new(binary());
    question.args(["trace", &from.name, &to.name]);
    question.args(["--api", &lab.rest_url()?, "--region", &lab.region_url()?]);
    if matches!(attempt, Attempt::Tcp) {
        question.args(["--protocol", "tcp", "--port", "80"]);
    }
    for host in 1..=3 {
        let control = lab.dir().join(format!("h{host}")).join("vswitchd.ctl");
        question.args([
            "--unixctl",
            &format!("{}={}", lab.host_id(host), control.display()),
        ]);
    }
    let answer = question.output().await?;
    let code = answer.status.code().context("ended by a signal")?;
    let said = String::from_utf8(answer.stdout).unwrap() + &String::from_utf8_lossy(&answer.stderr);
    Ok((code, said))
}
