//! Moves of a VM to another host under a running ping.

use super::Switches;
use crate::create::Maker;
use crate::fairness::{LONG, active};
use crate::phases::count;
use crate::report::{Figures, percentiles};
use alcor_lab::{Lab, PingReport, PingRequest};
use alcor_rest::Rest;
use alcor_types::PortId;
use anyhow::ensure;
use serde_json::json;
use std::net::IpAddr;
use std::time::{Duration, Instant};

/// How often the ping goes out.
const EVERY: Duration = Duration::from_millis(10);
/// Answers before the move.
const STEADY: u32 = 30;

/// Moves a VM as Nova does it: the second binding first, in force once the VM runs there. Returns how long it
/// took to move the VM itself, which runs nowhere meanwhile.
pub async fn migrate(
    rest: &Rest,
    lab: &Lab,
    (vm, port): (&str, PortId),
    (from, to): (u16, u16),
) -> anyhow::Result<Duration> {
    let path = format!("/v2.0/ports/{port}/bindings");
    let binding = json!({ "binding": { "host": lab.host_id(to) } });
    let made = rest.post(&path, &binding).await?;
    ensure!(made["binding"]["status"] == "INACTIVE", "{made}");
    let began = Instant::now();
    lab.move_vm(vm, to).await?;
    let moving = began.elapsed();
    let activate = format!("{path}/{}/activate", lab.host_id(to));
    rest.put(&activate, &json!({})).await?;
    active(rest, port).await?;
    rest.delete(&format!("{path}/{}", lab.host_id(from)))
        .await?;
    Ok(moving)
}

impl Switches {
    /// Has a VM of the second host move to the third and back, while one of the first pings it.
    pub(super) async fn moves(&self, maker: &Maker, figures: &mut Figures) -> anyhow::Result<()> {
        let (mut reports, mut moving) = (Vec::new(), Vec::new());
        for number in 0..self.asked.moves {
            let way = if number % 2 == 0 { (2, 3) } else { (3, 2) };
            let (report, took) = self.move_under_ping(&maker.rest, way).await?;
            reports.push(report);
            moving.push(took.as_secs_f64() * 1e3);
        }
        if reports.is_empty() {
            return Ok(());
        }
        let every = EVERY.as_secs_f64() * 1e3;
        let gaps = reports.iter().map(PingReport::longest_gap);
        let gaps = gaps.map(|pings| f64::from(pings) * every).collect();
        for (what, times) in [
            ("longest gap in a ping", gaps),
            ("it runs nowhere for", moving),
        ] {
            let [p50, _, most] = percentiles(times);
            figures.add(&format!("a VM moves: {what}, p50"), p50, "ms");
            figures.add(&format!("a VM moves: {what}, most"), most, "ms");
        }
        let lost = reports.iter().map(|report| report.lost.len()).max();
        let lost = count(lost.unwrap_or_default());
        figures.add("a VM moves: pings lost of one every 10 ms, most", lost, "");
        Ok(())
    }

    async fn move_under_ping(
        &self,
        rest: &Rest,
        way: (u16, u16),
    ) -> anyhow::Result<(PingReport, Duration)> {
        let (from, moved) = (self.vm((0, 0)), self.vm((1, 0)));
        let request = PingRequest {
            count: None,
            interval: EVERY,
            ..PingRequest::to(IpAddr::V4(moved.ip))
        };
        let mut ping = self.lab.spawn_ping(&from.name, request)?;
        ping.answered(STEADY, LONG).await?;
        let took = migrate(rest, &self.lab, (&moved.name, moved.port), way).await?;
        let ip = IpAddr::V4(moved.ip);
        self.lab.first_answer(&from.name, ip, LONG).await?;
        Ok((ping.stop().await?, took))
    }
}
