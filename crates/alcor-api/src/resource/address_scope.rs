//! Address scopes in the API.

use super::{Managed, Reading, Resource, Row, id_field};
use crate::attribute::{Attribute, Attributes};
use crate::error::RequestError;
use crate::field::{Field, Kind};
use crate::list::{IndexRule, Lookup, granted};
use crate::view::Fields;
use alcor_managers::address_scope::{self, CreateAddressScope, UpdateAddressScope};
use alcor_managers::{ApiError, Caller, Settings, schema};
use alcor_store::Txn;
use alcor_types::{AddressScope, AddressScopeId, IpVersion, ProjectId};
use serde::ser::SerializeMap;
use uuid::Uuid;

/// `/v2.0/address-scopes`.
pub(crate) struct AddressScopes;

const ATTRIBUTES: &[Attribute<AddressScopes>] = &[
    Attribute::new("id", Kind::Id)
        .post::<Uuid>()
        .read(|row| id_field(row.record.id.0)),
    Attribute::new("project_id", Kind::Text)
        .post::<String>()
        .read(|row| Field::text(row.record.project_id.as_str())),
    Attribute::new("name", Kind::Text)
        .write::<String>()
        .read(|row| Field::text(&row.record.name)),
    Attribute::new("ip_version", Kind::Number)
        .post::<IpVersion>()
        .required()
        .read(|row| Field::Number(row.record.ip_version.number().into())),
    Attribute::new("shared", Kind::Flag)
        .write::<bool>()
        .read(|row| Field::Flag(row.is_shared())),
];

const INDEXES: &[IndexRule] = &[
    IndexRule::new("name", schema::ADDRESS_SCOPE_BY_NAME, 3),
    IndexRule::granted("shared", schema::ADDRESS_SCOPE_BY_SHARED, 6),
    IndexRule::new("project_id", schema::ADDRESS_SCOPE_BY_PROJECT, 7),
];

impl Row<'_, AddressScopes> {
    fn is_shared(&self) -> bool {
        let project = &self.reading.caller.project_id;
        self.record.shared.includes(project)
    }
}

impl Resource for AddressScopes {
    const SINGULAR: &'static str = "address_scope";
    const PLURAL: &'static str = "address_scopes";
    const PATH: &'static str = "address-scopes";
    const HAS_STANDARD: bool = false;
    type Record = AddressScope;
    type Extra = ();

    fn attributes() -> &'static [Attribute<Self>] {
        ATTRIBUTES
    }

    fn indexes() -> &'static [IndexRule] {
        INDEXES
    }

    fn id(record: &AddressScope) -> Uuid {
        record.id.0
    }

    fn visible(row: &Row<'_, Self>, caller: &Caller) -> bool {
        address_scope::visible(&row.record, caller)
    }

    fn scope(caller: &Caller, _: &Reading) -> Option<Vec<Lookup>> {
        let project = caller.project_id.as_str().as_bytes();
        let mut lookups = vec![Lookup::new(schema::ADDRESS_SCOPE_BY_PROJECT, &[project])];
        lookups.extend(granted(schema::ADDRESS_SCOPE_BY_SHARED, caller));
        Some(lookups)
    }

    fn not_found(id: &str) -> RequestError {
        RequestError::NotFound {
            kind: "AddressScopeNotFound",
            what: "Address scope",
            id: id.to_owned(),
        }
    }

    fn write<M: SerializeMap>(
        row: &Row<'_, Self>,
        fields: &mut Fields<'_, M>,
    ) -> Result<(), M::Error> {
        let scope = &row.record;
        fields.put("id", &scope.id)?;
        fields.put_project(scope.project_id.as_str())?;
        fields.put("name", &scope.name)?;
        fields.put("ip_version", &scope.ip_version.number())?;
        fields.put("shared", &row.is_shared())
    }
}

impl Managed for AddressScopes {
    type Create = CreateAddressScope;
    type Update = UpdateAddressScope;

    fn create_request(body: &Attributes) -> Result<CreateAddressScope, RequestError> {
        Ok(CreateAddressScope {
            id: body.get::<Uuid>("id")?.map(AddressScopeId),
            project_id: body.get::<String>("project_id")?.map(ProjectId::from),
            name: body.get("name")?.unwrap_or_default(),
            ip_version: body.required("ip_version")?,
            shared: body.get("shared")?.unwrap_or(false),
        })
    }

    fn update_request(
        body: &Attributes,
        expected: Option<u64>,
    ) -> Result<UpdateAddressScope, RequestError> {
        if expected.is_some() {
            let reason = "address scopes have no revision_number, leave the header out";
            return Err(RequestError::invalid("If-Match", reason));
        }
        Ok(UpdateAddressScope {
            name: body.get("name")?,
            shared: body.get("shared")?,
        })
    }

    fn create(
        txn: &mut Txn<'_>,
        requests: &[CreateAddressScope],
        caller: &Caller,
        _: &Settings,
    ) -> Result<Vec<AddressScope>, ApiError> {
        requests
            .iter()
            .map(|request| address_scope::create(txn, request, caller))
            .collect()
    }

    fn update(
        txn: &mut Txn<'_>,
        id: Uuid,
        request: &UpdateAddressScope,
        caller: &Caller,
        _: &Settings,
    ) -> Result<AddressScope, ApiError> {
        address_scope::update(txn, AddressScopeId(id), request, caller)
    }

    fn delete(
        txn: &mut Txn<'_>,
        id: Uuid,
        caller: &Caller,
        _expected: Option<u64>,
    ) -> Result<(), ApiError> {
        address_scope::delete(txn, AddressScopeId(id), caller)
    }
}
