//! Which owners' flows a change may alter.
//!
//! Asked before the change is taken in, so that the owners' former flows can still be made.
//! Naming an owner too many costs a comparison; naming one too few would be a bug.

mod acls;
mod members;
mod north;
mod sets;

use crate::acls::Acl;
use crate::member::{Local, Remote};
use crate::router::{Block, Interface};
use crate::state::State;
use crate::vpc::{Identity, Vpc, dhcp_server, host_addresses};
use crate::{Input, North, Owner};
use alcor_goalstate::{Goal, GoalKey, RuleRemote};
use alcor_openflow::PortNo;
use alcor_types::{AddressGroupId, NetworkId, PortId, SecurityGroupId, SubnetId};
use ipnet::IpNet;
use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr};

/// The owners that the change may touch; none when it changes nothing.
pub(crate) fn owners(state: &State, input: &Input) -> Vec<Owner> {
    match input {
        Input::Put(Goal::Vpc(goal)) => by_vpc(state, goal.id, Some(&Identity::from(goal))),
        Input::Put(Goal::Subnet(goal)) => {
            let server = dhcp_server(goal).map(|server| (goal.vpc, server));
            let mut owners = by_server(state, goal.id, server);
            owners.extend(by_block(state, goal.id, Some(&Block::from(goal))));
            owners
        }
        Input::Put(Goal::Acl(goal)) => acls::by_acl(state, goal.id, Some(&Acl::from(goal))),
        Input::Put(Goal::Interface(goal)) => {
            by_interface(state, goal.port, Some(&Interface::from(goal)))
        }
        Input::Put(Goal::Port(goal)) => by_local(state, goal.id, Some(&Local::from(goal))),
        Input::Put(Goal::Neighbor(goal)) => by_remote(state, goal.port, Some(&Remote::from(goal))),
        Input::Put(Goal::Peer(goal)) => by_peer(state, goal.vpc, goal.host_ip, true),
        Input::Delete(GoalKey::Peer(vpc, host_ip)) => by_peer(state, *vpc, *host_ip, false),
        Input::Put(Goal::Dhcp(goal)) => vec![Owner::Port(goal.port)],
        Input::Delete(GoalKey::Vpc(id)) => by_vpc(state, *id, None),
        Input::Delete(GoalKey::Subnet(id)) => {
            let mut owners = by_server(state, *id, None);
            owners.extend(by_block(state, *id, None));
            owners
        }
        Input::Delete(GoalKey::Acl(id)) => acls::by_acl(state, *id, None),
        Input::Delete(GoalKey::Interface(id)) => by_interface(state, *id, None),
        Input::Delete(GoalKey::Port(id)) => by_local(state, *id, None),
        Input::Delete(GoalKey::Neighbor(id)) => by_remote(state, *id, None),
        Input::Delete(GoalKey::Dhcp(port, _)) => vec![Owner::Port(*port)],
        Input::Put(Goal::Group(goal)) => sets::by_group(state, goal.id, Some(goal)),
        Input::Put(Goal::Member(goal)) => by_member(state, goal.group, goal.port, &goal.addresses),
        Input::Put(Goal::AddressGroup(goal)) => by_addresses(state, goal.id, &goal.addresses),
        Input::Put(Goal::Floating(goal)) => {
            north::by_floating(state, goal.port, goal.id, Some(goal))
        }
        Input::Put(Goal::Outlet(goal)) => {
            north::by_outlet(state, (goal.interface, goal.network), Some(goal))
        }
        Input::Delete(GoalKey::Outlet(interface, network)) => {
            north::by_outlet(state, (*interface, *network), None)
        }
        Input::Delete(GoalKey::Floating(port, id)) => north::by_floating(state, *port, *id, None),
        Input::Zone { of, zone } => north::by_zone(state, *of, *zone),
        Input::Hop {
            network,
            address,
            neighbor,
        } => north::by_hop(state, (*network, *address), *neighbor),
        Input::Wire {
            physical_network: name,
            ofport,
        } if state.wires.get(name) == ofport.as_ref() => Vec::new(),
        Input::Delete(GoalKey::Group(id)) => sets::by_group(state, *id, None),
        Input::Delete(GoalKey::Member(group, port)) => by_member(state, *group, *port, &[]),
        Input::Delete(GoalKey::AddressGroup(id)) => by_addresses(state, *id, &[]),
        Input::Complete if state.sets.complete => Vec::new(),
        Input::Plugged { port, ofport } => by_plug(state, *port, Some(*ofport)),
        Input::Unplugged { port } => by_plug(state, *port, None),
        Input::Tunnel { kind, ofport } if state.tunnels.get(kind) == ofport.as_ref() => Vec::new(),
        Input::Complete | Input::Tunnel { .. } | Input::Wire { .. } => all(state).collect(),
    }
}

/// Every owner that may have flows.
pub(crate) fn all(state: &State) -> impl Iterator<Item = Owner> {
    let vpcs = state.vpcs.iter();
    let owners = vpcs.flat_map(|(id, vpc)| vpc.owners(*id));
    let routers = state.routers.keys().map(|router| Owner::Router(*router));
    // Rules share sets and kinds of packets.
    let sets: BTreeSet<_> = sets::all(state).collect();
    let acls = state.acls.ids().map(Owner::Acl);
    let shared = routers.chain(sets).chain(acls).chain(north::all(state));
    std::iter::once(Owner::Base).chain(owners).chain(shared)
}

fn by_member(state: &State, group: SecurityGroupId, port: PortId, now: &[IpNet]) -> Vec<Owner> {
    let former = state.sets.member(group, port);
    sets::by_blocks(state, RuleRemote::Group(group), former, now)
}

fn by_addresses(state: &State, id: AddressGroupId, now: &[IpNet]) -> Vec<Owner> {
    let former = state.sets.address_group(id);
    sets::by_blocks(state, RuleRemote::AddressGroup(id), former, now)
}

/// A label is no flow's business; anything else is everybody's in the network, and in those
/// that claim the same carrier.
fn by_vpc(state: &State, id: NetworkId, now: Option<&Identity>) -> Vec<Owner> {
    let former = state.vpcs.get(&id).and_then(|vpc| vpc.identity.as_ref());
    let kind = |identity: Option<&Identity>| identity.map(|of| (of.carrier.clone(), of.up));
    let carriers = [former, now]
        .into_iter()
        .flatten()
        .map(|identity| &identity.carrier);
    let claimants = carriers.flat_map(|carrier| state.claimants(carrier));
    let mut networks: Vec<_> = claimants.chain([id]).collect();
    networks.sort_unstable();
    networks.dedup();
    if kind(former) == kind(now) && networks.len() == 1 {
        let size = |identity: Option<&Identity>| identity.map(|of| of.mtu);
        let resized = (size(former) != size(now)).then(|| by_size(state, id));
        // Whether it is large is told by flows of its own.
        let large = |identity: Option<&Identity>| identity.is_some_and(|of| of.on_demand);
        let grown = (large(former) != large(now)).then(|| members::around_grown(state, id));
        let resized = resized.unwrap_or_default().into_iter();
        return resized.chain(grown.into_iter().flatten()).collect();
    }
    let vpcs = networks
        .iter()
        .filter_map(|id| Some((id, state.vpcs.get(id)?)));
    let ways_out = networks
        .iter()
        .filter_map(|id| state.vpcs.get(id))
        .flat_map(|vpc| ways_out(state, vpc));
    // Who lets frames in from a wire is another one where a network with ports here is carried alike.
    let carriers: Vec<_> = [former, now].into_iter().flatten().collect();
    let outside = state.externals().into_iter().filter(|network| {
        let mut ways = state.ways_to(*network);
        ways.any(|(_, way)| carriers.iter().any(|it| it.carrier == way.carrier))
    });
    let ways_out = ways_out.chain(outside.map(|network| North::External(network).into()));
    let owners = vpcs.flat_map(|(id, vpc)| vpc.owners(*id).chain(routers(state, vpc)));
    let own = host_addresses(id).into_iter();
    let own = own.map(|address| Owner::Address(id, address));
    let own = own.chain([Owner::Vpc(id), Owner::Flood(id)]);
    let large = [former, now].into_iter().flatten().any(|of| of.on_demand);
    let grown = large.then(|| members::around_grown(state, id));
    let near = members::around(state, networks.iter().copied());
    let near = near.into_iter().chain(grown.into_iter().flatten());
    owners.chain(ways_out).chain(own).chain(near).collect()
}

/// What routers measure depends on the sizes of packets in all their networks.
fn by_size(state: &State, id: NetworkId) -> Vec<Owner> {
    let vpc = state.vpcs.get(&id).into_iter();
    let owners = vpc.flat_map(|vpc| routers(state, vpc).chain(ways_out(state, vpc)));
    owners.collect()
}

/// The routers with a port in the network.
fn routers(state: &State, vpc: &Vpc) -> impl Iterator<Item = Owner> {
    let interfaces = vpc.interfaces.iter();
    let interfaces = interfaces.filter_map(|port| state.interfaces.get(port));
    interfaces.map(|interface| Owner::Router(interface.router))
}

/// What leads out of the network: by its routers, and of its ports here.
fn ways_out(state: &State, vpc: &Vpc) -> BTreeSet<Owner> {
    let interfaces = vpc.interfaces.iter();
    let interfaces = interfaces.filter_map(|port| state.interfaces.get(port));
    let by_routers = interfaces.flat_map(|own| north::of_router(state, own.router));
    let ports = vpc.ports.iter();
    let by_ports = ports.flat_map(|port| north::by_port(state, *port));
    by_routers.chain(by_ports).collect()
}

/// The routers that serve the subnet have a way to it, and other hosts route into it; what VMs may
/// ask in its network depends on its modes.
fn by_block(state: &State, id: SubnetId, now: Option<&Block>) -> Vec<Owner> {
    let former = state.blocks.get(&id);
    if former == now {
        return Vec::new();
    }
    let places = [former, now].into_iter().flatten().map(|block| block.vpc);
    let asked = places.clone().map(Owner::Vpc);
    let vpcs = places.clone().filter_map(|vpc| state.vpcs.get(&vpc));
    let like = vpcs
        .flat_map(|vpc| &vpc.blocks)
        .map(|id| Owner::Subnet(*id));
    let routers = state.routers_of(id);
    let out = routers
        .iter()
        .flat_map(|router| north::of_router(state, *router));
    let out: Vec<_> = out.collect();
    let routers = routers.into_iter().map(Owner::Router).chain(out);
    let near = members::around(state, places);
    let routed = routers.chain(like).chain(asked).chain(near);
    let ports = state.acls.ports(id).map(Owner::Guard);
    routed.chain([Owner::Subnet(id)]).chain(ports).collect()
}

fn by_interface(state: &State, id: PortId, now: Option<&Interface>) -> Vec<Owner> {
    let former = state.interfaces.get(&id);
    if former == now {
        return Vec::new();
    }
    let mut owners = Vec::new();
    for interface in [former, now].into_iter().flatten() {
        owners.push(Owner::Router(interface.router));
        owners.push(Owner::Vpc(interface.vpc));
        owners.extend(
            interface
                .subnets
                .iter()
                .map(|subnet| Owner::Subnet(*subnet)),
        );
        owners.extend(interface.slots().map(|slot| slot.owner(interface.vpc)));
        // The entry of every port of the router depends on where it leads out.
        let others = || state.ports_like(interface.router);
        let joined = others().map(|other| other.vpc).chain([interface.vpc]);
        owners.extend(members::around(state, joined));
        owners.extend(others().flat_map(|other| other.slots().map(|slot| slot.owner(other.vpc))));
    }
    let versions = [former, now].into_iter().flatten();
    owners.extend(north::by_interface(state, versions));
    owners
}

fn by_server(state: &State, id: SubnetId, now: Option<(NetworkId, Ipv4Addr)>) -> Vec<Owner> {
    let former = state.subnets.get(&id).and_then(|vpc| {
        let address = state.vpcs.get(vpc)?.servers.get(&id)?;
        Some((*vpc, *address))
    });
    if former == now {
        return Vec::new();
    }
    let mut owners = Vec::new();
    for (vpc, address) in [former, now].into_iter().flatten() {
        owners.push(Owner::Address(vpc, address.into()));
        let ports = state.vpcs.get(&vpc).into_iter().flat_map(|vpc| &vpc.ports);
        owners.extend(ports.map(|port| Owner::Port(*port)));
    }
    owners
}

fn by_local(state: &State, id: PortId, now: Option<&Local>) -> Vec<Owner> {
    let former = state.locals.get(&id);
    if former == now {
        return Vec::new();
    }
    if let (Some(former), Some(now)) = (former, now)
        && former.differs_in_limits(now)
    {
        return by_limits(id, former, now);
    }
    let mut owners = vec![Owner::Port(id), Owner::Guard(id)];
    owners.extend(state.looked_at(id).map(Owner::Port));
    owners.extend(sets::by_port(state, id, now));
    owners.extend(north::by_port(state, id));
    owners.extend(acls::by_port(state, former, now));
    owners.extend(by_trunk(state, id, former, now));
    owners.extend(members::by_own_membership(former, now));
    owners.extend(members::by_place(former, now));
    for local in [former, now].into_iter().flatten() {
        owners.push(Owner::Flood(local.vpc));
        owners.extend(local.slots().map(|slot| slot.owner(local.vpc)));
    }
    owners
}

/// The list of receivers tells bounded ones apart.
fn by_limits(id: PortId, former: &Local, now: &Local) -> Vec<Owner> {
    let bounded = |local: &Local| !local.limits.ingress.is_none();
    let listed = bounded(former) != bounded(now);
    let flood = listed.then_some(Owner::Flood(now.vpc));
    std::iter::once(Owner::Port(id)).chain(flood).collect()
}

fn by_remote(state: &State, id: PortId, now: Option<&Remote>) -> Vec<Owner> {
    let former = state.remotes.get(&id);
    if former == now {
        return Vec::new();
    }
    let memberships = [former, now].map(|remote| remote.map(|remote| &remote.membership));
    let mut owners = members::by_membership(state, memberships);
    for remote in [former, now].into_iter().flatten() {
        owners.extend(remote.slots().map(|slot| slot.owner(remote.vpc)));
    }
    // The list of hosts is long and its flows are dear: only the first and the last port of
    // a host change it.
    let leaves = |remote: &&Remote| ports_at(state, remote.vpc, remote.host_ip) == 1;
    let joins = |remote: &&Remote| ports_at(state, remote.vpc, remote.host_ip) == 0;
    owners.extend(former.filter(leaves).map(|remote| Owner::Flood(remote.vpc)));
    owners.extend(now.filter(joins).map(|remote| Owner::Flood(remote.vpc)));
    owners
}

/// The list of hosts changes where no neighbour there is known.
fn by_peer(state: &State, vpc: NetworkId, host_ip: IpAddr, there: bool) -> Vec<Owner> {
    let listed = state.peers.contains(&(vpc, host_ip));
    let others = ports_at(state, vpc, host_ip) > usize::from(listed);
    let flood = (listed != there && !others).then_some(Owner::Flood(vpc));
    flood.into_iter().collect()
}

fn ports_at(state: &State, vpc: NetworkId, host_ip: IpAddr) -> usize {
    let count = |vpc: &Vpc| vpc.ports_at(host_ip);
    state.vpcs.get(&vpc).map_or(0, count)
}

/// Whoever claims the same tag of a trunk may have it now, or no longer.
fn by_trunk(
    state: &State,
    id: PortId,
    former: Option<&Local>,
    now: Option<&Local>,
) -> BTreeSet<Owner> {
    let carriers = [former, now]
        .into_iter()
        .flatten()
        .filter_map(Local::carrier);
    let rivals = carriers.flat_map(|(parent, tag)| state.rivals(parent, tag));
    let others = rivals.filter(|rival| *rival != id);
    others.flat_map(|rival| placed(state, rival)).collect()
}

/// A port that carries others takes these with it.
fn by_plug(state: &State, port: PortId, now: Option<PortNo>) -> Vec<Owner> {
    if state.plugged(port) == now {
        return Vec::new();
    }
    let displaced = now.and_then(|ofport| state.port_at(ofport));
    let ports = [Some(port), displaced].into_iter().flatten();
    let ports = ports.flat_map(|id| std::iter::once(id).chain(state.sub_ports(id)));
    ports.flat_map(|id| placed(state, id)).collect()
}

/// What depends on where a port's frames come and go.
fn placed(state: &State, id: PortId) -> Vec<Owner> {
    let mut owners = vec![Owner::Port(id), Owner::Guard(id)];
    owners.extend(state.looked_at(id).map(Owner::Port));
    owners.extend(north::by_port(state, id));
    if let Some(local) = state.locals.get(&id) {
        owners.push(Owner::Flood(local.vpc));
        owners.extend(local.slots().map(|slot| slot.owner(local.vpc)));
    }
    owners
}
