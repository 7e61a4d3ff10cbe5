//! How metering labels and their rules lie in the store, and by what they are found.

use super::add_text;
use super::table::{METERING_LABELS, METERING_RULES};
use crate::records::Record;
use alcor_store::records::{Index, Indexes, Table};
use alcor_types::{MeteringLabel, MeteringRule};

/// Parts: project.
pub const METERING_LABEL_BY_PROJECT: Index = Index {
    id: 1,
    name: "project_id",
};
/// Parts: name.
pub const METERING_LABEL_BY_NAME: Index = Index {
    id: 2,
    name: "name",
};
/// No parts; only labels that count everyone's traffic have an entry.
pub const METERING_LABEL_IS_SHARED: Index = Index {
    id: 3,
    name: "shared",
};
/// Parts: label id.
pub const METERING_RULE_BY_LABEL: Index = Index {
    id: 1,
    name: "metering_label_id",
};

impl Record for MeteringLabel {
    const TABLE: Table = METERING_LABELS;

    fn key(&self) -> Vec<u8> {
        self.id.as_bytes().to_vec()
    }

    fn indexes(&self, to: &mut Indexes) {
        add_text(to, METERING_LABEL_BY_PROJECT, self.project_id.as_str());
        add_text(to, METERING_LABEL_BY_NAME, &self.name);
        if self.shared {
            to.add(METERING_LABEL_IS_SHARED, &[]);
        }
    }
}

impl Record for MeteringRule {
    const TABLE: Table = METERING_RULES;

    fn key(&self) -> Vec<u8> {
        self.id.as_bytes().to_vec()
    }

    fn indexes(&self, to: &mut Indexes) {
        to.add(METERING_RULE_BY_LABEL, &[self.label_id.as_bytes()]);
    }
}
