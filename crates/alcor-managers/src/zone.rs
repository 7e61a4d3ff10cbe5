//! Availability zones: the names that nodes were put under. A zone exists while a node is in it,
//! so it is counted with the nodes and listing zones looks at no node.

use crate::agent::AgentError;
use crate::{ApiError, records};
use alcor_store::{Read, Txn};
use alcor_types::Zone;
use std::collections::BTreeSet;

/// The zone of nodes of which nobody said one, as in Neutron.
const DEFAULT: &str = "nova";

/// All zones, by name.
pub fn list(read: &dyn Read) -> Result<Vec<Zone>, ApiError> {
    records::scan::<Zone>(read, None, false)
        .map(|zone| zone.map_err(ApiError::from))
        .collect()
}

/// Refuses hints that name a zone in which no node is, or one zone twice.
pub(crate) fn check_hints(read: &dyn Read, hints: &[String]) -> Result<(), ApiError> {
    let mut named = BTreeSet::new();
    for name in hints {
        if !records::exists::<Zone>(read, name.as_bytes()) {
            return Err(AgentError::ZoneNotFound(name.clone()).into());
        }
        if !named.insert(name) {
            let reason = format!("zone '{name}' is named twice, name it once");
            return Err(ApiError::attribute("availability_zone_hints", reason));
        }
    }
    Ok(())
}

/// The zone asked for, or the default one.
pub(crate) fn or_default(asked: &str) -> String {
    if asked.is_empty() { DEFAULT } else { asked }.to_owned()
}

/// Counts a node into its zone.
pub(crate) fn enter(txn: &mut Txn<'_>, name: &str) -> Result<(), ApiError> {
    let mut zone = find(txn, name)?;
    zone.nodes += 1;
    Ok(records::put(txn, &zone)?)
}

/// Counts a node out of its zone.
pub(crate) fn leave(txn: &mut Txn<'_>, name: &str) -> Result<(), ApiError> {
    let mut zone = find(txn, name)?;
    zone.nodes = zone.nodes.saturating_sub(1);
    if zone.nodes > 0 {
        return Ok(records::put(txn, &zone)?);
    }
    records::delete::<Zone>(txn, name.as_bytes())?;
    Ok(())
}

fn find(read: &dyn Read, name: &str) -> Result<Zone, ApiError> {
    let known = records::get::<Zone>(read, name.as_bytes())?;
    Ok(known.unwrap_or_else(|| Zone {
        name: name.to_owned(),
        nodes: 0,
    }))
}
