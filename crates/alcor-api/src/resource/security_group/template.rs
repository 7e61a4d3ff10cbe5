//! Templates of security group rules in the API. Everyone may read them.

use super::traffic;
use crate::attribute::{Attribute, Attributes};
use crate::error::RequestError;
use crate::field::{Field, Kind};
use crate::query::QueryString;
use crate::resource::{Managed, Preparation, Reading, Resource, Row, id_field};
use crate::view::Fields;
use alcor_managers::security_group::{CreateTemplate, template};
use alcor_managers::{ApiError, Caller, Settings};
use alcor_store::Txn;
use alcor_types::{DefaultSecurityGroupRule, Remote, SecurityGroupRuleId, Standard};
use serde::ser::SerializeMap;
use std::convert::Infallible;
use uuid::Uuid;

/// `/v2.0/default-security-group-rules`.
pub(crate) struct DefaultSecurityGroupRules;

const ATTRIBUTES: &[Attribute<DefaultSecurityGroupRules>] = &[
    Attribute::new("id", Kind::Id).read(|row| id_field(row.record.id.0)),
    Attribute::new("project_id", Kind::Text)
        .post::<String>()
        .hidden(),
    Attribute::new("direction", Kind::Text)
        .post::<String>()
        .required()
        .read(|row| Field::text(row.record.traffic.direction.as_str())),
    Attribute::new("ethertype", Kind::Text)
        .post::<Option<String>>()
        .read(|row| Field::text(row.record.traffic.ethertype.as_str())),
    Attribute::new("protocol", Kind::Text)
        .post::<Option<traffic::Protocol>>()
        .read(|row| traffic::protocol(&row.record.traffic)),
    Attribute::new("port_range_min", Kind::Number)
        .post::<Option<i64>>()
        .read(|row| traffic::port(row.record.traffic.port_range_min)),
    Attribute::new("port_range_max", Kind::Number)
        .post::<Option<i64>>()
        .read(|row| traffic::port(row.record.traffic.port_range_max)),
    Attribute::new("remote_ip_prefix", Kind::Text)
        .post::<Option<String>>()
        .read(|row| traffic::owned_text(traffic::prefix(&row.record.traffic))),
    Attribute::new("remote_group_id", Kind::Text)
        .post::<Option<String>>()
        .read(|row| remote_group(&row.record)),
    Attribute::new("remote_address_group_id", Kind::Id)
        .post::<Option<String>>()
        .read(|row| traffic::remote_address_group(&row.record.traffic)),
    Attribute::new("used_in_default_sg", Kind::Flag)
        .post::<bool>()
        .read(|row| Field::Flag(row.record.used_in_default_sg)),
    Attribute::new("used_in_non_default_sg", Kind::Flag)
        .post::<bool>()
        .read(|row| Field::Flag(row.record.used_in_non_default_sg)),
    Attribute::new("description", Kind::Text)
        .post::<String>()
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

/// As text, because a template may say `PARENT`.
fn remote_group(template: &DefaultSecurityGroupRule) -> Field<'static> {
    match &template.traffic.remote {
        Remote::Group(id) => Field::Text(id.to_string().into()),
        Remote::OwnGroup => Field::text("PARENT"),
        _ => Field::Null,
    }
}

impl Resource for DefaultSecurityGroupRules {
    const SINGULAR: &'static str = "default_security_group_rule";
    const PLURAL: &'static str = "default_security_group_rules";
    const PATH: &'static str = "default-security-group-rules";
    const HAS_STANDARD: bool = true;
    type Record = DefaultSecurityGroupRule;
    type Extra = ();

    fn attributes() -> &'static [Attribute<Self>] {
        ATTRIBUTES
    }

    fn id(record: &DefaultSecurityGroupRule) -> Uuid {
        record.id.0
    }

    fn standard(record: &DefaultSecurityGroupRule) -> Option<&Standard> {
        Some(&record.standard)
    }

    fn visible(_: &Row<'_, Self>, _: &Caller) -> bool {
        true
    }

    fn prepare(_: &Caller, _: &QueryString, reading: &Reading) -> Option<Preparation> {
        let missing = !template::is_seeded(&reading.snapshot);
        missing.then(|| Box::new(template::seed) as Preparation)
    }

    fn not_found(id: &str) -> RequestError {
        RequestError::NotFound {
            kind: "DefaultSecurityGroupRuleNotFound",
            what: "Default Security Group rule",
            id: id.to_owned(),
        }
    }

    fn write<M: SerializeMap>(
        row: &Row<'_, Self>,
        fields: &mut Fields<'_, M>,
    ) -> Result<(), M::Error> {
        let template = &row.record;
        fields.put("id", &template.id)?;
        traffic::write(&template.traffic, fields)?;
        fields.put("used_in_default_sg", &template.used_in_default_sg)?;
        fields.put("used_in_non_default_sg", &template.used_in_non_default_sg)?;
        fields.put("description", &template.standard.description)?;
        fields.put("revision_number", &template.standard.revision_number)?;
        fields.put_text("created_at", &template.standard.created_at)?;
        fields.put_text("updated_at", &template.standard.updated_at)
    }
}

impl Managed for DefaultSecurityGroupRules {
    type Create = CreateTemplate;
    type Update = Infallible;

    fn create_request(body: &Attributes) -> Result<CreateTemplate, RequestError> {
        Ok(CreateTemplate {
            description: body.get("description")?.unwrap_or_default(),
            traffic: traffic::request(body)?,
            used_in_default_sg: body.get("used_in_default_sg")?,
            used_in_non_default_sg: body.get("used_in_non_default_sg")?,
        })
    }

    fn update_request(_: &Attributes, _: Option<u64>) -> Result<Infallible, RequestError> {
        Err(RequestError::MethodNotAllowed)
    }

    fn create(
        txn: &mut Txn<'_>,
        requests: &[CreateTemplate],
        caller: &Caller,
        _: &Settings,
    ) -> Result<Vec<DefaultSecurityGroupRule>, ApiError> {
        template::create_many(txn, requests, caller)
    }

    fn update(
        _: &mut Txn<'_>,
        _: Uuid,
        request: &Infallible,
        _: &Caller,
        _: &Settings,
    ) -> Result<DefaultSecurityGroupRule, ApiError> {
        match *request {}
    }

    fn delete(
        txn: &mut Txn<'_>,
        id: Uuid,
        _: &Caller,
        expected: Option<u64>,
    ) -> Result<(), ApiError> {
        template::delete(txn, SecurityGroupRuleId(id), expected)
    }
}
