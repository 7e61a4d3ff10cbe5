//! How much of the agent's work a port may ask for: a VM that sends nothing but frames for the agent
//! must not keep it from the others'.

use alcor_types::PortId;
use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, Instant};

/// Answers to one port at once, and how long it takes until one more is due: a hundred a second,
/// enough for several traces at a time.
const BURST: u32 = 100;
const EVERY: Duration = Duration::from_millis(10);
/// The same of TCP segments, of which one answer takes many.
const TALK_BURST: u32 = 2000;
const TALK_EVERY: Duration = Duration::from_millis(1);

/// The same of packets for neighbours that are not known: a server that starts speaks to many at once, a
/// scan to all.
const NEIGHBORS_BURST: u32 = 256;
const NEIGHBORS_EVERY: Duration = Duration::from_millis(5);
const ARRIVALS_BURST: u32 = 1024;
const ARRIVALS_EVERY: Duration = Duration::from_millis(1);

/// What is asked for. Each has a measure of its own, so that a flood of one takes nothing from the
/// others.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Service {
    /// A router's errors.
    Complaint,
    /// What a router says of packets that are too large. Whoever does not listen goes on sending them.
    TooLarge,
    /// DHCPv4.
    Dhcp4,
    /// DHCPv6.
    Dhcp6,
    /// Router advertisements.
    Routers,
    /// Questions for names.
    Names,
    /// Segments of TCP.
    Talk,
    /// Packets for whom nobody here knows.
    Neighbors,
    /// Packets from whom nobody here knows, to a VM whose rules name groups.
    Sources,
    /// The same of packets that a gateway here leads in: those of all VMs behind it.
    Arrivals,
}

impl Service {
    /// How much at once, and how long until one more.
    fn measure(self) -> (u32, Duration) {
        match self {
            Self::Talk => (TALK_BURST, TALK_EVERY),
            Self::Neighbors | Self::Sources => (NEIGHBORS_BURST, NEIGHBORS_EVERY),
            Self::Arrivals => (ARRIVALS_BURST, ARRIVALS_EVERY),
            _ => (BURST, EVERY),
        }
    }
}

/// What every port may still ask for.
#[derive(Debug, Default)]
pub(crate) struct Allowances(HashMap<PortId, BTreeMap<Service, Allowance>>);

/// A token bucket.
#[derive(Debug)]
struct Allowance {
    left: u32,
    since: Instant,
}

impl Allowances {
    /// The port is not this host's any more.
    pub(crate) fn forget(&mut self, port: PortId) {
        self.0.remove(&port);
    }

    /// Takes one, if there is one left.
    pub(crate) fn take(&mut self, now: Instant, port: PortId, service: Service) -> bool {
        let services = self.0.entry(port).or_default();
        let measure = service.measure();
        let allowance = services.entry(service).or_insert(Allowance {
            left: measure.0,
            since: now,
        });
        allowance.take(now, measure)
    }
}

impl Allowance {
    fn take(&mut self, now: Instant, (burst, every): (u32, Duration)) -> bool {
        let elapsed = now.saturating_duration_since(self.since);
        let due = elapsed.as_nanos() / every.as_nanos();
        let due = u32::try_from(due).unwrap_or(burst).min(burst);
        if due > 0 {
            self.left = self.left.saturating_add(due).min(burst);
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
        let granted = |allowance: &mut Allowance, now| {
            (0..1000)
                .filter(|_| allowance.take(now, (BURST, EVERY)))
                .count()
        };
        assert_eq!(granted(&mut allowance, start), 100);
        assert_eq!(granted(&mut allowance, start + EVERY * 7), 7);
        assert_eq!(granted(&mut allowance, start + EVERY * 7), 0);
        assert_eq!(granted(&mut allowance, start + EVERY * 10_000), 100);
    }

    #[test]
    fn ports_and_services_do_not_share() {
        let (start, mut all) = (Instant::now(), Allowances::default());
        let [one, other] = [PortId::random(), PortId::random()];
        while all.take(start, one, Service::Dhcp4) {}
        assert!(all.take(start, one, Service::Complaint));
        assert!(all.take(start, other, Service::Dhcp4));
        all.forget(one);
        assert!(all.take(start, one, Service::Dhcp4));
    }
}
