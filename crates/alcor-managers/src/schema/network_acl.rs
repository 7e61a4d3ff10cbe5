//! How network ACLs and their rules lie in the store, and by what they are found.

use super::table::{NETWORK_ACL_RULES, NETWORK_ACLS};
use super::{Usual, add_usual};
use crate::records::Record;
use alcor_store::records::{Index, Indexes, Table};
use alcor_types::{NetworkAcl, NetworkAclRule};

/// Parts: project.
pub const NETWORK_ACL_BY_PROJECT: Index = Index {
    id: 1,
    name: "project_id",
};
/// Parts: name.
pub const NETWORK_ACL_BY_NAME: Index = Index {
    id: 2,
    name: "name",
};
/// Parts: tag; one entry for each.
pub const NETWORK_ACL_BY_TAG: Index = Index {
    id: 3,
    name: "tags",
};
/// Parts: network id.
pub const NETWORK_ACL_BY_NETWORK: Index = Index {
    id: 4,
    name: "vpc_id",
};
/// Parts: subnet id; one entry for each subnet. Unique: one ACL guards a subnet.
pub const NETWORK_ACL_BY_SUBNET: Index = Index {
    id: 5,
    name: "associated_subnets",
};
/// Parts: network id. Unique: a network has one default ACL.
pub const NETWORK_ACL_DEFAULT: Index = Index {
    id: 6,
    name: "is_default",
};
/// Parts: ACL id.
pub const NETWORK_ACL_RULE_BY_ACL: Index = Index {
    id: 1,
    name: "network_acl_id",
};
/// Parts: ACL id, direction, number. Unique: rules of an ACL and direction have an order.
pub const NETWORK_ACL_RULE_BY_NUMBER: Index = Index {
    id: 2,
    name: "number",
};

const USUAL: Usual = Usual {
    project: NETWORK_ACL_BY_PROJECT,
    name: NETWORK_ACL_BY_NAME,
    tag: NETWORK_ACL_BY_TAG,
};

impl Record for NetworkAcl {
    const TABLE: Table = NETWORK_ACLS;

    fn key(&self) -> Vec<u8> {
        self.id.as_bytes().to_vec()
    }

    fn indexes(&self, to: &mut Indexes) {
        add_usual(to, USUAL, &self.project_id, &self.standard);
        to.add(NETWORK_ACL_BY_NETWORK, &[self.network_id.as_bytes()]);
        for subnet in &self.subnets {
            to.unique(NETWORK_ACL_BY_SUBNET, &[subnet.as_bytes()]);
        }
        if self.is_default {
            to.unique(NETWORK_ACL_DEFAULT, &[self.network_id.as_bytes()]);
        }
    }
}

impl Record for NetworkAclRule {
    const TABLE: Table = NETWORK_ACL_RULES;

    fn key(&self) -> Vec<u8> {
        self.id.as_bytes().to_vec()
    }

    fn indexes(&self, to: &mut Indexes) {
        let acl = self.acl_id.as_bytes();
        to.add(NETWORK_ACL_RULE_BY_ACL, &[acl]);
        let way = self.direction.as_str().as_bytes();
        let number = self.number.to_be_bytes();
        to.unique(NETWORK_ACL_RULE_BY_NUMBER, &[acl, way, &number]);
    }
}
