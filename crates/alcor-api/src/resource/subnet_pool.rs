//! Subnet pools in the API.

use super::{Managed, Reading, Resource, Row, id_field};
use crate::attribute::{Attribute, Attributes, with_standard};
use crate::error::RequestError;
use crate::field::{Field, Kind};
use crate::list::{IndexRule, Lookup, granted};
use crate::tag::Tagged;
use crate::value::{Cidr, Natural};
use crate::view::{Fields, Text};
use alcor_managers::records::Index;
use alcor_managers::subnet_pool::{self, CreateSubnetPool, UpdateSubnetPool};
use alcor_managers::{ApiError, Caller, Settings, schema};
use alcor_store::Txn;
use alcor_types::{AddressScopeId, ProjectId, Standard, SubnetPool, SubnetPoolId};
use ipnet::IpNet;
use serde::ser::SerializeMap;
use std::collections::BTreeSet;
use uuid::Uuid;

/// `/v2.0/subnetpools`.
pub(crate) struct SubnetPools;

const ATTRIBUTES: &[Attribute<SubnetPools>] = with_standard![
    Attribute::new("id", Kind::Id)
        .post::<Uuid>()
        .read(|row| id_field(row.record.id.0)),
    Attribute::new("project_id", Kind::Text)
        .post::<String>()
        .read(|row| Field::text(row.record.project_id.as_str())),
    Attribute::new("prefixes", Kind::Compound)
        .write::<Vec<Cidr>>()
        .required()
        .read_each(Kind::Block, |row| {
            let prefixes = row.record.prefixes.iter();
            prefixes.copied().map(Field::Block).collect()
        }),
    Attribute::new("ip_version", Kind::Number)
        .read(|row| Field::Number(row.record.ip_version.number().into())),
    // Neutron shows the three lengths as text.
    Attribute::new("min_prefixlen", Kind::Text)
        .write::<u8>()
        .read(|row| length(row.record.min_prefixlen)),
    Attribute::new("max_prefixlen", Kind::Text)
        .write::<u8>()
        .read(|row| length(row.record.max_prefixlen)),
    Attribute::new("default_prefixlen", Kind::Text)
        .write::<u8>()
        .read(|row| length(row.record.default_prefixlen)),
    Attribute::new("default_quota", Kind::Number)
        .write::<Option<Natural>>()
        .read(|row| {
            Field::or_null(row.record.default_quota, |quota| {
                Field::Number(quota.into())
            })
        }),
    Attribute::new("shared", Kind::Flag)
        .post::<bool>()
        .read(|row| Field::Flag(row.is_shared())),
    Attribute::new("is_default", Kind::Flag)
        .write::<bool>()
        .read(|row| Field::Flag(row.record.is_default)),
    Attribute::new("address_scope_id", Kind::Id)
        .write::<Option<Uuid>>()
        .read(|row| Field::or_null(row.record.address_scope_id, |id| id_field(id.0))),
];

const INDEXES: &[IndexRule] = &[
    IndexRule::new("is_default", schema::SUBNET_POOL_IS_DEFAULT, 1),
    IndexRule::new("name", schema::SUBNET_POOL_BY_NAME, 3),
    IndexRule::new("address_scope_id", schema::SUBNET_POOL_BY_ADDRESS_SCOPE, 5),
    IndexRule::granted("shared", schema::SUBNET_POOL_BY_SHARED, 6),
    IndexRule::new("project_id", schema::SUBNET_POOL_BY_PROJECT, 7),
];

fn length(length: u8) -> Field<'static> {
    Field::Text(length.to_string().into())
}

impl Row<'_, SubnetPools> {
    fn is_shared(&self) -> bool {
        let project = &self.reading.caller.project_id;
        self.record.shared.includes(project)
    }
}

impl Resource for SubnetPools {
    const SINGULAR: &'static str = "subnetpool";
    const PLURAL: &'static str = "subnetpools";
    const HAS_STANDARD: bool = true;
    const TAG_INDEX: Option<Index> = Some(schema::SUBNET_POOL_BY_TAG);
    type Record = SubnetPool;
    type Extra = ();

    fn attributes() -> &'static [Attribute<Self>] {
        ATTRIBUTES
    }

    fn indexes() -> &'static [IndexRule] {
        INDEXES
    }

    fn id(record: &SubnetPool) -> Uuid {
        record.id.0
    }

    fn standard(record: &SubnetPool) -> Option<&Standard> {
        Some(&record.standard)
    }

    fn visible(row: &Row<'_, Self>, caller: &Caller) -> bool {
        subnet_pool::visible(&row.record, caller)
    }

    fn scope(caller: &Caller, _: &Reading) -> Option<Vec<Lookup>> {
        let project = caller.project_id.as_str().as_bytes();
        let mut lookups = vec![Lookup::new(schema::SUBNET_POOL_BY_PROJECT, &[project])];
        lookups.extend(granted(schema::SUBNET_POOL_BY_SHARED, caller));
        Some(lookups)
    }

    fn not_found(id: &str) -> RequestError {
        RequestError::NotFound {
            kind: "SubnetPoolNotFound",
            what: "Subnet pool",
            id: id.to_owned(),
        }
    }

    fn write<M: SerializeMap>(
        row: &Row<'_, Self>,
        fields: &mut Fields<'_, M>,
    ) -> Result<(), M::Error> {
        let pool = &row.record;
        fields.put("id", &pool.id)?;
        fields.put_project(pool.project_id.as_str())?;
        fields.put_standard(&pool.standard)?;
        fields.put("prefixes", &pool.prefixes)?;
        fields.put("ip_version", &pool.ip_version.number())?;
        fields.put("min_prefixlen", &Text(&pool.min_prefixlen))?;
        fields.put("max_prefixlen", &Text(&pool.max_prefixlen))?;
        fields.put("default_prefixlen", &Text(&pool.default_prefixlen))?;
        fields.put("default_quota", &pool.default_quota)?;
        fields.put("shared", &row.is_shared())?;
        fields.put("is_default", &pool.is_default)?;
        fields.put("address_scope_id", &pool.address_scope_id)
    }
}

/// The blocks of a list of prefixes.
pub(crate) fn blocks(prefixes: Vec<Cidr>) -> Vec<IpNet> {
    prefixes.into_iter().map(|prefix| prefix.0).collect()
}

impl Managed for SubnetPools {
    type Create = CreateSubnetPool;
    type Update = UpdateSubnetPool;

    fn create_request(body: &Attributes) -> Result<CreateSubnetPool, RequestError> {
        Ok(CreateSubnetPool {
            id: body.get::<Uuid>("id")?.map(SubnetPoolId),
            project_id: body.get::<String>("project_id")?.map(ProjectId::from),
            name: body.get("name")?.unwrap_or_default(),
            description: body.get("description")?.unwrap_or_default(),
            tags: body.tags()?,
            prefixes: blocks(body.required("prefixes")?),
            min_prefixlen: body.get("min_prefixlen")?,
            max_prefixlen: body.get("max_prefixlen")?,
            default_prefixlen: body.get("default_prefixlen")?,
            default_quota: body.some::<Natural>("default_quota")?.map(|quota| quota.0),
            shared: body.get("shared")?.unwrap_or(false),
            is_default: body.get("is_default")?.unwrap_or(false),
            address_scope_id: body.some::<Uuid>("address_scope_id")?.map(AddressScopeId),
        })
    }

    fn update_request(
        body: &Attributes,
        expected: Option<u64>,
    ) -> Result<UpdateSubnetPool, RequestError> {
        let quota = body.get::<Option<Natural>>("default_quota")?;
        let scope = body.get::<Option<Uuid>>("address_scope_id")?;
        Ok(UpdateSubnetPool {
            name: body.get("name")?,
            description: body.get("description")?,
            tags: None,
            prefixes: body.get("prefixes")?.map(blocks),
            min_prefixlen: body.get("min_prefixlen")?,
            max_prefixlen: body.get("max_prefixlen")?,
            default_prefixlen: body.get("default_prefixlen")?,
            default_quota: quota.map(|quota| quota.map(|quota| quota.0)),
            is_default: body.get("is_default")?,
            address_scope_id: scope.map(|scope| scope.map(AddressScopeId)),
            expected_revision: expected,
        })
    }

    fn create(
        txn: &mut Txn<'_>,
        requests: &[CreateSubnetPool],
        caller: &Caller,
        settings: &Settings,
    ) -> Result<Vec<SubnetPool>, ApiError> {
        requests
            .iter()
            .map(|request| subnet_pool::create(txn, request, caller, settings))
            .collect()
    }

    fn update(
        txn: &mut Txn<'_>,
        id: Uuid,
        request: &UpdateSubnetPool,
        caller: &Caller,
        _: &Settings,
    ) -> Result<SubnetPool, ApiError> {
        subnet_pool::update(txn, SubnetPoolId(id), request, caller)
    }

    fn delete(
        txn: &mut Txn<'_>,
        id: Uuid,
        caller: &Caller,
        expected: Option<u64>,
    ) -> Result<(), ApiError> {
        subnet_pool::delete(txn, SubnetPoolId(id), caller, expected)
    }
}

impl Tagged for SubnetPools {
    fn get(txn: &Txn<'_>, id: Uuid, caller: &Caller) -> Result<SubnetPool, ApiError> {
        subnet_pool::get(txn, SubnetPoolId(id), caller)
    }

    fn tags_request(tags: BTreeSet<String>, expected: Option<u64>) -> UpdateSubnetPool {
        UpdateSubnetPool {
            tags: Some(tags),
            expected_revision: expected,
            ..UpdateSubnetPool::default()
        }
    }
}
