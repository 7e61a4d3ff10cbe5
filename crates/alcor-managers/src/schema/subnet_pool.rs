//! How subnet pools and address scopes lie in the store, and by what they are found.

use super::table::{ADDRESS_SCOPES, SUBNET_POOLS};
use super::{Usual, add_sharing, add_text, add_usual};
use crate::records::Record;
use alcor_store::records::{Index, Indexes, Table};
use alcor_types::{AddressScope, SubnetPool};

/// Parts: project.
pub const SUBNET_POOL_BY_PROJECT: Index = Index {
    id: 1,
    name: "project_id",
};
/// Parts: name.
pub const SUBNET_POOL_BY_NAME: Index = Index {
    id: 2,
    name: "name",
};
/// Parts: tag; one entry for each.
pub const SUBNET_POOL_BY_TAG: Index = Index {
    id: 3,
    name: "tags",
};
/// Parts: a project it is shared with, or `*`; one entry for each.
pub const SUBNET_POOL_BY_SHARED: Index = Index {
    id: 4,
    name: "shared",
};
/// Parts: address scope id.
pub const SUBNET_POOL_BY_ADDRESS_SCOPE: Index = Index {
    id: 5,
    name: "address_scope_id",
};
/// No parts; only default pools have an entry.
pub const SUBNET_POOL_IS_DEFAULT: Index = Index {
    id: 6,
    name: "is_default",
};

/// Parts: project.
pub const ADDRESS_SCOPE_BY_PROJECT: Index = Index {
    id: 1,
    name: "project_id",
};
/// Parts: name.
pub const ADDRESS_SCOPE_BY_NAME: Index = Index {
    id: 2,
    name: "name",
};
/// Parts: a project it is shared with, or `*`; one entry for each.
pub const ADDRESS_SCOPE_BY_SHARED: Index = Index {
    id: 3,
    name: "shared",
};

const USUAL: Usual = Usual {
    project: SUBNET_POOL_BY_PROJECT,
    name: SUBNET_POOL_BY_NAME,
    tag: SUBNET_POOL_BY_TAG,
};

impl Record for SubnetPool {
    const TABLE: Table = SUBNET_POOLS;

    fn key(&self) -> Vec<u8> {
        self.id.as_bytes().to_vec()
    }

    fn indexes(&self, to: &mut Indexes) {
        add_usual(to, USUAL, &self.project_id, &self.standard);
        add_sharing(to, SUBNET_POOL_BY_SHARED, &self.shared);
        if let Some(scope) = &self.address_scope_id {
            to.add(SUBNET_POOL_BY_ADDRESS_SCOPE, &[scope.as_bytes()]);
        }
        if self.is_default {
            to.add(SUBNET_POOL_IS_DEFAULT, &[]);
        }
    }
}

impl Record for AddressScope {
    const TABLE: Table = ADDRESS_SCOPES;

    fn key(&self) -> Vec<u8> {
        self.id.as_bytes().to_vec()
    }

    fn indexes(&self, to: &mut Indexes) {
        add_text(to, ADDRESS_SCOPE_BY_PROJECT, self.project_id.as_str());
        add_text(to, ADDRESS_SCOPE_BY_NAME, &self.name);
        add_sharing(to, ADDRESS_SCOPE_BY_SHARED, &self.shared);
    }
}
