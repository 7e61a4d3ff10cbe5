//! `/nodes`: hosts as the first Alcor's operators know them.

use super::{Resource, Row, id_field};
use crate::attribute::{Attribute, Attributes};
use crate::error::RequestError;
use crate::field::{Field, Kind};
use crate::list::IndexRule;
use crate::view::Fields;
use alcor_managers::node::{CreateNode, UpdateNode};
use alcor_managers::{Caller, schema};
use alcor_types::{HostName, MacAddr, Node, NodeId};
use serde::ser::SerializeMap;
use std::net::IpAddr;
use uuid::Uuid;

/// `/nodes`.
pub(crate) struct Nodes;

const ATTRIBUTES: &[Attribute<Nodes>] = &[
    Attribute::new("node_id", Kind::Id)
        .write::<Uuid>()
        .read(|row| id_field(row.record.id.0)),
    Attribute::new("id", Kind::Id)
        .hidden()
        .read(|row| id_field(row.record.id.0)),
    Attribute::new("node_name", Kind::Text)
        .write::<String>()
        .required()
        .read(|row| Field::text(row.record.name.as_str())),
    Attribute::new("name", Kind::Text)
        .hidden()
        .read(|row| Field::text(row.record.name.as_str())),
    Attribute::new("local_ip", Kind::Address)
        .write::<IpAddr>()
        .required()
        .read(|row| Field::Address(row.record.local_ip)),
    Attribute::new("mac_address", Kind::Mac)
        .write::<Option<MacAddr>>()
        .read(|row| Field::or_null(row.record.mac_address, Field::Mac)),
    Attribute::new("veth", Kind::Text)
        .write::<Option<String>>()
        .read(|row| Field::text(&row.record.veth)),
    Attribute::new("server_port", Kind::Number)
        .write::<u16>()
        .read(|row| Field::Number(row.record.server_port.into())),
    Attribute::new("host_dvr_mac", Kind::Mac)
        .write::<Option<MacAddr>>()
        .read(|row| Field::or_null(row.record.host_dvr_mac, Field::Mac)),
    Attribute::new("ncm_id", Kind::Text)
        .write::<Option<String>>()
        .read(|row| Field::text(&row.record.ncm_id)),
    Attribute::new("ncm_uri", Kind::Text)
        .write::<Option<String>>()
        .read(|row| Field::text(&row.record.ncm_uri)),
    Attribute::new("availability_zone", Kind::Text)
        .write::<Option<String>>()
        .read(|row| Field::text(&row.record.availability_zone)),
];

const INDEXES: &[IndexRule] = &[
    IndexRule::new("node_name", schema::NODE_BY_NAME, 1),
    IndexRule::new("name", schema::NODE_BY_NAME, 1),
    IndexRule::new("local_ip", schema::NODE_BY_IP, 2),
];

impl Resource for Nodes {
    const SINGULAR: &'static str = "host_info";
    const PLURAL: &'static str = "host_infos";
    const POLICY: &'static str = "node";
    const HAS_STANDARD: bool = false;
    type Record = Node;
    type Extra = ();

    fn attributes() -> &'static [Attribute<Self>] {
        ATTRIBUTES
    }

    fn indexes() -> &'static [IndexRule] {
        INDEXES
    }

    fn id(record: &Node) -> Uuid {
        record.id.0
    }

    fn visible(_: &Row<'_, Self>, _: &Caller) -> bool {
        true
    }

    fn not_found(id: &str) -> RequestError {
        RequestError::NotFound {
            kind: "NodeNotFound",
            what: "Node",
            id: id.to_owned(),
        }
    }

    fn write<M: SerializeMap>(
        row: &Row<'_, Self>,
        fields: &mut Fields<'_, M>,
    ) -> Result<(), M::Error> {
        let node = &row.record;
        fields.put("node_id", &node.id)?;
        fields.put("node_name", &node.name)?;
        fields.put("local_ip", &node.local_ip)?;
        fields.put("mac_address", &node.mac_address)?;
        fields.put("veth", &node.veth)?;
        fields.put("server_port", &node.server_port)?;
        fields.put("host_dvr_mac", &node.host_dvr_mac)?;
        fields.put("ncm_id", &node.ncm_id)?;
        fields.put("ncm_uri", &node.ncm_uri)?;
        fields.put("availability_zone", &node.availability_zone)
    }
}

impl Nodes {
    /// Builds a create request from a body.
    pub(crate) fn create_request(body: &Attributes) -> Result<CreateNode, RequestError> {
        Ok(CreateNode {
            id: body.get::<Uuid>("node_id")?.map(NodeId),
            name: HostName::from(body.required::<String>("node_name")?),
            local_ip: body.required("local_ip")?,
            mac_address: body.some("mac_address")?,
            veth: body.some("veth")?.unwrap_or_default(),
            server_port: body.get("server_port")?,
            host_dvr_mac: body.some("host_dvr_mac")?,
            ncm_id: body.some("ncm_id")?.unwrap_or_default(),
            ncm_uri: body.some("ncm_uri")?.unwrap_or_default(),
            availability_zone: body.some("availability_zone")?.unwrap_or_default(),
        })
    }

    /// Builds an update request from a body.
    pub(crate) fn update_request(body: &Attributes) -> Result<UpdateNode, RequestError> {
        let text = |name| body.get::<Option<String>>(name);
        Ok(UpdateNode {
            id: body.get::<Uuid>("node_id")?.map(NodeId),
            name: body.get::<String>("node_name")?.map(HostName::from),
            local_ip: body.get("local_ip")?,
            mac_address: body.get("mac_address")?,
            veth: text("veth")?.map(Option::unwrap_or_default),
            server_port: body.get("server_port")?,
            host_dvr_mac: body.get("host_dvr_mac")?,
            ncm_id: text("ncm_id")?.map(Option::unwrap_or_default),
            ncm_uri: text("ncm_uri")?.map(Option::unwrap_or_default),
            availability_zone: text("availability_zone")?.map(Option::unwrap_or_default),
        })
    }
}
