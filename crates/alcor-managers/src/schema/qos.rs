//! How QoS policies and their rules lie in the store, and by what they are found.

use super::table::{QOS_POLICIES, QOS_RULES};
use super::{Usual, add_sharing, add_usual};
use crate::records::Record;
use alcor_store::records::{Index, Indexes, Table};
use alcor_types::{QosPolicy, QosRule};

/// Parts: project.
pub const QOS_POLICY_BY_PROJECT: Index = Index {
    id: 1,
    name: "project_id",
};
/// Parts: name.
pub const QOS_POLICY_BY_NAME: Index = Index {
    id: 2,
    name: "name",
};
/// Parts: tag; one entry for each.
pub const QOS_POLICY_BY_TAG: Index = Index {
    id: 3,
    name: "tags",
};
/// Parts: a project it is shared with, or `*`; one entry for each.
pub const QOS_POLICY_BY_SHARED: Index = Index {
    id: 4,
    name: "shared",
};
/// Parts: project. Unique: a project has one default policy.
pub const QOS_POLICY_DEFAULT: Index = Index {
    id: 5,
    name: "is_default",
};
/// Parts: policy id.
pub const QOS_RULE_BY_POLICY: Index = Index {
    id: 1,
    name: "qos_policy_id",
};

const USUAL: Usual = Usual {
    project: QOS_POLICY_BY_PROJECT,
    name: QOS_POLICY_BY_NAME,
    tag: QOS_POLICY_BY_TAG,
};

impl Record for QosPolicy {
    const TABLE: Table = QOS_POLICIES;

    fn key(&self) -> Vec<u8> {
        self.id.as_bytes().to_vec()
    }

    fn indexes(&self, to: &mut Indexes) {
        add_usual(to, USUAL, &self.project_id, &self.standard);
        add_sharing(to, QOS_POLICY_BY_SHARED, &self.shared);
        if self.is_default {
            to.unique(QOS_POLICY_DEFAULT, &[self.project_id.as_str().as_bytes()]);
        }
    }
}

impl Record for QosRule {
    const TABLE: Table = QOS_RULES;

    fn key(&self) -> Vec<u8> {
        self.id.as_bytes().to_vec()
    }

    fn indexes(&self, to: &mut Indexes) {
        to.add(QOS_RULE_BY_POLICY, &[self.policy_id.as_bytes()]);
    }
}
