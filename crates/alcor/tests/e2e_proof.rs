//! The proof with real packets: in a region made at random, VMs on three hosts and a machine outside
//! try to reach each other by ping and TCP, and what becomes of it is what `alcor trace` says from the
//! intent and from the switches: whether it arrives, and from which address.
//!
//! `ALCOR_PROOF_SEED` makes another region; the seed is printed.

#![expect(clippy::unwrap_used, reason = "a test fails by a panic")]
#![allow(clippy::print_stdout, reason = "the test tells what would repeat it")]

mod stage;

use alcor::scenario::{PortInfo, Scenario, Segment};
use alcor_lab::Lab;
use serde_json::{Value, json};
use stage::outlets::*;
use stage::outside::*;
use stage::trace::ask;
use stage::{Acl, LONG, Rule, caught_up, group, misses, router, run, settle, until};
use std::net::IpAddr;

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
    /// Its address outside, where it has one.
    floating: Option<IpAddr>,
}

/// Who tries to reach whom, by which address.
struct Try<'a> {
    /// The namespace.
    from: &'a str,
    /// The sender in the words of `alcor trace`, and its own address.
    sender: (&'a str, IpAddr),
    to: IpAddr,
}

#[tokio::test]
async fn packets_do_what_the_trace_says() -> anyhow::Result<()> {
    prove(false).await
}

#[tokio::test]
async fn so_they_do_where_every_host_translates() -> anyhow::Result<()> {
    prove(true).await
}

/// In one region, where the router translates by its gateway, or on every host.
async fn prove(everywhere: bool) -> anyhow::Result<()> {
    let seed = std::env::var("ALCOR_PROOF_SEED").ok();
    let seed = seed.map_or(Ok(1), |seed| seed.parse())?;
    println!("ALCOR_PROOF_SEED={seed}");
    with_outside(3, async |region| {
        let (net, vms) = make(region, everywhere, &mut Dice(seed)).await?;
        for host in 1..=3 {
            caught_up(region, host, &net).await?;
        }
        let lab = region.lab();
        let names = vms.iter().map(|vm| vm.name.as_str()).chain([WORLD]);
        let servers = names.map(|name| Who::serve(lab, name, &["tcp:80"]));
        let _servers = servers.collect::<anyhow::Result<Vec<_>>>()?;
        let world: IpAddr = WORLD_IP.parse()?;
        let tries = tries(&vms, world);
        let (mut arrived, mut count) = (0, 0);
        for (number, one) in tries.iter().enumerate() {
            // Between VMs one of both: which, the order says.
            let both = [Attempt::Ping, Attempt::Tcp];
            let attempts = if one.to == world || one.from == WORLD {
                &both[..]
            } else {
                &both[number % 2..][..1]
            };
            for attempt in attempts {
                count += 1;
                arrived += usize::from(proven(region, one, *attempt).await?);
            }
        }
        println!("{arrived} of {count} arrive");
        Ok(())
    })
    .await
}

/// Every VM to all others, by their addresses and by those outside, and to the world; the world to all
/// addresses outside.
fn tries(vms: &[Vm], world: IpAddr) -> Vec<Try<'_>> {
    let outside = vms.iter().filter_map(|vm| vm.floating);
    let inward = outside.map(|to| Try {
        from: WORLD,
        sender: (WORLD_IP, world),
        to,
    });
    let outward = vms.iter().flat_map(|vm| {
        let others = vms.iter().filter(|other| other.name != vm.name);
        let others = others.flat_map(|other| [Some(other.port.ip), other.floating]);
        let all = others.flatten().chain([world]);
        all.map(|to| Try {
            from: &vm.name,
            sender: (&vm.name, vm.port.ip),
            to,
        })
    });
    inward.chain(outward).collect()
}

/// Two networks that a router joins and leads out, with random ACLs; groups with random rules, VMs in
/// random groups, some of them with addresses outside.
async fn make(
    region: &Scenario,
    everywhere: bool,
    dice: &mut Dice,
) -> anyhow::Result<(Segment, Vec<Vm>)> {
    let nets = [
        region.segment("n0", "10.0.0.0/24").await?,
        region.segment("n1", "10.0.1.0/24").await?,
    ];
    let router = router(region, &[&nets[0], &nets[1]]).await?;
    let outside = external(region, false).await?;
    lead_out(region, &router, &outside, true).await?;
    for net in &nets {
        guard(region, dice, net).await?;
    }
    let mut groups = Vec::new();
    for number in 0..GROUPS {
        groups.push(group(region, json!({ "name": format!("g{number}") })).await?);
    }
    for of in &groups {
        let mut made = Vec::new();
        for _ in 0..2 {
            let other = &groups[usize::try_from(dice.throw(GROUPS))?];
            let rule = rule(dice, other);
            // A group does not have one rule twice.
            if !made.contains(&rule) {
                Rule::make(region, of, rule.clone()).await?;
                made.push(rule);
            }
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
        let floating = match dice.throw(2) {
            0 => Some(floating(region, &outside, Some(&port)).await?.1),
            _ => None,
        };
        vms.push(Vm {
            name,
            port,
            floating,
        });
    }
    if everywhere {
        spread(region, &router, true).await?;
        outlets_on(region, &router, &[1, 2, 3]).await?;
    }
    let [net, _] = nets;
    Ok((net, vms))
}

/// A network's ACL, which denies some of what is tried. It remembers nothing, so that what it says of
/// questions must not be true of their answers.
async fn guard(region: &Scenario, dice: &mut Dice, net: &Segment) -> anyhow::Result<()> {
    let acl = Acl::make(region, net, json!({ "is_default": true })).await?;
    for direction in ["ingress", "egress"] {
        let all = json!({ "protocol": "all", "ip_prefix": "0.0.0.0/0" });
        acl.rule(region, 100, direction, all).await?;
    }
    for number in 1..=2 {
        let blocks = [
            "10.0.0.0/30",
            "10.0.1.0/24",
            "203.0.113.0/24",
            "10.0.0.0/24",
        ];
        let block = blocks[usize::try_from(dice.throw(4))?];
        let mut rule = json!({ "ip_prefix": block, "action": "deny" });
        let kind = match dice.throw(2) {
            0 => json!({ "protocol": "icmp", "icmp_type": 8, "icmp_code": 0 }),
            _ => json!({ "protocol": "tcp", "port_range_min": 80, "port_range_max": 80 }),
        };
        let direction = ["ingress", "egress"][usize::try_from(dice.throw(2))?];
        rule.as_object_mut()
            .unwrap()
            .extend(kind.as_object().unwrap().clone());
        acl.rule(region, number, direction, rule).await?;
    }
    Ok(())
}

fn rule(dice: &mut Dice, other: &str) -> Value {
    let mut rule = match dice.throw(3) {
        0 => json!({ "protocol": "icmp" }),
        1 => json!({ "protocol": "tcp", "port_range_min": 79, "port_range_max": 81 }),
        _ => json!({}),
    };
    match dice.throw(5) {
        0 => rule["remote_ip_prefix"] = json!("10.0.0.0/24"),
        4 => rule["remote_ip_prefix"] = json!("203.0.113.0/24"),
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

/// Whether it arrives, of which trace and packets agree, as they do of the address that it comes from.
async fn proven(region: &Scenario, one: &Try<'_>, attempt: Attempt) -> anyhow::Result<bool> {
    let (from, to) = (one.from, one.to);
    let address = to.to_string();
    let mut words = vec![one.sender.0, &address];
    if matches!(attempt, Attempt::Tcp) {
        words.extend(["--protocol", "tcp", "--port", "80"]);
    }
    let (mut code, mut said) = (2, Value::Null);
    let what = format!("trace and switches agree of {from} to {to} by {attempt:?}");
    until(&what, async || {
        (code, said) = ask(region, &words, &[1, 2, 3]).await?;
        anyhow::Ok(code < 2)
    })
    .await
    .inspect_err(|_| println!("{said}"))?;
    let what = format!("{from} to {to} is {code} by {attempt:?}: {said}");
    let expected = (code == 0).then(|| seen_by(&said).unwrap_or(one.sender.1));
    until(&what, async || {
        let lab = region.lab();
        anyhow::Ok(match attempt {
            Attempt::Ping => misses(lab, from, to).await? == expected.is_none(),
            Attempt::Tcp => asked(lab, from, to).await? == expected,
        })
    })
    .await?;
    Ok(code == 0)
}

/// The address that it has in the end, where it is another one.
fn seen_by(said: &Value) -> Option<IpAddr> {
    let steps = said["intent"]["steps"].as_array()?.iter();
    let texts = steps.filter_map(|step| step["text"].as_str());
    let mut becomes = texts.filter_map(|text| text.strip_prefix("its source "));
    let now = becomes.next_back()?.split_once(" becomes ")?.1;
    now.split(',').next()?.parse().ok()
}

/// Whom a server takes the sender for; nothing where none answers.
async fn asked(lab: &Lab, from: &str, to: IpAddr) -> anyhow::Result<Option<IpAddr>> {
    let line = format!("curl -sS --max-time 1 http://{to}:80/");
    let output = lab.exec(from, line.split(' '), LONG).await?;
    let answer = output.success().then(|| output.stdout.trim().parse());
    Ok(answer.transpose()?)
}
