//! Ranges that leases of MAC addresses are drawn from. One is always there: what the region's
//! base leaves open, where automatic MACs of ports come from too.

use super::{MacError, check_unicast};
use crate::{ApiError, Settings, records, standard};
use alcor_store::{Read, Txn};
use alcor_types::{MacAddr, MacRange};

/// The id of the range that is always there.
pub const DEFAULT_RANGE: &str = "range0";
/// Ranges of one region at most: every draw looks through all of them.
const MAX_RANGES: usize = 1_000;

/// What a PUT says of a range. An absent member means "not sent".
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UpdateMacRange {
    /// Another first address.
    pub first: Option<MacAddr>,
    /// Another last address.
    pub last: Option<MacAddr>,
    /// Whether leases are drawn from it.
    pub active: Option<bool>,
}

/// Makes a range.
pub fn create(txn: &mut Txn<'_>, range: &MacRange) -> Result<MacRange, ApiError> {
    let taken = records::exists::<MacRange>(txn, range.id.as_bytes());
    if taken || range.id == DEFAULT_RANGE {
        return Err(MacError::RangeExists(range.id.clone()).into());
    }
    if stored(txn)?.len() >= MAX_RANGES {
        let reason = format!("{MAX_RANGES} ranges are there already, delete some or widen one");
        return Err(ApiError::attribute("range_id", reason));
    }
    check(txn, range)?;
    records::insert(txn, range)?;
    Ok(range.clone())
}

/// The range of this id.
pub fn get(read: &dyn Read, id: &str, settings: &Settings) -> Result<MacRange, ApiError> {
    if id == DEFAULT_RANGE {
        return Ok(default(settings));
    }
    let range = records::get(read, id.as_bytes())?;
    range.ok_or_else(|| MacError::RangeNotFound(id.to_owned()).into())
}

/// All ranges: the default one, and then the others by id.
pub fn list(read: &dyn Read, settings: &Settings) -> Result<Vec<MacRange>, ApiError> {
    let mut all = vec![default(settings)];
    all.extend(stored(read)?);
    Ok(all)
}

/// Changes what the request names and nothing else. Addresses that were given out stay given.
pub fn update(
    txn: &mut Txn<'_>,
    id: &str,
    request: &UpdateMacRange,
    settings: &Settings,
) -> Result<MacRange, ApiError> {
    let mut range = own(txn, id, settings)?;
    standard::assign(&mut range.first, request.first.as_ref());
    standard::assign(&mut range.last, request.last.as_ref());
    standard::assign(&mut range.active, request.active.as_ref());
    check(txn, &range)?;
    records::put(txn, &range)?;
    Ok(range)
}

/// Removes the range. Addresses that were given out stay given.
pub fn delete(txn: &mut Txn<'_>, id: &str, settings: &Settings) -> Result<(), ApiError> {
    own(txn, id, settings)?;
    records::delete::<MacRange>(txn, id.as_bytes())?;
    Ok(())
}

/// Where a lease may come from: the named range, or all active ones, or else the default.
pub(super) fn sources(
    read: &dyn Read,
    named: Option<&str>,
    settings: &Settings,
) -> Result<Vec<MacRange>, ApiError> {
    if let Some(id) = named {
        let range = get(read, id, settings)?;
        if !range.active {
            return Err(MacError::RangeInactive(range.id).into());
        }
        return Ok(vec![range]);
    }
    let mut active = stored(read)?;
    active.retain(|range| range.active);
    if active.is_empty() {
        active.push(default(settings));
    }
    Ok(active)
}

fn default(settings: &Settings) -> MacRange {
    let [a, b, c] = settings.mac_base;
    MacRange {
        id: DEFAULT_RANGE.to_owned(),
        first: MacAddr([a, b, c, 0, 0, 0]),
        last: MacAddr([a, b, c, 0xff, 0xff, 0xff]),
        active: true,
    }
}

/// A range that is an operator's to change.
fn own(read: &dyn Read, id: &str, settings: &Settings) -> Result<MacRange, ApiError> {
    if id == DEFAULT_RANGE {
        return Err(MacError::DefaultRange(id.to_owned()).into());
    }
    get(read, id, settings)
}

pub(crate) fn stored(read: &dyn Read) -> Result<Vec<MacRange>, ApiError> {
    records::scan(read, None, false)
        .map(|range| range.map_err(ApiError::from))
        .collect()
}

fn check(read: &dyn Read, range: &MacRange) -> Result<(), ApiError> {
    standard::check_text("range_id", &range.id)?;
    if range.id.is_empty() || range.id.contains('/') {
        let reason = "it is empty or has a slash, so no path could name the range";
        return Err(ApiError::attribute("range_id", reason));
    }
    check_unicast("from", range.first)?;
    let (first, last) = (range.first, range.last);
    if first > last || first.0[..3] != last.0[..3] {
        let reason =
            format!("{last} is below from {first}, or does not begin with the same three bytes");
        return Err(ApiError::attribute("to", reason));
    }
    let others = stored(read)?;
    let mut others = others.iter().filter(|other| other.id != range.id);
    match others.find(|other| other.overlaps(range)) {
        Some(other) => {
            let (id, other) = (range.id.clone(), other.id.clone());
            Err(MacError::RangeOverlap { id, other }.into())
        }
        None => Ok(()),
    }
}
