//! QoS policies in the API.

pub(crate) mod alias;
mod kind;
mod rule;
mod rule_type;

pub(crate) use kind::{
    AliasBandwidthLimit, AliasDscpMarking, AliasMinimumBandwidth, AliasMinimumPacketRate,
    BandwidthLimit, DscpMarking, MinimumBandwidth, MinimumPacketRate, PacketRateLimit, RuleKind,
};
pub(crate) use rule::QosRules;
pub(crate) use rule_type::{list as list_rule_types, show as show_rule_type};

use super::{Managed, Reading, Resource, Row, id_field};
use crate::attribute::{Attribute, Attributes, with_standard};
use crate::error::RequestError;
use crate::field::{Field, Kind};
use crate::list::{IndexRule, Lookup, granted};
use crate::tag::Tagged;
use crate::view::Fields;
use alcor_managers::qos::{self, CreateQosPolicy, UpdateQosPolicy};
use alcor_managers::records::Index;
use alcor_managers::{ApiError, Caller, Settings, schema};
use alcor_store::Txn;
use alcor_types::{ProjectId, QosPolicy, QosPolicyId, QosRule, Standard};
use rule::Embedded;
use serde::ser::SerializeMap;
use std::collections::BTreeSet;
use uuid::Uuid;

/// `/v2.0/qos/policies`.
pub(crate) struct QosPolicies;

const ATTRIBUTES: &[Attribute<QosPolicies>] = with_standard![
    Attribute::new("id", Kind::Id).read(|row| id_field(row.record.id.0)),
    Attribute::new("project_id", Kind::Text)
        .post::<String>()
        .read(|row| Field::text(row.record.project_id.as_str())),
    Attribute::new("shared", Kind::Flag)
        .write::<bool>()
        .read(|row| Field::Flag(row.is_shared())),
    Attribute::new("is_default", Kind::Flag)
        .write::<bool>()
        .read(|row| Field::Flag(row.record.is_default)),
    Attribute::new("rules", Kind::Compound),
];

const INDEXES: &[IndexRule] = &[
    IndexRule::new("name", schema::QOS_POLICY_BY_NAME, 3),
    IndexRule::granted("shared", schema::QOS_POLICY_BY_SHARED, 6),
    IndexRule::new("project_id", schema::QOS_POLICY_BY_PROJECT, 7),
];

impl Row<'_, QosPolicies> {
    /// Whether everyone, or the caller by a grant, may use it.
    fn is_shared(&self) -> bool {
        self.record.shared.includes(&self.reading.caller.project_id)
    }

    /// Its rules; none where they cannot be read, which is logged.
    fn rules(&self) -> Vec<QosRule> {
        qos::rules(&self.reading.snapshot, self.record.id).unwrap_or_else(|error| {
            tracing::error!(policy = %self.record.id, %error, "unreadable rules");
            Vec::new()
        })
    }
}

impl Resource for QosPolicies {
    const SINGULAR: &'static str = "policy";
    const PLURAL: &'static str = "policies";
    const PATH: &'static str = "qos/policies";
    const HAS_STANDARD: bool = true;
    const TAG_INDEX: Option<Index> = Some(schema::QOS_POLICY_BY_TAG);
    type Record = QosPolicy;
    type Extra = ();

    fn attributes() -> &'static [Attribute<Self>] {
        ATTRIBUTES
    }

    fn indexes() -> &'static [IndexRule] {
        INDEXES
    }

    fn id(record: &QosPolicy) -> Uuid {
        record.id.0
    }

    fn standard(record: &QosPolicy) -> Option<&Standard> {
        Some(&record.standard)
    }

    fn visible(row: &Row<'_, Self>, caller: &Caller) -> bool {
        qos::visible(&row.record, caller)
    }

    fn scope(caller: &Caller, _: &Reading) -> Option<Vec<Lookup>> {
        let project = caller.project_id.as_str().as_bytes();
        let mut lookups = vec![Lookup::new(schema::QOS_POLICY_BY_PROJECT, &[project])];
        lookups.extend(granted(schema::QOS_POLICY_BY_SHARED, caller));
        Some(lookups)
    }

    fn not_found(id: &str) -> RequestError {
        RequestError::NotFound {
            kind: "QosPolicyNotFound",
            what: "QoS policy",
            id: id.to_owned(),
        }
    }

    fn write<M: SerializeMap>(
        row: &Row<'_, Self>,
        fields: &mut Fields<'_, M>,
    ) -> Result<(), M::Error> {
        let policy = &row.record;
        fields.put("id", &policy.id)?;
        fields.put_project(policy.project_id.as_str())?;
        fields.put_standard(&policy.standard)?;
        fields.put("shared", &row.is_shared())?;
        fields.put("is_default", &policy.is_default)?;
        fields.put_with("rules", || {
            row.rules().into_iter().map(Embedded).collect::<Vec<_>>()
        })
    }
}

impl Managed for QosPolicies {
    type Create = CreateQosPolicy;
    type Update = UpdateQosPolicy;

    fn create_request(body: &Attributes) -> Result<CreateQosPolicy, RequestError> {
        Ok(CreateQosPolicy {
            project_id: body.get::<String>("project_id")?.map(ProjectId::from),
            name: body.get("name")?.unwrap_or_default(),
            description: body.get("description")?.unwrap_or_default(),
            tags: body.tags()?,
            shared: body.get("shared")?,
            is_default: body.get("is_default")?,
        })
    }

    fn update_request(
        body: &Attributes,
        expected: Option<u64>,
    ) -> Result<UpdateQosPolicy, RequestError> {
        Ok(UpdateQosPolicy {
            name: body.get("name")?,
            description: body.get("description")?,
            tags: None,
            shared: body.get("shared")?,
            is_default: body.get("is_default")?,
            expected_revision: expected,
        })
    }

    fn create(
        txn: &mut Txn<'_>,
        requests: &[CreateQosPolicy],
        caller: &Caller,
        _: &Settings,
    ) -> Result<Vec<QosPolicy>, ApiError> {
        qos::create_many(txn, requests, caller)
    }

    fn update(
        txn: &mut Txn<'_>,
        id: Uuid,
        request: &UpdateQosPolicy,
        caller: &Caller,
        _: &Settings,
    ) -> Result<QosPolicy, ApiError> {
        qos::update(txn, QosPolicyId(id), request, caller)
    }

    fn delete(
        txn: &mut Txn<'_>,
        id: Uuid,
        caller: &Caller,
        expected: Option<u64>,
    ) -> Result<(), ApiError> {
        qos::delete(txn, QosPolicyId(id), caller, expected)
    }
}

impl Tagged for QosPolicies {
    fn get(txn: &Txn<'_>, id: Uuid, caller: &Caller) -> Result<QosPolicy, ApiError> {
        qos::get(txn, QosPolicyId(id), caller)
    }

    fn tags_request(tags: BTreeSet<String>, expected: Option<u64>) -> UpdateQosPolicy {
        UpdateQosPolicy {
            tags: Some(tags),
            expected_revision: expected,
            ..UpdateQosPolicy::default()
        }
    }
}
