//! Trunks: which ports hear of a change, and no others.

use super::Compiler;
use crate::journal::Journal;
use alcor_types::{Revision, Trunk, TrunkId};
use std::sync::Arc;

impl Compiler {
    /// A trunk was written or deleted. Where its ports are, their own facts say.
    pub(super) fn take_trunk(
        &mut self,
        revision: Revision,
        id: TrunkId,
        trunk: Option<&Arc<Trunk>>,
        journal: &mut Journal,
    ) {
        let ports = self.hosts.trunks.about(id, trunk);
        self.retelling(revision, &ports, journal, |compiler| {
            compiler.hosts.trunks.set(id, trunk.cloned());
        });
    }
}
