//! The interfaces of VMs that are on the integration bridge, by port.

use alcor_types::PortId;
use std::collections::HashMap;

/// One interface.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Vif {
    /// Its OpenFlow port, once Open vSwitch has opened it.
    pub(crate) ofport: Option<u32>,
    /// Why Open vSwitch could not open it.
    pub(crate) error: Option<String>,
}

/// All interfaces, and whether that is really all.
#[derive(Debug, Default)]
pub(crate) struct Vifs {
    by_port: HashMap<PortId, Vif>,
    complete: bool,
}

impl Vifs {
    /// Whether the bridge has been read as a whole since the agent started.
    pub(crate) fn is_complete(&self) -> bool {
        self.complete
    }

    /// Notes that the bridge has been read as a whole.
    pub(crate) fn complete(&mut self) {
        self.complete = true;
    }

    /// The interface of a port.
    pub(crate) fn get(&self, port: PortId) -> Option<&Vif> {
        self.by_port.get(&port)
    }

    /// The OpenFlow port of a port's interface.
    pub(crate) fn ofport(&self, port: PortId) -> Option<u32> {
        self.get(port)?.ofport
    }

    /// The port whose interface has this OpenFlow port.
    pub(crate) fn port_at(&self, ofport: u32) -> Option<PortId> {
        let mut all = self.by_port.iter();
        let found = all.find(|(_, vif)| vif.ofport == Some(ofport))?;
        Some(*found.0)
    }

    /// The ports with an interface.
    pub(crate) fn ports(&self) -> impl Iterator<Item = PortId> {
        self.by_port.keys().copied()
    }

    /// Notes a port's interface, or that it has none.
    ///
    /// An interface that is there but has no OpenFlow port and no error is one that the switch
    /// has not reported on yet, as after a restart of the database: it keeps the port it had.
    pub(crate) fn set(&mut self, port: PortId, vif: Option<Vif>) {
        let Some(mut vif) = vif else {
            self.by_port.remove(&port);
            return;
        };
        if vif.error.is_none() {
            vif.ofport = vif.ofport.or(self.ofport(port));
        }
        self.by_port.insert(port, vif);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interface_not_reported_on_keeps_its_port() {
        let (port, mut vifs) = (PortId::random(), Vifs::default());
        let vif = |ofport, error: Option<&str>| {
            Some(Vif {
                ofport,
                error: error.map(str::to_owned),
            })
        };
        vifs.set(port, vif(Some(5), None));
        vifs.set(port, vif(None, None));
        assert_eq!(vifs.ofport(port), Some(5));
        vifs.set(port, vif(None, Some("no such device")));
        assert_eq!(vifs.ofport(port), None);
        vifs.set(port, None);
        assert_eq!(vifs.get(port), None);
    }
}
