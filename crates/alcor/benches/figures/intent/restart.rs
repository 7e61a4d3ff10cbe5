//! What breaks comes back: an agent that is killed, a switch that is killed, and how soon a
//! dead agent is seen to be one. The ports that were there stay.

use super::field::{Field, PATIENCE, Vm};
use crate::report::{Goal, Report, Row};
use crate::switch;
use alcor_lab::{Role, RunningPing, Signal};
use std::time::{Duration, Instant};

/// The host whose processes are killed.
const HOST: u16 = 1;
/// The time between two pings, in milliseconds; see [`Field::ping`].
const INTERVAL: f64 = 5.0;

pub(super) async fn measure(field: &Field, report: &mut Report) -> anyhow::Result<()> {
    let vms = field.vms(2, HOST).await?;
    let mut wire = field.connect().await?;
    field.create(&mut wire, &vms[0]).await?;
    field.await_active(&vms[0]).await?;
    agent(field, &vms, report).await?;
    vswitchd(field, &vms[0], report).await?;
    dead(field, report).await
}

/// An agent is in sync again when a port that was created while it was away is ACTIVE.
async fn agent(field: &Field, vms: &[Vm], report: &mut Report) -> anyhow::Result<()> {
    let ping = established(field, &vms[0]).await?;
    field.lab().kill(Role::Agent(HOST)).await?;
    field.create(&mut field.connect().await?, &vms[1]).await?;
    let began = Instant::now();
    field.lab().start(Role::Agent(HOST)).await?;
    field.await_active(&vms[1]).await?;
    let took = began.elapsed().as_secs_f64() * 1e3;
    report.add(
        Row::once("agent killed, started, in sync again", took, "ms")
            .peer("64,000 ms (20 hosts)")
            .goal(Goal::Below(500.0)),
    );
    let lost = ping.stop().await?;
    report.add(
        Row::once(
            "the same, pings lost of an established flow",
            lost.lost.len() as f64,
            "pings",
        )
        .peer("0.5 s")
        .goal(Goal::Below(1.0))
        .note(format!("{} sent, one every 5 ms", lost.sent)),
    );
    Ok(())
}

async fn vswitchd(field: &Field, vm: &Vm, report: &mut Report) -> anyhow::Result<()> {
    let role = Role::Vswitchd(HOST);
    let flows = switch::flows(field.lab(), HOST).await?;
    let ping = established(field, vm).await?;
    field.lab().kill(role).await?;
    let began = Instant::now();
    let start = field.lab().start(role);
    let back = switch::await_flows(field.lab(), HOST, flows, PATIENCE);
    let back = async {
        back.await?;
        anyhow::Ok(began.elapsed())
    };
    let started = async {
        start.await?;
        anyhow::Ok(began.elapsed())
    };
    let (started, back) = tokio::try_join!(started, back)?;
    report.add(
        Row::once(
            "vswitchd killed, started, flows back",
            back.as_secs_f64() * 1e3,
            "ms",
        )
        .peer("1,700 ms (21,000 flows)")
        .goal(Goal::Below(500.0))
        .note(format!(
            "{flows} flows; the lab had the switch up after {:.0} ms",
            started.as_secs_f64() * 1e3
        )),
    );
    let lost = ping.stop().await?;
    let gap = f64::from(lost.longest_gap()) * INTERVAL;
    report.add(Row::once("the same, longest gap of pings", gap, "ms").peer("1,700 ms"));
    Ok(())
}

/// A killed agent closes its connection; one that hangs says nothing.
async fn dead(field: &Field, report: &mut Report) -> anyhow::Result<()> {
    let role = Role::Agent(HOST);
    let path = format!(
        "/v2.0/agents?host={}&agent_type=Open%20vSwitch%20agent&fields=alive",
        field.lab().host_id(HOST)
    );
    let seen = async |alive: bool| {
        let began = Instant::now();
        field
            .await_text(&path, &format!("\"alive\":{alive}"))
            .await?;
        anyhow::Ok(began.elapsed())
    };
    field.lab().kill(role).await?;
    let killed = seen(false).await?;
    field.lab().start(role).await?;
    seen(true).await?;
    field.lab().signal(role, Signal::SIGSTOP)?;
    let hung = seen(false).await?;
    field.lab().signal(role, Signal::SIGCONT)?;
    seen(true).await?;
    let goal = Goal::Below(1_000.0);
    let row =
        |what: &str, took: Duration| Row::once(what, took.as_secs_f64() * 1e3, "ms").goal(goal);
    report.add(row("killed agent shown as dead", killed));
    report.add(row("hung agent (SIGSTOP) shown as dead", hung));
    Ok(())
}

/// A ping that has been answered for a while.
async fn established(field: &Field, vm: &Vm) -> anyhow::Result<RunningPing> {
    let mut ping = field.ping(vm)?;
    ping.answered(20, PATIENCE).await?;
    Ok(ping)
}
