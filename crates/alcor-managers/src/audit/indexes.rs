//! Every index row leads to a record that has it, and every record has all of its index rows.

use crate::{ApiError, schema};
use alcor_store::Read;

pub(super) fn check(read: &dyn Read, faults: &mut Vec<String>) -> Result<(), ApiError> {
    for derivation in schema::DERIVED {
        let found = derivation.check(read)?;
        faults.extend(
            found
                .into_iter()
                .map(|(table, key, what)| format!("table {table}: the index row {key:?} {what}")),
        );
    }
    Ok(())
}
