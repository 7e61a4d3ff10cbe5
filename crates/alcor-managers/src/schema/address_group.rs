//! How address groups lie in the store, and by what they are found.

use super::table::ADDRESS_GROUPS;
use super::{add_sharing, add_text};
use crate::records::Record;
use alcor_store::records::{Index, Indexes, Table};
use alcor_types::AddressGroup;

/// Parts: project.
pub const ADDRESS_GROUP_BY_PROJECT: Index = Index {
    id: 1,
    name: "project_id",
};
/// Parts: name.
pub const ADDRESS_GROUP_BY_NAME: Index = Index {
    id: 2,
    name: "name",
};
/// Parts: a project it is shared with, or `*`; one entry for each.
pub const ADDRESS_GROUP_BY_SHARED: Index = Index {
    id: 3,
    name: "shared",
};

impl Record for AddressGroup {
    const TABLE: Table = ADDRESS_GROUPS;

    fn key(&self) -> Vec<u8> {
        self.id.as_bytes().to_vec()
    }

    fn indexes(&self, to: &mut Indexes) {
        add_text(to, ADDRESS_GROUP_BY_PROJECT, self.project_id.as_str());
        add_text(to, ADDRESS_GROUP_BY_NAME, &self.standard.name);
        add_sharing(to, ADDRESS_GROUP_BY_SHARED, &self.shared);
    }
}
