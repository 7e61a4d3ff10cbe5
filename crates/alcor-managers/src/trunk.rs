//! Trunks: a port of a VM that carries other ports, told apart by VLAN tags.
//!
//! A sub-port is a port like any other; being in a trunk puts it where the trunk's own port is.

mod check;
mod error;
mod state;
mod tag;

pub use error::TrunkError;
pub use state::{TrunkStatus, state};
pub use tag::{SubPortRequest, Tag};

use crate::quota::{self, Kind};
use crate::schema::{TRUNK_BY_PORT, TRUNK_BY_SUB_PORT};
use crate::{ApiError, Caller, Settings, policy, port, records, standard};
use alcor_store::records::Index;
use alcor_store::{Read, Txn};
use alcor_types::{Port, PortId, ProjectId, Trunk, TrunkId};
use std::collections::BTreeSet;

/// The device owner of ports in trunks.
const SUB_PORT_OWNER: &str = "trunk:subport";

/// `POST /v2.0/trunks`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateTrunk {
    /// The owner, where it is not the caller's project.
    pub project_id: Option<ProjectId>,
    /// Label; at most 255 characters.
    pub name: String,
    /// Free text; at most 255 characters.
    pub description: String,
    /// Labels to filter by.
    pub tags: BTreeSet<String>,
    /// Default: true.
    pub admin_state_up: Option<bool>,
    /// The VM's port.
    pub port_id: PortId,
    /// The ports to carry.
    pub sub_ports: Vec<SubPortRequest>,
}

/// `PUT /v2.0/trunks/{id}`, and the tag calls.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UpdateTrunk {
    /// A new label.
    pub name: Option<String>,
    /// A new description.
    pub description: Option<String>,
    /// The whole new set of tags.
    pub tags: Option<BTreeSet<String>>,
    /// While false, sub-ports may not change.
    pub admin_state_up: Option<bool>,
    /// The `revision_number` the caller last saw (`If-Match`).
    pub expected_revision: Option<u64>,
}

/// Makes a trunk of a port that is not bound yet.
pub fn create(
    txn: &mut Txn<'_>,
    request: &CreateTrunk,
    caller: &Caller,
    settings: &Settings,
) -> Result<Trunk, ApiError> {
    let parent = port::get(txn, request.port_id, caller)?;
    check::check_parent(txn, &parent)?;
    let mut trunk = Trunk {
        id: TrunkId::random(),
        project_id: policy::project(caller, request.project_id.as_ref(), "create_trunk")?,
        standard: standard::create(&request.name, &request.description, &request.tags)?,
        admin_state_up: request.admin_state_up.unwrap_or(true),
        port_id: parent.id,
        sub_ports: Vec::new(),
    };
    carry(txn, &mut trunk, &request.sub_ports, caller)?;
    quota::take(txn, Kind::Trunk, &trunk.project_id, settings)?;
    records::insert(txn, &trunk)?;
    Ok(trunk)
}

/// The trunk, where it is the caller's.
pub fn get(read: &dyn Read, id: TrunkId, caller: &Caller) -> Result<Trunk, ApiError> {
    records::get::<Trunk>(read, id.as_bytes())?
        .filter(|trunk| caller.owns(&trunk.project_id))
        .ok_or_else(|| TrunkError::NotFound(id).into())
}

/// Changes what the request names and nothing else.
pub fn update(
    txn: &mut Txn<'_>,
    id: TrunkId,
    request: &UpdateTrunk,
    caller: &Caller,
) -> Result<Trunk, ApiError> {
    let mut trunk = get(txn, id, caller)?;
    standard::check_revision(&trunk.standard, request.expected_revision)?;
    standard::assign(&mut trunk.admin_state_up, request.admin_state_up.as_ref());
    standard::update(
        &mut trunk.standard,
        request.name.as_ref(),
        request.description.as_ref(),
        request.tags.as_ref(),
    )?;
    records::put(txn, &trunk)?;
    Ok(trunk)
}

/// Removes the trunk of a port that is not bound; its sub-ports are ports of their own again.
pub fn delete(
    txn: &mut Txn<'_>,
    id: TrunkId,
    caller: &Caller,
    expected_revision: Option<u64>,
) -> Result<(), ApiError> {
    let trunk = get(txn, id, caller)?;
    standard::check_revision(&trunk.standard, expected_revision)?;
    check::check_enabled(&trunk)?;
    let parent = port::find(txn, trunk.port_id)?;
    if parent.is_some_and(|parent| parent.host.is_some()) {
        return Err(TrunkError::InUse(id).into());
    }
    for sub_port in &trunk.sub_ports {
        place(txn, sub_port.port_id, "", None)?;
    }
    quota::give(txn, Kind::Trunk, &trunk.project_id)?;
    records::delete::<Trunk>(txn, id.as_bytes())?;
    Ok(())
}

/// Adds ports to a trunk, all or none.
pub fn add_sub_ports(
    txn: &mut Txn<'_>,
    id: TrunkId,
    more: &[SubPortRequest],
    caller: &Caller,
) -> Result<Trunk, ApiError> {
    let mut trunk = get(txn, id, caller)?;
    check::check_enabled(&trunk)?;
    carry(txn, &mut trunk, more, caller)?;
    standard::update(&mut trunk.standard, None, None, None)?;
    records::put(txn, &trunk)?;
    Ok(trunk)
}

/// Takes ports out of a trunk, all or none.
pub fn remove_sub_ports(
    txn: &mut Txn<'_>,
    id: TrunkId,
    less: &[PortId],
    caller: &Caller,
) -> Result<Trunk, ApiError> {
    let mut trunk = get(txn, id, caller)?;
    check::check_enabled(&trunk)?;
    for port in less {
        let Some(at) = trunk.sub_ports.iter().position(|sub| sub.port_id == *port) else {
            let (trunk, port) = (id, *port);
            return Err(TrunkError::SubPortNotFound { trunk, port }.into());
        };
        trunk.sub_ports.remove(at);
        place(txn, *port, "", None)?;
    }
    standard::update(&mut trunk.standard, None, None, None)?;
    records::put(txn, &trunk)?;
    Ok(trunk)
}

/// The trunk that the port is the parent of.
pub fn of_parent(read: &dyn Read, port: PortId) -> Result<Option<Trunk>, ApiError> {
    by_port(read, TRUNK_BY_PORT, port)
}

/// Refuses to delete ports that trunks stand on.
pub(crate) fn check_deletable(read: &dyn Read, port: PortId) -> Result<(), ApiError> {
    if let Some(trunk) = by_port(read, TRUNK_BY_SUB_PORT, port)? {
        let trunk = trunk.id;
        return Err(TrunkError::IsSubPort { port, trunk }.into());
    }
    if let Some(trunk) = of_parent(read, port)? {
        let trunk = trunk.id;
        return Err(TrunkError::IsParent { port, trunk }.into());
    }
    Ok(())
}

/// Moves the sub-ports of a port that moved to where it is now.
pub(crate) fn follow(txn: &mut Txn<'_>, parent: &Port) -> Result<(), ApiError> {
    let Some(trunk) = of_parent(txn, parent.id)? else {
        return Ok(());
    };
    for sub_port in &trunk.sub_ports {
        place(txn, sub_port.port_id, SUB_PORT_OWNER, Some(parent))?;
    }
    Ok(())
}

/// Takes ports into a trunk that is about to be written.
fn carry(
    txn: &mut Txn<'_>,
    trunk: &mut Trunk,
    more: &[SubPortRequest],
    caller: &Caller,
) -> Result<(), ApiError> {
    let parent = port::get(txn, trunk.port_id, caller)?;
    for wanted in more {
        let sub_port = tag::resolve(txn, wanted, caller)?;
        check::check_sub_port(txn, trunk, &parent, &sub_port, caller)?;
        trunk.sub_ports.push(sub_port);
        place(txn, sub_port.port_id, SUB_PORT_OWNER, Some(&parent))?;
    }
    Ok(())
}

/// Puts a sub-port where its parent is, or nowhere.
fn place(
    txn: &mut Txn<'_>,
    id: PortId,
    owner: &str,
    parent: Option<&Port>,
) -> Result<(), ApiError> {
    let Some(mut port) = port::find(txn, id)? else {
        return Ok(());
    };
    let host = parent.and_then(|parent| parent.host.clone());
    if port.host != host {
        port::binding::move_to(txn, &mut port, host)?;
    }
    let device = port.device_id.clone();
    port::claim(txn, &mut port, &device, owner)
}

fn by_port(read: &dyn Read, index: Index, port: PortId) -> Result<Option<Trunk>, ApiError> {
    let parts: [&[u8]; 1] = [port.as_bytes()];
    let mut trunks = records::lookup::<Trunk>(read, index, &parts, None, false);
    Ok(trunks.next().transpose()?)
}
