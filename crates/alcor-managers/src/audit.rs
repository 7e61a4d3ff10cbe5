//! Says what is wrong with a region's data, in sentences an operator can act on.
//!
//! Every rule keeps its invariants inside one transaction, so an audit finds nothing unless a
//! rule or the store is wrong. Tests run it after whatever they do to a region; operators run
//! it (`alcor audit`) on a data directory they have doubts about.

mod addresses;
mod elastic_ranges;
mod gateways;
mod indexes;
mod macs;
mod pools;
mod references;
mod route_tables;
mod routing;
mod segments;
mod services;
mod topologies;
mod usage;

use crate::ApiError;
use crate::records::{self, Record};
use alcor_store::Read;

/// Faults named at most; behind a thousand of them is one cause.
const MOST: usize = 1_000;

/// What is wrong in this view of the store; nothing, if all is well.
pub fn audit(read: &dyn Read) -> Result<Vec<String>, ApiError> {
    let mut faults = Vec::new();
    for check in [
        indexes::check,
        references::check,
        routing::check,
        route_tables::check,
        gateways::check,
        macs::check,
        addresses::check,
        elastic_ranges::check,
        pools::check,
        services::check,
        segments::check,
        topologies::check,
        usage::check,
    ] {
        check(read, &mut faults)?;
    }
    faults.truncate(MOST);
    Ok(faults)
}

/// All records of a table.
fn all<'a, R: Record + 'a>(
    read: &'a dyn Read,
) -> impl Iterator<Item = Result<R, ApiError>> + use<'a, R> {
    records::scan::<R>(read, None, false).map(|record| record.map_err(ApiError::from))
}
