//! New TCP connections a second between VMs on two hosts, with security groups and with port
//! security off: the same programs in the same minute, so that the ratio says what the groups cost.

use super::place::{PATIENCE, vms};
use crate::Scale;
use crate::report::{Report, Row};
use crate::samples::Samples;
use alcor::scenario::{PortInfo, Scenario};
use anyhow::Context;
use serde_json::json;
use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

const SCRIPT: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/benches/figures/datapath/connects.py"
);

/// A server that runs until this is dropped.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _killed = self.0.kill();
        let _reaped = self.0.wait();
    }
}

pub(super) async fn measure(
    scale: Scale,
    region: &Scenario,
    report: &mut Report,
) -> anyhow::Result<()> {
    let net = region.segment("connects", "10.22.0.0/24").await?;
    let off = json!({ "port_security_enabled": false, "security_groups": [] });
    vms(region, ("gc", 1), 1, &net, json!({})).await?;
    let grouped = vms(region, ("gs", 1), 2, &net, json!({})).await?;
    vms(region, ("pc", 1), 1, &net, off.clone()).await?;
    let plain = vms(region, ("ps", 1), 2, &net, off).await?;
    let _servers = [serve(region, "gs0")?, serve(region, "ps0")?];
    let seconds = scale.pick("3", "1");
    let (mut with, mut without, mut ratio) =
        (Samples::default(), Samples::default(), Samples::default());
    for round in 0..=scale.pick(7, 1) {
        let one = connect(region, "gc0", &grouped[0].1, seconds).await?;
        let other = connect(region, "pc0", &plain[0].1, seconds).await?;
        if round > 0 {
            with.push(one);
            without.push(other);
            ratio.push(one / other);
        }
    }
    let note = "one client, one after the other, connect and reset";
    report.add(Row::of("TCP connects across hosts, security groups", &with, "/s").note(note));
    report.add(
        Row::of(
            "TCP connects across hosts, port security off",
            &without,
            "/s",
        )
        .note(note),
    );
    report.add(Row::of("the first to the second", &ratio, "of it"));
    Ok(())
}

fn serve(region: &Scenario, vm: &str) -> anyhow::Result<Server> {
    let mut command = region.lab().command(vm, ["python3", SCRIPT, "serve"])?;
    let mut server = Server(command.stdout(Stdio::piped()).spawn()?);
    let stdout = server.0.stdout.take().context("no stdout")?;
    let mut line = String::new();
    BufReader::new(stdout).read_line(&mut line)?;
    anyhow::ensure!(line.trim() == "serving", "{vm} does not serve: {line}");
    Ok(server)
}

/// Connections a second.
async fn connect(region: &Scenario, vm: &str, to: &PortInfo, seconds: &str) -> anyhow::Result<f64> {
    let to = to.ip.to_string();
    let words = ["python3", SCRIPT, "connect", &to, seconds];
    let output = region.lab().exec(vm, words, PATIENCE).await?;
    let rate = output.stdout.trim().parse();
    rate.with_context(|| format!("{vm} does not connect to {to}: {output:?}"))
}
