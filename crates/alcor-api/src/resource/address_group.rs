//! Address groups in the API.

use super::{Managed, Reading, Resource, Row, id_field};
use crate::attribute::{Attribute, Attributes};
use crate::error::RequestError;
use crate::field::{Field, Kind};
use crate::list::{IndexRule, Lookup, granted};
use crate::value::Cidr;
use crate::view::Fields;
use alcor_managers::address_group::{self, CreateAddressGroup, UpdateAddressGroup};
use alcor_managers::{ApiError, Caller, Settings, schema};
use alcor_store::Txn;
use alcor_types::{AddressGroup, AddressGroupId, ProjectId, Standard};
use serde::ser::SerializeMap;
use uuid::Uuid;

/// `/v2.0/address-groups`.
pub(crate) struct AddressGroups;

const ATTRIBUTES: &[Attribute<AddressGroups>] = &[
    Attribute::new("id", Kind::Id).read(|row| id_field(row.record.id.0)),
    Attribute::new("project_id", Kind::Text)
        .post::<String>()
        .read(|row| Field::text(row.record.project_id.as_str())),
    Attribute::new("name", Kind::Text)
        .write::<String>()
        .read(|row| Field::text(&row.record.standard.name)),
    Attribute::new("description", Kind::Text)
        .write::<String>()
        .read(|row| Field::text(&row.record.standard.description)),
    Attribute::new("addresses", Kind::Compound).post::<Vec<Cidr>>(),
    Attribute::new("shared", Kind::Flag).read(|row| Field::Flag(row.is_shared())),
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
    IndexRule::new("name", schema::ADDRESS_GROUP_BY_NAME, 3),
    IndexRule::granted("shared", schema::ADDRESS_GROUP_BY_SHARED, 6),
    IndexRule::new("project_id", schema::ADDRESS_GROUP_BY_PROJECT, 7),
];

impl Row<'_, AddressGroups> {
    fn is_shared(&self) -> bool {
        let project = &self.reading.caller.project_id;
        self.record.shared.includes(project)
    }
}

impl Resource for AddressGroups {
    const SINGULAR: &'static str = "address_group";
    const PLURAL: &'static str = "address_groups";
    const PATH: &'static str = "address-groups";
    const HAS_STANDARD: bool = true;
    type Record = AddressGroup;
    type Extra = ();

    fn attributes() -> &'static [Attribute<Self>] {
        ATTRIBUTES
    }

    fn indexes() -> &'static [IndexRule] {
        INDEXES
    }

    fn id(record: &AddressGroup) -> Uuid {
        record.id.0
    }

    fn standard(record: &AddressGroup) -> Option<&Standard> {
        Some(&record.standard)
    }

    fn visible(row: &Row<'_, Self>, caller: &Caller) -> bool {
        address_group::visible(&row.record, caller)
    }

    fn scope(caller: &Caller, _: &Reading) -> Option<Vec<Lookup>> {
        let project = caller.project_id.as_str().as_bytes();
        let mut lookups = vec![Lookup::new(schema::ADDRESS_GROUP_BY_PROJECT, &[project])];
        lookups.extend(granted(schema::ADDRESS_GROUP_BY_SHARED, caller));
        Some(lookups)
    }

    fn not_found(id: &str) -> RequestError {
        RequestError::NotFound {
            kind: "AddressGroupNotFound",
            what: "Address group",
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
        fields.put("name", &group.standard.name)?;
        fields.put("description", &group.standard.description)?;
        fields.put("addresses", &group.addresses)?;
        fields.put("shared", &row.is_shared())?;
        fields.put("revision_number", &group.standard.revision_number)?;
        fields.put_text("created_at", &group.standard.created_at)?;
        fields.put_text("updated_at", &group.standard.updated_at)
    }
}

impl Managed for AddressGroups {
    type Create = CreateAddressGroup;
    type Update = UpdateAddressGroup;

    fn create_request(body: &Attributes) -> Result<CreateAddressGroup, RequestError> {
        let addresses = body.get::<Vec<Cidr>>("addresses")?.unwrap_or_default();
        Ok(CreateAddressGroup {
            project_id: body.get::<String>("project_id")?.map(ProjectId::from),
            name: body.get("name")?.unwrap_or_default(),
            description: body.get("description")?.unwrap_or_default(),
            addresses: addresses.into_iter().map(|block| block.0).collect(),
        })
    }

    fn update_request(
        body: &Attributes,
        expected: Option<u64>,
    ) -> Result<UpdateAddressGroup, RequestError> {
        Ok(UpdateAddressGroup {
            name: body.get("name")?,
            description: body.get("description")?,
            expected_revision: expected,
        })
    }

    fn create(
        txn: &mut Txn<'_>,
        requests: &[CreateAddressGroup],
        caller: &Caller,
        _: &Settings,
    ) -> Result<Vec<AddressGroup>, ApiError> {
        address_group::create_many(txn, requests, caller)
    }

    fn update(
        txn: &mut Txn<'_>,
        id: Uuid,
        request: &UpdateAddressGroup,
        caller: &Caller,
        _: &Settings,
    ) -> Result<AddressGroup, ApiError> {
        address_group::update(txn, AddressGroupId(id), request, caller)
    }

    fn delete(
        txn: &mut Txn<'_>,
        id: Uuid,
        caller: &Caller,
        expected: Option<u64>,
    ) -> Result<(), ApiError> {
        address_group::delete(txn, AddressGroupId(id), caller, expected)
    }
}
