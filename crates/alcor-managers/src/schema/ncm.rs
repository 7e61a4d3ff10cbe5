//! How network config managers lie in the store.

use super::table::NCMS;
use crate::records::Record;
use alcor_store::records::{Indexes, Table};
use alcor_types::Ncm;

impl Record for Ncm {
    const TABLE: Table = NCMS;

    fn key(&self) -> Vec<u8> {
        self.id.as_bytes().to_vec()
    }

    fn indexes(&self, _to: &mut Indexes) {}
}
