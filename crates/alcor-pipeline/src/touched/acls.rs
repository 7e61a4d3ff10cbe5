//! Which owners' flows a change of network ACLs may alter: the ACL's own, and those of the ports in
//! subnets that change their guard.

use crate::Owner;
use crate::acls::Acl;
use crate::member::Local;
use crate::state::State;
use alcor_types::{NetworkAclId, SubnetId};
use std::collections::BTreeSet;

/// An ACL comes, changes or goes.
pub(super) fn by_acl(state: &State, id: NetworkAclId, now: Option<&Acl>) -> Vec<Owner> {
    let former = state.acls.get(id);
    if former == now {
        return Vec::new();
    }
    let none = BTreeSet::new();
    let subnets = |acl: Option<&'_ Acl>| acl.map_or(none.clone(), |acl| acl.subnets.clone());
    let (old, new) = (subnets(former), subnets(now));
    let moved = old.symmetric_difference(&new);
    let others = moved.flat_map(|subnet| {
        let claims = state.acls.claims(*subnet).map(Owner::Acl);
        claims.chain(state.acls.ports(*subnet).map(Owner::Guard))
    });
    others.chain([Owner::Acl(id)]).collect()
}

/// A port of this host enters and leaves subnets: the first port in one brings the rules of its ACL,
/// and the last one ends them.
pub(super) fn by_port(
    state: &State,
    former: Option<&Local>,
    now: Option<&Local>,
) -> BTreeSet<Owner> {
    let subnets = [former, now].into_iter().flatten();
    let subnets = subnets.flat_map(|local| &local.subnets);
    let turning = |subnet: &&SubnetId| state.acls.ports(**subnet).nth(1).is_none();
    let acls = subnets
        .filter(turning)
        .flat_map(|subnet| state.acls.claims(*subnet));
    acls.map(Owner::Acl).collect()
}
