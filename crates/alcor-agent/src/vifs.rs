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

    /// The ports with an interface.
    pub(crate) fn ports(&self) -> impl Iterator<Item = PortId> {
        self.by_port.keys().copied()
    }

    /// Notes a port's interface, or that it has none.
    pub(crate) fn set(&mut self, port: PortId, vif: Option<Vif>) {
        match vif {
            Some(vif) => self.by_port.insert(port, vif),
            None => self.by_port.remove(&port),
        };
    }
}
