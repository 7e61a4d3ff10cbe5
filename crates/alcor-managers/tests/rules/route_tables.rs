//! Route tables of VPCs and subnets, and the routers of VPCs.

use crate::region::{Region, member, refused};
use alcor_managers::network::{self, CreateNetwork, UpdateNetwork};
use alcor_managers::route_table::{self, CreateRouteTable, RouteRequest, UpdateRouteTable};
use alcor_managers::router::{self, Attachment, CreateRouter};
use alcor_managers::{ApiError, Caller, audit, quota, records, subnet};
use alcor_types::{Network, RouteTable, RouteTarget, Router, Subnet};

fn route(destination: &str, target: RouteTarget, priority: Option<u32>) -> RouteRequest {
    RouteRequest {
        id: None,
        name: String::new(),
        description: String::new(),
        destination: destination.parse().unwrap(),
        target,
        priority,
    }
}

fn hop(address: &str) -> RouteTarget {
    RouteTarget::NextHop(address.parse().unwrap())
}

fn vpc(region: &Region) -> Network {
    let request = CreateNetwork {
        cidr: Some("10.0.0.0/16".parse().unwrap()),
        ..CreateNetwork::default()
    };
    region.create_network(request).unwrap()
}

fn make(region: &Region, request: CreateRouteTable) -> Result<RouteTable, ApiError> {
    region.run(move |txn, _| route_table::create(txn, &request, &Caller::admin()))
}

fn of_vpc(network: &Network, routes: Vec<RouteRequest>) -> CreateRouteTable {
    CreateRouteTable {
        network_id: Some(network.id),
        routes,
        ..CreateRouteTable::default()
    }
}

fn of_subnet(subnet: &Subnet, routes: Vec<RouteRequest>) -> CreateRouteTable {
    CreateRouteTable {
        subnet_id: Some(subnet.id),
        routes,
        ..CreateRouteTable::default()
    }
}

fn used(region: &Region, subnet: &Subnet) -> Option<RouteTable> {
    route_table::used_by(&region.store.snapshot(), subnet).unwrap()
}

fn sound(region: &Region) {
    assert_eq!(audit(&region.store.snapshot()).unwrap(), [""; 0]);
}

#[test]
fn a_subnet_uses_its_own_table_or_the_vpcs() {
    let region = Region::new();
    let network = vpc(&region);
    let subnet = region.subnet(&network, "10.0.1.0/24");
    assert_eq!(used(&region, &subnet), None);
    let default = make(&region, of_vpc(&network, vec![])).unwrap();
    assert_eq!(used(&region, &subnet), Some(default.clone()));
    let own = make(&region, of_subnet(&subnet, vec![])).unwrap();
    assert_eq!(used(&region, &subnet), Some(own.clone()));
    let twice = make(&region, of_subnet(&subnet, vec![]));
    refused(twice, "RouteTableExists", 409);
    let twice = make(&region, of_vpc(&network, vec![]));
    refused(twice, "RouteTableExists", 409);
    let id = own.id;
    let gone = region.run(move |txn, _| route_table::delete(txn, id, &Caller::admin(), None));
    gone.unwrap();
    assert_eq!(used(&region, &subnet), Some(default.clone()));
    let id = default.id;
    let kept = region.run(move |txn, _| route_table::delete(txn, id, &Caller::admin(), None));
    refused(kept, "RouteTableInUse", 409);
    sound(&region);
}

#[test]
fn tables_go_with_their_subnet_and_their_vpc() {
    let region = Region::new();
    let network = vpc(&region);
    let alone = region.rows();
    let subnet = region.subnet(&network, "10.0.1.0/24");
    make(&region, of_subnet(&subnet, vec![])).unwrap();
    let id = subnet.id;
    region
        .run(move |txn, _| subnet::delete(txn, id, &Caller::admin(), None))
        .unwrap();
    assert_eq!(region.rows(), alone);
    region.subnet(&network, "10.0.1.0/24");
    make(&region, of_vpc(&network, vec![])).unwrap();
    let id = network.id;
    region
        .run(move |txn, _| network::delete(txn, id, &Caller::admin(), None))
        .unwrap();
    let read = region.store.snapshot();
    assert_eq!(records::scan::<RouteTable>(&read, None, false).count(), 0);
    sound(&region);
}

#[test]
fn routes_are_ordered_distinct_and_keep_their_ids() {
    let region = Region::new();
    let network = vpc(&region);
    let routes = vec![
        route("0.0.0.0/0", RouteTarget::InternetGateway, None),
        route("192.0.2.9/24", hop("10.0.0.9"), Some(7)),
        route("192.0.2.0/24", RouteTarget::NatGateway, Some(3)),
        // As views show the way into the VPC: sent back, it is not kept twice.
        route("10.0.0.0/16", RouteTarget::Local, Some(0)),
    ];
    let table = make(&region, of_vpc(&network, routes)).unwrap();
    let order: Vec<_> = table
        .routes
        .iter()
        .map(|route| (route.destination.to_string(), route.priority))
        .collect();
    let expected = [("0.0.0.0/0", 100), ("192.0.2.0/24", 3), ("192.0.2.0/24", 7)];
    assert_eq!(order, expected.map(|(to, at)| (to.to_owned(), at)));
    let whole = route_table::with_local(&region.store.snapshot(), &table).unwrap();
    assert_eq!(whole.len(), 4);
    assert_eq!(whole[0].target, RouteTarget::Local);
    let (id, wanted) = (table.id, table.routes[2].id);
    let update = UpdateRouteTable {
        routes: Some(vec![route("192.0.2.0/24", hop("10.0.0.8"), Some(7))]),
        ..UpdateRouteTable::default()
    };
    let changed = region.run(move |txn, _| route_table::update(txn, id, &update, &Caller::admin()));
    let changed = changed.unwrap();
    assert_eq!(changed.routes.len(), 1);
    assert_eq!(changed.routes[0].id, wanted);
    assert_eq!(changed.routes[0].target, hop("10.0.0.8"));
    assert_eq!(changed.standard.revision_number, 1);
}

#[test]
fn routes_that_lead_nowhere_are_refused() {
    let region = Region::new();
    let network = vpc(&region);
    let wrong = [
        vec![route("192.0.2.0/24", hop("192.168.0.1"), None)],
        vec![route("192.0.2.0/24", hop("fd00::1"), None)],
        vec![route("192.0.2.0/24", hop("0.0.0.0"), None)],
        vec![route("192.0.2.0/24", RouteTarget::Local, None)],
        vec![route("224.0.0.0/8", RouteTarget::NatGateway, None)],
        vec![route("192.0.2.0/24", hop("10.0.0.1"), None); 2],
        (0..201)
            .map(|at| route(&format!("172.16.{at}.0/24"), RouteTarget::NatGateway, None))
            .collect(),
    ];
    for routes in wrong {
        refused(
            make(&region, of_vpc(&network, routes)),
            "HTTPBadRequest",
            400,
        );
    }
    let other = region.network();
    let subnet = region.subnet(&other, "10.0.0.0/24");
    let foreign = CreateRouteTable {
        network_id: Some(network.id),
        ..of_subnet(&subnet, vec![])
    };
    refused(make(&region, foreign), "RouteTableForeignSubnet", 400);
    refused(
        make(&region, CreateRouteTable::default()),
        "HTTPBadRequest",
        400,
    );
}

#[test]
fn the_way_into_the_vpc_follows_its_block() {
    let region = Region::new();
    let network = vpc(&region);
    let table = make(&region, of_vpc(&network, vec![])).unwrap();
    let id = network.id;
    let update = UpdateNetwork {
        cidr: Some(Some("10.0.0.0/8".parse().unwrap())),
        ..UpdateNetwork::default()
    };
    region
        .run(move |txn, settings| network::update(txn, id, &update, &Caller::admin(), settings))
        .unwrap();
    let whole = route_table::with_local(&region.store.snapshot(), &table).unwrap();
    assert_eq!(whole[0].destination, "10.0.0.0/8".parse().unwrap());
}

fn make_router(region: &Region, network: &Network) -> Result<Router, ApiError> {
    let id = network.id;
    region.run(move |txn, settings| {
        route_table::create_vpc_router(txn, id, &Caller::admin(), settings)
    })
}

#[test]
fn a_vpc_has_one_router_that_counts_and_stays_while_subnets_do() {
    let region = Region::new();
    let network = vpc(&region);
    let router = make_router(&region, &network).unwrap();
    let used = |region: &Region| {
        let project = "admin".into();
        quota::used(&region.store.snapshot(), quota::Kind::Router, &project).unwrap()
    };
    assert_eq!(used(&region), 1);
    refused(make_router(&region, &network), "VpcRouterExists", 409);
    let subnet = region.subnet(&network, "10.0.1.0/24");
    let id = network.id;
    let delete = move |region: &Region| {
        region.run(move |txn, _| route_table::delete_vpc_router(txn, id, &Caller::admin()))
    };
    refused(delete(&region), "VpcRouterInUse", 409);
    let subnet = subnet.id;
    region
        .run(move |txn, _| subnet::delete(txn, subnet, &Caller::admin(), None))
        .unwrap();
    assert_eq!(delete(&region).unwrap(), router.id);
    assert_eq!(used(&region), 0);
    refused(delete(&region), "VpcRouterNotFound", 404);
    // One that goes by the routers' own path is not remembered either.
    let id = make_router(&region, &network).unwrap().id;
    region
        .run(move |txn, _| router::delete(txn, id, &Caller::admin(), None))
        .unwrap();
    assert_ne!(make_router(&region, &network).unwrap().id, id);
    sound(&region);
}

#[test]
fn a_router_that_joins_the_vpc_already_becomes_its_router() {
    let region = Region::new();
    let network = vpc(&region);
    let subnet = region.subnet(&network, "10.0.1.0/24").id;
    let joined = region.run(move |txn, settings| {
        let caller = &Caller::admin();
        let router = router::create(txn, &CreateRouter::default(), caller, settings)?;
        let to = Attachment::Subnet(subnet);
        router::add_interface(txn, router.id, to, caller, settings)?;
        Ok(router.id)
    });
    assert_eq!(make_router(&region, &network).unwrap().id, joined.unwrap());
    sound(&region);
}

#[test]
fn only_the_vpcs_owner_routes_it() {
    let region = Region::new();
    let shared = CreateNetwork {
        shared: Some(true),
        ..CreateNetwork::default()
    };
    let network = region.create_network(shared).unwrap().id;
    let request = CreateRouteTable {
        network_id: Some(network),
        ..CreateRouteTable::default()
    };
    let foreign = region.run(move |txn, _| route_table::create(txn, &request, &member("other")));
    refused(foreign, "PolicyNotAuthorized", 403);
    let foreign = region.run(move |txn, settings| {
        route_table::create_vpc_router(txn, network, &member("other"), settings)
    });
    refused(foreign, "PolicyNotAuthorized", 403);
}
