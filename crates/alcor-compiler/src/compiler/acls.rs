//! Network ACLs and their rules, on their way to the scopes of their networks.

use super::{Compiler, scope};
use crate::Fact;
use crate::journal::Journal;
use alcor_types::{NetworkAclId, NetworkId, Revision};

impl Compiler {
    /// ACLs and their rules; other facts are none of theirs.
    pub(super) fn take_acl(&mut self, revision: Revision, fact: &Fact, journal: &mut Journal) {
        match fact {
            Fact::NetworkAcl(id, acl) => {
                if let Some(network) = self.acls.set(*id, acl.clone()) {
                    self.tell_acl(revision, network, *id, journal);
                }
            }
            Fact::NetworkAclRule(id, rule) => {
                let acl = self.acls.set_rule(*id, rule.clone());
                let home = acl.and_then(|acl| Some((self.acls.network(acl)?, acl)));
                if let Some((network, acl)) = home {
                    self.tell_acl(revision, network, acl, journal);
                }
            }
            _ => {}
        }
    }

    fn tell_acl(
        &mut self,
        revision: Revision,
        network: NetworkId,
        id: NetworkAclId,
        journal: &mut Journal,
    ) {
        let guard = self.acls.guard(id);
        let scope = scope(&mut self.scopes, network, self.log_limit, revision);
        let news = scope.set_acl(revision, id, guard);
        journal.news(network, news);
        self.forget_if_empty(network);
    }
}
