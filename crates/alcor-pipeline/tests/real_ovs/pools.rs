//! Random address scopes of a region: every subnet is from a pool of its own, and pools come into
//! scopes and leave them.

use super::region::NETWORKS;
use super::ways::EXTERNALS;
use alcor_compiler::Fact;
use alcor_types::{AddressScopeId, IpVersion, Sharing, Standard, SubnetPool, SubnetPoolId};
use proptest::prelude::*;
use std::sync::Arc;
use uuid::Uuid;

/// Pools of a family: those of the networks inside, then those of the external ones.
const POOLS: u8 = NETWORKS + EXTERNALS;

/// The pool of a network's subnet of a family.
pub(crate) fn pool_id(network: u8, six: bool) -> SubnetPoolId {
    SubnetPoolId(Uuid::from_u128(
        0xb_0000 + u128::from(network) * 2 + u128::from(six),
    ))
}

/// That of an external network's.
pub(crate) fn external_pool_id(external: u8, six: bool) -> SubnetPoolId {
    pool_id(NETWORKS + external, six)
}

/// A pool, which is in a scope of its family or in none.
fn pool(number: u8, six: bool, scope: Option<u8>) -> Fact {
    let scope_id = |scope| {
        let number = 0xc_0000 + u128::from(scope) * 2 + u128::from(six);
        AddressScopeId(Uuid::from_u128(number))
    };
    let pool = SubnetPool {
        id: pool_id(number, six),
        project_id: "p".into(),
        standard: Standard::default(),
        ip_version: if six { IpVersion::V6 } else { IpVersion::V4 },
        prefixes: Vec::new(),
        min_prefixlen: 0,
        max_prefixlen: 0,
        default_prefixlen: 0,
        default_quota: None,
        shared: Sharing::default(),
        is_default: false,
        address_scope_id: scope.map(scope_id),
    };
    Fact::SubnetPool(pool.id, Some(Arc::new(pool)))
}

fn any_scope() -> impl Strategy<Value = Option<u8>> {
    prop::sample::select(vec![None, Some(0), Some(0), Some(0), Some(1)])
}

/// Whatever may happen to pools.
pub(crate) fn any_fact() -> impl Strategy<Value = Fact> {
    (0..POOLS, any::<bool>(), any_scope()).prop_map(|(number, six, scope)| pool(number, six, scope))
}

/// Half of the regions know nothing of scopes: where they differ, much does not arrive.
pub(crate) fn any_start() -> impl Strategy<Value = Vec<Fact>> {
    let scoped = prop::collection::vec(any_scope(), 2 * usize::from(POOLS));
    let scoped = scoped.prop_map(|scopes| {
        let places = (0..POOLS).flat_map(|number| [false, true].map(|six| (number, six)));
        let pools = places.zip(scopes);
        pools
            .map(|((number, six), scope)| pool(number, six, scope))
            .collect()
    });
    prop_oneof![1 => Just(Vec::new()), 1 => scoped]
}
