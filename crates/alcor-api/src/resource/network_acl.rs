//! Network ACLs in the API, in the words of the first Alcor.

mod rule;

pub(crate) use rule::AclRules;

use super::{Managed, Reading, Resource, Row, id_field};
use crate::attribute::{Attribute, Attributes, with_standard};
use crate::error::RequestError;
use crate::field::{Field, Kind};
use crate::list::{IndexRule, Lookup};
use crate::view::Fields;
use alcor_managers::network_acl::{self, CreateNetworkAcl, UpdateNetworkAcl};
use alcor_managers::records::Index;
use alcor_managers::{ApiError, Caller, Settings, schema};
use alcor_store::Txn;
use alcor_types::{
    NetworkAcl, NetworkAclId, NetworkAclRule, NetworkId, ProjectId, Standard, SubnetId,
};
use serde::ser::SerializeMap;
use std::collections::BTreeSet;
use uuid::Uuid;

/// `/v2.0/network-acls`, and below `/project/{project}`.
pub(crate) struct NetworkAcls;

const ATTRIBUTES: &[Attribute<NetworkAcls>] = with_standard![
    Attribute::new("id", Kind::Id)
        .post::<Uuid>()
        .read(|row| id_field(row.record.id.0)),
    Attribute::new("project_id", Kind::Text)
        .post::<String>()
        .read(|row| Field::text(row.record.project_id.as_str())),
    Attribute::new("vpc_id", Kind::Id)
        .post::<Uuid>()
        .required()
        .read(|row| id_field(row.record.network_id.0)),
    Attribute::new("associated_subnets", Kind::Compound)
        .write::<Vec<Uuid>>()
        .read_each(Kind::Id, |row| {
            let subnets = row.record.subnets.iter();
            subnets.map(|subnet| id_field(subnet.0)).collect()
        }),
    Attribute::new("is_default", Kind::Flag)
        .write::<bool>()
        .read(|row| Field::Flag(row.record.is_default)),
    Attribute::new("network_acl_rules", Kind::Compound),
];

const INDEXES: &[IndexRule] = &[
    IndexRule::new("associated_subnets", schema::NETWORK_ACL_BY_SUBNET, 1),
    IndexRule::new("name", schema::NETWORK_ACL_BY_NAME, 3),
    IndexRule::new("vpc_id", schema::NETWORK_ACL_BY_NETWORK, 4),
    IndexRule::new("project_id", schema::NETWORK_ACL_BY_PROJECT, 7),
];

impl Row<'_, NetworkAcls> {
    /// Its rules; none where they cannot be read, which is logged.
    fn rules(&self) -> Vec<NetworkAclRule> {
        network_acl::rules(&self.reading.snapshot, self.record.id).unwrap_or_else(|error| {
            tracing::error!(acl = %self.record.id, %error, "unreadable rules");
            Vec::new()
        })
    }
}

impl Resource for NetworkAcls {
    const SINGULAR: &'static str = "network_acl";
    const PLURAL: &'static str = "network_acls";
    const PATH: &'static str = "network-acls";
    const HAS_STANDARD: bool = true;
    const TAG_INDEX: Option<Index> = Some(schema::NETWORK_ACL_BY_TAG);
    type Record = NetworkAcl;
    type Extra = ();

    fn attributes() -> &'static [Attribute<Self>] {
        ATTRIBUTES
    }

    fn indexes() -> &'static [IndexRule] {
        INDEXES
    }

    fn id(record: &NetworkAcl) -> Uuid {
        record.id.0
    }

    fn standard(record: &NetworkAcl) -> Option<&Standard> {
        Some(&record.standard)
    }

    fn visible(row: &Row<'_, Self>, caller: &Caller) -> bool {
        caller.owns(&row.record.project_id)
    }

    fn scope(caller: &Caller, _: &Reading) -> Option<Vec<Lookup>> {
        let project = caller.project_id.as_str().as_bytes();
        Some(vec![Lookup::new(
            schema::NETWORK_ACL_BY_PROJECT,
            &[project],
        )])
    }

    fn not_found(id: &str) -> RequestError {
        RequestError::NotFound {
            kind: "NetworkAclNotFound",
            what: "Network ACL",
            id: id.to_owned(),
        }
    }

    fn write<M: SerializeMap>(
        row: &Row<'_, Self>,
        fields: &mut Fields<'_, M>,
    ) -> Result<(), M::Error> {
        let acl = &row.record;
        fields.put("id", &acl.id)?;
        fields.put_project(acl.project_id.as_str())?;
        fields.put_standard(&acl.standard)?;
        fields.put("vpc_id", &acl.network_id)?;
        fields.put("associated_subnets", &acl.subnets)?;
        fields.put("is_default", &acl.is_default)?;
        fields.put_with("network_acl_rules", || rule::in_order(&row.rules()))
    }
}

fn subnets(body: &Attributes) -> Result<Option<BTreeSet<SubnetId>>, RequestError> {
    let subnets = body.get::<Vec<Uuid>>("associated_subnets")?;
    Ok(subnets.map(|subnets| subnets.into_iter().map(SubnetId).collect()))
}

impl Managed for NetworkAcls {
    type Create = CreateNetworkAcl;
    type Update = UpdateNetworkAcl;

    fn create_request(body: &Attributes) -> Result<CreateNetworkAcl, RequestError> {
        Ok(CreateNetworkAcl {
            id: body.get::<Uuid>("id")?.map(NetworkAclId),
            project_id: body.get::<String>("project_id")?.map(ProjectId::from),
            name: body.get("name")?.unwrap_or_default(),
            description: body.get("description")?.unwrap_or_default(),
            tags: body.tags()?,
            network_id: NetworkId(body.required("vpc_id")?),
            subnets: subnets(body)?.unwrap_or_default(),
            is_default: body.get("is_default")?,
        })
    }

    fn update_request(
        body: &Attributes,
        expected: Option<u64>,
    ) -> Result<UpdateNetworkAcl, RequestError> {
        Ok(UpdateNetworkAcl {
            name: body.get("name")?,
            description: body.get("description")?,
            tags: None,
            subnets: subnets(body)?,
            is_default: body.get("is_default")?,
            expected_revision: expected,
        })
    }

    fn create(
        txn: &mut Txn<'_>,
        requests: &[CreateNetworkAcl],
        caller: &Caller,
        _: &Settings,
    ) -> Result<Vec<NetworkAcl>, ApiError> {
        network_acl::create_many(txn, requests, caller)
    }

    fn update(
        txn: &mut Txn<'_>,
        id: Uuid,
        request: &UpdateNetworkAcl,
        caller: &Caller,
        _: &Settings,
    ) -> Result<NetworkAcl, ApiError> {
        network_acl::update(txn, NetworkAclId(id), request, caller)
    }

    fn delete(
        txn: &mut Txn<'_>,
        id: Uuid,
        caller: &Caller,
        expected: Option<u64>,
    ) -> Result<(), ApiError> {
        network_acl::delete(txn, NetworkAclId(id), caller, expected)
    }
}
