//! What a running ping loses when something fails or moves, on real hosts.

mod inside;
mod outside;

use crate::Scale;
use crate::report::Report;
use crate::stage::{LONG, reach, steady_ping};
use alcor_lab::Lab;
use std::net::IpAddr;

/// How often pings go out, in milliseconds.
const EVERY: f64 = 10.0;
/// Pings that must be answered before and after.
const STEADY: u32 = 30;

pub(crate) async fn run(scale: Scale, report: &mut Report) -> anyhow::Result<()> {
    let rounds = scale.pick(7, 1);
    inside::measure(rounds, report).await?;
    outside::measure(scale.pick(5, 1), report).await
}

/// The longest time without an answer while something happens, in milliseconds.
async fn gap(
    lab: &Lab,
    (from, to): (&str, IpAddr),
    happens: impl Future<Output = anyhow::Result<()>>,
) -> anyhow::Result<f64> {
    let mut ping = steady_ping(lab, from, to).await?;
    ping.answered(STEADY, LONG).await?;
    happens.await?;
    lab.first_answer(from, to, LONG).await?;
    reach(lab, from, to, STEADY).await?;
    let report = ping.stop().await?;
    Ok(f64::from(report.longest_gap()) * EVERY)
}
