//! Network ACLs as this host sees them: which guards which subnet, and which ports of this host are
//! in guarded subnets. An ACL without any has no flows.

use alcor_goalstate::{AclGoal, AclRule};
use alcor_types::{NetworkAclId, PortId, SubnetId};
use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::Hash;

/// An ACL.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Acl {
    /// The subnets that it guards.
    pub(crate) subnets: BTreeSet<SubnetId>,
    pub(crate) rules: Box<[AclRule]>,
}

impl From<&AclGoal> for Acl {
    fn from(goal: &AclGoal) -> Self {
        Self {
            subnets: goal.subnets.iter().copied().collect(),
            rules: goal.rules.as_slice().into(),
        }
    }
}

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Acls {
    held: BTreeMap<NetworkAclId, Acl>,
    /// While news is under way, two ACLs may guard one subnet for a moment: the first does.
    guards: HashMap<SubnetId, BTreeSet<NetworkAclId>>,
    /// The ports of this host with an address of a subnet.
    ports: HashMap<SubnetId, BTreeSet<PortId>>,
}

impl Acls {
    /// The ACL.
    pub(crate) fn get(&self, id: NetworkAclId) -> Option<&Acl> {
        self.held.get(&id)
    }

    /// All ACLs.
    pub(crate) fn ids(&self) -> impl Iterator<Item = NetworkAclId> {
        self.held.keys().copied()
    }

    /// The ACL that guards the subnet.
    pub(crate) fn guard(&self, subnet: SubnetId) -> Option<NetworkAclId> {
        self.claims(subnet).next()
    }

    /// All ACLs that say they guard the subnet.
    pub(crate) fn claims(&self, subnet: SubnetId) -> impl Iterator<Item = NetworkAclId> {
        self.guards.get(&subnet).into_iter().flatten().copied()
    }

    /// The ports of this host in the subnet.
    pub(crate) fn ports(&self, subnet: SubnetId) -> impl Iterator<Item = PortId> {
        self.ports.get(&subnet).into_iter().flatten().copied()
    }

    /// The ACL, where a port of this host is in a subnet that it guards.
    pub(crate) fn in_use(&self, id: NetworkAclId) -> Option<&Acl> {
        let acl = self.get(id)?;
        let mut subnets = acl.subnets.iter();
        let used = subnets
            .any(|subnet| self.guard(*subnet) == Some(id) && self.ports(*subnet).next().is_some());
        used.then_some(acl)
    }

    /// An ACL came, changed or went.
    pub(crate) fn set(&mut self, id: NetworkAclId, acl: Option<Acl>) {
        if let Some(former) = self.held.remove(&id) {
            for subnet in former.subnets {
                remove(self.guards.entry(subnet), &id);
            }
        }
        if let Some(acl) = acl {
            for subnet in &acl.subnets {
                self.guards.entry(*subnet).or_default().insert(id);
            }
            self.held.insert(id, acl);
        }
    }

    /// A port of this host has addresses of these subnets now, and had of those.
    pub(crate) fn set_port(&mut self, port: PortId, former: &[SubnetId], now: &[SubnetId]) {
        for subnet in former {
            remove(self.ports.entry(*subnet), &port);
        }
        for subnet in now {
            self.ports.entry(*subnet).or_default().insert(port);
        }
    }
}

/// Takes a value out of a set, and the set away with its last one.
fn remove<K: Hash + Eq, V: Ord>(entry: Entry<'_, K, BTreeSet<V>>, value: &V) {
    if let Entry::Occupied(mut values) = entry {
        values.get_mut().remove(value);
        if values.get().is_empty() {
            values.remove();
        }
    }
}
