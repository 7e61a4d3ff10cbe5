//! A region server without a lab.

use super::{LONG, binary, until};
use alcor::rest::Rest;
use anyhow::{Context, bail};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStderr, Command};
use tokio::time::timeout;

/// A token file with an operator, a member of `red`, and members and a reader of `blue`.
pub(crate) struct Tokens(tempfile::TempDir);

impl Tokens {
    /// The operator's token.
    pub(crate) const ADMIN: &str = "operator-token";
    /// Of a member of the project `red`.
    pub(crate) const RED: &str = "red-token";
    /// Of a member of the project `blue`.
    pub(crate) const BLUE: &str = "blue-token";
    /// Of one who may only read in the project `blue`.
    pub(crate) const READER: &str = "reader-token";

    /// Writes the file.
    pub(crate) fn new() -> anyhow::Result<Self> {
        let tokens = Self(tempfile::tempdir()?);
        let entry = |token: &str, project: &str, role: &str| {
            format!(
                "[[token]]\ntoken = \"{token}\"\nproject = \"{project}\"\n\
                 user = \"{role}-of-{project}\"\nroles = [\"{role}\"]\n"
            )
        };
        let text = [
            entry(Self::ADMIN, "operators", "admin"),
            entry(Self::RED, "red", "member"),
            entry(Self::BLUE, "blue", "member"),
            entry(Self::READER, "blue", "reader"),
        ];
        std::fs::write(tokens.path(), text.concat())?;
        std::fs::set_permissions(tokens.path(), PermissionsExt::from_mode(0o600))?;
        Ok(tokens)
    }

    /// Where the file is.
    pub(crate) fn path(&self) -> PathBuf {
        self.0.path().join("tokens.toml")
    }

    /// The flags that make a server use the file.
    pub(crate) fn flags(&self) -> Vec<String> {
        let path = self.path().display().to_string();
        vec!["--auth=token".to_owned(), format!("--token-file={path}")]
    }
}

/// A running server. Dropping it kills it.
pub(crate) struct Server {
    child: Child,
    log: Lines<BufReader<ChildStderr>>,
    /// Its REST API, such as `http://127.0.0.1:9696`.
    pub(crate) url: String,
    /// Where agents would connect.
    pub(crate) agents: String,
}

impl Server {
    /// Starts a server with a data directory, on ports that the system chooses.
    pub(crate) async fn start(data: &Path, more: &[String]) -> anyhow::Result<Self> {
        let data = data.display().to_string();
        let mut command = command();
        command
            .args(["--listen=127.0.0.1:0", "--agent-listen=127.0.0.1:0"])
            .args(["--data-dir", &data, "--quota=all=-1"])
            .args(more);
        Self::spawn(command).await
    }

    /// Starts a server without authentication.
    pub(crate) async fn open(data: &Path) -> anyhow::Result<Self> {
        Self::start(data, &["--auth=none".to_owned()]).await
    }

    /// Starts a server by this command, and waits until it says that it serves.
    pub(crate) async fn spawn(mut command: Command) -> anyhow::Result<Self> {
        let mut child = command.spawn()?;
        let stderr = child.stderr.take().context("no stderr")?;
        let mut log = BufReader::new(stderr).lines();
        let mut seen = Vec::new();
        while let Some(line) = timeout(LONG, log.next_line()).await?? {
            let entry: Value = serde_json::from_str(&line).unwrap_or_default();
            if entry["fields"]["message"] == "region serves" {
                return Ok(Self {
                    url: address(&entry["fields"]["api"])?,
                    agents: address(&entry["fields"]["agents"])?,
                    child,
                    log,
                });
            }
            seen.push(line);
        }
        bail!("the server ended:\n{}", seen.join("\n"))
    }

    /// A client without a token.
    pub(crate) fn rest(&self) -> Rest {
        Rest::new(&self.url)
    }

    /// A client with a token.
    pub(crate) fn as_user(&self, token: &str) -> anyhow::Result<Rest> {
        self.rest().with_token(token)
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, signal: Signal) -> anyhow::Result<()> {
        let pid = self.child.id().context("the server has ended")?;
        Ok(kill(Pid::from_raw(pid.try_into()?), signal)?)
    }

    /// Waits for its end; returns its status, or nothing if a signal ended it.
    pub(crate) async fn ended(mut self) -> anyhow::Result<Option<i32>> {
        // A full pipe would keep it from ending.
        while timeout(LONG, self.log.next_line()).await??.is_some() {}
        Ok(timeout(LONG, self.child.wait()).await??.code())
    }

    /// Asks it to end, and expects that it does so in good order.
    pub(crate) async fn stop(self) -> anyhow::Result<()> {
        self.signal(Signal::SIGTERM)?;
        match self.ended().await? {
            Some(0) => Ok(()),
            other => bail!("the server ended with {other:?}"),
        }
    }

    /// Kills it, and waits until it is gone.
    pub(crate) async fn kill(mut self) -> anyhow::Result<()> {
        Ok(self.child.kill().await?)
    }

    /// Waits until it takes no more requests.
    pub(crate) async fn refuses(&self) -> anyhow::Result<()> {
        let rest = self.rest();
        until("the server is not ready", async || {
            anyhow::Ok(rest.text("/readyz").await.is_err())
        })
        .await
    }
}

/// `alcor server`, logging JSON, with nothing of our own environment in its settings.
pub(crate) fn command() -> Command {
    let mut command = Command::new(binary());
    let inherited = std::env::vars().map(|(name, _)| name);
    for name in inherited.filter(|name| name.starts_with("ALCOR_")) {
        command.env_remove(name);
    }
    command
        .args(["server", "--log-json"])
        .stdin(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

/// Runs a server that is expected to refuse.
pub(crate) async fn refusal(arguments: &[&str]) -> anyhow::Result<Output> {
    let mut command = command();
    let output = timeout(LONG, command.args(arguments).output()).await??;
    Ok(output)
}

fn address(field: &Value) -> anyhow::Result<String> {
    let address = field.as_str().context("no address in the log")?;
    Ok(format!("http://{address}"))
}
