//! Which address scope a subnet is in: that of the pool that its block is from.

use crate::link::link;
use alcor_types::{AddressScopeId, SubnetId, SubnetPool, SubnetPoolId};
use std::collections::{BTreeSet, HashMap};

/// The pools of subnets, and the scopes of pools. Either may be known first.
#[derive(Default)]
pub(crate) struct Pools {
    scopes: HashMap<SubnetPoolId, AddressScopeId>,
    of_subnet: HashMap<SubnetId, SubnetPoolId>,
    subnets: HashMap<SubnetPoolId, BTreeSet<SubnetId>>,
}

impl Pools {
    /// The scope that the subnet is in.
    pub(crate) fn address_scope(&self, subnet: SubnetId) -> Option<AddressScopeId> {
        let pool = self.of_subnet.get(&subnet)?;
        self.scopes.get(pool).copied()
    }

    /// The subnet is from this pool, or from none.
    pub(crate) fn set_subnet(&mut self, subnet: SubnetId, pool: Option<SubnetPoolId>) {
        let former = match pool {
            Some(pool) => self.of_subnet.insert(subnet, pool),
            None => self.of_subnet.remove(&subnet),
        };
        for (pool, has) in [(former, false), (pool, true)] {
            if let Some(pool) = pool {
                link(&mut self.subnets, pool, subnet, has);
            }
        }
    }

    /// The pool was written or deleted; answers the subnets whose scope is another one now.
    pub(crate) fn set_pool(
        &mut self,
        id: SubnetPoolId,
        pool: Option<&SubnetPool>,
    ) -> Vec<SubnetId> {
        let now = pool.and_then(|pool| pool.address_scope_id);
        let former = match now {
            Some(scope) => self.scopes.insert(id, scope),
            None => self.scopes.remove(&id),
        };
        let subnets = self.subnets.get(&id).filter(|_| former != now);
        subnets.into_iter().flatten().copied().collect()
    }
}
