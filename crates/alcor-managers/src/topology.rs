//! Auto-allocated topologies ("get me a network"): one network, its subnets and a router for a
//! project that asks for nothing in particular.
//!
//! Who may have one is a question of its own rules, not of those for networks and routers: a
//! policy that lets projects make no network by themselves may still give them this one. So
//! the region makes the parts itself, for the project, within the project's quotas.

mod error;

pub use error::TopologyError;

use crate::network::{self, CreateNetwork};
use crate::router::{self, Attachment, CreateRouter, Detachment, GatewayRequest};
use crate::schema::NETWORK_IS_DEFAULT;
use crate::subnet::{self, CreateSubnet};
use crate::{ApiError, Caller, Settings, policy, records, subnet_pool};
use alcor_store::{Read, Txn};
use alcor_types::{
    AutoTopology, IpVersion, Network, NetworkId, ProjectId, Router, RouterId, SubnetId, SubnetPool,
};

/// The rule of who may have a topology.
const GET: &str = "get_auto_allocated_topology";
/// The rule of who may give it back.
const DELETE: &str = "delete_auto_allocated_topology";

/// What a topology is made of.
struct Parts {
    outside: Network,
    pools: Vec<SubnetPool>,
}

/// The project's topology, where it has one and the caller may know.
pub fn find(
    read: &dyn Read,
    project: &ProjectId,
    caller: &Caller,
) -> Result<Option<AutoTopology>, ApiError> {
    check_project(caller, project, GET)?;
    of_project(read, project)
}

/// Refuses where a topology could not be made: there is no default external network, or no
/// default subnet pool.
pub fn check(read: &dyn Read, project: &ProjectId, caller: &Caller) -> Result<(), ApiError> {
    check_project(caller, project, GET)?;
    parts(read, caller).map(drop)
}

/// The project's topology, made now where it has none.
pub fn ensure(
    txn: &mut Txn<'_>,
    project: &ProjectId,
    caller: &Caller,
    settings: &Settings,
) -> Result<AutoTopology, ApiError> {
    if let Some(present) = find(txn, project, caller)? {
        return Ok(present);
    }
    if !caller.may_write() {
        let reason = "the project has no topology yet, and a reader makes none";
        return Err(ApiError::PolicyNotAuthorized { rule: GET, reason });
    }
    let parts = parts(txn, caller)?;
    let (network_id, subnets) = make_inside(txn, project, &parts.pools, settings)?;
    let outside = parts.outside.id;
    let router = make_router(txn, project, outside, &subnets, settings);
    let topology = AutoTopology {
        project_id: project.clone(),
        network_id,
        router_id: Some(router.map_err(TopologyError::of_router)?),
    };
    records::insert(txn, &topology)?;
    Ok(topology)
}

/// Gives the topology back, where there is one. Ports on its network keep it, and so does what
/// else was joined to its router.
pub fn delete(txn: &mut Txn<'_>, project: &ProjectId, caller: &Caller) -> Result<(), ApiError> {
    check_project(caller, project, DELETE)?;
    let Some(topology) = of_project(txn, project)? else {
        return Ok(());
    };
    let region = Caller::admin();
    if let Some(router) = topology.router_id {
        for port in router::interfaces(txn, router)? {
            if port.network_id == topology.network_id {
                let interface = Detachment::Port(port.id, None);
                router::remove_interface(txn, router, interface, &region)?;
            }
        }
        router::delete(txn, router, &region, None)?;
    }
    network::delete(txn, topology.network_id, &region, None)
}

/// Forgets the topology of a network that is deleted: the next one who asks gets a new one.
pub(crate) fn forget_network(txn: &mut Txn<'_>, network: &Network) -> Result<(), ApiError> {
    let topology = of_project(txn, &network.project_id)?;
    if topology.is_some_and(|topology| topology.network_id == network.id) {
        let key = network.project_id.as_str().as_bytes();
        records::delete::<AutoTopology>(txn, key)?;
    }
    Ok(())
}

/// Forgets that a router that is deleted is a topology's.
pub(crate) fn forget_router(txn: &mut Txn<'_>, router: &Router) -> Result<(), ApiError> {
    let topology = of_project(txn, &router.project_id)?;
    match topology.filter(|topology| topology.router_id == Some(router.id)) {
        Some(topology) => {
            let router_id = None;
            let left = AutoTopology {
                router_id,
                ..topology
            };
            Ok(records::put(txn, &left)?)
        }
        None => Ok(()),
    }
}

fn of_project(read: &dyn Read, project: &ProjectId) -> Result<Option<AutoTopology>, ApiError> {
    Ok(records::get(read, project.as_str().as_bytes())?)
}

/// Refuses other projects' topologies, and a token without a project that names none.
fn check_project(caller: &Caller, project: &ProjectId, rule: &'static str) -> Result<(), ApiError> {
    policy::project(caller, Some(project), rule)?;
    policy::owner_only(caller, project, rule)
}

fn parts(read: &dyn Read, caller: &Caller) -> Result<Parts, ApiError> {
    let outside = default_network(read, caller)?;
    let outside = outside.ok_or_else(TopologyError::no_external_network)?;
    let versions = [IpVersion::V4, IpVersion::V6].into_iter();
    let pools = versions.filter_map(|one| subnet_pool::default(read, one, caller).transpose());
    let pools: Vec<_> = pools.collect::<Result<_, _>>()?;
    if pools.is_empty() {
        return Err(TopologyError::no_pools().into());
    }
    Ok(Parts { outside, pools })
}

/// The default external network, where the caller's routers may use it.
fn default_network(read: &dyn Read, caller: &Caller) -> Result<Option<Network>, ApiError> {
    let mut found = records::lookup::<Network>(read, NETWORK_IS_DEFAULT, &[], None, false);
    let network = found.next().transpose()?;
    Ok(network.filter(|network| network::is_external(network, caller)))
}

/// Makes the network with a subnet of each pool.
fn make_inside(
    txn: &mut Txn<'_>,
    project: &ProjectId,
    pools: &[SubnetPool],
    settings: &Settings,
) -> Result<(NetworkId, Vec<SubnetId>), ApiError> {
    let region = Caller::admin();
    let request = CreateNetwork {
        project_id: Some(project.clone()),
        name: "auto_allocated_network".to_owned(),
        ..CreateNetwork::default()
    };
    let network = network::create(txn, &request, &region, settings)?.id;
    let mut subnets = Vec::new();
    for pool in pools {
        let request = CreateSubnet {
            project_id: Some(project.clone()),
            name: format!("auto_allocated_subnet_v{}", pool.ip_version.number()),
            ip_version: Some(pool.ip_version),
            ..CreateSubnet::from_pool(network, pool.id)
        };
        let subnet = subnet::create(txn, &request, &region, settings);
        subnets.push(subnet.map_err(TopologyError::of_subnet)?.id);
    }
    Ok((network, subnets))
}

/// Makes the router between the subnets and the outside.
fn make_router(
    txn: &mut Txn<'_>,
    project: &ProjectId,
    outside: NetworkId,
    subnets: &[SubnetId],
    settings: &Settings,
) -> Result<RouterId, ApiError> {
    let region = Caller::admin();
    let request = CreateRouter {
        project_id: Some(project.clone()),
        name: "auto_allocated_router".to_owned(),
        gateway: Some(GatewayRequest::new(outside)),
        ..CreateRouter::default()
    };
    let router = router::create(txn, &request, &region, settings)?.id;
    for subnet in subnets {
        let to = Attachment::Subnet(*subnet);
        router::add_interface(txn, router, to, &region, settings)?;
    }
    Ok(router)
}
