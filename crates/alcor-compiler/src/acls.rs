//! Network ACLs with their rules. Rules are facts of their own and may come before their ACL; a
//! network's scope is told of an ACL together with all its rules.

use crate::compile;
use alcor_goalstate::AclRule;
use alcor_types::{
    NetworkAcl, NetworkAclId, NetworkAclRule, NetworkAclRuleId, NetworkId, SubnetId,
};
use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// An ACL as the scope of its network holds it.
#[derive(Clone)]
pub(crate) struct Guard {
    pub(crate) acl: Arc<NetworkAcl>,
    /// Sorted by direction and number.
    pub(crate) rules: Arc<[AclRule]>,
}

impl Guard {
    /// Whether the subnet names this ACL as its own.
    pub(crate) fn names(&self, subnet: SubnetId) -> bool {
        self.acl.subnets.contains(&subnet)
    }
}

/// All ACLs and rules of the region.
#[derive(Default)]
pub(crate) struct Acls {
    acls: HashMap<NetworkAclId, Arc<NetworkAcl>>,
    rules: HashMap<NetworkAclId, BTreeMap<NetworkAclRuleId, Arc<NetworkAclRule>>>,
    /// The ACLs of rules, to find them when they are deleted.
    homes: HashMap<NetworkAclRuleId, NetworkAclId>,
}

impl Acls {
    /// The ACL was written or deleted. Answers its network, which never changes.
    pub(crate) fn set(
        &mut self,
        id: NetworkAclId,
        acl: Option<Arc<NetworkAcl>>,
    ) -> Option<NetworkId> {
        let now = acl.as_ref().map(|acl| acl.network_id);
        let former = match acl {
            Some(acl) => self.acls.insert(id, acl),
            None => self.acls.remove(&id),
        };
        now.or(former.map(|acl| acl.network_id))
    }

    /// The rule was written or deleted. Answers its ACL, which never changes.
    pub(crate) fn set_rule(
        &mut self,
        id: NetworkAclRuleId,
        rule: Option<Arc<NetworkAclRule>>,
    ) -> Option<NetworkAclId> {
        let Some(rule) = rule else {
            let home = self.homes.remove(&id)?;
            self.remove_rule(home, id);
            return Some(home);
        };
        let home = rule.acl_id;
        self.homes.insert(id, home);
        self.rules.entry(home).or_default().insert(id, rule);
        Some(home)
    }

    fn remove_rule(&mut self, home: NetworkAclId, id: NetworkAclRuleId) {
        if let Entry::Occupied(mut rules) = self.rules.entry(home) {
            rules.get_mut().remove(&id);
            if rules.get().is_empty() {
                rules.remove();
            }
        }
    }

    /// The network of an ACL.
    pub(crate) fn network(&self, id: NetworkAclId) -> Option<NetworkId> {
        self.acls.get(&id).map(|acl| acl.network_id)
    }

    /// The ACL with its rules.
    pub(crate) fn guard(&self, id: NetworkAclId) -> Option<Guard> {
        let acl = Arc::clone(self.acls.get(&id)?);
        let rules = self.rules.get(&id).into_iter().flat_map(BTreeMap::values);
        let mut rules: Vec<_> = rules.filter_map(|rule| compile::acl_rule(rule)).collect();
        rules.sort_by_key(|rule| (rule.direction, rule.number));
        let rules = rules.into();
        Some(Guard { acl, rules })
    }
}
