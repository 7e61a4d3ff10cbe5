//! The compiler alone, on one thread: what a look-up and a port that joins cost in a network of any
//! size, how long a large network takes to bring up, and what a port takes in memory.

mod crowd;

use crate::Scale;
use crate::machine::{field, read};
use crate::report::{Goal, Report, Row};
use crate::samples::Samples;
use alcor_compiler::{Compiler, Delta, Demand, Found};
use alcor_goalstate::{GoalChange, Sought, encode};
use alcor_types::{PortId, Revision};
use anyhow::{bail, ensure};
use prost::Message;
use std::collections::BTreeSet;
use std::hint::black_box;
use std::time::Instant;

/// Others that each port talks to, in the network that is brought up.
const PEERS: u32 = 8;
/// Ports that join.
const JOINS: u32 = 2_000;
/// Goals in a message, as the region sends them.
const GOALS_A_PUSH: usize = 2_000;

pub(crate) fn run(scale: Scale, report: &mut Report) -> anyhow::Result<()> {
    let sizes = scale.pick(&[10_000, 100_000, 1_000_000][..], &[2_000, 20_000][..]);
    for ports in sizes {
        one_size(scale, *ports, report)?;
    }
    bring_up(scale.pick(40_000, 4_000), report)
}

fn one_size(scale: Scale, ports: u32, report: &mut Report) -> anyhow::Result<()> {
    let before = resident()?;
    let began = Instant::now();
    let mut region = crowd::region(ports)?;
    let took = began.elapsed().as_secs_f64();
    let bytes = (resident()? - before) * 1024.0 / f64::from(ports);
    let of = format!("of {ports} ports in one network");
    report.add(
        Row::once(format!("memory a port, {of}"), bytes, "B")
            .note(format!("loaded in {took:.2} s")),
    );
    let (rates, single) = look_ups(&region, ports, scale.pick(200_000, 20_000))?;
    report.add(
        Row::of(format!("look-ups on one thread, {of}"), &rates, "/s")
            .goal(Goal::AtLeast(200_000.0)),
    );
    report.add(
        Row::quantile(format!("the same, p99, {of}"), &single, 0.99, "us")
            .goal(Goal::Below(1_000.0)),
    );
    let joins = joins(&mut region, ports)?;
    report
        .add(Row::of(format!("a port joins, {of}"), &joins, "us").note("its host's message made"));
    Ok(())
}

/// Look-ups a second, in ten rounds, and the time of single ones in microseconds. Every tenth address is
/// nobody's.
fn look_ups(region: &Compiler, ports: u32, rounds: u32) -> anyhow::Result<(Samples, Samples)> {
    let asker = crowd::host(0);
    let ask = |number: u32| {
        // A stride that is prime to the size comes by every port once.
        let at = number.wrapping_mul(7_919) % (ports + ports / 10);
        region.find(crowd::NETWORK, &asker, Sought::Address(crowd::address(at)))
    };
    let hits = (0..rounds).filter(|number| matches!(ask(*number), Found::Neighbors(_)));
    let hits = hits.count();
    ensure!(
        hits > rounds as usize / 2,
        "only {hits} of {rounds} look-ups found a port"
    );
    let rates = (0..10).map(|_| {
        let began = Instant::now();
        (0..rounds).for_each(|number| drop(black_box(ask(number))));
        f64::from(rounds) / began.elapsed().as_secs_f64()
    });
    let rates = rates.collect();
    let single = (0..rounds).map(|number| {
        let began = Instant::now();
        drop(black_box(ask(number)));
        began.elapsed().as_secs_f64() * 1e6
    });
    Ok((rates, single.collect()))
}

/// Microseconds from the fact of a port to the message for its host.
fn joins(region: &mut Compiler, ports: u32) -> anyhow::Result<Samples> {
    let host = crowd::host(0);
    let mut demand = Demand::default();
    demand.set(crowd::NETWORK, BTreeSet::new());
    let mut times = Samples::default();
    for number in 0..JOINS {
        let fact = crowd::port(ports + ports / 10 + number, 0);
        let revision = Revision(2 + u64::from(number));
        let began = Instant::now();
        let touches = region.apply(revision, &[fact]);
        let since = Revision(revision.0 - 1);
        let delta = region.changes_with(crowd::NETWORK, &host, since, &demand);
        let Delta::Changes { changes, .. } = delta else {
            bail!("the host of a new port is told {delta:?}");
        };
        let message = encode::goal_state(&changes).encode_to_vec();
        times.push(began.elapsed().as_secs_f64() * 1e6);
        ensure!(
            !touches.is_empty() && !message.is_empty(),
            "nobody heard of a port"
        );
    }
    Ok(times)
}

/// A large network from its facts to the messages for all its hosts, each of whose ports talks to others.
fn bring_up(ports: u32, report: &mut Report) -> anyhow::Result<()> {
    let began = Instant::now();
    let region = crowd::region(ports)?;
    let compiled = began.elapsed().as_secs_f64();
    let (mut goals, mut bytes) = (0, 0);
    for number in 0..ports.div_ceil(crowd::PACK) {
        let mut demand = Demand::default();
        demand.set(crowd::NETWORK, peers(number, ports));
        let view = region.snapshot_with(crowd::NETWORK, &crowd::host(number), &demand);
        let view = view.map_or_else(Vec::new, |view| view.goals);
        goals += view.len();
        let changes: Vec<_> = view.into_iter().map(GoalChange::Put).collect();
        for part in changes.chunks(GOALS_A_PUSH) {
            bytes += encode::goal_state(part).encode_to_vec().len();
        }
    }
    let seconds = began.elapsed().as_secs_f64();
    let what = format!("a network of {ports} ports brought up, {PEERS} peers each");
    let note = format!(
        "facts {compiled:.2} s; {goals} goals, {:.0} MB for the hosts",
        bytes as f64 / 1e6
    );
    let row = Row::once(what, seconds, "s").peer("1.9 s (Andromeda, 40,000)");
    report.add(row.goal(Goal::Below(1.9)).note(note));
    Ok(())
}

/// Whom the ports of a host talk to.
fn peers(host: u32, ports: u32) -> BTreeSet<PortId> {
    let first = host * crowd::PACK;
    let strides = (1..=crowd::PACK * PEERS).map(|step| (first + step * 2_503) % ports);
    let elsewhere = strides.filter(|number| number / crowd::PACK != host);
    elsewhere.map(crowd::id).collect()
}

/// Memory of this process, in KiB.
fn resident() -> anyhow::Result<f64> {
    let status = read("/proc/self/status");
    let value = field(&status, "VmRSS").trim_end_matches(" kB");
    Ok(value.parse()?)
}
