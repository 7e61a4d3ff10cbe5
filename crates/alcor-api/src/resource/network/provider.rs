//! The provider attributes of a network: its one segment, or the list of several.
//!
//! As in Neutron, a network of several segments has them in `segments` and nothing in
//! `provider:*`; unlike there, the attributes that say nothing are null instead of absent.

use crate::attribute::Attributes;
use crate::error::RequestError;
use crate::openapi;
use crate::value::{FromJson, Members};
use crate::view::Fields;
use alcor_managers::segment::TransportRequest;
use alcor_types::Transport;
use serde::Serialize;
use serde::ser::SerializeMap;
use serde_json::Value;

/// One element of `segments` in a body.
pub(crate) struct SegmentWish(TransportRequest);

const NETWORK_TYPE: &str = "provider:network_type";
const PHYSICAL_NETWORK: &str = "provider:physical_network";
const SEGMENTATION_ID: &str = "provider:segmentation_id";

impl FromJson for SegmentWish {
    fn schema() -> Value {
        let members = [
            (NETWORK_TYPE, Option::<String>::schema()),
            (PHYSICAL_NETWORK, Option::<String>::schema()),
            (SEGMENTATION_ID, Option::<i64>::schema()),
        ];
        openapi::object(members, &[])
    }

    fn from_json(value: &Value) -> Result<Self, String> {
        let known = [NETWORK_TYPE, PHYSICAL_NETWORK, SEGMENTATION_ID];
        let members = Members::of(value, &known)?;
        Ok(Self(TransportRequest {
            network_type: members.optional(NETWORK_TYPE)?,
            physical_network: members.optional(PHYSICAL_NETWORK)?,
            segmentation_id: members.optional(SEGMENTATION_ID)?,
        }))
    }
}

/// The `segments` of a create.
pub(super) fn wishes(body: &Attributes) -> Result<Vec<TransportRequest>, RequestError> {
    let wishes = body.get::<Vec<SegmentWish>>("segments")?;
    let wishes = wishes.unwrap_or_default().into_iter();
    Ok(wishes.map(|wish| wish.0).collect())
}

/// One element of `segments` in an answer.
#[derive(Serialize)]
struct Shown<'a> {
    #[serde(rename = "provider:network_type")]
    network_type: &'static str,
    #[serde(rename = "provider:physical_network")]
    physical_network: Option<&'a str>,
    #[serde(rename = "provider:segmentation_id")]
    segmentation_id: Option<u32>,
}

impl<'a> Shown<'a> {
    fn of(segment: &'a Transport) -> Self {
        Self {
            network_type: segment.network_type.as_str(),
            physical_network: segment.physical_network.as_deref(),
            segmentation_id: segment.segmentation_id,
        }
    }
}

/// Writes the provider attributes, or `segments` where there are several: as in Neutron, a
/// network of one segment does not have that attribute at all, and Nova would stumble over null.
pub(super) fn write<M: SerializeMap>(
    segments: &[Transport],
    fields: &mut Fields<'_, M>,
) -> Result<(), M::Error> {
    let shown: Vec<_> = segments.iter().map(Shown::of).collect();
    let only = match shown.as_slice() {
        [only] => Some(only),
        _ => None,
    };
    fields.put(NETWORK_TYPE, &only.map(|one| one.network_type))?;
    fields.put(PHYSICAL_NETWORK, &only.and_then(|one| one.physical_network))?;
    fields.put(SEGMENTATION_ID, &only.and_then(|one| one.segmentation_id))?;
    if shown.len() > 1 {
        fields.put("segments", &shown)?;
    }
    Ok(())
}
