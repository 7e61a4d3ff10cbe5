//! Taps (Neutron's tap as a service): a tap service is a port that gets copies, a tap flow says of
//! which port's packets.
//!
//! Whoever makes a tap owns both ports: nobody looks on at what is another's.

mod error;
pub mod flow;
pub mod service;

pub use error::TapError;

use crate::schema::TAP_FLOW_BY_SOURCE;
use crate::{ApiError, Caller, port, records};
use alcor_store::{Read, Txn};
use alcor_types::{Port, PortId, TapFlow};

/// The port, where it is the caller's own: that its network is, is not enough.
fn own_port(read: &dyn Read, id: PortId, caller: &Caller) -> Result<Port, ApiError> {
    let port = port::get(read, id, caller)?;
    if caller.owns(&port.project_id) {
        return Ok(port);
    }
    Err(TapError::ForeignPort(id).into())
}

/// A port goes: what is copied of it ends, and so does the service that it is.
pub(crate) fn forget_port(txn: &mut Txn<'_>, id: PortId) -> Result<(), ApiError> {
    let parts: [&[u8]; 1] = [id.as_bytes()];
    let found = records::lookup::<TapFlow>(txn, TAP_FLOW_BY_SOURCE, &parts, None, false);
    for flow in found.collect::<Result<Vec<_>, _>>()? {
        records::delete::<TapFlow>(txn, flow.id.as_bytes())?;
    }
    match service::of_port(txn, id)? {
        Some(service) => service::remove(txn, &service),
        None => Ok(()),
    }
}
