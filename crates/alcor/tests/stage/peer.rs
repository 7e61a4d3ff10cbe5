//! Services of the world outside, on the loopback that the agents share with the test.

use anyhow::Context;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

const NOVA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/stage/nova.py");
const UPSTREAM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/stage/upstream.py");

/// A service that ends with its test.
pub(crate) struct Peer {
    child: Child,
    /// Where it listens on the loopback.
    pub(crate) port: u16,
}

impl Peer {
    /// Nova's metadata service, at a port of its choice or a certain one.
    pub(crate) fn nova(secret: &str, port: Option<u16>) -> anyhow::Result<Self> {
        let port = port.map(|port| port.to_string());
        Self::start([NOVA, secret].into_iter().chain(port.as_deref()))
    }

    /// A name server.
    pub(crate) fn upstream() -> anyhow::Result<Self> {
        Self::start([UPSTREAM].into_iter())
    }

    fn start<'a>(words: impl Iterator<Item = &'a str>) -> anyhow::Result<Self> {
        let mut command = Command::new("python3");
        let mut child = command.args(words).stdout(Stdio::piped()).spawn()?;
        let mut line = String::new();
        let told = child.stdout.take().context("no stdout")?;
        BufReader::new(told).read_line(&mut line)?;
        let port = line.trim().parse();
        let mut peer = Self { child, port: 0 };
        peer.port = port.context("the service does not listen")?;
        Ok(peer)
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _gone = self.child.wait();
    }
}
