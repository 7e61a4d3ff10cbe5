//! Rules of QoS policies in the API: one resource for each kind of rule, over the same records.

use super::QosPolicies;
use super::kind::RuleKind;
use crate::attribute::{Attribute, Attributes};
use crate::error::RequestError;
use crate::field::{Field, Kind};
use crate::list::{IndexRule, Lookup};
use crate::resource::{Managed, Nested, Reading, Resource, Row, id_field};
use crate::view::Fields;
use alcor_managers::qos::{self, CreateQosRule, UpdateQosRule};
use alcor_managers::{ApiError, Caller, Settings, schema};
use alcor_store::Txn;
use alcor_types::{FlowDirection, QosLimit, QosPolicyId, QosRule, QosRuleId, QosRuleType};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use std::marker::PhantomData;
use uuid::Uuid;

/// `/v2.0/qos/policies/{policy}/{kind}_rules`, or an alias.
pub(crate) struct QosRules<K>(PhantomData<K>);

/// The attribute that holds the policy's id.
const POLICY: &str = "qos_policy_id";

impl<K: RuleKind> QosRules<K> {
    const ID: Attribute<Self> =
        Attribute::new("id", Kind::Id).read(|row| id_field(row.record.id.0));
    const PARENT: Attribute<Self> = Attribute::new(POLICY, Kind::Id)
        .hidden()
        .read(|row| id_field(row.record.policy_id.0));
    // Neutron takes an owner of a rule and does nothing with it.
    const PROJECT: Attribute<Self> = Attribute::new("tenant_id", Kind::Text)
        .write::<Option<String>>()
        .hidden();
    const DIRECTION: Attribute<Self> = Attribute::new("direction", Kind::Text)
        .write::<FlowDirection>()
        .read(|row| {
            Field::text(
                row.record
                    .limit
                    .direction()
                    .map_or("", FlowDirection::as_str),
            )
        });

    const fn rate(name: &'static str) -> Attribute<Self> {
        Attribute::new(name, Kind::Number)
            .write::<u32>()
            .read(|row| Field::Number(numbers(&row.record.limit)[0].1.into()))
    }

    const fn burst(name: &'static str) -> Attribute<Self> {
        Attribute::new(name, Kind::Number)
            .write::<u32>()
            .read(|row| Field::Number(numbers(&row.record.limit)[1].1.into()))
    }

    const BANDWIDTH_LIMIT: &'static [Attribute<Self>] = &[
        Self::ID,
        Self::PARENT,
        Self::PROJECT,
        Self::rate("max_kbps").required(),
        Self::burst("max_burst_kbps"),
        Self::DIRECTION,
    ];
    const PACKET_RATE_LIMIT: &'static [Attribute<Self>] = &[
        Self::ID,
        Self::PARENT,
        Self::PROJECT,
        Self::rate("max_kpps").required(),
        Self::burst("max_burst_kpps"),
        Self::DIRECTION,
    ];
    const DSCP_MARKING: &'static [Attribute<Self>] = &[
        Self::ID,
        Self::PARENT,
        Self::PROJECT,
        Attribute::new("dscp_mark", Kind::Number)
            .write::<u8>()
            .required()
            .read(|row| Field::Number(numbers(&row.record.limit)[0].1.into())),
    ];
    const MINIMUM_BANDWIDTH: &'static [Attribute<Self>] = &[
        Self::ID,
        Self::PARENT,
        Self::PROJECT,
        Self::rate("min_kbps").required(),
        Self::DIRECTION,
    ];
    const MINIMUM_PACKET_RATE: &'static [Attribute<Self>] = &[
        Self::ID,
        Self::PARENT,
        Self::PROJECT,
        Self::rate("min_kpps").required(),
        Self::DIRECTION,
    ];
    const INDEXES: &'static [IndexRule] = &[IndexRule::new(POLICY, schema::QOS_RULE_BY_POLICY, 1)];
}

/// The numbers of a rule under their names; a second entry without a name is none.
fn numbers(limit: &QosLimit) -> [(&'static str, u32); 2] {
    match *limit {
        QosLimit::BandwidthLimit {
            max_kbps,
            max_burst_kbps,
            ..
        } => [("max_kbps", max_kbps), ("max_burst_kbps", max_burst_kbps)],
        QosLimit::PacketRateLimit {
            max_kpps,
            max_burst_kpps,
            ..
        } => [("max_kpps", max_kpps), ("max_burst_kpps", max_burst_kpps)],
        QosLimit::DscpMarking { dscp_mark } => [("dscp_mark", dscp_mark.into()), ("", 0)],
        QosLimit::MinimumBandwidth { min_kbps, .. } => [("min_kbps", min_kbps), ("", 0)],
        QosLimit::MinimumPacketRate { min_kpps, .. } => [("min_kpps", min_kpps), ("", 0)],
    }
}

/// A rule as its policy shows it.
pub(super) struct Embedded(pub(super) QosRule);

impl Serialize for Embedded {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let rule = &self.0;
        let mut map = to.serialize_map(None)?;
        map.serialize_entry("id", &rule.id)?;
        map.serialize_entry(POLICY, &rule.policy_id)?;
        map.serialize_entry("type", rule.limit.rule_type().as_str())?;
        for (name, number) in numbers(&rule.limit) {
            if !name.is_empty() {
                map.serialize_entry(name, &number)?;
            }
        }
        if let Some(direction) = rule.limit.direction() {
            map.serialize_entry("direction", direction.as_str())?;
        }
        map.end()
    }
}

impl<K: RuleKind> Resource for QosRules<K> {
    const SINGULAR: &'static str = K::SINGULAR;
    const PLURAL: &'static str = K::PLURAL;
    const PATH: &'static str = K::PATH;
    const POLICY: &'static str = K::POLICY;
    const HAS_STANDARD: bool = false;
    type Record = QosRule;
    type Extra = ();

    fn attributes() -> &'static [Attribute<Self>] {
        match K::TYPE {
            QosRuleType::BandwidthLimit => Self::BANDWIDTH_LIMIT,
            QosRuleType::PacketRateLimit => Self::PACKET_RATE_LIMIT,
            QosRuleType::DscpMarking => Self::DSCP_MARKING,
            QosRuleType::MinimumBandwidth => Self::MINIMUM_BANDWIDTH,
            QosRuleType::MinimumPacketRate => Self::MINIMUM_PACKET_RATE,
        }
    }

    fn indexes() -> &'static [IndexRule] {
        Self::INDEXES
    }

    fn id(record: &QosRule) -> Uuid {
        record.id.0
    }

    /// A rule of another kind is not here, whoever asks.
    fn visible(row: &Row<'_, Self>, caller: &Caller) -> bool {
        let rule = &row.record;
        rule.limit.rule_type() == K::TYPE
            && qos::rule_visible(&row.reading.snapshot, rule, caller).unwrap_or(false)
    }

    fn scope(_: &Caller, _: &Reading) -> Option<Vec<Lookup>> {
        None
    }

    fn not_found(id: &str) -> RequestError {
        RequestError::NotFound {
            kind: "QosRuleNotFound",
            what: "QoS rule",
            id: id.to_owned(),
        }
    }

    fn write<M: SerializeMap>(
        row: &Row<'_, Self>,
        fields: &mut Fields<'_, M>,
    ) -> Result<(), M::Error> {
        let rule = &row.record;
        fields.put("id", &rule.id)?;
        for (name, number) in numbers(&rule.limit) {
            if !name.is_empty() {
                fields.put(name, &number)?;
            }
        }
        if let Some(direction) = rule.limit.direction() {
            fields.put("direction", direction.as_str())?;
        }
        Ok(())
    }
}

impl<K: RuleKind> Managed for QosRules<K> {
    type Create = CreateQosRule;
    type Update = UpdateQosRule;

    fn create_request(body: &Attributes) -> Result<CreateQosRule, RequestError> {
        Ok(CreateQosRule {
            policy_id: QosPolicyId(body.required(POLICY)?),
            limit: limit(K::TYPE, body)?,
        })
    }

    fn update_request(body: &Attributes, _: Option<u64>) -> Result<UpdateQosRule, RequestError> {
        let either = |first, second| Ok::<_, RequestError>(body.get(first)?.or(body.get(second)?));
        Ok(UpdateQosRule {
            rule_type: K::TYPE,
            max: either("max_kbps", "max_kpps")?,
            max_burst: either("max_burst_kbps", "max_burst_kpps")?,
            min: either("min_kbps", "min_kpps")?,
            dscp_mark: body.get("dscp_mark")?,
            direction: body.get("direction")?,
        })
    }

    fn create(
        txn: &mut Txn<'_>,
        requests: &[CreateQosRule],
        caller: &Caller,
        _: &Settings,
    ) -> Result<Vec<QosRule>, ApiError> {
        qos::create_rules(txn, requests, caller)
    }

    fn update(
        txn: &mut Txn<'_>,
        id: Uuid,
        request: &UpdateQosRule,
        caller: &Caller,
        _: &Settings,
    ) -> Result<QosRule, ApiError> {
        qos::update_rule(txn, QosRuleId(id), request, caller)
    }

    fn delete(
        txn: &mut Txn<'_>,
        id: Uuid,
        caller: &Caller,
        _: Option<u64>,
    ) -> Result<(), ApiError> {
        qos::delete_rule(txn, QosRuleId(id), K::TYPE, caller)
    }
}

/// What a new rule of the type says.
fn limit(rule_type: QosRuleType, body: &Attributes) -> Result<QosLimit, RequestError> {
    let direction = body.get("direction")?.unwrap_or(FlowDirection::Egress);
    Ok(match rule_type {
        QosRuleType::BandwidthLimit => QosLimit::BandwidthLimit {
            max_kbps: body.required("max_kbps")?,
            max_burst_kbps: body.get("max_burst_kbps")?.unwrap_or_default(),
            direction,
        },
        QosRuleType::PacketRateLimit => QosLimit::PacketRateLimit {
            max_kpps: body.required("max_kpps")?,
            max_burst_kpps: body.get("max_burst_kpps")?.unwrap_or_default(),
            direction,
        },
        QosRuleType::DscpMarking => QosLimit::DscpMarking {
            dscp_mark: body.required("dscp_mark")?,
        },
        QosRuleType::MinimumBandwidth => QosLimit::MinimumBandwidth {
            min_kbps: body.required("min_kbps")?,
            direction,
        },
        QosRuleType::MinimumPacketRate => QosLimit::MinimumPacketRate {
            min_kpps: body.required("min_kpps")?,
            direction,
        },
    })
}

impl<K: RuleKind> Nested for QosRules<K> {
    type Parent = QosPolicies;
    const PARENT: &'static str = POLICY;

    fn parent(record: &QosRule) -> Uuid {
        record.policy_id.0
    }
}
