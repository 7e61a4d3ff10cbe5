//! Conversations between VMs: servers that echo, single questions, and connections that are kept.

use super::LONG;
use alcor_lab::Lab;
use anyhow::{Context, bail};
use std::io::{BufRead, BufReader, Write};
use std::net::IpAddr;
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/stage/talk.py");

/// A child of a VM, and its lines. Ends with it.
pub(crate) struct Talk {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
}

impl Talk {
    fn start(lab: &Lab, vm: &str, words: &[&str]) -> anyhow::Result<Self> {
        let argv = ["python3", SCRIPT].iter().chain(words).copied();
        let mut command = lab.command(vm, argv)?;
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn()?;
        let to = child.stdin.take().context("no stdin")?;
        let from = BufReader::new(child.stdout.take().context("no stdout")?);
        Ok(Self { child, to, from })
    }

    fn line(&mut self) -> anyhow::Result<String> {
        let mut line = String::new();
        self.from.read_line(&mut line)?;
        Ok(line.trim().to_owned())
    }

    /// A VM that echoes on ports such as `tcp:80`.
    pub(crate) fn serve(lab: &Lab, vm: &str, ports: &[&str]) -> anyhow::Result<Self> {
        let mut talk = Self::start(lab, vm, &[&["serve"], ports].concat())?;
        match talk.line()?.as_str() {
            "serving" => Ok(talk),
            other => bail!("{vm} does not serve {ports:?}: {other}"),
        }
    }

    /// A TCP connection from a VM, which is there.
    pub(crate) fn hold(lab: &Lab, vm: &str, to: IpAddr, port: u16) -> anyhow::Result<Self> {
        let (to, port) = (to.to_string(), port.to_string());
        let mut talk = Self::start(lab, vm, &["hold", "tcp", &to, &port])?;
        match talk.line()?.as_str() {
            "connected" => Ok(talk),
            other => bail!("{vm} has no connection to {to}:{port}: {other}"),
        }
    }

    /// Whether the other end still answers on the connection.
    pub(crate) fn goes_on(&mut self) -> anyhow::Result<bool> {
        writeln!(self.to, "still there?")?;
        Ok(self.line()? == "yes")
    }
}

impl Drop for Talk {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Whether a server answers a VM's single question on `tcp:80` or the like, of so many bytes.
pub(crate) async fn answers(
    lab: &Lab,
    vm: &str,
    to: IpAddr,
    port: &str,
    bytes: u32,
) -> anyhow::Result<bool> {
    Ok(asked(lab, vm, to, port, bytes).await? == "yes")
}

/// What becomes of a single question, with a source port such as `udp:53:5300` or without: `yes` when it is answered, `refused` when the other host
/// says that nobody is there, and else `no`.
pub(crate) async fn asked(
    lab: &Lab,
    vm: &str,
    to: IpAddr,
    port: &str,
    bytes: u32,
) -> anyhow::Result<String> {
    let (kind, ports) = port.split_once(':').context("no port")?;
    let (port, source) = ports.split_once(':').unwrap_or((ports, "0"));
    let words = format!("python3 {SCRIPT} ask {kind} {to} {port} {bytes} {source}");
    let output = lab.exec(vm, words.split(' '), LONG).await?;
    if !output.success() {
        bail!("{words}: {output:?}");
    }
    Ok(output.stdout.trim().to_owned())
}
