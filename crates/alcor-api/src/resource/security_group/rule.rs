//! Security group rules in the API: made, shown and removed, never changed.

use super::{prepare_default, traffic};
use crate::attribute::{Attribute, Attributes};
use crate::error::RequestError;
use crate::field::{Field, Kind};
use crate::list::{IndexRule, Lookup};
use crate::query::QueryString;
use crate::resource::{Managed, Preparation, Reading, Resource, Row, id_field};
use crate::view::Fields;
use alcor_managers::records;
use alcor_managers::security_group::{CreateRule, rule};
use alcor_managers::{ApiError, Caller, Settings, schema};
use alcor_store::{Key, Txn};
use alcor_types::{ProjectId, SecurityGroup, SecurityGroupRule, SecurityGroupRuleId, Standard};
use serde::ser::SerializeMap;
use std::convert::Infallible;
use uuid::Uuid;

/// `/v2.0/security-group-rules`.
pub(crate) struct SecurityGroupRules;

const ATTRIBUTES: &[Attribute<SecurityGroupRules>] = &[
    Attribute::new("id", Kind::Id).read(|row| id_field(row.record.id.0)),
    Attribute::new("project_id", Kind::Text)
        .post::<String>()
        .read(|row| Field::text(row.record.project_id.as_str())),
    Attribute::new("security_group_id", Kind::Id)
        .post::<String>()
        .required()
        .read(|row| id_field(row.record.security_group_id.0)),
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
    Attribute::new("normalized_cidr", Kind::Text)
        .read(|row| traffic::owned_text(traffic::normalized(&row.record.traffic))),
    Attribute::new("remote_group_id", Kind::Id)
        .post::<Option<String>>()
        .read(|row| traffic::remote_group(&row.record.traffic)),
    Attribute::new("remote_address_group_id", Kind::Id)
        .post::<Option<String>>()
        .read(|row| traffic::remote_address_group(&row.record.traffic)),
    Attribute::new("belongs_to_default_sg", Kind::Flag)
        .read(|row| Field::Flag(row.is_of_default_group())),
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

const INDEXES: &[IndexRule] = &[
    IndexRule::new("security_group_id", schema::SECURITY_GROUP_RULE_BY_GROUP, 2),
    IndexRule::new(
        "remote_group_id",
        schema::SECURITY_GROUP_RULE_BY_REMOTE_GROUP,
        3,
    ),
    IndexRule::new(
        "remote_address_group_id",
        schema::SECURITY_GROUP_RULE_BY_REMOTE_ADDRESS_GROUP,
        3,
    ),
    IndexRule::new("project_id", schema::SECURITY_GROUP_RULE_BY_PROJECT, 5),
];

impl Row<'_, SecurityGroupRules> {
    fn is_of_default_group(&self) -> bool {
        let id = self.record.security_group_id;
        let group = self.reading.get::<SecurityGroup>(id.as_bytes());
        group.is_some_and(|group| group.is_default)
    }
}

impl Resource for SecurityGroupRules {
    const SINGULAR: &'static str = "security_group_rule";
    const PLURAL: &'static str = "security_group_rules";
    const PATH: &'static str = "security-group-rules";
    const HAS_STANDARD: bool = true;
    type Record = SecurityGroupRule;
    type Extra = ();

    fn attributes() -> &'static [Attribute<Self>] {
        ATTRIBUTES
    }

    fn indexes() -> &'static [IndexRule] {
        INDEXES
    }

    fn id(record: &SecurityGroupRule) -> Uuid {
        record.id.0
    }

    fn standard(record: &SecurityGroupRule) -> Option<&Standard> {
        Some(&record.standard)
    }

    fn visible(row: &Row<'_, Self>, caller: &Caller) -> bool {
        rule::visible(&row.reading.snapshot, &row.record, caller).unwrap_or(false)
    }

    fn scope(caller: &Caller, reading: &Reading) -> Option<Vec<Lookup>> {
        let project = caller.project_id.as_str().as_bytes();
        let groups = records::lookup_keys::<SecurityGroup>(
            &reading.snapshot,
            schema::SECURITY_GROUP_BY_PROJECT,
            &[project],
            None,
            false,
        );
        let own = Lookup::new(schema::SECURITY_GROUP_RULE_BY_PROJECT, &[project]);
        let of = |group: Key| Lookup::new(schema::SECURITY_GROUP_RULE_BY_GROUP, &[&group]);
        Some(std::iter::once(own).chain(groups.map(of)).collect())
    }

    fn prepare(caller: &Caller, query: &QueryString, reading: &Reading) -> Option<Preparation> {
        prepare_default(caller, query, reading)
    }

    fn not_found(id: &str) -> RequestError {
        RequestError::NotFound {
            kind: "SecurityGroupRuleNotFound",
            what: "Security group rule",
            id: id.to_owned(),
        }
    }

    fn write<M: SerializeMap>(
        row: &Row<'_, Self>,
        fields: &mut Fields<'_, M>,
    ) -> Result<(), M::Error> {
        let rule = &row.record;
        fields.put("id", &rule.id)?;
        fields.put_project(rule.project_id.as_str())?;
        fields.put("security_group_id", &rule.security_group_id)?;
        traffic::write(&rule.traffic, fields)?;
        fields.put_with("normalized_cidr", || traffic::normalized(&rule.traffic))?;
        fields.put_with("belongs_to_default_sg", || row.is_of_default_group())?;
        fields.put("description", &rule.standard.description)?;
        fields.put("revision_number", &rule.standard.revision_number)?;
        fields.put_text("created_at", &rule.standard.created_at)?;
        fields.put_text("updated_at", &rule.standard.updated_at)
    }
}

impl Managed for SecurityGroupRules {
    type Create = CreateRule;
    type Update = Infallible;

    fn create_request(body: &Attributes) -> Result<CreateRule, RequestError> {
        Ok(CreateRule {
            project_id: body.get::<String>("project_id")?.map(ProjectId::from),
            security_group_id: body.required("security_group_id")?,
            description: body.get("description")?.unwrap_or_default(),
            traffic: traffic::request(body)?,
        })
    }

    fn update_request(_: &Attributes, _: Option<u64>) -> Result<Infallible, RequestError> {
        Err(RequestError::MethodNotAllowed)
    }

    fn create(
        txn: &mut Txn<'_>,
        requests: &[CreateRule],
        caller: &Caller,
        settings: &Settings,
    ) -> Result<Vec<SecurityGroupRule>, ApiError> {
        rule::create_many(txn, requests, caller, settings)
    }

    fn update(
        _: &mut Txn<'_>,
        _: Uuid,
        request: &Infallible,
        _: &Caller,
        _: &Settings,
    ) -> Result<SecurityGroupRule, ApiError> {
        match *request {}
    }

    fn delete(
        txn: &mut Txn<'_>,
        id: Uuid,
        caller: &Caller,
        expected: Option<u64>,
    ) -> Result<(), ApiError> {
        rule::delete(txn, SecurityGroupRuleId(id), caller, expected)
    }
}
