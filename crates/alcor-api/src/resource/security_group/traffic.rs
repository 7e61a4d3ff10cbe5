//! The attributes that rules and templates share: what traffic they allow.

use crate::attribute::Attributes;
use crate::error::RequestError;
use crate::field::Field;
use crate::resource::id_field;
use crate::value::FromJson;
use crate::view::Fields;
use alcor_managers::security_group::TrafficRequest;
use alcor_types::{Remote, TrafficMatch};
use serde::ser::SerializeMap;
use serde_json::Value;

/// A protocol as callers write it: a name, or a number with or without quotes.
pub(super) struct Protocol(String);

impl FromJson for Protocol {
    fn from_json(value: &Value) -> Result<Self, String> {
        match value {
            Value::Number(number) => Ok(Self(number.to_string())),
            other => String::from_json(other).map(Self),
        }
    }
}

/// What a body says of the traffic.
pub(super) fn request(body: &Attributes) -> Result<TrafficRequest, RequestError> {
    Ok(TrafficRequest {
        direction: body.required("direction")?,
        ethertype: body.some("ethertype")?,
        protocol: body.some::<Protocol>("protocol")?.map(|text| text.0),
        port_range_min: body.some("port_range_min")?,
        port_range_max: body.some("port_range_max")?,
        remote_ip_prefix: body.some("remote_ip_prefix")?,
        remote_group_id: body.some("remote_group_id")?,
        remote_address_group_id: body.some("remote_address_group_id")?,
    })
}

/// Writes the traffic's attributes.
pub(super) fn write<M: SerializeMap>(
    traffic: &TrafficMatch,
    fields: &mut Fields<'_, M>,
) -> Result<(), M::Error> {
    fields.put("direction", traffic.direction.as_str())?;
    fields.put("ethertype", traffic.ethertype.as_str())?;
    fields.put("protocol", &traffic.protocol)?;
    fields.put("port_range_min", &traffic.port_range_min)?;
    fields.put("port_range_max", &traffic.port_range_max)?;
    fields.put_with("remote_ip_prefix", || prefix(traffic))?;
    match &traffic.remote {
        Remote::Group(id) => fields.put("remote_group_id", id)?,
        Remote::OwnGroup => fields.put("remote_group_id", "PARENT")?,
        _ => fields.put("remote_group_id", &None::<&str>)?,
    }
    match &traffic.remote {
        Remote::AddressGroup(id) => fields.put("remote_address_group_id", id),
        _ => fields.put("remote_address_group_id", &None::<&str>),
    }
}

/// The block as the owner wrote it.
pub(super) fn prefix(traffic: &TrafficMatch) -> Option<String> {
    match &traffic.remote {
        Remote::Prefix(prefix) => Some(prefix.to_string()),
        _ => None,
    }
}

/// The block with its host bits cleared.
pub(super) fn normalized(traffic: &TrafficMatch) -> Option<String> {
    match &traffic.remote {
        Remote::Prefix(prefix) => Some(prefix.trunc().to_string()),
        _ => None,
    }
}

/// The protocol as filters read it.
pub(super) fn protocol(traffic: &TrafficMatch) -> Field<'_> {
    Field::or_null(traffic.protocol.as_deref(), Field::text)
}

/// A port, or an ICMP type or code, as filters read it.
pub(super) fn port(value: Option<u16>) -> Field<'static> {
    Field::or_null(value, |port| Field::Number(port.into()))
}

/// The remote group as filters read it.
pub(super) fn remote_group(traffic: &TrafficMatch) -> Field<'static> {
    match &traffic.remote {
        Remote::Group(id) => id_field(id.0),
        _ => Field::Null,
    }
}

/// The remote address group as filters read it.
pub(super) fn remote_address_group(traffic: &TrafficMatch) -> Field<'static> {
    match &traffic.remote {
        Remote::AddressGroup(id) => id_field(id.0),
        _ => Field::Null,
    }
}

/// A text that the row does not hold, as filters read it.
pub(super) fn owned_text(text: Option<String>) -> Field<'static> {
    Field::or_null(text, |text| Field::Text(text.into()))
}
