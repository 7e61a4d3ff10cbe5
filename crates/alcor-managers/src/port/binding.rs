//! Several bindings of one port, as a live migration needs them: the VM runs on one host while
//! the port is made ready on another, and one call moves the port over.
//!
//! The binding in force is the port's own host, so the data plane learns of a move from the port
//! alone, in the transaction that makes it. The others are records beside the port, which the
//! data plane does not read.

mod error;

pub use error::BindingError;

use super::{check, state};
use crate::records;
use crate::schema::BINDING_BY_PORT;
use crate::{ApiError, Caller, node, standard, trunk};
use alcor_store::{Read, Txn};
use alcor_types::{HostName, Port, PortBinding, PortId, Timestamp};

/// How the owners begin whose ports may have several bindings.
const MOVABLE_OWNERS: [&str; 2] = ["compute:", "manila:"];

/// `POST /v2.0/ports/{id}/bindings`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateBinding {
    /// The host.
    pub host: HostName,
    /// Default: `normal`.
    pub vnic_type: Option<String>,
    /// A JSON object as text.
    pub profile: Option<String>,
}

/// `PUT /v2.0/ports/{id}/bindings/{host}`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UpdateBinding {
    /// Another host.
    pub host: Option<HostName>,
    /// Another kind of NIC.
    pub vnic_type: Option<String>,
    /// Another profile: a JSON object as text.
    pub profile: Option<String>,
}

/// A binding, and whether it is the one in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The binding.
    pub binding: PortBinding,
    /// Whether the port is there now.
    pub active: bool,
}

/// All bindings of a port, the one in force first.
pub fn list(read: &dyn Read, id: PortId, caller: &Caller) -> Result<Vec<Place>, ApiError> {
    places(read, &movable(read, id, caller)?)
}

/// The port's binding to a host.
pub fn get(
    read: &dyn Read,
    id: PortId,
    host: &HostName,
    caller: &Caller,
) -> Result<Place, ApiError> {
    find(read, &movable(read, id, caller)?, host)
}

/// Adds a binding. It waits to be activated, unless it is the port's first.
pub fn create(
    txn: &mut Txn<'_>,
    id: PortId,
    request: &CreateBinding,
    caller: &Caller,
) -> Result<Place, ApiError> {
    let mut port = movable(txn, id, caller)?;
    let binding = describe(id, request);
    check_binding(txn, &binding)?;
    if find(txn, &port, &binding.host).is_ok() {
        let (port, host) = (id, binding.host);
        return Err(BindingError::AlreadyExists { port, host }.into());
    }
    let active = port.host.is_none();
    if active {
        enter(&mut port, &binding);
        touch(txn, &mut port)?;
    } else {
        records::insert(txn, &binding)?;
    }
    Ok(Place { binding, active })
}

/// Changes what the request names of a binding.
pub fn update(
    txn: &mut Txn<'_>,
    id: PortId,
    host: &HostName,
    request: &UpdateBinding,
    caller: &Caller,
) -> Result<Place, ApiError> {
    let mut port = movable(txn, id, caller)?;
    let Place {
        mut binding,
        active,
    } = find(txn, &port, host)?;
    standard::assign(&mut binding.host, request.host.as_ref());
    standard::assign(&mut binding.vnic_type, request.vnic_type.as_ref());
    standard::assign(&mut binding.profile, request.profile.as_ref());
    binding.left = false;
    check_binding(txn, &binding)?;
    if binding.host != *host && find(txn, &port, &binding.host).is_ok() {
        let (port, host) = (id, binding.host);
        return Err(BindingError::AlreadyExists { port, host }.into());
    }
    if active {
        if binding.host != *host {
            state::forget(txn, &port)?;
        }
        enter(&mut port, &binding);
        touch(txn, &mut port)?;
    } else {
        records::delete::<PortBinding>(txn, &key(id, host))?;
        records::put(txn, &binding)?;
    }
    Ok(Place { binding, active })
}

/// Moves the port to a host that it has a binding for.
pub fn activate(
    txn: &mut Txn<'_>,
    id: PortId,
    host: &HostName,
    caller: &Caller,
) -> Result<Place, ApiError> {
    let mut port = movable(txn, id, caller)?;
    let Place { binding, active } = find(txn, &port, host)?;
    if active {
        let (port, host) = (id, host.clone());
        return Err(BindingError::AlreadyActive { port, host }.into());
    }
    records::delete::<PortBinding>(txn, &key(id, host))?;
    if let Some(mut old) = in_force(&port) {
        old.left = true;
        records::insert(txn, &old)?;
    }
    state::forget(txn, &port)?;
    enter(&mut port, &binding);
    touch(txn, &mut port)?;
    Ok(Place {
        binding,
        active: true,
    })
}

/// Removes a binding; the port is unbound when that was the one in force.
pub fn delete(
    txn: &mut Txn<'_>,
    id: PortId,
    host: &HostName,
    caller: &Caller,
) -> Result<(), ApiError> {
    let mut port = movable(txn, id, caller)?;
    if !find(txn, &port, host)?.active {
        records::delete::<PortBinding>(txn, &key(id, host))?;
        return Ok(());
    }
    state::forget(txn, &port)?;
    port.host = None;
    touch(txn, &mut port)
}

/// Binds the port to another host, or to none, without a binding made before.
pub(crate) fn move_to(
    txn: &mut Txn<'_>,
    port: &mut Port,
    host: Option<HostName>,
) -> Result<(), ApiError> {
    if let Some(host) = &host {
        records::delete::<PortBinding>(txn, &key(port.id, host))?;
    }
    state::forget(txn, port)?;
    port.host = host;
    Ok(())
}

/// Forgets the bindings of a port that ends.
pub(super) fn forget(txn: &mut Txn<'_>, port: &Port) -> Result<(), ApiError> {
    for binding in waiting(txn, port)? {
        records::delete::<PortBinding>(txn, &key(port.id, &binding.host))?;
    }
    Ok(())
}

/// The port, where the caller sees it and it may have several bindings.
fn movable(read: &dyn Read, id: PortId, caller: &Caller) -> Result<Port, ApiError> {
    let port = super::get(read, id, caller)?;
    let owner = &port.device_owner;
    if MOVABLE_OWNERS.iter().any(|kind| owner.starts_with(kind)) {
        return Ok(port);
    }
    Err(BindingError::NotMovable(id).into())
}

fn places(read: &dyn Read, port: &Port) -> Result<Vec<Place>, ApiError> {
    let place = |active| move |binding| Place { binding, active };
    let active = in_force(port).map(place(true));
    let waiting = waiting(read, port)?.into_iter().map(place(false));
    Ok(active.into_iter().chain(waiting).collect())
}

fn find(read: &dyn Read, port: &Port, host: &HostName) -> Result<Place, ApiError> {
    let place = places(read, port)?
        .into_iter()
        .find(|place| place.binding.host == *host);
    place.ok_or_else(|| {
        let (port, host) = (port.id, host.clone());
        BindingError::NotFound { port, host }.into()
    })
}

fn waiting(read: &dyn Read, port: &Port) -> Result<Vec<PortBinding>, ApiError> {
    let parts: [&[u8]; 1] = [port.id.as_bytes()];
    records::lookup::<PortBinding>(read, BINDING_BY_PORT, &parts, None, false)
        .map(|binding| binding.map_err(ApiError::from))
        .collect()
}

/// The binding that the port itself holds.
fn in_force(port: &Port) -> Option<PortBinding> {
    Some(PortBinding {
        port_id: port.id,
        host: port.host.clone()?,
        vnic_type: port.vnic_type.clone(),
        profile: port.binding_profile.clone(),
        left: false,
    })
}

/// Puts a binding in force.
fn enter(port: &mut Port, binding: &PortBinding) {
    port.host = Some(binding.host.clone());
    port.vnic_type.clone_from(&binding.vnic_type);
    port.binding_profile.clone_from(&binding.profile);
}

fn touch(txn: &mut Txn<'_>, port: &mut Port) -> Result<(), ApiError> {
    port.standard.touch(Timestamp::now());
    records::put(txn, port)?;
    trunk::follow(txn, port)
}

fn describe(port_id: PortId, request: &CreateBinding) -> PortBinding {
    let or =
        |asked: &Option<String>, default: &str| asked.clone().unwrap_or_else(|| default.to_owned());
    PortBinding {
        port_id,
        host: request.host.clone(),
        vnic_type: or(&request.vnic_type, "normal"),
        profile: or(&request.profile, "{}"),
        left: false,
    }
}

/// Refuses a binding that no agent could ever serve: a migration must learn that before it begins.
fn check_binding(read: &dyn Read, binding: &PortBinding) -> Result<(), ApiError> {
    check::check_vnic_type(&binding.vnic_type)?;
    check::check_profile(&binding.profile)?;
    if node::by_name(read, &binding.host)?.is_some() {
        return Ok(());
    }
    let (port, host) = (binding.port_id, binding.host.clone());
    Err(BindingError::Unbindable { port, host }.into())
}

fn key(port: PortId, host: &HostName) -> Vec<u8> {
    [port.as_bytes(), host.as_str().as_bytes()].concat()
}
