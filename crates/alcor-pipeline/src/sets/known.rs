//! Members of groups that are known because the ports themselves are: those of this host, and its neighbours.
//! They count where their group is known, too.

use super::Sets;
use crate::member::Membership;
use alcor_goalstate::RuleRemote;
use alcor_types::SecurityGroupId;

impl Sets {
    /// A known port has come, has changed its groups or addresses, or is gone.
    pub(crate) fn change_member(&mut self, former: Option<&Membership>, now: Option<&Membership>) {
        for (group, blocks) in now.into_iter().flat_map(Membership::each) {
            self.blocks.change(RuleRemote::Group(group), &[], blocks);
        }
        for (group, blocks) in former.into_iter().flat_map(Membership::each) {
            self.blocks.change(RuleRemote::Group(group), blocks, &[]);
        }
    }

    /// Whether anybody can be in the set: ports may name a group that is no more.
    pub(super) fn exists(&self, set: RuleRemote) -> bool {
        match set {
            RuleRemote::Group(id) => self.is_known(id),
            _ => true,
        }
    }

    /// Whether the group itself is known.
    pub(crate) fn is_known(&self, id: SecurityGroupId) -> bool {
        let group = self.groups.get(&id);
        group.is_some_and(|group| group.known.is_some())
    }
}
