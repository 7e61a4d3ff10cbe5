//! How RBAC policies lie in the store, and by what they are found.

use super::add_text;
use super::table::RBAC_POLICIES;
use crate::records::Record;
use alcor_store::records::{Index, Indexes, Table};
use alcor_types::RbacPolicy;

/// Parts: project.
pub const RBAC_POLICY_BY_PROJECT: Index = Index {
    id: 1,
    name: "project_id",
};
/// Parts: object id.
pub const RBAC_POLICY_BY_OBJECT: Index = Index {
    id: 2,
    name: "object_id",
};
/// Parts: the project granted to, or `*`.
pub const RBAC_POLICY_BY_TARGET: Index = Index {
    id: 3,
    name: "target_tenant",
};
/// Parts: the kind of object, by its name in the API.
pub const RBAC_POLICY_BY_TYPE: Index = Index {
    id: 4,
    name: "object_type",
};
/// Parts: object id, action, target. Unique: a grant is made once.
pub const RBAC_POLICY_BY_GRANT: Index = Index {
    id: 5,
    name: "object_id, action, target_tenant",
};

impl Record for RbacPolicy {
    const TABLE: Table = RBAC_POLICIES;

    fn key(&self) -> Vec<u8> {
        self.id.as_bytes().to_vec()
    }

    fn indexes(&self, to: &mut Indexes) {
        let object: &[u8] = self.object_id.as_bytes();
        add_text(to, RBAC_POLICY_BY_PROJECT, self.project_id.as_str());
        to.add(RBAC_POLICY_BY_OBJECT, &[object]);
        add_text(to, RBAC_POLICY_BY_TARGET, self.target.as_str());
        add_text(to, RBAC_POLICY_BY_TYPE, self.object_type.as_str());
        to.unique(
            RBAC_POLICY_BY_GRANT,
            &[
                object,
                self.action.as_str().as_bytes(),
                self.target.as_str().as_bytes(),
            ],
        );
    }
}
