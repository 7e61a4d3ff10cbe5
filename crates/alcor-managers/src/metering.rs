//! Metering labels and their rules: made and removed, never changed, as in Neutron.

mod error;
mod request;
mod rule;

pub use error::MeteringError;
pub use request::{CreateMeteringLabel, CreateMeteringRule};
pub use rule::{create_rule, create_rules, delete_rule, rule_visible};

use crate::records;
use crate::schema::METERING_RULE_BY_LABEL;
use crate::{ApiError, Caller, policy, standard};
use alcor_store::{Read, Txn};
use alcor_types::{MeteringLabel, MeteringLabelId, MeteringRule};

/// Makes a label.
pub fn create(
    txn: &mut Txn<'_>,
    request: &CreateMeteringLabel,
    caller: &Caller,
) -> Result<MeteringLabel, ApiError> {
    standard::check_text("name", &request.name)?;
    standard::check_text("description", &request.description)?;
    let asked = request.project_id.as_ref();
    let label = MeteringLabel {
        id: MeteringLabelId::random(),
        project_id: policy::project(caller, asked, "create_metering_label")?,
        name: request.name.clone(),
        description: request.description.clone(),
        shared: request.shared,
    };
    records::insert(txn, &label)?;
    Ok(label)
}

/// Makes all the labels or none.
pub fn create_many(
    txn: &mut Txn<'_>,
    requests: &[CreateMeteringLabel],
    caller: &Caller,
) -> Result<Vec<MeteringLabel>, ApiError> {
    requests
        .iter()
        .map(|request| create(txn, request, caller))
        .collect()
}

/// Whether the caller may see the label: its own, or a shared one.
pub fn visible(label: &MeteringLabel, caller: &Caller) -> bool {
    caller.owns(&label.project_id) || label.shared
}

/// Removes the label and its rules.
pub fn delete(txn: &mut Txn<'_>, id: MeteringLabelId, caller: &Caller) -> Result<(), ApiError> {
    let label = get(txn, id, caller)?;
    policy::owner_only(caller, &label.project_id, "delete_metering_label")?;
    for rule in rules(txn, id)? {
        records::delete::<MeteringRule>(txn, rule.id.as_bytes())?;
    }
    records::delete::<MeteringLabel>(txn, id.as_bytes())?;
    Ok(())
}

/// The label, where the caller may see it.
fn get(read: &dyn Read, id: MeteringLabelId, caller: &Caller) -> Result<MeteringLabel, ApiError> {
    let label: Option<MeteringLabel> = records::get(read, id.as_bytes())?;
    label
        .filter(|label| visible(label, caller))
        .ok_or_else(|| MeteringError::LabelNotFound(id).into())
}

fn rules(read: &dyn Read, label: MeteringLabelId) -> Result<Vec<MeteringRule>, ApiError> {
    records::lookup(
        read,
        METERING_RULE_BY_LABEL,
        &[label.as_bytes()],
        None,
        false,
    )
    .map(|rule| rule.map_err(ApiError::from))
    .collect()
}
