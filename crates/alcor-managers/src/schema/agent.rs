//! How agents, their schedules and zones lie in the store, and by what they are found.

use super::table::{AGENTS, SCHEDULES, ZONES};
use crate::records::Record;
use alcor_store::records::{Index, Indexes, Table};
use alcor_types::{Agent, AgentKind, Schedule, Zone};

/// Parts: host name.
pub const AGENT_BY_HOST: Index = Index {
    id: 1,
    name: "host",
};
/// Parts: the type in lower case, because clients write `DHCP Agent` too.
pub const AGENT_BY_TYPE: Index = Index {
    id: 2,
    name: "agent_type",
};
/// No parts; the DHCP agents that may be given work.
pub const AGENT_SERVES_DHCP: Index = Index {
    id: 3,
    name: "dhcp agents that may work",
};
/// Parts: agent id.
pub const SCHEDULE_BY_AGENT: Index = Index {
    id: 1,
    name: "agent_id",
};
/// Parts: network id.
pub const SCHEDULE_BY_NETWORK: Index = Index {
    id: 2,
    name: "network_id",
};

impl Record for Agent {
    const TABLE: Table = AGENTS;

    fn key(&self) -> Vec<u8> {
        self.id.as_bytes().to_vec()
    }

    fn indexes(&self, to: &mut Indexes) {
        let kind = self.kind.as_str().to_ascii_lowercase();
        to.add(AGENT_BY_HOST, &[self.host.as_str().as_bytes()]);
        to.add(AGENT_BY_TYPE, &[kind.as_bytes()]);
        if self.kind == AgentKind::Dhcp && self.admin_state_up {
            to.add(AGENT_SERVES_DHCP, &[]);
        }
    }
}

impl Record for Schedule {
    const TABLE: Table = SCHEDULES;

    fn key(&self) -> Vec<u8> {
        [&self.network_id.as_bytes()[..], self.agent_id.as_bytes()].concat()
    }

    fn indexes(&self, to: &mut Indexes) {
        to.add(SCHEDULE_BY_AGENT, &[self.agent_id.as_bytes()]);
        to.add(SCHEDULE_BY_NETWORK, &[self.network_id.as_bytes()]);
    }
}

impl Record for Zone {
    const TABLE: Table = ZONES;

    fn key(&self) -> Vec<u8> {
        self.name.as_bytes().to_vec()
    }

    fn indexes(&self, _to: &mut Indexes) {}
}
