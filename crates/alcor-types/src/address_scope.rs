//! An address scope: subnet pools whose addresses never overlap, so that they route to each
//! other without translation.

use crate::{AddressScopeId, IpVersion, ProjectId, Sharing};
use serde::{Deserialize, Serialize};

/// An address scope as the store holds it. Which pools it has is an index, not a field.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct AddressScope {
    /// Its id.
    pub id: AddressScopeId,
    /// Who owns it.
    pub project_id: ProjectId,
    /// Label.
    pub name: String,
    /// The family of its pools; never changes.
    pub ip_version: IpVersion,
    /// Which projects may put pools into it; a scope open to all stays open to all.
    pub shared: Sharing,
}
