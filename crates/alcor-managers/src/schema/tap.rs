//! How taps lie in the store, and by what they are found.

use super::add_text;
use super::table::{TAP_FLOWS, TAP_SERVICES};
use crate::records::Record;
use alcor_store::records::{Index, Indexes, Table};
use alcor_types::{TapFlow, TapService};

/// Parts: project.
pub const TAP_SERVICE_BY_PROJECT: Index = Index {
    id: 1,
    name: "project_id",
};
/// Parts: name.
pub const TAP_SERVICE_BY_NAME: Index = Index {
    id: 2,
    name: "name",
};
/// Parts: port id. Unique: a port is one tap service.
pub const TAP_SERVICE_BY_PORT: Index = Index {
    id: 3,
    name: "port_id",
};
/// Parts: project.
pub const TAP_FLOW_BY_PROJECT: Index = Index {
    id: 1,
    name: "project_id",
};
/// Parts: name.
pub const TAP_FLOW_BY_NAME: Index = Index {
    id: 2,
    name: "name",
};
/// Parts: tap service id.
pub const TAP_FLOW_BY_SERVICE: Index = Index {
    id: 3,
    name: "tap_service_id",
};
/// Parts: source port id.
pub const TAP_FLOW_BY_SOURCE: Index = Index {
    id: 4,
    name: "source_port",
};

/// Parts: tap service id, source port id. Unique: one service copies a port once.
pub const TAP_FLOW_BY_PAIR: Index = Index {
    id: 5,
    name: "tap_service_id, source_port",
};

impl Record for TapService {
    const TABLE: Table = TAP_SERVICES;

    fn key(&self) -> Vec<u8> {
        self.id.as_bytes().to_vec()
    }

    fn indexes(&self, to: &mut Indexes) {
        add_text(to, TAP_SERVICE_BY_PROJECT, self.project_id.as_str());
        add_text(to, TAP_SERVICE_BY_NAME, &self.name);
        to.unique(TAP_SERVICE_BY_PORT, &[self.port_id.as_bytes()]);
    }
}

impl Record for TapFlow {
    const TABLE: Table = TAP_FLOWS;

    fn key(&self) -> Vec<u8> {
        self.id.as_bytes().to_vec()
    }

    fn indexes(&self, to: &mut Indexes) {
        let (service, source) = (self.tap_service_id.as_bytes(), self.source_port.as_bytes());
        add_text(to, TAP_FLOW_BY_PROJECT, self.project_id.as_str());
        add_text(to, TAP_FLOW_BY_NAME, &self.name);
        to.unique(TAP_FLOW_BY_PAIR, &[service, source]);
        to.add(TAP_FLOW_BY_SERVICE, &[service]);
        to.add(TAP_FLOW_BY_SOURCE, &[source]);
    }
}
