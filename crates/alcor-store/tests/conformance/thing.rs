//! A record to test with.

use alcor_store::{Index, Indexes, Record, Table};
use serde::{Deserialize, Serialize};

pub const OWNER: Index = Index {
    id: 1,
    name: "owner",
};
pub const TAG: Index = Index { id: 2, name: "tag" };
pub const NAME: Index = Index {
    id: 3,
    name: "name",
};

/// Has an index that many share, one with many entries, and a unique one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Thing {
    pub id: u32,
    pub owner: String,
    pub name: String,
    pub tags: Vec<String>,
}

impl Record for Thing {
    const TABLE: Table = Table {
        id: 7,
        name: "thing",
        version: 1,
    };

    fn key(&self) -> Vec<u8> {
        self.id.to_be_bytes().to_vec()
    }

    fn indexes(&self, to: &mut Indexes) {
        to.add(OWNER, &[self.owner.as_bytes()]);
        for tag in &self.tags {
            to.add(TAG, &[self.owner.as_bytes(), tag.as_bytes()]);
        }
        to.unique(NAME, &[self.name.as_bytes()]);
    }
}

pub fn thing(id: u32, owner: &str, tags: &[&str]) -> Thing {
    Thing {
        id,
        owner: owner.to_owned(),
        name: format!("thing-{id}"),
        tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
    }
}
