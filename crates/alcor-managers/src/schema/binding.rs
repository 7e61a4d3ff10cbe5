//! How further bindings of ports lie in the store, and by what they are found.

use super::table::PORT_BINDINGS;
use crate::records::Record;
use alcor_store::records::{Index, Indexes, Table};
use alcor_types::PortBinding;

/// Parts: port id.
pub const BINDING_BY_PORT: Index = Index {
    id: 1,
    name: "port_id",
};

impl Record for PortBinding {
    const TABLE: Table = PORT_BINDINGS;

    fn key(&self) -> Vec<u8> {
        [self.port_id.as_bytes(), self.host.as_str().as_bytes()].concat()
    }

    fn indexes(&self, to: &mut Indexes) {
        to.add(BINDING_BY_PORT, &[self.port_id.as_bytes()]);
    }
}
