//! Port forwardings in the API, below their floating IP.

use super::{FloatingIps, Managed, Nested, Resource, Row, id_field};
use crate::attribute::{Attribute, Attributes};
use crate::error::RequestError;
use crate::field::{Field, Kind};
use crate::list::IndexRule;
use crate::value::{PortSpan, TransportPort};
use crate::view::Fields;
use alcor_managers::port_forwarding::{self, CreatePortForwarding, UpdatePortForwarding};
use alcor_managers::{ApiError, Caller, Settings, schema};
use alcor_store::Txn;
use alcor_types::{
    FloatingIpId, ForwardedProtocol, PortForwarding, PortForwardingId, PortId, PortRange,
};
use serde::ser::SerializeMap;
use std::net::Ipv4Addr;
use uuid::Uuid;

/// `/v2.0/floatingips/{id}/port_forwardings`.
pub(crate) struct PortForwardings;

const ATTRIBUTES: &[Attribute<PortForwardings>] = &[
    Attribute::new("id", Kind::Id).read(|row| id_field(row.record.id.0)),
    Attribute::new("floatingip_id", Kind::Id)
        .hidden()
        .read(|row| id_field(row.record.floatingip_id.0)),
    Attribute::new("description", Kind::Text)
        .write::<String>()
        .read(|row| Field::text(&row.record.standard.description)),
    Attribute::new("protocol", Kind::Text)
        .write::<ForwardedProtocol>()
        .required()
        .read(|row| Field::text(row.record.protocol.as_str())),
    Attribute::new("external_port", Kind::Number)
        .write::<Option<TransportPort>>()
        .read(|row| port(row.record.external_ports)),
    Attribute::new("external_port_range", Kind::Text)
        .write::<Option<PortSpan>>()
        .read(|row| range(row.record.external_ports)),
    Attribute::new("internal_port_id", Kind::Id)
        .write::<Uuid>()
        .required()
        .read(|row| id_field(row.record.internal_port_id.0)),
    Attribute::new("internal_ip_address", Kind::Address)
        .write::<Option<Ipv4Addr>>()
        .read(|row| Field::Address(row.record.internal_ip_address.into())),
    Attribute::new("internal_port", Kind::Number)
        .write::<Option<TransportPort>>()
        .read(|row| port(row.record.internal_ports)),
    Attribute::new("internal_port_range", Kind::Text)
        .write::<Option<PortSpan>>()
        .read(|row| range(row.record.internal_ports)),
];

const INDEXES: &[IndexRule] = &[
    IndexRule::new("floatingip_id", schema::PORT_FORWARDING_BY_FLOATING_IP, 1),
    IndexRule::new("internal_port_id", schema::PORT_FORWARDING_BY_PORT, 2),
];

fn port(ports: PortRange) -> Field<'static> {
    Field::or_null(ports.single(), |port| Field::Number(port.into()))
}

fn range(ports: PortRange) -> Field<'static> {
    Field::Text(ports.to_string().into())
}

/// The ports that a body names, as one or as a range but not as both.
fn ports(
    body: &Attributes,
    one: &'static str,
    range: &'static str,
) -> Result<Option<PortRange>, RequestError> {
    let single = body
        .some::<TransportPort>(one)?
        .map(|port| PortRange::one(port.0));
    let span = body.some::<PortSpan>(range)?.map(|span| span.0);
    match (single, span) {
        (Some(_), Some(_)) => {
            let reason = format!("give {one} or {range}, not both");
            Err(RequestError::invalid(range, reason))
        }
        (single, span) => Ok(single.or(span)),
    }
}

impl Resource for PortForwardings {
    const SINGULAR: &'static str = "port_forwarding";
    const PLURAL: &'static str = "port_forwardings";
    const POLICY: &'static str = "floatingip_port_forwarding";
    const HAS_STANDARD: bool = false;
    type Record = PortForwarding;
    type Extra = ();

    fn attributes() -> &'static [Attribute<Self>] {
        ATTRIBUTES
    }

    fn indexes() -> &'static [IndexRule] {
        INDEXES
    }

    fn id(record: &PortForwarding) -> Uuid {
        record.id.0
    }

    fn visible(row: &Row<'_, Self>, caller: &Caller) -> bool {
        port_forwarding::visible(&row.record, caller)
    }

    fn not_found(id: &str) -> RequestError {
        RequestError::NotFound {
            kind: "PortForwardingNotFound",
            what: "Port Forwarding",
            id: id.to_owned(),
        }
    }

    fn write<M: SerializeMap>(
        row: &Row<'_, Self>,
        fields: &mut Fields<'_, M>,
    ) -> Result<(), M::Error> {
        let forwarding = &row.record;
        let (outside, inside) = (forwarding.external_ports, forwarding.internal_ports);
        fields.put("id", &forwarding.id)?;
        fields.put("description", &forwarding.standard.description)?;
        fields.put("protocol", &forwarding.protocol)?;
        fields.put("external_port", &outside.single())?;
        fields.put_text("external_port_range", &outside)?;
        fields.put("internal_port_id", &forwarding.internal_port_id)?;
        fields.put("internal_ip_address", &forwarding.internal_ip_address)?;
        fields.put("internal_port", &inside.single())?;
        fields.put_text("internal_port_range", &inside)
    }
}

impl Managed for PortForwardings {
    type Create = CreatePortForwarding;
    type Update = UpdatePortForwarding;

    fn create_request(body: &Attributes) -> Result<CreatePortForwarding, RequestError> {
        let missing = |what: &str| {
            let message =
                format!("Failed to parse request. Required attribute '{what}' not specified");
            RequestError::BadRequest(message)
        };
        let outside = ports(body, "external_port", "external_port_range")?;
        let inside = ports(body, "internal_port", "internal_port_range")?;
        Ok(CreatePortForwarding {
            id: None,
            floatingip_id: FloatingIpId(body.required(Self::PARENT)?),
            description: body.get("description")?.unwrap_or_default(),
            protocol: body.required("protocol")?,
            external_ports: outside.ok_or_else(|| missing("external_port"))?,
            internal_port_id: PortId(body.required("internal_port_id")?),
            internal_ip_address: body.some("internal_ip_address")?,
            internal_ports: inside.ok_or_else(|| missing("internal_port"))?,
        })
    }

    fn update_request(
        body: &Attributes,
        expected: Option<u64>,
    ) -> Result<UpdatePortForwarding, RequestError> {
        Ok(UpdatePortForwarding {
            description: body.get("description")?,
            protocol: body.get("protocol")?,
            external_ports: ports(body, "external_port", "external_port_range")?,
            internal_port_id: body.get::<Uuid>("internal_port_id")?.map(PortId),
            internal_ip_address: body.some("internal_ip_address")?,
            internal_ports: ports(body, "internal_port", "internal_port_range")?,
            expected_revision: expected,
        })
    }

    fn create(
        txn: &mut Txn<'_>,
        requests: &[CreatePortForwarding],
        caller: &Caller,
        _: &Settings,
    ) -> Result<Vec<PortForwarding>, ApiError> {
        port_forwarding::create_many(txn, requests, caller)
    }

    fn update(
        txn: &mut Txn<'_>,
        id: Uuid,
        request: &UpdatePortForwarding,
        caller: &Caller,
        _: &Settings,
    ) -> Result<PortForwarding, ApiError> {
        port_forwarding::update(txn, PortForwardingId(id), request, caller)
    }

    fn delete(
        txn: &mut Txn<'_>,
        id: Uuid,
        caller: &Caller,
        expected: Option<u64>,
    ) -> Result<(), ApiError> {
        port_forwarding::delete(txn, PortForwardingId(id), caller, expected)
    }
}

impl Nested for PortForwardings {
    type Parent = FloatingIps;
    const PARENT: &'static str = "floatingip_id";

    fn parent(record: &PortForwarding) -> Uuid {
        record.floatingip_id.0
    }
}
