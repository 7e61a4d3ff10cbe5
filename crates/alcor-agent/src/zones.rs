//! Which zones of tracked connections to empty: a port's zone is its number in the bridge, and
//! numbers are used again, but connections must not be inherited.
//!
//! An interface that was there when the agent started is no new one, and its connections go on.
//! Whether it was there is told by the switch: the flow by which its frames are known names the
//! port in its cookie.

use alcor_openflow::{Field, PortNo};
use alcor_pipeline::{Installed, Owner, cookie, table};
use alcor_types::PortId;
use std::collections::HashMap;

/// Zones to empty before the next flows are made, and after.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Flushes {
    /// Of interfaces that have come.
    pub(crate) before: Vec<u16>,
    /// Of interfaces that have gone: until their flows are gone, connections may be added.
    pub(crate) after: Vec<u16>,
}

/// Whose the zones are.
#[derive(Debug, Default)]
pub(crate) struct Zones {
    /// The owners of the switch's zones, as bits of cookies; none before the switch was read.
    owners: Option<HashMap<u32, u64>>,
    /// Interfaces that came and were not compared with the owners yet.
    came: HashMap<u32, PortId>,
    gone: Vec<u32>,
}

impl Zones {
    /// The switch is here and holds these flows. Tagged frames are those of sub-ports, which have
    /// zones of their own.
    pub(crate) fn found(&mut self, flows: &[Installed]) {
        let known = flows
            .iter()
            .filter(|flow| flow.key.table == table::CLASSIFY);
        let owners = known.filter_map(|flow| {
            let (number, _) = flow.key.matching.get(Field::InPort)?;
            let (tag, _) = flow.key.matching.get(Field::VlanVid).unwrap_or_default();
            if tag != 0 {
                return None;
            }
            Some((
                u32::try_from(number).ok()?,
                flow.cookie & cookie::OWNER_MASK,
            ))
        });
        self.owners = Some(owners.collect());
    }

    /// An interface has come.
    pub(crate) fn plugged(&mut self, port: PortId, number: PortNo) {
        self.gone.retain(|gone| *gone != number.0);
        self.came.insert(number.0, port);
    }

    /// An interface has gone.
    pub(crate) fn unplugged(&mut self, number: PortNo) {
        self.came.remove(&number.0);
        self.gone.push(number.0);
    }

    /// Whether nothing is to be emptied.
    pub(crate) fn is_quiet(&self) -> bool {
        self.came.is_empty() && self.gone.is_empty()
    }

    /// Takes what is to be emptied now.
    pub(crate) fn take(&mut self) -> Flushes {
        let Some(owners) = &mut self.owners else {
            return Flushes::default();
        };
        let mut flushes = Flushes::default();
        for number in self.gone.drain(..) {
            owners.remove(&number);
            flushes.after.extend(u16::try_from(number));
        }
        for (number, port) in self.came.drain() {
            let owner = cookie::of_owner(Owner::Port(port));
            if owners.insert(number, owner) != Some(owner) {
                flushes.before.extend(u16::try_from(number));
            }
        }
        flushes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alcor_openflow::{Flow, Match};

    fn classify(number: u32, port: PortId) -> Installed {
        let matching = Match::new().in_port(PortNo(number));
        let flow = Flow::new(table::CLASSIFY, table::MATCH, matching);
        Installed::from(&flow.cookie(cookie::of_owner(Owner::Port(port)) | 7))
    }

    #[test]
    fn an_interface_that_was_there_keeps_its_connections() {
        let [old, new] = [PortId::random(), PortId::random()];
        let mut zones = Zones::default();
        zones.plugged(old, PortNo(1));
        zones.plugged(new, PortNo(2));
        let nothing = Flushes::default();
        assert_eq!(zones.take(), nothing, "nothing is known of the switch");
        zones.found(&[classify(1, old), classify(2, old)]);
        assert_eq!(zones.take().before, [2], "its number was another port's");
        zones.unplugged(PortNo(1));
        assert_eq!(zones.take().after, [1]);
        zones.plugged(new, PortNo(1));
        let flushes = zones.take();
        assert_eq!((flushes.before, flushes.after), (vec![1], vec![]));
    }
}
