//! Trunks in the API.

use super::{Managed, Reading, Resource, Row, id_field};
use crate::attribute::{Attribute, Attributes, with_standard};
use crate::error::RequestError;
use crate::field::{Field, Kind};
use crate::list::{IndexRule, Lookup};
use crate::tag::Tagged;
use crate::view::Fields;
use alcor_managers::records::Index;
use alcor_managers::trunk::{self, CreateTrunk, SubPortRequest, TrunkStatus, UpdateTrunk};
use alcor_managers::{ApiError, Caller, Settings, schema};
use alcor_store::Txn;
use alcor_types::{PortId, ProjectId, Standard, SubPort, Trunk, TrunkId};
use serde::Serialize;
use serde::ser::SerializeMap;
use std::collections::BTreeSet;
use uuid::Uuid;

/// `/v2.0/trunks`.
pub(crate) struct Trunks;

const ATTRIBUTES: &[Attribute<Trunks>] = with_standard![
    Attribute::new("id", Kind::Id).read(|row| id_field(row.record.id.0)),
    Attribute::new("project_id", Kind::Text)
        .post::<String>()
        .read(|row| Field::text(row.record.project_id.as_str())),
    Attribute::new("port_id", Kind::Id)
        .post::<Uuid>()
        .required()
        .read(|row| id_field(row.record.port_id.0)),
    Attribute::new("admin_state_up", Kind::Flag)
        .write::<bool>()
        .read(|row| Field::Flag(row.record.admin_state_up)),
    Attribute::new("status", Kind::Text).read(|row| Field::text(row.status())),
    Attribute::new("sub_ports", Kind::Compound).post::<Vec<SubPortRequest>>(),
];

const INDEXES: &[IndexRule] = &[
    IndexRule::new("port_id", schema::TRUNK_BY_PORT, 1),
    IndexRule::new("name", schema::TRUNK_BY_NAME, 2),
    IndexRule::new("project_id", schema::TRUNK_BY_PROJECT, 7),
];

/// A sub-port as Neutron shows it.
#[derive(Serialize)]
pub(crate) struct SubPortView {
    port_id: PortId,
    segmentation_type: &'static str,
    segmentation_id: u16,
}

impl From<&SubPort> for SubPortView {
    fn from(sub_port: &SubPort) -> Self {
        Self {
            port_id: sub_port.port_id,
            segmentation_type: "vlan",
            segmentation_id: sub_port.vlan,
        }
    }
}

/// The sub-ports of a trunk as Neutron shows them.
pub(crate) fn sub_ports(trunk: &Trunk) -> Vec<SubPortView> {
    trunk.sub_ports.iter().map(SubPortView::from).collect()
}

impl Row<'_, Trunks> {
    fn status(&self) -> &'static str {
        let state = trunk::state(&self.reading.snapshot, &self.record);
        state.unwrap_or(TrunkStatus::Down).as_str()
    }
}

impl Resource for Trunks {
    const SINGULAR: &'static str = "trunk";
    const PLURAL: &'static str = "trunks";
    const HAS_STANDARD: bool = true;
    const TAG_INDEX: Option<Index> = Some(schema::TRUNK_BY_TAG);
    type Record = Trunk;
    type Extra = ();

    fn attributes() -> &'static [Attribute<Self>] {
        ATTRIBUTES
    }

    fn indexes() -> &'static [IndexRule] {
        INDEXES
    }

    fn id(record: &Trunk) -> Uuid {
        record.id.0
    }

    fn standard(record: &Trunk) -> Option<&Standard> {
        Some(&record.standard)
    }

    fn visible(row: &Row<'_, Self>, caller: &Caller) -> bool {
        caller.owns(&row.record.project_id)
    }

    fn scope(caller: &Caller, _: &Reading) -> Option<Vec<Lookup>> {
        let project = caller.project_id.as_str().as_bytes();
        Some(vec![Lookup::new(schema::TRUNK_BY_PROJECT, &[project])])
    }

    fn not_found(id: &str) -> RequestError {
        RequestError::NotFound {
            kind: "TrunkNotFound",
            what: "Trunk",
            id: id.to_owned(),
        }
    }

    fn write<M: SerializeMap>(
        row: &Row<'_, Self>,
        fields: &mut Fields<'_, M>,
    ) -> Result<(), M::Error> {
        let trunk = &row.record;
        fields.put("id", &trunk.id)?;
        fields.put_project(trunk.project_id.as_str())?;
        fields.put_standard(&trunk.standard)?;
        fields.put("port_id", &trunk.port_id)?;
        fields.put("admin_state_up", &trunk.admin_state_up)?;
        fields.put_with("status", || row.status())?;
        fields.put_with("sub_ports", || sub_ports(trunk))
    }
}

impl Managed for Trunks {
    type Create = CreateTrunk;
    type Update = UpdateTrunk;

    fn create_request(body: &Attributes) -> Result<CreateTrunk, RequestError> {
        Ok(CreateTrunk {
            project_id: body.get::<String>("project_id")?.map(ProjectId::from),
            name: body.get("name")?.unwrap_or_default(),
            description: body.get("description")?.unwrap_or_default(),
            tags: body.tags()?,
            admin_state_up: body.get("admin_state_up")?,
            port_id: PortId(body.required("port_id")?),
            sub_ports: body.get("sub_ports")?.unwrap_or_default(),
        })
    }

    fn update_request(
        body: &Attributes,
        expected: Option<u64>,
    ) -> Result<UpdateTrunk, RequestError> {
        Ok(UpdateTrunk {
            name: body.get("name")?,
            description: body.get("description")?,
            tags: None,
            admin_state_up: body.get("admin_state_up")?,
            expected_revision: expected,
        })
    }

    fn create(
        txn: &mut Txn<'_>,
        requests: &[CreateTrunk],
        caller: &Caller,
        settings: &Settings,
    ) -> Result<Vec<Trunk>, ApiError> {
        let create = |request| trunk::create(txn, request, caller, settings);
        requests.iter().map(create).collect()
    }

    fn update(
        txn: &mut Txn<'_>,
        id: Uuid,
        request: &UpdateTrunk,
        caller: &Caller,
        _: &Settings,
    ) -> Result<Trunk, ApiError> {
        trunk::update(txn, TrunkId(id), request, caller)
    }

    fn delete(
        txn: &mut Txn<'_>,
        id: Uuid,
        caller: &Caller,
        expected: Option<u64>,
    ) -> Result<(), ApiError> {
        trunk::delete(txn, TrunkId(id), caller, expected)
    }
}

impl Tagged for Trunks {
    fn get(txn: &Txn<'_>, id: Uuid, caller: &Caller) -> Result<Trunk, ApiError> {
        trunk::get(txn, TrunkId(id), caller)
    }

    fn tags_request(tags: BTreeSet<String>, expected: Option<u64>) -> UpdateTrunk {
        UpdateTrunk {
            tags: Some(tags),
            expected_revision: expected,
            ..UpdateTrunk::default()
        }
    }
}
