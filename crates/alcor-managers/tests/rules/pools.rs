//! Subnet pools and address scopes: whose space is whose, and that no block is given twice.

use crate::region::{Region, member, refused};
use alcor_managers::address_scope::{self, CreateAddressScope};
use alcor_managers::network::CreateNetwork;
use alcor_managers::subnet::{self, CreateSubnet};
use alcor_managers::subnet_pool::{self, CreateSubnetPool, UpdateSubnetPool};
use alcor_managers::{ApiError, Caller, Settings, audit, records};
use alcor_store::{Read, Store, TransactError, Txn};
use alcor_types::{AddressScope, IpVersion, NetworkId, Subnet, SubnetPool, SubnetPoolId};
use ipnet::IpNet;
use proptest::prelude::*;
use std::collections::BTreeSet;

fn blocks(texts: &[&str]) -> Vec<IpNet> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

fn pool(prefixes: &[&str]) -> CreateSubnetPool {
    CreateSubnetPool {
        name: "pool".to_owned(),
        prefixes: blocks(prefixes),
        ..CreateSubnetPool::default()
    }
}

fn create(region: &Region, request: CreateSubnetPool) -> Result<SubnetPool, ApiError> {
    region.run(move |txn, settings| subnet_pool::create(txn, &request, &Caller::admin(), settings))
}

fn update(
    region: &Region,
    pool: &SubnetPool,
    request: UpdateSubnetPool,
) -> Result<SubnetPool, ApiError> {
    let id = pool.id;
    region.run(move |txn, _| subnet_pool::update(txn, id, &request, &Caller::admin()))
}

fn scope(region: &Region, ip_version: IpVersion) -> AddressScope {
    let request = CreateAddressScope {
        id: None,
        project_id: None,
        name: "scope".to_owned(),
        ip_version,
        shared: false,
    };
    region
        .run(move |txn, _| address_scope::create(txn, &request, &Caller::admin()))
        .unwrap()
}

fn from(network: NetworkId, pool: &SubnetPool, prefixlen: Option<u8>) -> CreateSubnet {
    CreateSubnet {
        cidr: None,
        prefixlen,
        subnetpool_id: Some(pool.id),
        ..CreateSubnet::new(network, "0.0.0.0/0".parse().unwrap())
    }
}

fn delete(region: &Region, subnet: &Subnet) {
    let id = subnet.id;
    region
        .run(move |txn, _| subnet::delete(txn, id, &Caller::admin(), None))
        .unwrap();
}

#[test]
fn a_pool_joins_its_prefixes_and_has_neutrons_bounds() {
    let region = Region::new();
    let four = create(&region, pool(&["10.0.1.0/24", "10.0.0.0/24"])).unwrap();
    assert_eq!(four.prefixes, blocks(&["10.0.0.0/23"]));
    let lengths = |pool: &SubnetPool| {
        (
            pool.min_prefixlen,
            pool.default_prefixlen,
            pool.max_prefixlen,
        )
    };
    assert_eq!(lengths(&four), (8, 8, 32));
    let six = create(&region, pool(&["fd00::/48"])).unwrap();
    assert_eq!(lengths(&six), (64, 64, 128));
    let bounds = |min, default, max| CreateSubnetPool {
        min_prefixlen: min,
        default_prefixlen: default,
        max_prefixlen: max,
        ..pool(&["10.0.0.0/8"])
    };
    for wrong in [
        bounds(Some(25), None, Some(24)),
        bounds(None, None, Some(33)),
        bounds(Some(16), Some(15), None),
        bounds(None, Some(30), Some(29)),
    ] {
        refused(create(&region, wrong), "IllegalSubnetPoolPrefixBounds", 400);
    }
    refused(create(&region, pool(&[])), "EmptySubnetPoolPrefixList", 400);
    let mixed = pool(&["10.0.0.0/8", "fd00::/48"]);
    refused(create(&region, mixed), "PrefixVersionMismatch", 400);
}

#[test]
fn one_default_for_each_family() {
    let region = Region::new();
    let default = |prefix: &str| CreateSubnetPool {
        is_default: true,
        ..pool(&[prefix])
    };
    let first = create(&region, default("10.0.0.0/8")).unwrap();
    create(&region, default("fd00::/48")).unwrap();
    refused(
        create(&region, default("192.168.0.0/16")),
        "InvalidInput",
        400,
    );
    let second = create(&region, pool(&["192.168.0.0/16"])).unwrap();
    let claim = |is_default| UpdateSubnetPool {
        is_default: Some(is_default),
        ..UpdateSubnetPool::default()
    };
    refused(update(&region, &second, claim(true)), "InvalidInput", 400);
    update(&region, &first, claim(false)).unwrap();
    update(&region, &second, claim(true)).unwrap();
    let network = region.network();
    let request = CreateSubnet {
        subnetpool_id: None,
        use_default_subnetpool: true,
        ip_version: Some(IpVersion::V4),
        ..from(network.id, &second, Some(24))
    };
    let subnet = region.create_subnet(request).unwrap();
    assert_eq!(subnet.subnetpool_id, Some(second.id));
    assert_eq!(subnet.cidr.to_string(), "192.168.0.0/24");
}

#[test]
fn blocks_are_given_and_come_back() {
    let region = Region::new();
    let pool = create(&region, pool(&["10.0.0.0/22"])).unwrap();
    let take = |prefixlen| {
        let request = from(region.network().id, &pool, Some(prefixlen));
        region.create_subnet(request)
    };
    let small = take(26).unwrap();
    let large = take(23).unwrap();
    assert_eq!(small.cidr.to_string(), "10.0.0.0/26");
    assert_eq!(large.cidr.to_string(), "10.0.2.0/23");
    assert_eq!(large.gateway_ip.unwrap().to_string(), "10.0.2.1");
    refused(take(23), "SubnetAllocationError", 409);
    refused(take(7), "MinPrefixSubnetAllocationError", 400);
    let asked = |cidr: &str| CreateSubnet {
        subnetpool_id: Some(pool.id),
        ..CreateSubnet::new(region.network().id, cidr.parse().unwrap())
    };
    for taken in ["10.0.0.0/24", "10.0.3.0/24", "10.1.0.0/24"] {
        refused(
            region.create_subnet(asked(taken)),
            "SubnetAllocationError",
            409,
        );
    }
    let chosen = region.create_subnet(asked("10.0.1.0/24")).unwrap();
    for subnet in [small, large, chosen] {
        delete(&region, &subnet);
    }
    assert_eq!(take(22).unwrap().cidr.to_string(), "10.0.0.0/22");
}

#[test]
fn a_request_says_either_block_or_length_and_agrees_with_the_pool() {
    let region = Region::new();
    let pool = create(&region, pool(&["10.0.0.0/22"])).unwrap();
    let network = region.network();
    let plain = || from(network.id, &pool, None);
    let cidr: Option<IpNet> = Some("10.0.0.0/24".parse().unwrap());
    let wrong = [
        CreateSubnet {
            cidr,
            prefixlen: Some(24),
            ..plain()
        },
        CreateSubnet {
            subnetpool_id: None,
            ..plain()
        },
        CreateSubnet {
            use_default_subnetpool: true,
            ..plain()
        },
        CreateSubnet {
            ip_version: Some(IpVersion::V6),
            ..plain()
        },
        CreateSubnet {
            allocation_pools: Some(Vec::new()),
            ..plain()
        },
        CreateSubnet {
            subnetpool_id: None,
            use_default_subnetpool: true,
            ip_version: Some(IpVersion::V6),
            ..plain()
        },
    ];
    for request in wrong {
        refused(region.create_subnet(request), "BadRequest", 400);
    }
    let unknown = CreateSubnet {
        subnetpool_id: Some(SubnetPoolId::random()),
        ..plain()
    };
    refused(region.create_subnet(unknown), "SubnetPoolNotFound", 404);
}

#[test]
fn a_pools_quota_is_each_projects() {
    let region = Region::new();
    let request = CreateSubnetPool {
        default_quota: Some(256),
        ..pool(&["10.0.0.0/16"])
    };
    let pool = create(&region, request).unwrap();
    let take = |owner: &str, prefixlen| {
        region.create_subnet(CreateSubnet {
            project_id: Some(owner.into()),
            ..from(region.network().id, &pool, Some(prefixlen))
        })
    };
    refused(take("a", 23), "SubnetPoolQuotaExceeded", 409);
    let half = take("a", 25).unwrap();
    take("a", 25).unwrap();
    refused(take("a", 32), "SubnetPoolQuotaExceeded", 409);
    take("b", 24).unwrap();
    delete(&region, &half);
    take("a", 25).unwrap();
}

#[test]
fn prefixes_grow_by_update_and_shrink_only_where_unused() {
    let region = Region::new();
    let pool = create(&region, pool(&["10.0.0.0/24"])).unwrap();
    let set = |prefixes: &[&str]| UpdateSubnetPool {
        prefixes: Some(blocks(prefixes)),
        ..UpdateSubnetPool::default()
    };
    refused(
        update(&region, &pool, set(&["10.0.1.0/24"])),
        "IllegalSubnetPoolPrefixUpdate",
        400,
    );
    let wider = update(&region, &pool, set(&["10.0.0.0/23"])).unwrap();
    let whole = region.create_subnet(from(region.network().id, &wider, Some(23)));
    delete(&region, &whole.unwrap());
    let used = region
        .create_subnet(from(region.network().id, &wider, Some(24)))
        .unwrap();
    let id = pool.id;
    let remove = |prefixes: &[&str]| {
        let prefixes = blocks(prefixes);
        region.run(move |txn, _| subnet_pool::remove_prefixes(txn, id, &prefixes, &Caller::admin()))
    };
    refused(
        remove(&["10.0.0.128/25"]),
        "IllegalSubnetPoolPrefixUpdate",
        400,
    );
    assert_eq!(remove(&["172.16.0.0/12"]).unwrap().prefixes, wider.prefixes);
    let narrow = remove(&["10.0.1.0/25", "192.168.0.0/16"]).unwrap();
    assert_eq!(narrow.prefixes, blocks(&["10.0.0.0/24", "10.0.1.128/25"]));
    let gone = region.run(move |txn, _| subnet_pool::delete(txn, id, &Caller::admin(), None));
    refused(gone, "SubnetPoolDeleteError", 400);
    delete(&region, &used);
    region
        .run(move |txn, _| subnet_pool::delete(txn, id, &Caller::admin(), None))
        .unwrap();
    let rows = region.store.snapshot().prefix(&[60]).count();
    assert_eq!(rows, 0, "nothing of the pool's space is left behind");
}

#[test]
fn pools_of_one_scope_never_overlap() {
    let region = Region::new();
    let scope = scope(&region, IpVersion::V4);
    let within = |prefixes: &[&str]| CreateSubnetPool {
        address_scope_id: Some(scope.id),
        ..pool(prefixes)
    };
    let first = create(&region, within(&["10.0.0.0/16"])).unwrap();
    refused(
        create(&region, within(&["10.0.5.0/24"])),
        "AddressScopePrefixConflict",
        409,
    );
    refused(
        create(&region, within(&["fd00::/48"])),
        "IllegalSubnetPoolIpVersionAssociationToAddressScope",
        400,
    );
    let second = create(&region, within(&["10.1.0.0/16"])).unwrap();
    let grow = UpdateSubnetPool {
        prefixes: Some(blocks(&["10.0.0.0/15"])),
        ..UpdateSubnetPool::default()
    };
    refused(
        update(&region, &second, grow),
        "AddressScopePrefixConflict",
        409,
    );
    let id = scope.id;
    let gone = region.run(move |txn, _| address_scope::delete(txn, id, &Caller::admin()));
    refused(gone, "AddressScopeInUse", 409);
    let leave = UpdateSubnetPool {
        address_scope_id: Some(None),
        ..UpdateSubnetPool::default()
    };
    update(&region, &first, leave.clone()).unwrap();
    update(&region, &second, leave).unwrap();
    region
        .run(move |txn, _| address_scope::delete(txn, id, &Caller::admin()))
        .unwrap();
}

#[test]
fn subnets_of_a_network_come_from_one_pool_or_scope() {
    let region = Region::new();
    let [one, other] =
        ["10.0.0.0/16", "10.1.0.0/16"].map(|prefix| create(&region, pool(&[prefix])).unwrap());
    let network = region.network();
    region
        .create_subnet(from(network.id, &one, Some(24)))
        .unwrap();
    let refusal = "NetworkSubnetPoolAffinityError";
    refused(
        region.create_subnet(from(network.id, &other, Some(24))),
        refusal,
        400,
    );
    let own = CreateSubnet::new(network.id, "192.168.0.0/24".parse().unwrap());
    refused(region.create_subnet(own), refusal, 400);
    region.subnet(&network, "fd00::/64");
    let scope = scope(&region, IpVersion::V4);
    let join = UpdateSubnetPool {
        address_scope_id: Some(Some(scope.id)),
        ..UpdateSubnetPool::default()
    };
    update(&region, &one, join.clone()).unwrap();
    let refusal = "NetworkAddressScopeAffinityError";
    refused(
        region.create_subnet(from(network.id, &other, Some(24))),
        refusal,
        400,
    );
    update(&region, &other, join).unwrap();
    region
        .create_subnet(from(network.id, &other, Some(24)))
        .unwrap();
    let read = region.store.snapshot();
    let found = |version| subnet::address_scope(&read, network.id, version).unwrap();
    assert_eq!(
        (found(IpVersion::V4), found(IpVersion::V6)),
        (Some(scope.id), None)
    );
}

#[test]
fn a_networks_subnets_are_taken_in() {
    let region = Region::new();
    let pool = create(&region, pool(&["10.0.0.0/24"])).unwrap();
    let network = region.network();
    let subnet = region.subnet(&network, "10.9.0.0/24");
    region.subnet(&network, "fd00::/64");
    let (id, on) = (pool.id, network.id);
    let onboard = || region.run(move |txn, _| subnet_pool::onboard(txn, id, on, &Caller::admin()));
    let taken = onboard().unwrap();
    assert_eq!(taken.len(), 1);
    assert_eq!((taken[0].id, taken[0].subnetpool_id), (subnet.id, Some(id)));
    refused(onboard(), "IllegalSubnetPoolUpdate", 400);
    let read = region.store.snapshot();
    let grown = subnet_pool::get(&read, id, &Caller::admin()).unwrap();
    assert_eq!(grown.prefixes, blocks(&["10.0.0.0/24", "10.9.0.0/24"]));
    let again = CreateSubnet {
        subnetpool_id: Some(id),
        ..CreateSubnet::new(region.network().id, "10.9.0.0/25".parse().unwrap())
    };
    refused(region.create_subnet(again), "SubnetAllocationError", 409);
    delete(&region, &taken[0]);
}

#[test]
fn another_projects_pool_is_for_those_it_is_shared_with() {
    let region = Region::new();
    let private = create(&region, pool(&["10.0.0.0/16"])).unwrap();
    let shared = CreateSubnetPool {
        shared: true,
        ..pool(&["10.1.0.0/16"])
    };
    let shared = create(&region, shared).unwrap();
    let network = region
        .create_network(CreateNetwork {
            project_id: Some("p".into()),
            ..CreateNetwork::default()
        })
        .unwrap();
    let take = |pool: &SubnetPool| {
        let request = from(network.id, pool, Some(24));
        region.run(move |txn, settings| subnet::create(txn, &request, &member("p"), settings))
    };
    refused(take(&private), "SubnetPoolNotFound", 404);
    take(&shared).unwrap();
    let id = shared.id;
    let change = region.run(move |txn, _| {
        subnet_pool::update(txn, id, &UpdateSubnetPool::default(), &member("p"))
    });
    refused(change, "PolicyNotAuthorized", 403);
}

#[test]
fn concurrent_callers_share_a_pool_out_exactly() {
    let region = Region::new();
    let pool = create(&region, pool(&["10.0.0.0/24"])).unwrap();
    let networks: Vec<_> = (0..64).map(|_| region.network().id).collect();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(4)
        .build()
        .unwrap();
    let made: Vec<Subnet> = runtime.block_on(async {
        let mut tasks = tokio::task::JoinSet::new();
        for network in networks {
            let (store, request) = (region.store.clone(), from(network, &pool, Some(29)));
            tasks.spawn(async move { race(&store, request).await });
        }
        tasks.join_all().await.into_iter().flatten().collect()
    });
    let cidrs: BTreeSet<_> = made.iter().map(|subnet| subnet.cidr).collect();
    assert_eq!((made.len(), cidrs.len()), (32, 32));
}

async fn race(store: &Store, request: CreateSubnet) -> Option<Subnet> {
    let rule = move |txn: &mut Txn<'_>| {
        subnet::create(txn, &request, &Caller::admin(), &Settings::default())
    };
    match store.transact(rule).await {
        Ok(done) => Some(done.value),
        Err(TransactError::Aborted(error)) => {
            assert_eq!(error.kind(), "SubnetAllocationError");
            None
        }
        Err(TransactError::Store(error)) => panic!("the store failed: {error}"),
    }
}

/// One call of the property below; numbers choose among what there is.
#[derive(Debug, Clone)]
enum Step {
    Any(u8),
    Chosen(u16, u8),
    Delete(u8),
    Add(u8),
    Remove(u16, u8),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (20_u8..=28).prop_map(Step::Any),
        2 => (any::<u16>(), 20_u8..=28).prop_map(|(at, length)| Step::Chosen(at, length)),
        4 => any::<u8>().prop_map(Step::Delete),
        1 => (0_u8..8).prop_map(Step::Add),
        1 => (any::<u16>(), 18_u8..=26).prop_map(|(at, length)| Step::Remove(at, length)),
    ];
    prop::collection::vec(step, 1..80)
}

/// A block of 10.0.0.0/16 with this length.
fn block(at: u16, length: u8) -> IpNet {
    let [high, low] = at.to_be_bytes();
    let block: IpNet = format!("10.0.{high}.{low}/{length}").parse().unwrap();
    block.trunc()
}

fn addresses(blocks: &[IpNet]) -> u64 {
    blocks
        .iter()
        .map(|block| 1_u64 << (32 - block.prefix_len()))
        .sum()
}

/// Does the step, as the model says it must end.
fn play(region: &Region, id: SubnetPoolId, subnets: &mut Vec<Subnet>, step: &Step) {
    let request = |cidr, prefixlen| CreateSubnet {
        cidr,
        prefixlen,
        subnetpool_id: Some(id),
        ..CreateSubnet::new(region.network().id, "0.0.0.0/0".parse().unwrap())
    };
    let meets = |one: &IpNet, other: &IpNet| one.contains(other) || other.contains(one);
    let prefixes = prefixes(region, id);
    match step {
        Step::Any(length) => subnets.extend(region.create_subnet(request(None, Some(*length)))),
        Step::Chosen(at, length) => {
            let wanted = block(*at, *length);
            let inside = prefixes.iter().any(|prefix| prefix.contains(&wanted));
            let free = subnets.iter().all(|subnet| !meets(&subnet.cidr, &wanted));
            let made = region.create_subnet(request(Some(wanted), None));
            assert_eq!(made.is_ok(), inside && free, "{wanted}");
            subnets.extend(made);
        }
        Step::Delete(at) if !subnets.is_empty() => {
            let gone = subnets.swap_remove(usize::from(*at) % subnets.len());
            delete(region, &gone);
        }
        Step::Delete(_) => {}
        Step::Add(at) => {
            let more = vec![block(u16::from(*at) << 13, 19)];
            region
                .run(move |txn, _| subnet_pool::add_prefixes(txn, id, &more, &Caller::admin()))
                .unwrap();
        }
        Step::Remove(at, length) => {
            let away = block(*at, *length);
            let free = subnets.iter().all(|subnet| !meets(&subnet.cidr, &away));
            let removed = region.run(move |txn, _| {
                subnet_pool::remove_prefixes(txn, id, &[away], &Caller::admin())
            });
            assert_eq!(removed.is_ok(), free, "{away}");
        }
    }
}

fn prefixes(region: &Region, id: SubnetPoolId) -> Vec<IpNet> {
    let read = region.store.snapshot();
    let pool = records::get::<SubnetPool>(&read, id.as_bytes());
    pool.unwrap().unwrap().prefixes
}

/// What lies in the store as free space, added up.
fn free(region: &Region) -> u64 {
    let read = region.store.snapshot();
    let lengths = read.prefix(&[60]).filter(|(key, _)| key[17] != 0xff);
    lengths.map(|(key, _)| 1_u64 << (32 - key[17])).sum()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn blocks_never_overlap_and_space_is_neither_lost_nor_made(steps in steps()) {
        let region = Region::with(Settings::default().without_quotas());
        let id = create(&region, pool(&["10.0.0.0/18"])).unwrap().id;
        let mut subnets = Vec::new();
        for step in &steps {
            play(&region, id, &mut subnets, step);
            let cidrs: Vec<_> = subnets.iter().map(|subnet| subnet.cidr).collect();
            let mut sorted = cidrs.clone();
            sorted.sort_unstable();
            for (one, next) in sorted.iter().zip(sorted.iter().skip(1)) {
                prop_assert!(!one.contains(next), "{} and {}", one, next);
            }
            let prefixes = prefixes(&region, id);
            for cidr in &cidrs {
                prop_assert!(prefixes.iter().any(|prefix| prefix.contains(cidr)), "{}", cidr);
            }
            prop_assert_eq!(free(&region) + addresses(&cidrs), addresses(&prefixes));
            prop_assert_eq!(audit(&region.store.snapshot()).unwrap(), Vec::<String>::new());
        }
        for subnet in subnets {
            delete(&region, &subnet);
        }
        let used = region.store.snapshot().prefix(&[60]).any(|(key, _)| key[17] == 0xff);
        prop_assert!(!used, "usage of nobody is left behind");
    }
}
