//! How security groups, their rules and the templates of rules lie in the store.

use super::table::{DEFAULT_SECURITY_GROUP_RULES, SECURITY_GROUP_RULES, SECURITY_GROUPS};
use super::{Usual, add_sharing, add_text, add_usual};
use crate::records::Record;
use crate::security_group::rule_key;
use alcor_store::records::{Index, Indexes, Table};
use alcor_types::{DefaultSecurityGroupRule, Remote, SecurityGroup, SecurityGroupRule};

/// Parts: project.
pub const SECURITY_GROUP_BY_PROJECT: Index = Index {
    id: 1,
    name: "project_id",
};
/// Parts: name.
pub const SECURITY_GROUP_BY_NAME: Index = Index {
    id: 2,
    name: "name",
};
/// Parts: tag; one entry for each.
pub const SECURITY_GROUP_BY_TAG: Index = Index {
    id: 3,
    name: "tags",
};
/// Parts: a project it is shared with, or `*`; one entry for each.
pub const SECURITY_GROUP_BY_SHARED: Index = Index {
    id: 4,
    name: "shared",
};
/// Parts: project. Unique: a project has one default group; others have no entry.
pub const SECURITY_GROUP_BY_DEFAULT: Index = Index {
    id: 5,
    name: "default group of project",
};

/// Parts: project.
pub const SECURITY_GROUP_RULE_BY_PROJECT: Index = Index {
    id: 1,
    name: "project_id",
};
/// Parts: the group the rule is in.
pub const SECURITY_GROUP_RULE_BY_GROUP: Index = Index {
    id: 2,
    name: "security_group_id",
};
/// Parts: the remote group; rules with another kind of remote have no entry.
pub const SECURITY_GROUP_RULE_BY_REMOTE_GROUP: Index = Index {
    id: 3,
    name: "remote_group_id",
};
/// Parts: the remote address group; rules with another kind of remote have no entry.
pub const SECURITY_GROUP_RULE_BY_REMOTE_ADDRESS_GROUP: Index = Index {
    id: 4,
    name: "remote_address_group_id",
};
/// Parts: the group, and what the rule allows in one spelling (see
/// [`rule_key`]). Unique: a group says a thing once.
pub const SECURITY_GROUP_RULE_BY_MEANING: Index = Index {
    id: 5,
    name: "security_group_id, meaning",
};

const USUAL: Usual = Usual {
    project: SECURITY_GROUP_BY_PROJECT,
    name: SECURITY_GROUP_BY_NAME,
    tag: SECURITY_GROUP_BY_TAG,
};

impl Record for SecurityGroup {
    const TABLE: Table = SECURITY_GROUPS;

    fn key(&self) -> Vec<u8> {
        self.id.as_bytes().to_vec()
    }

    fn indexes(&self, to: &mut Indexes) {
        add_usual(to, USUAL, &self.project_id, &self.standard);
        add_sharing(to, SECURITY_GROUP_BY_SHARED, &self.shared);
        if self.is_default {
            let project = self.project_id.as_str().as_bytes();
            to.unique(SECURITY_GROUP_BY_DEFAULT, &[project]);
        }
    }
}

impl Record for SecurityGroupRule {
    const TABLE: Table = SECURITY_GROUP_RULES;

    fn key(&self) -> Vec<u8> {
        self.id.as_bytes().to_vec()
    }

    fn indexes(&self, to: &mut Indexes) {
        let group = self.security_group_id.as_bytes();
        let project = self.project_id.as_str();
        add_text(to, SECURITY_GROUP_RULE_BY_PROJECT, project);
        to.add(SECURITY_GROUP_RULE_BY_GROUP, &[group]);
        match &self.traffic.remote {
            Remote::Group(id) => to.add(SECURITY_GROUP_RULE_BY_REMOTE_GROUP, &[id.as_bytes()]),
            Remote::AddressGroup(id) => {
                to.add(
                    SECURITY_GROUP_RULE_BY_REMOTE_ADDRESS_GROUP,
                    &[id.as_bytes()],
                );
            }
            Remote::Any | Remote::Prefix(_) | Remote::OwnGroup => {}
        }
        let meaning = rule_key(&self.traffic);
        to.unique(SECURITY_GROUP_RULE_BY_MEANING, &[group, meaning.as_bytes()]);
    }
}

impl Record for DefaultSecurityGroupRule {
    const TABLE: Table = DEFAULT_SECURITY_GROUP_RULES;

    fn key(&self) -> Vec<u8> {
        self.id.as_bytes().to_vec()
    }

    // There are a handful, and every new group reads all of them.
    fn indexes(&self, _to: &mut Indexes) {}
}
