//! Security groups in the API.

mod traffic;

pub(crate) mod rule;
pub(crate) mod template;

use super::{Managed, Preparation, Reading, Resource, Row, id_field};
use crate::attribute::{Attribute, Attributes, with_standard};
use crate::error::RequestError;
use crate::field::{Field, Kind};
use crate::list::{IndexRule, Lookup, granted};
use crate::query::QueryString;
use crate::tag::Tagged;
use crate::view::{Fields, Selection, View};
use alcor_managers::records::Index;
use alcor_managers::security_group::{self, CreateSecurityGroup, UpdateSecurityGroup};
use alcor_managers::{ApiError, Caller, Settings, schema};
use alcor_store::Txn;
use alcor_types::{ProjectId, SecurityGroup, SecurityGroupId, Standard};
use rule::SecurityGroupRules;
use serde::Serializer;
use serde::ser::{Serialize, SerializeMap};
use std::collections::BTreeSet;
use uuid::Uuid;

/// `/v2.0/security-groups`.
pub(crate) struct SecurityGroups;

const ATTRIBUTES: &[Attribute<SecurityGroups>] = with_standard![
    Attribute::new("id", Kind::Id)
        .post::<Uuid>()
        .read(|row| id_field(row.record.id.0)),
    Attribute::new("project_id", Kind::Text)
        .post::<String>()
        .read(|row| Field::text(row.record.project_id.as_str())),
    Attribute::new("stateful", Kind::Flag)
        .write::<bool>()
        .read(|row| Field::Flag(row.record.stateful)),
    Attribute::new("shared", Kind::Flag).read(|row| Field::Flag(row.is_shared())),
    Attribute::new("security_group_rules", Kind::Compound),
];

const INDEXES: &[IndexRule] = &[
    IndexRule::new("name", schema::SECURITY_GROUP_BY_NAME, 4),
    IndexRule::new("project_id", schema::SECURITY_GROUP_BY_PROJECT, 3),
    IndexRule::granted("shared", schema::SECURITY_GROUP_BY_SHARED, 6),
];

impl Row<'_, SecurityGroups> {
    /// Whether everyone, or the caller by a grant, may use it; as Neutron shows it.
    fn is_shared(&self) -> bool {
        let project = &self.reading.caller.project_id;
        self.record.shared.includes(project)
    }
}

/// The rules of a group, each as it is shown by itself.
struct Rules<'a> {
    group: SecurityGroupId,
    reading: &'a Reading,
}

impl Serialize for Rules<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let rules = security_group::rules(&self.reading.snapshot, self.group);
        let rules = rules.unwrap_or_else(|error| {
            tracing::error!(group = %self.group, %error, "unreadable security group rule");
            Vec::new()
        });
        let selection = Selection::of::<SecurityGroupRules>(&[], &self.reading.caller);
        let rows: Vec<_> = rules
            .into_iter()
            .map(|rule| Row::<SecurityGroupRules>::new(rule, self.reading))
            .collect();
        to.collect_seq(rows.iter().map(|row| View {
            row,
            selection: &selection,
        }))
    }
}

/// Makes the default group of the project that a list is about, where it has none. Neutron does
/// so, and clients that look for the group by its name rely on it.
pub(super) fn prepare_default(
    caller: &Caller,
    query: &QueryString,
    reading: &Reading,
) -> Option<Preparation> {
    let named = query.all("project_id").chain(query.all("tenant_id")).next();
    let project = named.map_or_else(|| caller.project_id.clone(), ProjectId::from);
    let has = security_group::default_of(&reading.snapshot, &project).is_some();
    if has || !caller.owns(&project) || project.as_str().is_empty() {
        return None;
    }
    Some(Box::new(move |txn| {
        security_group::ensure_default(txn, &project).map(drop)
    }))
}

impl Resource for SecurityGroups {
    const SINGULAR: &'static str = "security_group";
    const PLURAL: &'static str = "security_groups";
    const PATH: &'static str = "security-groups";
    const HAS_STANDARD: bool = true;
    const TAG_INDEX: Option<Index> = Some(schema::SECURITY_GROUP_BY_TAG);
    type Record = SecurityGroup;
    type Extra = ();

    fn attributes() -> &'static [Attribute<Self>] {
        ATTRIBUTES
    }

    fn indexes() -> &'static [IndexRule] {
        INDEXES
    }

    fn id(record: &SecurityGroup) -> Uuid {
        record.id.0
    }

    fn standard(record: &SecurityGroup) -> Option<&Standard> {
        Some(&record.standard)
    }

    fn visible(row: &Row<'_, Self>, caller: &Caller) -> bool {
        security_group::visible(&row.record, caller)
    }

    fn scope(caller: &Caller, _: &Reading) -> Option<Vec<Lookup>> {
        let project = caller.project_id.as_str().as_bytes();
        let mut lookups = vec![Lookup::new(schema::SECURITY_GROUP_BY_PROJECT, &[project])];
        lookups.extend(granted(schema::SECURITY_GROUP_BY_SHARED, caller));
        Some(lookups)
    }

    fn prepare(caller: &Caller, query: &QueryString, reading: &Reading) -> Option<Preparation> {
        prepare_default(caller, query, reading)
    }

    fn not_found(id: &str) -> RequestError {
        RequestError::NotFound {
            kind: "SecurityGroupNotFound",
            what: "Security group",
            id: id.to_owned(),
        }
    }

    fn write<M: SerializeMap>(
        row: &Row<'_, Self>,
        fields: &mut Fields<'_, M>,
    ) -> Result<(), M::Error> {
        let group = &row.record;
        fields.put("id", &group.id)?;
        fields.put_project(group.project_id.as_str())?;
        fields.put_standard(&group.standard)?;
        fields.put("stateful", &group.stateful)?;
        fields.put("shared", &row.is_shared())?;
        fields.put(
            "security_group_rules",
            &Rules {
                group: group.id,
                reading: row.reading,
            },
        )
    }
}

impl Managed for SecurityGroups {
    type Create = CreateSecurityGroup;
    type Update = UpdateSecurityGroup;

    fn create_request(body: &Attributes) -> Result<CreateSecurityGroup, RequestError> {
        Ok(CreateSecurityGroup {
            id: body.get::<Uuid>("id")?.map(SecurityGroupId),
            project_id: body.get::<String>("project_id")?.map(ProjectId::from),
            name: body.get("name")?.unwrap_or_default(),
            description: body.get("description")?.unwrap_or_default(),
            tags: body.tags()?,
            stateful: body.get("stateful")?,
        })
    }

    fn update_request(
        body: &Attributes,
        expected: Option<u64>,
    ) -> Result<UpdateSecurityGroup, RequestError> {
        Ok(UpdateSecurityGroup {
            name: body.get("name")?,
            description: body.get("description")?,
            tags: None,
            stateful: body.get("stateful")?,
            expected_revision: expected,
        })
    }

    fn create(
        txn: &mut Txn<'_>,
        requests: &[CreateSecurityGroup],
        caller: &Caller,
        settings: &Settings,
    ) -> Result<Vec<SecurityGroup>, ApiError> {
        security_group::create_many(txn, requests, caller, settings)
    }

    fn update(
        txn: &mut Txn<'_>,
        id: Uuid,
        request: &UpdateSecurityGroup,
        caller: &Caller,
        _: &Settings,
    ) -> Result<SecurityGroup, ApiError> {
        security_group::update(txn, SecurityGroupId(id), request, caller)
    }

    fn delete(
        txn: &mut Txn<'_>,
        id: Uuid,
        caller: &Caller,
        expected: Option<u64>,
    ) -> Result<(), ApiError> {
        security_group::delete(txn, SecurityGroupId(id), caller, expected)
    }
}

impl Tagged for SecurityGroups {
    fn get(txn: &Txn<'_>, id: Uuid, caller: &Caller) -> Result<SecurityGroup, ApiError> {
        security_group::get(txn, SecurityGroupId(id), caller)
    }

    fn tags_request(tags: BTreeSet<String>, expected: Option<u64>) -> UpdateSecurityGroup {
        UpdateSecurityGroup {
            tags: Some(tags),
            expected_revision: expected,
            ..UpdateSecurityGroup::default()
        }
    }
}
