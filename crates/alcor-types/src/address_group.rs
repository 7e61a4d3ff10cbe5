//! An address group: a named set of blocks that security group rules refer to.

use crate::{AddressGroupId, ProjectId, Sharing, Standard};
use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// An address group as the store holds it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct AddressGroup {
    /// Its id.
    pub id: AddressGroupId,
    /// Who owns it.
    pub project_id: ProjectId,
    /// Name, description, revision, times; no tags.
    pub standard: Standard,
    /// Its blocks, host bits cleared.
    pub addresses: BTreeSet<IpNet>,
    /// Which projects may name it in rules.
    pub shared: Sharing,
}
