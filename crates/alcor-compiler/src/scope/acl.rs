//! The ACLs of a network: which subnets each guards, and what hosts are told of it.

use super::{HeldGuard, Scope};
use crate::acls::Guard;
use crate::compile;
use alcor_goalstate::Goal;
use alcor_types::{NetworkAclId, Revision, SubnetId};

/// The goals of ACLs as they were, to compare with.
pub(super) type FormerAcls = Vec<(NetworkAclId, Option<Goal>)>;

impl Scope {
    /// The ACL as a goal; none while it guards nothing.
    pub(crate) fn acl_goal(&self, id: NetworkAclId) -> Option<Goal> {
        self.network.as_ref()?;
        let held = self.acls.get(&id)?;
        let subnets = self.guarded(&held.guard);
        (!subnets.is_empty()).then(|| compile::acl(&held.guard, subnets, held.revision))
    }

    /// All ACLs as goals.
    pub(crate) fn acl_goals(&self) -> impl Iterator<Item = Goal> {
        let ids = self.acls.keys();
        ids.filter_map(|id| self.acl_goal(*id))
    }

    /// The network's subnets that name the ACL; if it is the default, also those that name none.
    fn guarded(&self, guard: &Guard) -> Vec<SubnetId> {
        let subnets = self.subnets.keys().copied();
        let guarded = subnets.filter(|subnet| {
            let named = || self.acls.values().any(|held| held.guard.names(*subnet));
            guard.names(*subnet) || guard.acl.is_default && !named()
        });
        guarded.collect()
    }

    /// The ACL or one of its rules was written or deleted. Another ACL may guard its subnets then.
    pub(crate) fn set_acl(
        &mut self,
        revision: Revision,
        id: NetworkAclId,
        guard: Option<Guard>,
    ) -> bool {
        let mut former = self.former_acls();
        match guard {
            None => drop(self.acls.remove(&id)),
            Some(guard) => {
                let held = self.acls.get(&id);
                if held.is_none() {
                    former.push((id, None));
                }
                let revision = held.map_or(revision, |held| held.revision);
                self.acls.insert(id, HeldGuard { guard, revision });
            }
        }
        self.retell_acls(revision, former)
    }

    /// What hosts are told of ACLs now, to compare with later.
    pub(super) fn former_acls(&self) -> FormerAcls {
        let ids = self.acls.keys();
        ids.map(|id| (*id, self.acl_goal(*id))).collect()
    }

    /// Compares what hosts were told of ACLs with what they are told now.
    pub(super) fn retell_acls(&mut self, revision: Revision, former: FormerAcls) -> bool {
        let mut news = false;
        for (id, former) in former {
            let now = self.acl_goal(id);
            let Some(key) = super::change::changed(former.as_ref(), now.as_ref()) else {
                continue;
            };
            if let Some(held) = self.acls.get_mut(&id) {
                held.revision = revision;
            }
            self.log.touch(revision, key);
            news = true;
        }
        news
    }
}
