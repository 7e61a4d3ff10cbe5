//! How auto-allocated topologies lie in the store.

use super::table::AUTO_TOPOLOGIES;
use crate::records::Record;
use alcor_store::records::{Indexes, Table};
use alcor_types::AutoTopology;

impl Record for AutoTopology {
    const TABLE: Table = AUTO_TOPOLOGIES;

    fn key(&self) -> Vec<u8> {
        self.project_id.as_str().as_bytes().to_vec()
    }

    // Networks and routers know their project, so the key alone finds what to forget with them.
    fn indexes(&self, _to: &mut Indexes) {}
}
