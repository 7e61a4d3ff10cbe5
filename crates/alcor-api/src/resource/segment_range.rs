//! Ranges of segmentation ids in the API.

use super::{Managed, Reading, Resource, Row, id_field};
use crate::attribute::{Attribute, Attributes, with_standard};
use crate::error::RequestError;
use crate::field::{Field, Kind};
use crate::list::{IndexRule, Lookup};
use crate::tag::Tagged;
use crate::view::Fields;
use alcor_managers::records::Index;
use alcor_managers::segment::range::{self, CreateRange, UpdateRange};
use alcor_managers::{ApiError, Caller, Settings, schema};
use alcor_store::Txn;
use alcor_types::{ProjectId, SegmentRange, SegmentRangeId, Standard};
use serde::ser::SerializeMap;
use std::collections::BTreeSet;
use uuid::Uuid;

/// `/v2.0/network_segment_ranges`.
pub(crate) struct SegmentRanges;

const ATTRIBUTES: &[Attribute<SegmentRanges>] = with_standard![
    Attribute::new("id", Kind::Id).read(|row| id_field(row.record.id.0)),
    Attribute::new("project_id", Kind::Text)
        .post::<Option<String>>()
        .read(|row| {
            let project = row.record.project_id.as_ref();
            Field::or_null(project, |project| Field::text(project.as_str()))
        }),
    Attribute::new("default", Kind::Flag).read(|row| Field::Flag(row.record.default)),
    Attribute::new("shared", Kind::Flag)
        .post::<bool>()
        .read(|row| Field::Flag(row.record.project_id.is_none())),
    Attribute::new("network_type", Kind::Text)
        .post::<String>()
        .required()
        .read(|row| Field::text(row.record.network_type.as_str())),
    Attribute::new("physical_network", Kind::Text)
        .post::<Option<String>>()
        .read(|row| Field::or_null(row.record.physical_network.as_deref(), Field::text)),
    Attribute::new("minimum", Kind::Number)
        .write::<u32>()
        .required()
        .read(|row| Field::Number(row.record.minimum.into())),
    Attribute::new("maximum", Kind::Number)
        .write::<u32>()
        .required()
        .read(|row| Field::Number(row.record.maximum.into())),
    Attribute::new("used", Kind::Compound),
    Attribute::new("available", Kind::Compound),
];

const INDEXES: &[IndexRule] = &[
    IndexRule::new("name", schema::RANGE_BY_NAME, 3),
    IndexRule::new("project_id", schema::RANGE_BY_PROJECT, 5),
    IndexRule::new("physical_network", schema::RANGE_BY_PHYSICAL_NETWORK, 5),
    IndexRule::new("network_type", schema::RANGE_BY_TYPE, 7),
];

impl Resource for SegmentRanges {
    const SINGULAR: &'static str = "network_segment_range";
    const PLURAL: &'static str = "network_segment_ranges";
    const HAS_STANDARD: bool = true;
    const TAG_INDEX: Option<Index> = Some(schema::RANGE_BY_TAG);
    type Record = SegmentRange;
    type Extra = ();

    fn attributes() -> &'static [Attribute<Self>] {
        ATTRIBUTES
    }

    fn indexes() -> &'static [IndexRule] {
        INDEXES
    }

    fn id(record: &SegmentRange) -> Uuid {
        record.id.0
    }

    fn standard(record: &SegmentRange) -> Option<&Standard> {
        Some(&record.standard)
    }

    fn visible(row: &Row<'_, Self>, caller: &Caller) -> bool {
        range::visible(&row.record, caller)
    }

    /// There are as many ranges as operators care to make: the whole table is looked at.
    fn scope(_: &Caller, _: &Reading) -> Option<Vec<Lookup>> {
        None
    }

    fn not_found(id: &str) -> RequestError {
        RequestError::NotFound {
            kind: "NetworkSegmentRangeNotFound",
            what: "Network Segment Range",
            id: id.to_owned(),
        }
    }

    fn write<M: SerializeMap>(
        row: &Row<'_, Self>,
        fields: &mut Fields<'_, M>,
    ) -> Result<(), M::Error> {
        let range = &row.record;
        let project = range.project_id.as_ref().map(ProjectId::as_str);
        fields.put("id", &range.id)?;
        fields.put("project_id", &project)?;
        fields.put("tenant_id", &project)?;
        fields.put_standard(&range.standard)?;
        fields.put("default", &range.default)?;
        fields.put("shared", &range.project_id.is_none())?;
        fields.put("network_type", range.network_type.as_str())?;
        fields.put("physical_network", &range.physical_network)?;
        fields.put("minimum", &range.minimum)?;
        fields.put("maximum", &range.maximum)?;
        let read = &row.reading.snapshot;
        fields.put_with("used", || known(range::used(read, range)))?;
        fields.put_with("available", || known(range::available(read, range)))
    }
}

/// What is looked up for a view. A damaged row is logged and shows as nothing, because it must
/// not hide the rest.
fn known<T: Default>(found: Result<T, ApiError>) -> T {
    found.unwrap_or_else(|error| {
        tracing::error!(%error, "unreadable segmentation ids");
        T::default()
    })
}

impl Managed for SegmentRanges {
    type Create = CreateRange;
    type Update = UpdateRange;

    fn create_request(body: &Attributes) -> Result<CreateRange, RequestError> {
        Ok(CreateRange {
            id: None,
            project_id: body.some::<String>("project_id")?.map(ProjectId::from),
            name: body.get("name")?.unwrap_or_default(),
            description: body.get("description")?.unwrap_or_default(),
            tags: body.tags()?,
            shared: body.get("shared")?,
            network_type: body.get("network_type")?,
            physical_network: body.some("physical_network")?,
            minimum: body.required("minimum")?,
            maximum: body.required("maximum")?,
        })
    }

    fn update_request(
        body: &Attributes,
        expected: Option<u64>,
    ) -> Result<UpdateRange, RequestError> {
        Ok(UpdateRange {
            name: body.get("name")?,
            description: body.get("description")?,
            tags: None,
            minimum: body.get("minimum")?,
            maximum: body.get("maximum")?,
            expected_revision: expected,
        })
    }

    fn create(
        txn: &mut Txn<'_>,
        requests: &[CreateRange],
        caller: &Caller,
        settings: &Settings,
    ) -> Result<Vec<SegmentRange>, ApiError> {
        range::create_many(txn, requests, caller, settings)
    }

    fn update(
        txn: &mut Txn<'_>,
        id: Uuid,
        request: &UpdateRange,
        caller: &Caller,
        _: &Settings,
    ) -> Result<SegmentRange, ApiError> {
        range::update(txn, SegmentRangeId(id), request, caller)
    }

    fn delete(
        txn: &mut Txn<'_>,
        id: Uuid,
        caller: &Caller,
        expected: Option<u64>,
    ) -> Result<(), ApiError> {
        range::delete(txn, SegmentRangeId(id), caller, expected)
    }
}

impl Tagged for SegmentRanges {
    fn get(txn: &Txn<'_>, id: Uuid, caller: &Caller) -> Result<SegmentRange, ApiError> {
        range::get(txn, SegmentRangeId(id), caller)
    }

    fn tags_request(tags: BTreeSet<String>, expected: Option<u64>) -> UpdateRange {
        UpdateRange {
            tags: Some(tags),
            expected_revision: expected,
            ..UpdateRange::default()
        }
    }
}
