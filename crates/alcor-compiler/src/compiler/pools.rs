//! Subnet pools: a pool that changes its address scope takes its subnets with it.

use super::Compiler;
use crate::journal::Journal;
use alcor_types::{Revision, SubnetPool, SubnetPoolId};
use std::sync::Arc;

impl Compiler {
    /// A pool was written or deleted.
    pub(super) fn take_pool(
        &mut self,
        revision: Revision,
        id: SubnetPoolId,
        pool: Option<&Arc<SubnetPool>>,
        journal: &mut Journal,
    ) {
        for subnet in self.pools.set_pool(id, pool.map(|pool| &**pool)) {
            let Some(network) = self.subnets.get(&subnet).copied() else {
                continue;
            };
            let scope = self.scopes.get(&network);
            let fact = scope.and_then(|scope| scope.subnet(subnet)).cloned();
            self.set_subnet(revision, network, (subnet, fact), journal);
        }
    }
}
