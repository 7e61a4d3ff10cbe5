//! Pings, short and long. A long one runs beside what the test does to the lab, and its
//! report says which packets were lost meanwhile.

use crate::command::search_path;
use crate::layout::MARK;
use crate::{Lab, LabError};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::process::Stdio;
use std::time::{Duration, Instant};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// How long the answer to the last packet is waited for.
const LAST_ANSWER: Duration = Duration::from_secs(1);

/// What a long ping has to show that the path is alive when it is stopped, and to end.
const STOPPING: Duration = Duration::from_secs(3);

/// A ping to be sent.
#[derive(Debug, Clone, Copy)]
pub struct PingRequest {
    /// The address to ping.
    pub to: IpAddr,
    /// Packets to send; nothing for "until stopped".
    pub count: Option<u32>,
    /// The time between packets, at least 2 ms.
    pub interval: Duration,
    /// The most that the whole ping may take.
    pub deadline: Duration,
    /// Bytes of payload; 56 is customary, and 1472 fills an IPv4 packet of 1500 bytes.
    pub payload: u16,
    /// Forbids fragments, to find out what the path carries.
    pub dont_fragment: bool,
}

impl PingRequest {
    /// Three packets, 0.2 s apart, 56 bytes, within ten seconds.
    pub fn to(to: IpAddr) -> Self {
        Self {
            to,
            count: Some(3),
            interval: Duration::from_millis(200),
            deadline: Duration::from_secs(10),
            payload: 56,
            dont_fragment: false,
        }
    }

    fn args(&self) -> Vec<String> {
        let interval = format!("{:.3}", self.interval.as_secs_f64());
        let payload = self.payload.to_string();
        let wait = LAST_ANSWER.as_secs().to_string();
        let mut args = vec!["ping", "-n", "-i", &interval, "-s", &payload, "-W", &wait];
        let count = self.count.map(|count| count.to_string());
        if let Some(count) = &count {
            args.extend(["-c", count]);
        }
        if self.dont_fragment {
            args.extend(["-M", "do"]);
        }
        let to = self.to.to_string();
        args.push(&to);
        args.into_iter().map(str::to_owned).collect()
    }
}

/// What became of the packets of a ping.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct PingReport {
    /// Packets sent.
    pub sent: u32,
    /// Packets answered, each counted once.
    pub received: u32,
    /// Answers beyond the first to a packet.
    pub duplicates: u32,
    /// Round-trip time of each answered packet, by sequence number from 1.
    pub rtts: BTreeMap<u32, Duration>,
    /// Sequence numbers that stayed without an answer. Packets that were on their way when a
    /// long ping was stopped are not counted as lost, nor as sent.
    pub lost: Vec<u32>,
}

impl PingReport {
    /// Every packet was answered, and there was one.
    pub fn complete(&self) -> bool {
        self.received > 0 && self.lost.is_empty()
    }

    /// The longest run of consecutive lost packets.
    pub fn longest_gap(&self) -> u32 {
        let (mut longest, mut run, mut before) = (0, 0, None);
        for seq in &self.lost {
            run = if before == Some(seq - 1) { run + 1 } else { 1 };
            longest = longest.max(run);
            before = Some(*seq);
        }
        longest
    }
}

/// What `ping` has written so far.
#[derive(Debug, Clone, Default)]
struct Progress {
    report: PingReport,
    /// From the summary at its end.
    transmitted: Option<u32>,
}

impl Progress {
    fn line(&mut self, line: &str) {
        if let Some((seq, rtt)) = answer(line) {
            if self.report.rtts.insert(seq, rtt).is_some() {
                self.report.duplicates += 1;
            } else {
                self.report.received += 1;
            }
        } else if let Some((count, _)) = line.split_once(" packets transmitted") {
            self.transmitted = count.trim().parse().ok();
        }
    }

    fn last_answered(&self) -> u32 {
        self.report.rtts.keys().next_back().copied().unwrap_or(0)
    }

    /// The report of a ping that ended after this many packets.
    fn finish(mut self, sent: u32) -> PingReport {
        let answered: BTreeSet<_> = self.report.rtts.keys().copied().collect();
        self.report.sent = sent;
        self.report.lost = (1..=sent).filter(|seq| !answered.contains(seq)).collect();
        self.report
    }
}

/// Sequence number and round-trip time in a line like
/// `64 bytes from 10.0.0.2: icmp_seq=1 ttl=64 time=0.523 ms`.
fn answer(line: &str) -> Option<(u32, Duration)> {
    let (_, rest) = line.split_once("icmp_seq=")?;
    let (seq, rest) = rest.split_once(' ')?;
    let (_, rest) = rest.split_once("time=")?;
    let (millis, _) = rest.split_once(" ms")?;
    let rtt = Duration::try_from_secs_f64(millis.parse::<f64>().ok()? / 1000.0).ok()?;
    Some((seq.parse().ok()?, rtt))
}

/// A ping that runs. Dropping it ends it.
#[derive(Debug)]
pub struct RunningPing {
    child: Child,
    progress: watch::Receiver<Progress>,
    reader: JoinHandle<()>,
}

impl RunningPing {
    /// Waits until this many packets have been answered.
    pub async fn answered(&mut self, count: u32, deadline: Duration) -> Result<(), LabError> {
        let enough = self
            .progress
            .wait_for(|so_far| so_far.report.received >= count);
        match timeout(deadline, enough).await {
            Ok(Ok(_)) => Ok(()),
            _ => Err(LabError::Timeout {
                what: format!("{count} answers to a ping"),
                after: deadline,
            }),
        }
    }

    /// Ends the ping and says what became of its packets. Waits for one more answer first:
    /// if it comes, the path is alive, and what was sent after it was merely on its way; if
    /// not, the last packets are lost indeed.
    pub async fn stop(mut self) -> Result<PingReport, LabError> {
        let last = self.progress.borrow().last_answered();
        let alive = self
            .progress
            .wait_for(|so_far| so_far.last_answered() > last);
        let alive = matches!(timeout(STOPPING, alive).await, Ok(Ok(_)));
        if let Some(pid) = self.child.id().and_then(|pid| i32::try_from(pid).ok()) {
            // An error means that it has ended by itself.
            let _ended = kill(Pid::from_raw(pid), Signal::SIGINT);
        }
        let progress = self.end(STOPPING).await?;
        let sent = progress.transmitted.unwrap_or(0);
        let sent = if alive {
            progress.last_answered()
        } else {
            sent
        };
        Ok(progress.finish(sent))
    }

    /// Waits for the end of a ping and of its output.
    async fn end(&mut self, deadline: Duration) -> Result<Progress, LabError> {
        let ended = timeout(deadline, async {
            let _status = self.child.wait().await;
            let _read = (&mut self.reader).await;
        });
        if ended.await.is_err() {
            return Err(LabError::Timeout {
                what: "end of a ping".to_owned(),
                after: deadline,
            });
        }
        Ok(self.progress.borrow().clone())
    }
}

impl Lab {
    /// Pings from a VM or host and waits for the end. No answer is no error; an address for
    /// which there is no route counts as no packet sent. Once there was an answer, `ping` waits
    /// for the last ones no longer than the interval or two round trips: with a short interval
    /// on a busy machine, they may seem lost. [`Lab::spawn_ping`] does not judge them.
    pub async fn ping(&self, from: &str, request: PingRequest) -> Result<PingReport, LabError> {
        let mut ping = self.spawn_ping(from, request)?;
        let progress = ping.end(request.deadline).await?;
        let sent = progress.transmitted.unwrap_or(0);
        Ok(progress.finish(sent))
    }

    /// How long it takes until a ping is answered, trying again every 20 ms.
    pub async fn first_answer(
        &self,
        from: &str,
        to: IpAddr,
        deadline: Duration,
    ) -> Result<Duration, LabError> {
        let began = Instant::now();
        let request = PingRequest {
            count: None,
            interval: Duration::from_millis(20),
            ..PingRequest::to(to)
        };
        let mut ping = self.spawn_ping(from, request)?;
        ping.answered(1, deadline).await?;
        Ok(began.elapsed())
    }

    /// Starts a ping that runs until it is stopped (with `count` at `None`), beside whatever
    /// is done to the lab meanwhile. The request's deadline is not used.
    pub fn spawn_ping(&self, from: &str, request: PingRequest) -> Result<RunningPing, LabError> {
        let mut command = Command::new("ip");
        command
            .args(["netns", "exec", &self.namespace(from)?])
            .args(request.args())
            .env("PATH", search_path())
            .env("LC_ALL", "C")
            .env(MARK, &self.layout.dir)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true);
        let mut child = command.spawn().map_err(|source| LabError::Spawn {
            command: format!("ip netns exec {from} {}", request.args().join(" ")),
            source,
        })?;
        let stdout = child.stdout.take();
        let (tell, progress) = watch::channel(Progress::default());
        let reader = tokio::spawn(async move {
            let Some(stdout) = stdout else { return };
            let mut lines = BufReader::new(stdout).lines();
            while let Ok(Some(line)) = lines.next_line().await {
                tell.send_modify(|so_far| so_far.line(&line));
            }
        });
        Ok(RunningPing {
            child,
            progress,
            reader,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Progress {
        let mut progress = Progress::default();
        text.lines().for_each(|line| progress.line(line));
        progress
    }

    const TEXT: &str = "PING 10.0.0.2 (10.0.0.2) 56(84) bytes of data.
64 bytes from 10.0.0.2: icmp_seq=1 ttl=64 time=3.98 ms
64 bytes from 10.0.0.2: icmp_seq=3 ttl=64 time=0.037 ms
64 bytes from 10.0.0.2: icmp_seq=3 ttl=64 time=0.040 ms (DUP!)
From 10.0.0.1 icmp_seq=4 Destination Host Unreachable
64 bytes from 10.0.0.2: icmp_seq=7 ttl=64 time=12 ms

--- 10.0.0.2 ping statistics ---
8 packets transmitted, 3 received, +1 duplicates, 62.5% packet loss, time 1028ms
";

    #[test]
    fn the_text_of_ping_becomes_a_report() {
        let progress = read(TEXT);
        assert_eq!(
            (progress.transmitted, progress.last_answered()),
            (Some(8), 7)
        );
        let report = progress.finish(8);
        assert_eq!((report.sent, report.received, report.duplicates), (8, 3, 1));
        assert_eq!(report.rtts[&1], Duration::from_micros(3980));
        assert_eq!(report.lost, [2, 4, 5, 6, 8]);
        assert_eq!(report.longest_gap(), 3);
        assert!(!report.complete());
    }

    #[test]
    fn packets_on_their_way_at_the_end_are_not_lost() {
        let report = read(TEXT).finish(7);
        assert_eq!(report.lost, [2, 4, 5, 6]);
    }

    #[test]
    fn nothing_sent_is_not_complete() {
        assert!(!read("").finish(0).complete());
        assert_eq!(PingReport::default().longest_gap(), 0);
    }
}
