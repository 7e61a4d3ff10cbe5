//! Streams of UDP packets between VMs, and how many of them arrive.

use super::{LONG, until};
use alcor_lab::Lab;
use anyhow::{Context, bail};
use std::io::{BufRead, BufReader, Write};
use std::net::IpAddr;
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::time::Duration;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/stage/stream.py");
const PORT: &str = "5005";

/// How long packets are counted for a rate.
const WINDOW: Duration = Duration::from_secs(1);

/// A child of a VM. Ends with it.
struct Program {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
}

impl Program {
    fn start(lab: &Lab, vm: &str, words: &[&str], ready: &str) -> anyhow::Result<Self> {
        let argv = ["python3", SCRIPT].iter().chain(words).copied();
        let mut command = lab.command(vm, argv)?;
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn()?;
        let to = child.stdin.take().context("no stdin")?;
        let from = BufReader::new(child.stdout.take().context("no stdout")?);
        let mut program = Self { child, to, from };
        match program.line()?.as_str() {
            word if word == ready => Ok(program),
            other => bail!("{vm}: {words:?}: {other}"),
        }
    }

    fn line(&mut self) -> anyhow::Result<String> {
        let mut line = String::new();
        self.from.read_line(&mut line)?;
        Ok(line.trim().to_owned())
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A VM that sends until this is dropped.
pub(crate) struct Stream(Program);

/// What a stream is made of.
#[derive(Clone, Copy)]
pub(crate) struct Shape {
    /// Bytes of payload.
    pub(crate) bytes: u32,
    /// Packets a second.
    pub(crate) packets: u32,
    /// The former type of service: six bits of DSCP, two of ECN.
    pub(crate) class: u8,
}

impl Stream {
    /// From a VM to an address.
    pub(crate) fn start(lab: &Lab, vm: &str, to: IpAddr, shape: Shape) -> anyhow::Result<Self> {
        let to = to.to_string();
        let numbers = [shape.bytes, shape.packets, shape.class.into()];
        let numbers = numbers.map(|number| number.to_string());
        let [bytes, packets, class] = &numbers;
        let words = ["send", &to, PORT, bytes, packets, class];
        Ok(Self(Program::start(lab, vm, &words, "sending")?))
    }
}

/// A VM that counts.
pub(crate) struct Counter(Program);

/// What has come until a moment of the counter's own clock.
#[derive(Clone, Copy, Debug)]
struct Count {
    seconds: f64,
    packets: f64,
    bytes: f64,
    class: f64,
}

/// What came in a window.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Arrivals {
    /// Packets a second.
    pub(crate) packets: f64,
    /// Kilobits of payload a second.
    pub(crate) kilobits: f64,
    /// The last packet's.
    pub(crate) class: u8,
}

impl Counter {
    /// Of the packets to an address of this family.
    pub(crate) fn start(lab: &Lab, vm: &str, own: IpAddr) -> anyhow::Result<Self> {
        let own = own.to_string();
        let words = ["count", &own, PORT];
        Ok(Self(Program::start(lab, vm, &words, "counting")?))
    }

    fn count(&mut self) -> anyhow::Result<Count> {
        writeln!(self.0.to, "now?")?;
        let line = self.0.line()?;
        let words = line.split(' ').map(str::parse);
        let numbers: Vec<f64> = words.collect::<Result<_, _>>()?;
        let [seconds, packets, bytes, class] = numbers[..] else {
            bail!("no count: {line}");
        };
        Ok(Count {
            seconds,
            packets,
            bytes,
            class,
        })
    }

    /// What comes in a window from now on.
    pub(crate) async fn arrivals(&mut self) -> anyhow::Result<Arrivals> {
        let before = self.count()?;
        tokio::time::sleep(WINDOW).await;
        let after = self.count()?;
        let seconds = after.seconds - before.seconds;
        Ok(Arrivals {
            packets: (after.packets - before.packets) / seconds,
            kilobits: (after.bytes - before.bytes) * 8.0 / 1000.0 / seconds,
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "one byte"
            )]
            class: after.class as u8,
        })
    }

    /// Waits until a window's arrivals are such.
    pub(crate) async fn sees(
        &mut self,
        what: &str,
        holds: impl Fn(&Arrivals) -> bool,
    ) -> anyhow::Result<()> {
        let mut last = None;
        let seen = until(what, async || {
            let arrivals = self.arrivals().await?;
            last = Some(arrivals);
            anyhow::Ok(holds(&arrivals))
        })
        .await;
        seen.with_context(|| format!("the last window of {WINDOW:?} in {LONG:?}: {last:?}"))
    }
}
