//! What bounds a port's traffic: the effective rules of its QoS policy, in the units in which a
//! data plane counts.

use alcor_types::{FlowDirection, QosLimit};

/// The limits of one port, or of anything else that a QoS policy is named by.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Limits {
    /// Of what leaves the VM.
    pub egress: Bounds,
    /// Of what reaches it.
    pub ingress: Bounds,
    /// The DSCP of the IP packets that leave the VM: six bits (RFC 2474, section 3).
    pub dscp: Option<u8>,
}

/// Upper bounds of one direction.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Bounds {
    /// In kilobits a second.
    pub bandwidth: Option<Rate>,
    /// In packets a second.
    pub packets: Option<Rate>,
}

/// An upper bound.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Rate {
    /// Units a second.
    pub rate: u32,
    /// Units that may pass at once; 0 lets the data plane choose.
    pub burst: u32,
}

/// Packets in the unit of packet rate rules.
const KILO: u32 = 1000;

impl Limits {
    /// Whether nothing is bounded and nothing marked.
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }

    /// What rules say together. Of several about one thing, the lowest rate and the highest mark
    /// count. Guarantees bound nothing, and neither does a rate of 0, as in Neutron.
    pub fn of<'a>(rules: impl IntoIterator<Item = &'a QosLimit>) -> Self {
        let mut limits = Self::default();
        for rule in rules {
            limits.add(rule);
        }
        limits
    }

    fn add(&mut self, rule: &QosLimit) {
        match *rule {
            QosLimit::BandwidthLimit {
                max_kbps: rate,
                max_burst_kbps: burst,
                direction,
            } => {
                if let Some(bounds) = self.bounds(direction).filter(|_| rate > 0) {
                    bounds.bandwidth = lower(bounds.bandwidth, Rate { rate, burst });
                }
            }
            QosLimit::PacketRateLimit {
                max_kpps,
                max_burst_kpps,
                direction,
            } => {
                let rate = max_kpps.saturating_mul(KILO);
                let burst = max_burst_kpps.saturating_mul(KILO);
                if let Some(bounds) = self.bounds(direction).filter(|_| rate > 0) {
                    bounds.packets = lower(bounds.packets, Rate { rate, burst });
                }
            }
            QosLimit::DscpMarking { dscp_mark } => self.dscp = self.dscp.max(Some(dscp_mark)),
            QosLimit::MinimumBandwidth { .. } | QosLimit::MinimumPacketRate { .. } => {}
        }
    }

    /// Both directions together are never bounded, only guaranteed.
    fn bounds(&mut self, direction: FlowDirection) -> Option<&mut Bounds> {
        match direction {
            FlowDirection::Egress => Some(&mut self.egress),
            FlowDirection::Ingress => Some(&mut self.ingress),
            FlowDirection::Any => None,
        }
    }
}

impl Bounds {
    /// Whether nothing is bounded.
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }
}

fn lower(held: Option<Rate>, new: Rate) -> Option<Rate> {
    Some(held.map_or(new, |held| held.min(new)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const EGRESS: FlowDirection = FlowDirection::Egress;

    fn bandwidth(max_kbps: u32, direction: FlowDirection) -> QosLimit {
        QosLimit::BandwidthLimit {
            max_kbps,
            max_burst_kbps: 7,
            direction,
        }
    }

    #[test]
    fn rules_of_both_directions_are_kept_apart() {
        let rules = [
            bandwidth(5000, EGRESS),
            bandwidth(9000, FlowDirection::Ingress),
            QosLimit::DscpMarking { dscp_mark: 46 },
        ];
        let limits = Limits::of(&rules);
        let rate = |rate| Some(Rate { rate, burst: 7 });
        assert_eq!(limits.egress.bandwidth, rate(5000));
        assert_eq!(limits.ingress.bandwidth, rate(9000));
        assert_eq!((limits.egress.packets, limits.dscp), (None, Some(46)));
    }

    #[test]
    fn a_packet_rate_is_told_in_packets() {
        let rule = QosLimit::PacketRateLimit {
            max_kpps: 2,
            max_burst_kpps: 5_000_000,
            direction: EGRESS,
        };
        let rate = Rate {
            rate: 2000,
            burst: u32::MAX,
        };
        assert_eq!(Limits::of(&[rule]).egress.packets, Some(rate));
    }

    #[test]
    fn guarantees_bound_nothing() {
        let rule = QosLimit::MinimumBandwidth {
            min_kbps: 1,
            direction: EGRESS,
        };
        assert!(Limits::of(&[rule]).is_none());
    }

    #[test]
    fn of_two_bounds_the_lower_counts_in_any_order() {
        let [one, two] = [bandwidth(5, EGRESS), bandwidth(6, EGRESS)];
        assert_eq!(Limits::of(&[one, two]), Limits::of(&[two, one]));
        assert_eq!(Limits::of(&[one, two]), Limits::of(&[one]));
    }
}
