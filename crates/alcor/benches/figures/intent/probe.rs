//! One more port: from the first byte of its POST to 201, to ACTIVE, to the first answered
//! ping from another host.

use super::field::{Field, PATIENCE, Vm};
use crate::Scale;
use crate::meter::Meter;
use crate::report::{Goal, Report, Row};
use crate::samples::Samples;
use crate::switch;
use alcor_lab::Role;
use std::time::{Duration, Instant};

/// How long pings run before their target's port is created.
const RUN_UP: Duration = Duration::from_millis(150);

#[derive(Default)]
struct Times {
    created: Samples,
    active: Samples,
    pinged: Samples,
}

pub(super) async fn measure(
    scale: Scale,
    field: &Field,
    size: usize,
    report: &mut Report,
) -> anyhow::Result<()> {
    let count = scale.pick(31, 4);
    let vms = field.vms(count, 1).await?;
    let mut times = Times::default();
    // The first one waits for whatever is under way still; it is not counted.
    one(field, &vms[0], &mut Times::default()).await?;
    let before = costs(field)?;
    let meter = Meter::start([]);
    for vm in &vms[1..] {
        one(field, vm, &mut times).await?;
    }
    let usage = meter.read();
    let after = costs(field)?;
    let spent: f64 = after
        .iter()
        .zip(before)
        .map(|(after, before)| after - before)
        .sum();
    let others = (usage.others - spent / usage.wall).max(0.0);
    tell(size, &times, others, report);
    Ok(())
}

/// Processor seconds of region, agents and switches so far.
fn costs(field: &Field) -> anyhow::Result<Vec<f64>> {
    let roles = (1..=field.hosts).flat_map(|host| [Role::Agent(host), Role::Vswitchd(host)]);
    let pids = switch::pids(field.lab(), roles.chain([Role::Region]))?;
    Ok(pids.into_iter().map(crate::meter::cpu_seconds).collect())
}

async fn one(field: &Field, vm: &Vm, times: &mut Times) -> anyhow::Result<()> {
    let mut wire = field.connect().await?;
    let mut ping = field.ping(vm)?;
    tokio::time::sleep(RUN_UP).await;
    let began = Instant::now();
    field.create(&mut wire, vm).await?;
    times.created.add(began.elapsed());
    let active = async {
        field.await_active(vm).await?;
        anyhow::Ok(began.elapsed())
    };
    let pinged = async {
        ping.answered(1, PATIENCE).await?;
        anyhow::Ok(began.elapsed())
    };
    let (active, pinged) = tokio::try_join!(active, pinged)?;
    times.active.add(active);
    times.pinged.add(pinged);
    drop(ping);
    field.delete(&mut wire, vm).await
}

fn tell(size: usize, times: &Times, others: f64, report: &mut Report) {
    let what = |event: &str| format!("POST to {event}, {size} ports there");
    report
        .add(Row::of(what("201"), &times.created, "ms").note(format!("others {others:.2} cores")));
    let active = Row::of(format!("{}, p50", what("ACTIVE")), &times.active, "ms");
    let worst = Row::quantile(
        format!("{}, p99", what("ACTIVE")),
        &times.active,
        0.99,
        "ms",
    );
    let pinged = Row::of(format!("{}, p50", what("first ping")), &times.pinged, "ms");
    let late = Row::quantile(
        format!("{}, p99", what("first ping")),
        &times.pinged,
        0.99,
        "ms",
    );
    let rows = match size {
        10 => [
            active.peer("20 ms (secure)").goal(Goal::Below(8.0)),
            worst.peer("38 ms (worst, secure)").goal(Goal::Below(30.0)),
            pinged.peer("21 ms (secure)"),
            late.peer("38 ms (worst, secure)"),
        ],
        1_000 => [
            active.peer("64 ms (bare), 271 (secure)"),
            worst.peer("82 ms (worst, bare)"),
            pinged.peer("72 ms (bare), 204 (secure)"),
            late.peer("100 ms (worst, bare)"),
        ],
        _ => [
            active
                .peer("1,237 ms (20 hosts, bare)")
                .goal(Goal::Below(15.0)),
            worst.peer("1,495 ms (worst, 20 hosts, bare)"),
            pinged.peer("1,223 ms (20 hosts, bare)"),
            late.peer("1,572 ms (worst, 20 hosts, bare)"),
        ],
    };
    for row in rows {
        report.add(row);
    }
}
