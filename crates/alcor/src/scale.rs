//! `alcor scale`: the scale test, with its progress and its report.

use alcor_scale::{Listener, Look, Options, RealLook, Report, Scenario, Target};
use anyhow::{Context, bail};
use comfy_table::{CellAlignment, Table};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;
use std::path::Path;
use std::sync::Arc;
use tokio::signal::unix::{SignalKind, signal};

/// Runs; fails when any host holds something else than intent says.
pub(crate) async fn run(options: Options) -> anyhow::Result<()> {
    let scenario = options.scenario()?;
    let bar = bar(scenario.ports.into());
    let listener = Some(listener(bar.clone()));
    let done = until_stopped(&scenario, &target(&options)?, listener).await;
    bar.finish_and_clear();
    let report = done?;
    if let Some(dir) = &options.report {
        write(&report, dir)?;
    }
    if options.json {
        println!("{}", serde_json::to_string(&report)?);
    } else {
        print(&report);
    }
    if !report.is_right() {
        bail!(
            "{} differences: {}",
            report.verdict.differences,
            report.verdict.told.join("; ")
        );
    }
    Ok(())
}

/// Runs to the end, or until told to stop: what is given up is dropped, and takes its processes and
/// namespaces with it.
async fn until_stopped(
    scenario: &Scenario,
    target: &Target,
    listener: Option<Listener>,
) -> anyhow::Result<Report> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        done = alcor_scale::run(scenario, target, listener) => done,
        _ = terminate.recv() => bail!("stopped by SIGTERM"),
        _ = interrupt.recv() => bail!("stopped by SIGINT"),
    }
}

fn target(options: &Options) -> anyhow::Result<Target> {
    Ok(match (&options.api, &options.agents) {
        (Some(api), Some(agents)) => Target::At {
            program: std::env::current_exe().context("cannot find this program")?,
            api: api.trim_end_matches('/').to_owned(),
            agents: agents.clone(),
        },
        _ => Target::Own {
            program: std::env::current_exe().context("cannot find this program")?,
            data_dir: options.data_dir.clone(),
        },
    })
}

/// On a terminal a bar; the listener prints lines where there is none.
fn bar(ports: u64) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(ports), ProgressDrawTarget::stderr());
    let style = ProgressStyle::with_template("{prefix:18} {bar:30} {pos}/{len} ports  {msg}");
    if let Ok(style) = style {
        bar.set_style(style);
    }
    bar
}

#[expect(
    clippy::print_stderr,
    reason = "progress, where there is no terminal for a bar"
)]
fn listener(bar: ProgressBar) -> Listener {
    let terminal = std::io::stderr().is_terminal();
    Arc::new(move |look: &Look| {
        if terminal {
            bar.set_prefix(look.phase.clone());
            bar.set_position(look.created.min(bar.length().unwrap_or(u64::MAX)));
            bar.set_message(summary(look));
        } else if look.at % 5.0 < 1.0 {
            eprintln!(
                "{:5.0} s {:18} {} ports  {}",
                look.at,
                look.phase,
                look.created,
                summary(look)
            );
        }
    })
}

fn summary(look: &Look) -> String {
    let seen = &look.seen;
    format!(
        "{} hosts ({} complete), {} ports verified, {} goals held, {} MB sent; region {:.2} cores {} MiB, driver {:.2} cores {} MiB",
        seen.sessions,
        seen.complete,
        seen.ports,
        seen.goals,
        seen.bytes / 1_000_000,
        look.region_cores,
        look.region_memory >> 20,
        look.driver_cores,
        look.driver_memory >> 20,
    ) + &look.real.as_ref().map(real).unwrap_or_default()
}

fn real(look: &RealLook) -> String {
    format!(
        "; {} real hosts {:.2} cores, agents {} MiB, switches {} MiB, first pings {} answered {} lost",
        look.hosts,
        look.cores,
        look.agents_memory >> 20,
        look.switches_memory >> 20,
        look.answered,
        look.lost
    )
}

fn write(report: &Report, dir: &Path) -> anyhow::Result<()> {
    let shown = dir.display();
    std::fs::create_dir_all(dir).with_context(|| format!("cannot make {shown}"))?;
    let json = serde_json::to_vec(report)?;
    std::fs::write(dir.join("report.json"), json)
        .and_then(|()| std::fs::write(dir.join("report.html"), alcor_scale::page(report)))
        .with_context(|| format!("cannot write the report into {shown}"))
}

fn print(report: &Report) {
    let mut table = Table::new();
    table.load_preset(comfy_table::presets::NOTHING);
    for figure in &report.figures.0 {
        let value = if figure.value.abs() < 100.0 {
            format!("{:.2}", figure.value)
        } else {
            format!("{:.0}", figure.value)
        };
        table.add_row([figure.what.clone(), value, figure.unit.to_owned()]);
    }
    if let Some(column) = table.column_mut(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    println!("{table}");
    let it = &report.verdict;
    println!(
        "checked: {} hosts with {} goals, {} pairs ({} reach each other), {} switches with {} flows: {} differences",
        it.hosts, it.goals, it.pairs, it.reaching, it.switches, it.flows, it.differences
    );
}
