//! What routers tell VMs whose packets they cannot pass on, within measure: a VM that sends nothing
//! but such packets must not keep the agent from its work.

use crate::engine::Answer;
use alcor_responder::icmp::{Complaint, RouterAddress, complain};
use alcor_responder::{Counters, Outcome, Reason};
use alcor_types::{MacAddr, PortId};
use std::collections::HashMap;
use std::time::{Duration, Instant};

/// Complaints to one port at once, and how long it takes until one more is due: a hundred a second,
/// enough for several traces at a time.
const BURST: u32 = 100;
const EVERY: Duration = Duration::from_millis(10);

/// What every port may still be told.
#[derive(Debug, Default)]
pub(crate) struct Complaints(HashMap<PortId, Allowance>);

/// A token bucket.
#[derive(Debug)]
struct Allowance {
    left: u32,
    since: Instant,
}

impl Complaints {
    /// The port is not this host's any more.
    pub(crate) fn forget(&mut self, port: PortId) {
        self.0.remove(&port);
    }

    /// Answers a frame of a port whose VM has this MAC address.
    pub(crate) fn answer(
        &mut self,
        now: Instant,
        (port, vm): (PortId, MacAddr),
        (complaint, router): (Complaint, RouterAddress),
        frame: &[u8],
        counters: &mut Counters,
    ) -> Option<Answer> {
        let allowance = self.0.entry(port).or_insert(Allowance {
            left: BURST,
            since: now,
        });
        let outcome = if allowance.take(now) {
            complain(frame, complaint, router, vm)
        } else {
            Outcome::Silence(Reason::TooMany)
        };
        counters.count(&outcome);
        match outcome {
            Outcome::Complaint { frame, .. } => Some(frame),
            _ => None,
        }
    }
}

impl Allowance {
    fn take(&mut self, now: Instant) -> bool {
        let elapsed = now.saturating_duration_since(self.since);
        let due = elapsed.as_nanos() / EVERY.as_nanos();
        let due = u32::try_from(due).unwrap_or(BURST).min(BURST);
        if due > 0 {
            self.left = self.left.saturating_add(due).min(BURST);
            self.since = now;
        }
        let granted = self.left > 0;
        self.left = self.left.saturating_sub(1);
        granted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_told_a_burst_and_then_at_its_pace() {
        let start = Instant::now();
        let mut allowance = Allowance {
            left: BURST,
            since: start,
        };
        let granted =
            |allowance: &mut Allowance, now| (0..1000).filter(|_| allowance.take(now)).count();
        assert_eq!(granted(&mut allowance, start), 100);
        assert_eq!(granted(&mut allowance, start + EVERY * 7), 7);
        assert_eq!(granted(&mut allowance, start + EVERY * 7), 0);
        assert_eq!(granted(&mut allowance, start + EVERY * 10_000), 100);
    }
}
