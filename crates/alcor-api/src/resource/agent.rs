//! `/v2.0/agents`: the nodes on which an agent has registered, as Neutron shows agents.

use super::{Resource, Row, id_field};
use crate::attribute::Attribute;
use crate::error::RequestError;
use crate::field::{Field, Kind};
use crate::state::AgentLiveness;
use crate::view::Fields;
use alcor_managers::Caller;
use alcor_types::{Node, Timestamp};
use serde::Serialize;
use serde::ser::SerializeMap;
use std::cell::OnceCell;
use uuid::Uuid;

/// `/v2.0/agents`.
pub(crate) struct Agents;

/// What Neutron's clients know an agent that drives Open vSwitch by.
const AGENT_TYPE: &str = "Open vSwitch agent";
const BINARY: &str = "alcor-agent";
const TOPIC: &str = "N/A";

const ATTRIBUTES: &[Attribute<Agents>] = &[
    Attribute::new("id", Kind::Id).read(|row| id_field(row.record.id.0)),
    Attribute::new("agent_type", Kind::Text).read(|_| Field::text(AGENT_TYPE)),
    Attribute::new("binary", Kind::Text).read(|_| Field::text(BINARY)),
    Attribute::new("topic", Kind::Text).read(|_| Field::text(TOPIC)),
    Attribute::new("host", Kind::Text).read(|row| Field::text(row.record.name.as_str())),
    Attribute::new("admin_state_up", Kind::Flag)
        .put::<bool>()
        .read(|row| Field::Flag(row.record.admin_state_up)),
    Attribute::new("description", Kind::Text)
        .put::<Option<String>>()
        .read(|row| Field::text(&row.record.description)),
    Attribute::new("alive", Kind::Flag).read(|row| Field::Flag(row.alive())),
    Attribute::new("created_at", Kind::Time).read(|row| Field::time(row.record.created_at)),
    Attribute::new("started_at", Kind::Time).read(|row| Field::time(row.record.started_at)),
    Attribute::new("heartbeat_timestamp", Kind::Time).read(|row| Field::time(row.heartbeat())),
    Attribute::new("availability_zone", Kind::Text).read(|_| Field::Null),
    Attribute::new("configurations", Kind::Compound),
];

impl Row<'_, Agents> {
    fn liveness(&self) -> Option<AgentLiveness> {
        *self
            .extra
            .get_or_init(|| self.reading.liveness.agent(&self.record.name))
    }

    fn alive(&self) -> bool {
        self.liveness().is_some_and(|liveness| liveness.alive)
    }

    /// When it was last heard; since the region started, or else when it last registered.
    fn heartbeat(&self) -> Timestamp {
        self.liveness()
            .map_or(self.record.started_at, |liveness| liveness.last_heartbeat)
    }
}

/// What the agent said of itself when it registered.
#[derive(Serialize)]
struct Configurations<'a> {
    agent_version: &'a str,
    bridge: &'a str,
    tunneling_ip: std::net::IpAddr,
    tunnel_types: [&'static str; 1],
}

impl Resource for Agents {
    const SINGULAR: &'static str = "agent";
    const PLURAL: &'static str = "agents";
    const HAS_STANDARD: bool = false;
    type Record = Node;
    type Extra = OnceCell<Option<AgentLiveness>>;

    fn attributes() -> &'static [Attribute<Self>] {
        ATTRIBUTES
    }

    fn id(record: &Node) -> Uuid {
        record.id.0
    }

    /// Administrators see agents; a node on which none ever registered has no agent.
    fn visible(row: &Row<'_, Self>, caller: &Caller) -> bool {
        caller.is_admin() && row.record.started_at.0 != 0
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
        let node = &row.record;
        fields.put("id", &node.id)?;
        fields.put("agent_type", AGENT_TYPE)?;
        fields.put("binary", BINARY)?;
        fields.put("topic", TOPIC)?;
        fields.put("host", &node.name)?;
        fields.put("admin_state_up", &node.admin_state_up)?;
        fields.put("description", &node.description)?;
        fields.put_with("alive", || row.alive())?;
        fields.put_with("created_at", || spaced(node.created_at))?;
        fields.put_with("started_at", || spaced(node.started_at))?;
        fields.put_with("heartbeat_timestamp", || spaced(row.heartbeat()))?;
        fields.put("availability_zone", &None::<&str>)?;
        fields.put_with("configurations", || Configurations {
            agent_version: &node.agent_version,
            bridge: &node.bridge,
            tunneling_ip: node.local_ip,
            tunnel_types: ["vxlan"],
        })
    }
}

/// A time as Neutron's agents show it: `2026-11-22 10:46:00`, in UTC.
fn spaced(time: Timestamp) -> String {
    time.to_string().replace('T', " ").replace('Z', "")
}
