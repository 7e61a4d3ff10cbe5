//! RBAC policies in the API.

use super::{Managed, Reading, Resource, Row, id_field};
use crate::attribute::{Attribute, Attributes};
use crate::error::RequestError;
use crate::field::{Field, Kind};
use crate::list::{IndexRule, Lookup};
use crate::view::Fields;
use alcor_managers::rbac_policy::{self, CreateRbacPolicy, UpdateRbacPolicy};
use alcor_managers::{ApiError, Caller, Settings, schema};
use alcor_store::Txn;
use alcor_types::{ProjectId, RbacPolicy, RbacPolicyId};
use serde::ser::SerializeMap;
use uuid::Uuid;

/// `/v2.0/rbac-policies`.
pub(crate) struct RbacPolicies;

const ATTRIBUTES: &[Attribute<RbacPolicies>] = &[
    Attribute::new("id", Kind::Id).read(|row| id_field(row.record.id.0)),
    Attribute::new("project_id", Kind::Text)
        .post::<String>()
        .read(|row| Field::text(row.record.project_id.as_str())),
    Attribute::new("object_type", Kind::Text)
        .post::<String>()
        .required()
        .read(|row| Field::text(row.record.object_type.as_str())),
    Attribute::new("object_id", Kind::Id)
        .post::<Uuid>()
        .required()
        .read(|row| id_field(row.record.object_id)),
    Attribute::new("action", Kind::Text)
        .post::<String>()
        .required()
        .read(|row| Field::text(row.record.action.as_str())),
    Attribute::new("target_tenant", Kind::Text)
        .write::<String>()
        .required()
        .read(|row| Field::text(row.record.target.as_str())),
];

const INDEXES: &[IndexRule] = &[
    IndexRule::new("object_id", schema::RBAC_POLICY_BY_OBJECT, 2),
    IndexRule::new("target_tenant", schema::RBAC_POLICY_BY_TARGET, 4),
    IndexRule::new("project_id", schema::RBAC_POLICY_BY_PROJECT, 5),
    IndexRule::new("object_type", schema::RBAC_POLICY_BY_TYPE, 9),
];

impl Resource for RbacPolicies {
    const SINGULAR: &'static str = "rbac_policy";
    const PLURAL: &'static str = "rbac_policies";
    const PATH: &'static str = "rbac-policies";
    const HAS_STANDARD: bool = false;
    type Record = RbacPolicy;
    type Extra = ();

    fn attributes() -> &'static [Attribute<Self>] {
        ATTRIBUTES
    }

    fn indexes() -> &'static [IndexRule] {
        INDEXES
    }

    fn id(record: &RbacPolicy) -> Uuid {
        record.id.0
    }

    fn visible(row: &Row<'_, Self>, caller: &Caller) -> bool {
        rbac_policy::visible(&row.record, caller)
    }

    fn scope(caller: &Caller, _: &Reading) -> Option<Vec<Lookup>> {
        let project = caller.project_id.as_str().as_bytes();
        Some(vec![Lookup::new(
            schema::RBAC_POLICY_BY_PROJECT,
            &[project],
        )])
    }

    fn not_found(id: &str) -> RequestError {
        RequestError::NotFound {
            kind: "RbacPolicyNotFound",
            what: "RBAC policy",
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
        fields.put("object_type", policy.object_type.as_str())?;
        fields.put("object_id", &policy.object_id)?;
        fields.put("action", policy.action.as_str())?;
        fields.put("target_tenant", policy.target.as_str())
    }
}

impl Managed for RbacPolicies {
    type Create = CreateRbacPolicy;
    type Update = UpdateRbacPolicy;

    fn create_request(body: &Attributes) -> Result<CreateRbacPolicy, RequestError> {
        Ok(CreateRbacPolicy {
            project_id: body.get::<String>("project_id")?.map(ProjectId::from),
            object_type: body.required("object_type")?,
            object_id: body.required("object_id")?,
            action: body.required("action")?,
            target: body.required("target_tenant")?,
        })
    }

    fn update_request(body: &Attributes, _: Option<u64>) -> Result<UpdateRbacPolicy, RequestError> {
        Ok(UpdateRbacPolicy {
            target: body.get("target_tenant")?,
        })
    }

    fn create(
        txn: &mut Txn<'_>,
        requests: &[CreateRbacPolicy],
        caller: &Caller,
        settings: &Settings,
    ) -> Result<Vec<RbacPolicy>, ApiError> {
        rbac_policy::create_many(txn, requests, caller, settings)
    }

    fn update(
        txn: &mut Txn<'_>,
        id: Uuid,
        request: &UpdateRbacPolicy,
        caller: &Caller,
        _: &Settings,
    ) -> Result<RbacPolicy, ApiError> {
        rbac_policy::update(txn, RbacPolicyId(id), request, caller)
    }

    fn delete(
        txn: &mut Txn<'_>,
        id: Uuid,
        caller: &Caller,
        _: Option<u64>,
    ) -> Result<(), ApiError> {
        rbac_policy::delete(txn, RbacPolicyId(id), caller)
    }
}
