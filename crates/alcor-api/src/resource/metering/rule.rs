//! Rules of metering labels in the API.

use crate::attribute::{Attribute, Attributes};
use crate::error::RequestError;
use crate::field::{Field, Kind};
use crate::list::{IndexRule, Lookup};
use crate::resource::{Managed, Reading, Resource, Row, id_field};
use crate::view::{Fields, Text};
use alcor_managers::metering::{self, CreateMeteringRule};
use alcor_managers::records::{self, Index};
use alcor_managers::{ApiError, Caller, Settings, schema};
use alcor_store::Txn;
use alcor_types::MeteringRuleId;
use alcor_types::{FlowDirection, MeteredPrefix, MeteringLabel, MeteringLabelId, MeteringRule};
use ipnet::IpNet;
use serde::ser::SerializeMap;
use std::convert::Infallible;
use uuid::Uuid;

/// `/v2.0/metering/metering-label-rules`.
pub(crate) struct MeteringRules;

const ATTRIBUTES: &[Attribute<MeteringRules>] = &[
    Attribute::new("id", Kind::Id).read(|row| id_field(row.record.id.0)),
    Attribute::new("metering_label_id", Kind::Id)
        .post::<Uuid>()
        .required()
        .read(|row| id_field(row.record.label_id.0)),
    Attribute::new("direction", Kind::Text)
        .post::<FlowDirection>()
        .required()
        .read(|row| Field::text(row.record.direction.as_str())),
    Attribute::new("excluded", Kind::Flag)
        .post::<bool>()
        .read(|row| Field::Flag(row.record.excluded)),
    Attribute::new("remote_ip_prefix", Kind::Block)
        .post::<Option<IpNet>>()
        .read(|row| Field::or_null(remote(&row.record), Field::Block)),
    Attribute::new("source_ip_prefix", Kind::Block)
        .post::<Option<IpNet>>()
        .read(|row| Field::or_null(source(&row.record), Field::Block)),
    Attribute::new("destination_ip_prefix", Kind::Block)
        .post::<Option<IpNet>>()
        .read(|row| Field::or_null(destination(&row.record), Field::Block)),
    Attribute::new("project_id", Kind::Text)
        .post::<String>()
        .read(|row| Field::Text(row.project().into())),
];

const INDEXES: &[IndexRule] = &[IndexRule::new(
    "metering_label_id",
    schema::METERING_RULE_BY_LABEL,
    1,
)];

impl Row<'_, MeteringRules> {
    /// The owner of its label.
    fn project(&self) -> String {
        let label = self
            .reading
            .get::<MeteringLabel>(self.record.label_id.as_bytes());
        label.map_or_else(String::new, |label| label.project_id.to_string())
    }
}

fn remote(rule: &MeteringRule) -> Option<IpNet> {
    match rule.prefix {
        MeteredPrefix::Remote(remote) => Some(remote),
        MeteredPrefix::Header { .. } => None,
    }
}

fn source(rule: &MeteringRule) -> Option<IpNet> {
    match rule.prefix {
        MeteredPrefix::Header { source, .. } => source,
        MeteredPrefix::Remote(_) => None,
    }
}

fn destination(rule: &MeteringRule) -> Option<IpNet> {
    match rule.prefix {
        MeteredPrefix::Header { destination, .. } => destination,
        MeteredPrefix::Remote(_) => None,
    }
}

/// The rules of the labels that an index has under `parts`.
fn of_labels(reading: &Reading, index: Index, parts: &[&[u8]]) -> Vec<Lookup> {
    records::lookup_keys::<MeteringLabel>(&reading.snapshot, index, parts, None, false)
        .map(|label| Lookup::new(schema::METERING_RULE_BY_LABEL, &[&label]))
        .collect()
}

impl Resource for MeteringRules {
    const SINGULAR: &'static str = "metering_label_rule";
    const PLURAL: &'static str = "metering_label_rules";
    const PATH: &'static str = "metering/metering-label-rules";
    const HAS_STANDARD: bool = false;
    type Record = MeteringRule;
    type Extra = ();

    fn attributes() -> &'static [Attribute<Self>] {
        ATTRIBUTES
    }

    fn indexes() -> &'static [IndexRule] {
        INDEXES
    }

    fn id(record: &MeteringRule) -> Uuid {
        record.id.0
    }

    fn visible(row: &Row<'_, Self>, caller: &Caller) -> bool {
        metering::rule_visible(&row.reading.snapshot, &row.record, caller).unwrap_or(false)
    }

    fn scope(caller: &Caller, reading: &Reading) -> Option<Vec<Lookup>> {
        let project = caller.project_id.as_str().as_bytes();
        let mut lookups = of_labels(reading, schema::METERING_LABEL_BY_PROJECT, &[project]);
        lookups.extend(of_labels(reading, schema::METERING_LABEL_IS_SHARED, &[]));
        Some(lookups)
    }

    fn not_found(id: &str) -> RequestError {
        RequestError::NotFound {
            kind: "MeteringLabelRuleNotFound",
            what: "Metering label rule",
            id: id.to_owned(),
        }
    }

    fn write<M: SerializeMap>(
        row: &Row<'_, Self>,
        fields: &mut Fields<'_, M>,
    ) -> Result<(), M::Error> {
        let rule = &row.record;
        fields.put("id", &rule.id)?;
        fields.put_project(&row.project())?;
        fields.put("metering_label_id", &rule.label_id)?;
        fields.put("direction", rule.direction.as_str())?;
        fields.put("excluded", &rule.excluded)?;
        fields.put("remote_ip_prefix", &remote(rule).as_ref().map(Text))?;
        fields.put("source_ip_prefix", &source(rule).as_ref().map(Text))?;
        fields.put(
            "destination_ip_prefix",
            &destination(rule).as_ref().map(Text),
        )
    }
}

impl Managed for MeteringRules {
    type Create = CreateMeteringRule;
    type Update = Infallible;

    fn create_request(body: &Attributes) -> Result<CreateMeteringRule, RequestError> {
        Ok(CreateMeteringRule {
            label_id: MeteringLabelId(body.required("metering_label_id")?),
            direction: body.required("direction")?,
            remote: body.some("remote_ip_prefix")?,
            source: body.some("source_ip_prefix")?,
            destination: body.some("destination_ip_prefix")?,
            excluded: body.get("excluded")?.unwrap_or_default(),
        })
    }

    fn update_request(_: &Attributes, _: Option<u64>) -> Result<Infallible, RequestError> {
        Err(RequestError::MethodNotAllowed)
    }

    fn create(
        txn: &mut Txn<'_>,
        requests: &[CreateMeteringRule],
        caller: &Caller,
        _: &Settings,
    ) -> Result<Vec<MeteringRule>, ApiError> {
        metering::create_rules(txn, requests, caller)
    }

    fn update(
        _: &mut Txn<'_>,
        _: Uuid,
        request: &Infallible,
        _: &Caller,
        _: &Settings,
    ) -> Result<MeteringRule, ApiError> {
        match *request {}
    }

    fn delete(
        txn: &mut Txn<'_>,
        id: Uuid,
        caller: &Caller,
        _: Option<u64>,
    ) -> Result<(), ApiError> {
        metering::delete_rule(txn, MeteringRuleId(id), caller)
    }
}
