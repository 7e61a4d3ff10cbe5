//! `/v2.0/agents`: what the agents of nodes do, as Neutron shows agents.

use super::{Reading, Resource, Row, id_field};
use crate::attribute::Attribute;
use crate::error::RequestError;
use crate::field::{Field, Kind};
use crate::list::IndexRule;
use crate::state::AgentLiveness;
use crate::view::Fields;
use alcor_managers::{Caller, node, schema};
use alcor_types::{Agent, AgentKind, Node, Timestamp};
use serde::Serialize;
use serde::ser::SerializeMap;
use std::cell::OnceCell;
use uuid::Uuid;

/// `/v2.0/agents`.
pub(crate) struct Agents;

const BINARY: &str = "alcor-agent";
const TOPIC: &str = "N/A";

const ATTRIBUTES: &[Attribute<Agents>] = &[
    Attribute::new("id", Kind::Id).read(|row| id_field(row.record.id.0)),
    Attribute::new("agent_type", Kind::Folded).read(|row| {
        let kind = row.record.kind.as_str().to_ascii_lowercase();
        Field::Text(kind.into())
    }),
    Attribute::new("binary", Kind::Text).read(|_| Field::text(BINARY)),
    Attribute::new("topic", Kind::Text).read(|_| Field::text(TOPIC)),
    Attribute::new("host", Kind::Text).read(|row| Field::text(row.record.host.as_str())),
    Attribute::new("admin_state_up", Kind::Flag)
        .put::<bool>()
        .read(|row| Field::Flag(row.record.admin_state_up)),
    Attribute::new("description", Kind::Text)
        .put::<Option<String>>()
        .read(|row| Field::text(&row.record.description)),
    Attribute::new("alive", Kind::Flag).read(|row| Field::Flag(row.alive())),
    Attribute::new("created_at", Kind::Time).read(|row| Field::time(row.record.created_at)),
    Attribute::new("started_at", Kind::Time).read(|row| Field::time(row.started_at())),
    Attribute::new("heartbeat_timestamp", Kind::Time).read(|row| Field::time(row.heartbeat())),
    Attribute::new("availability_zone", Kind::Text).read(|row| Field::text(row.zone())),
    Attribute::new("resources_synced", Kind::Flag).read(|_| Field::Null),
    Attribute::new("configurations", Kind::Compound),
];

const INDEXES: &[IndexRule] = &[
    IndexRule::new("host", schema::AGENT_BY_HOST, 1),
    IndexRule::new("agent_type", schema::AGENT_BY_TYPE, 2),
];

/// What is looked up of an agent's node.
#[derive(Default)]
pub(crate) struct Place {
    node: OnceCell<Option<Node>>,
    liveness: OnceCell<Option<AgentLiveness>>,
}

impl Row<'_, Agents> {
    fn node(&self) -> Option<&Node> {
        let find = || node_of(self.reading, &self.record);
        self.extra.node.get_or_init(find).as_ref()
    }

    fn liveness(&self) -> Option<AgentLiveness> {
        let ask = || self.reading.liveness.agent(&self.record.host);
        *self.extra.liveness.get_or_init(ask)
    }

    fn alive(&self) -> bool {
        self.liveness().is_some_and(|liveness| liveness.alive)
    }

    fn started_at(&self) -> Timestamp {
        self.node().map(|node| node.started_at).unwrap_or_default()
    }

    fn zone(&self) -> &str {
        self.node().map_or("", |node| &node.availability_zone)
    }

    /// When it was last heard; since the region started, or else when it last registered.
    fn heartbeat(&self) -> Timestamp {
        self.liveness()
            .map_or_else(|| self.started_at(), |liveness| liveness.last_heartbeat)
    }
}

fn node_of(reading: &Reading, agent: &Agent) -> Option<Node> {
    node::by_name(&reading.snapshot, &agent.host).unwrap_or_else(|error| {
        tracing::error!(host = %agent.host, %error, "unreadable node");
        None
    })
}

/// What the node's agent said of itself when it registered.
#[derive(Serialize)]
#[serde(untagged)]
enum Configurations<'a> {
    Switch {
        agent_version: &'a str,
        bridge: &'a str,
        tunneling_ip: std::net::IpAddr,
        tunnel_types: [&'static str; 2],
    },
    Dhcp {
        agent_version: &'a str,
        dhcp_lease_duration: u32,
    },
    Unknown {},
}

impl<'a> Configurations<'a> {
    fn of(row: &'a Row<'_, Agents>) -> Self {
        let Some(node) = row.node() else {
            return Self::Unknown {};
        };
        let agent_version = &node.agent_version;
        match row.record.kind {
            AgentKind::OpenVSwitch => Self::Switch {
                agent_version,
                bridge: &node.bridge,
                tunneling_ip: node.local_ip,
                tunnel_types: ["vxlan", "geneve"],
            },
            AgentKind::Dhcp => Self::Dhcp {
                agent_version,
                dhcp_lease_duration: row.reading.settings.dhcp_lease,
            },
        }
    }
}

impl Resource for Agents {
    const SINGULAR: &'static str = "agent";
    const PLURAL: &'static str = "agents";
    const HAS_STANDARD: bool = false;
    type Record = Agent;
    type Extra = Place;

    fn attributes() -> &'static [Attribute<Self>] {
        ATTRIBUTES
    }

    fn indexes() -> &'static [IndexRule] {
        INDEXES
    }

    fn id(record: &Agent) -> Uuid {
        record.id.0
    }

    /// Who sees agents, the policy says.
    fn visible(_: &Row<'_, Self>, _: &Caller) -> bool {
        true
    }

    fn not_found(id: &str) -> RequestError {
        RequestError::NotFound {
            kind: "AgentNotFound",
            what: "Agent",
            id: id.to_owned(),
        }
    }

    fn write<M: SerializeMap>(
        row: &Row<'_, Self>,
        fields: &mut Fields<'_, M>,
    ) -> Result<(), M::Error> {
        let agent = &row.record;
        fields.put("id", &agent.id)?;
        fields.put("agent_type", agent.kind.as_str())?;
        fields.put("binary", BINARY)?;
        fields.put("topic", TOPIC)?;
        fields.put("host", &agent.host)?;
        fields.put("admin_state_up", &agent.admin_state_up)?;
        fields.put("description", &agent.description)?;
        fields.put_with("alive", || row.alive())?;
        fields.put_with("created_at", || spaced(agent.created_at))?;
        fields.put_with("started_at", || spaced(row.started_at()))?;
        fields.put_with("heartbeat_timestamp", || spaced(row.heartbeat()))?;
        fields.put_with("availability_zone", || row.zone())?;
        fields.put("resources_synced", &None::<bool>)?;
        fields.put_with("configurations", || Configurations::of(row))
    }
}

/// A time as Neutron's agents show it: `2026-11-22 10:46:00`, in UTC.
fn spaced(time: Timestamp) -> String {
    time.to_string().replace('T', " ").replace('Z', "")
}
