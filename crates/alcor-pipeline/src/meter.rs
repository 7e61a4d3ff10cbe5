//! The numbers and rates of meters: whatever a QoS policy bounds has four, one a direction and unit.
//!
//! A flow goes through one meter, so that bits and packets of one direction need two tables and two
//! meters. Numbers of ports' follow from OpenFlow port numbers: nothing is allocated, and a restart finds the
//! same again. Those of addresses outside follow from numbers that the agent keeps ([`crate::Zoned`]), and
//! begin at [`AFTER_PORTS`].

use alcor_goalstate::{Bounds, Limits, Rate};
use alcor_openflow::{Meter, MeterUnit, PortNo};
use alcor_types::Direction;

/// Meters of one thing.
const EACH: u32 = 4;
/// OpenFlow port numbers of interfaces end below this.
const PORTS: u32 = 0xff00;
/// The first number that no port's meter has.
pub const AFTER_PORTS: u32 = PORTS * EACH;

/// The meters of one thing that is bounded, by the first of their numbers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Meters(u32);

impl Meters {
    /// Of the port with this number; none where an interface cannot have it.
    pub(crate) fn of_port(ofport: PortNo) -> Option<Self> {
        let number = Some(ofport.0).filter(|number| (1..PORTS).contains(number));
        Some(Self(number? * EACH))
    }

    /// Of an address outside that has this number.
    pub(crate) fn of_number(number: u16) -> Self {
        Self(AFTER_PORTS + u32::from(number) * EACH)
    }

    /// The number of one of them.
    pub(crate) fn id(self, direction: Direction, unit: MeterUnit) -> u32 {
        let way = match direction {
            Direction::Egress => 0,
            Direction::Ingress => 2,
        };
        let unit = match unit {
            MeterUnit::Kilobits => 0,
            MeterUnit::Packets => 1,
        };
        self.0 + way + unit
    }

    /// Those that the limits need.
    pub(crate) fn all(self, limits: &Limits) -> impl Iterator<Item = Meter> {
        let ways = [
            (Direction::Egress, limits.egress),
            (Direction::Ingress, limits.ingress),
        ];
        ways.into_iter()
            .flat_map(move |(direction, bounds)| self.of_way(direction, bounds))
    }

    fn of_way(self, direction: Direction, bounds: Bounds) -> impl Iterator<Item = Meter> {
        let units = [
            (MeterUnit::Kilobits, bounds.bandwidth),
            (MeterUnit::Packets, bounds.packets),
        ];
        units.into_iter().filter_map(move |(unit, rate)| {
            let rate = rate?;
            Some(Meter {
                id: self.id(direction, unit),
                unit,
                rate: rate.rate,
                burst: burst(unit, rate),
            })
        })
    }
}

/// Four fifths of a second of bits where the rule says nothing, as Neutron has it: TCP needs room
/// for what it sends at once. Packets are left to the switch, which lets a second's through.
fn burst(unit: MeterUnit, Rate { rate, burst }: Rate) -> Option<u32> {
    match (unit, burst) {
        (MeterUnit::Packets, 0) => None,
        (MeterUnit::Kilobits, 0) => Some((rate - rate / 5).max(1)),
        (_, burst) => Some(burst),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bounds(rate: u32, burst: u32) -> Bounds {
        let rate = Some(Rate { rate, burst });
        Bounds {
            bandwidth: rate,
            packets: rate,
        }
    }

    #[test]
    fn no_two_meters_have_one_number() {
        let limits = Limits {
            egress: bounds(5, 0),
            ingress: bounds(5, 0),
            dscp: None,
        };
        let ports = [1, 2, PORTS - 1].map(PortNo);
        let meters = ports
            .into_iter()
            .filter_map(Meters::of_port)
            .flat_map(|of| of.all(&limits));
        let ids: std::collections::BTreeSet<_> = meters.map(|meter| meter.id).collect();
        assert_eq!(ids.len(), 12);
        assert!(ids.iter().all(|id| (EACH..AFTER_PORTS).contains(id)));
        assert_eq!(Meters::of_port(PortNo::LOCAL), None);
        let outside = [0, 1, u16::MAX].map(Meters::of_number);
        let outside = outside.into_iter().flat_map(|of| of.all(&limits));
        let outside: std::collections::BTreeSet<_> = outside.map(|meter| meter.id).collect();
        assert_eq!((outside.len(), outside.first()), (12, Some(&AFTER_PORTS)));
    }

    #[test]
    fn a_burst_that_nobody_chose_is_most_of_the_rate() {
        let of = |unit, rate, burst| super::burst(unit, Rate { rate, burst });
        assert_eq!(of(MeterUnit::Kilobits, 5000, 0), Some(4000));
        assert_eq!(of(MeterUnit::Kilobits, 1, 0), Some(1));
        assert_eq!(of(MeterUnit::Kilobits, u32::MAX, 7), Some(7));
        assert_eq!(of(MeterUnit::Packets, 1000, 0), None);
    }
}
