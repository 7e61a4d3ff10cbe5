//! Segments in the API.

use super::{Managed, Reading, Resource, Row, id_field};
use crate::attribute::{Attribute, Attributes};
use crate::error::RequestError;
use crate::field::{Field, Kind};
use crate::list::{IndexRule, Lookup};
use crate::view::Fields;
use alcor_managers::records;
use alcor_managers::segment::{self, CreateSegment, TransportRequest, UpdateSegment};
use alcor_managers::{ApiError, Caller, Settings, schema};
use alcor_store::Txn;
use alcor_types::{Network, NetworkId, Segment, SegmentId, Standard};
use serde::ser::SerializeMap;
use uuid::Uuid;

/// `/v2.0/segments`.
pub(crate) struct Segments;

const ATTRIBUTES: &[Attribute<Segments>] = &[
    Attribute::new("id", Kind::Id).read(|row| id_field(row.record.id.0)),
    Attribute::new("network_id", Kind::Id)
        .post::<Uuid>()
        .required()
        .read(|row| id_field(row.record.network_id.0)),
    Attribute::new("network_type", Kind::Text)
        .post::<String>()
        .required()
        .read(|row| Field::text(row.record.transport.network_type.as_str())),
    Attribute::new("physical_network", Kind::Text)
        .post::<Option<String>>()
        .read(|row| {
            Field::or_null(
                row.record.transport.physical_network.as_deref(),
                Field::text,
            )
        }),
    Attribute::new("segmentation_id", Kind::Number)
        .post::<Option<i64>>()
        .read(|row| {
            let id = row.record.transport.segmentation_id;
            Field::or_null(id, |id| Field::Number(id.into()))
        }),
    Attribute::new("name", Kind::Text)
        .write::<Option<String>>()
        .read(|row| Field::text(&row.record.standard.name)),
    Attribute::new("description", Kind::Text)
        .write::<Option<String>>()
        .read(|row| Field::text(&row.record.standard.description)),
    Attribute::new("revision_number", Kind::Number).read(|row| {
        let revision = row.record.standard.revision_number;
        Field::Number(i64::try_from(revision).unwrap_or(i64::MAX))
    }),
    Attribute::new("created_at", Kind::Time)
        .read(|row| Field::time(row.record.standard.created_at)),
    Attribute::new("updated_at", Kind::Time)
        .read(|row| Field::time(row.record.standard.updated_at)),
];

const INDEXES: &[IndexRule] = &[
    IndexRule::new("network_id", schema::SEGMENT_BY_NETWORK, 1),
    IndexRule::new("segmentation_id", schema::SEGMENT_BY_NUMBER, 2),
    IndexRule::new("name", schema::SEGMENT_BY_NAME, 3),
    IndexRule::new("physical_network", schema::SEGMENT_BY_PHYSICAL_NETWORK, 6),
    IndexRule::new("network_type", schema::SEGMENT_BY_TYPE, 9),
];

impl Resource for Segments {
    const SINGULAR: &'static str = "segment";
    const PLURAL: &'static str = "segments";
    const HAS_STANDARD: bool = true;
    type Record = Segment;
    type Extra = ();

    fn attributes() -> &'static [Attribute<Self>] {
        ATTRIBUTES
    }

    fn indexes() -> &'static [IndexRule] {
        INDEXES
    }

    fn id(record: &Segment) -> Uuid {
        record.id.0
    }

    fn standard(record: &Segment) -> Option<&Standard> {
        Some(&record.standard)
    }

    fn visible(row: &Row<'_, Self>, caller: &Caller) -> bool {
        segment::visible(&row.reading.snapshot, &row.record, caller).unwrap_or_else(|error| {
            tracing::error!(%error, "unreadable record");
            false
        })
    }

    fn scope(caller: &Caller, reading: &Reading) -> Option<Vec<Lookup>> {
        let project = caller.project_id.as_str().as_bytes();
        let own = records::lookup_keys::<Network>(
            &reading.snapshot,
            schema::NETWORK_BY_PROJECT,
            &[project],
            None,
            false,
        );
        let of = |network: alcor_store::Key| Lookup::new(schema::SEGMENT_BY_NETWORK, &[&network]);
        Some(own.map(of).collect())
    }

    fn not_found(id: &str) -> RequestError {
        RequestError::NotFound {
            kind: "SegmentNotFound",
            what: "Segment",
            id: id.to_owned(),
        }
    }

    fn write<M: SerializeMap>(
        row: &Row<'_, Self>,
        fields: &mut Fields<'_, M>,
    ) -> Result<(), M::Error> {
        let segment = &row.record;
        let (transport, standard) = (&segment.transport, &segment.standard);
        fields.put("id", &segment.id)?;
        fields.put("network_id", &segment.network_id)?;
        fields.put("network_type", transport.network_type.as_str())?;
        fields.put("physical_network", &transport.physical_network)?;
        fields.put("segmentation_id", &transport.segmentation_id)?;
        fields.put("name", &said(&standard.name))?;
        fields.put("description", &said(&standard.description))?;
        fields.put("revision_number", &standard.revision_number)?;
        fields.put_text("created_at", &standard.created_at)?;
        fields.put_text("updated_at", &standard.updated_at)
    }
}

/// A text as Neutron shows it here: null when nobody gave one.
fn said(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

impl Managed for Segments {
    type Create = CreateSegment;
    type Update = UpdateSegment;

    fn create_request(body: &Attributes) -> Result<CreateSegment, RequestError> {
        Ok(CreateSegment {
            id: None,
            network_id: NetworkId(body.required("network_id")?),
            name: body.some("name")?.unwrap_or_default(),
            description: body.some("description")?.unwrap_or_default(),
            transport: TransportRequest {
                network_type: body.get("network_type")?,
                physical_network: body.some("physical_network")?,
                segmentation_id: body.some("segmentation_id")?,
            },
        })
    }

    fn update_request(
        body: &Attributes,
        expected: Option<u64>,
    ) -> Result<UpdateSegment, RequestError> {
        let text = |name| body.get::<Option<String>>(name);
        Ok(UpdateSegment {
            name: text("name")?.map(Option::unwrap_or_default),
            description: text("description")?.map(Option::unwrap_or_default),
            expected_revision: expected,
        })
    }

    fn create(
        txn: &mut Txn<'_>,
        requests: &[CreateSegment],
        caller: &Caller,
        settings: &Settings,
    ) -> Result<Vec<Segment>, ApiError> {
        segment::create_many(txn, requests, caller, settings)
    }

    fn update(
        txn: &mut Txn<'_>,
        id: Uuid,
        request: &UpdateSegment,
        caller: &Caller,
        _: &Settings,
    ) -> Result<Segment, ApiError> {
        segment::update(txn, SegmentId(id), request, caller)
    }

    fn delete(
        txn: &mut Txn<'_>,
        id: Uuid,
        caller: &Caller,
        expected: Option<u64>,
    ) -> Result<(), ApiError> {
        segment::delete(txn, SegmentId(id), caller, expected)
    }
}
