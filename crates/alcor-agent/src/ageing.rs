//! Which neighbours of large networks are still used: those whose flows count packets.

use alcor_types::{NetworkId, PortId};
use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, Instant};

/// Neighbours that a host holds at most; beyond that the ones that were used longest ago go.
const LIMIT: usize = 20_000;

/// See the module.
#[derive(Debug)]
pub(crate) struct Ageing {
    /// Unused for so long, a neighbour goes.
    limit: Duration,
    seen: HashMap<PortId, Seen>,
}

/// What a neighbour's flows have counted, and when that last was news.
#[derive(Debug)]
struct Seen {
    packets: u64,
    at: Instant,
}

impl Ageing {
    /// Neighbours go when they have not been used for so long.
    pub(crate) fn new(limit: Duration) -> Self {
        Self {
            limit,
            seen: HashMap::new(),
        }
    }

    /// Who of those that are held has not been used for too long, given what the flows of each have
    /// counted.
    pub(crate) fn idle(
        &mut self,
        now: Instant,
        held: &BTreeMap<PortId, NetworkId>,
        packets: &BTreeMap<PortId, u64>,
    ) -> Vec<PortId> {
        self.seen.retain(|port, _| held.contains_key(port));
        for port in held.keys() {
            let packets = packets.get(port).copied().unwrap_or(0);
            let seen = self.seen.entry(*port).or_insert(Seen { packets, at: now });
            if seen.packets != packets {
                *seen = Seen { packets, at: now };
            }
        }
        let mut by_use: Vec<_> = self
            .seen
            .iter()
            .map(|(port, seen)| (seen.at, *port))
            .collect();
        by_use.sort_unstable();
        let beyond = by_use.len().saturating_sub(LIMIT);
        let idle = |at: &Instant| now.saturating_duration_since(*at) >= self.limit;
        let gone = by_use.iter().enumerate();
        let gone = gone.filter(|(index, (at, _))| *index < beyond || idle(at));
        gone.map(|(_, (_, port))| *port).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_counts_packets_stays() {
        let start = Instant::now();
        let later = |seconds| start + Duration::from_secs(seconds);
        let mut ageing = Ageing::new(Duration::from_secs(10));
        let (network, [used, idle]) = (NetworkId::random(), [PortId::random(), PortId::random()]);
        let held = BTreeMap::from([(used, network), (idle, network)]);
        assert!(ageing.idle(start, &held, &BTreeMap::new()).is_empty());
        let counted = |packets| BTreeMap::from([(used, packets)]);
        assert!(ageing.idle(later(9), &held, &counted(1)).is_empty());
        assert_eq!(ageing.idle(later(10), &held, &counted(1)), [idle]);
        assert_eq!(ageing.idle(later(20), &held, &counted(2)), [idle]);
        // Who is no longer held begins anew.
        let held = BTreeMap::from([(used, network)]);
        assert!(ageing.idle(later(21), &held, &counted(2)).is_empty());
        let held = BTreeMap::from([(used, network), (idle, network)]);
        assert!(ageing.idle(later(22), &held, &counted(2)).is_empty());
        assert_eq!(ageing.idle(later(30), &held, &counted(2)), [used]);
    }
}
