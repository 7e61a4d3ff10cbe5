//! Which DHCP agent hosts which network, for the clients that ask.
//!
//! Every node answers DHCP for its own ports, so nothing depends on a schedule. Clients expect
//! one all the same: a network with DHCP is shown on the agent whose id comes next to the
//! network's own, as on a ring, and on those that an operator added; an operator may also take
//! it off an agent. Nothing is written when networks and agents come and go, and either side is
//! answered from the order of the ids.

use super::AgentError;
use crate::schema::{AGENT_SERVES_DHCP, SCHEDULE_BY_AGENT, SCHEDULE_BY_NETWORK};
use crate::{ApiError, network, records};
use alcor_store::records::Index;
use alcor_store::{Read, Txn};
use alcor_types::{Agent, AgentId, AgentKind, Network, NetworkId, Schedule};
use std::collections::BTreeSet;
use uuid::Uuid;

/// The agents that host a network.
pub fn hosting(read: &dyn Read, network: NetworkId) -> Result<Vec<Agent>, ApiError> {
    let mut ids = BTreeSet::new();
    if has_dhcp(read, network)? {
        ids.extend(next_agent(read, network));
    }
    for schedule in decided(read, SCHEDULE_BY_NETWORK, network.as_bytes())? {
        if schedule.hosted {
            ids.insert(schedule.agent_id);
        } else {
            ids.remove(&schedule.agent_id);
        }
    }
    ids.into_iter().map(|id| super::get(read, id)).collect()
}

/// The networks that an agent hosts.
pub fn hosted(read: &dyn Read, agent: AgentId) -> Result<Vec<Network>, ApiError> {
    let agent = super::get(read, agent)?;
    let mut ids = BTreeSet::new();
    if agent.kind == AgentKind::Dhcp && agent.admin_state_up {
        for id in near(read, agent.id) {
            if has_dhcp(read, id)? {
                ids.insert(id);
            }
        }
    }
    for schedule in decided(read, SCHEDULE_BY_AGENT, agent.id.as_bytes())? {
        if schedule.hosted {
            ids.insert(schedule.network_id);
        } else {
            ids.remove(&schedule.network_id);
        }
    }
    let networks = ids.into_iter().map(|id| network::find(read, id));
    networks.filter_map(Result::transpose).collect()
}

/// Puts a network on an agent.
pub fn add(txn: &mut Txn<'_>, agent: AgentId, network: NetworkId) -> Result<(), ApiError> {
    if network::find(txn, network)?.is_none() {
        return Err(ApiError::NetworkNotFound(network));
    }
    let found = super::get(txn, agent)?;
    if found.kind != AgentKind::Dhcp || !found.admin_state_up {
        return Err(AgentError::InvalidDhcpAgent(agent).into());
    }
    if hosting(txn, network)?.iter().any(|host| host.id == agent) {
        return Err(AgentError::Hosted { network, agent }.into());
    }
    decide(txn, agent, network, true)
}

/// Takes a network off an agent.
pub fn remove(txn: &mut Txn<'_>, agent: AgentId, network: NetworkId) -> Result<(), ApiError> {
    super::get(txn, agent)?;
    if !hosting(txn, network)?.iter().any(|host| host.id == agent) {
        return Err(AgentError::NotHosted { network, agent }.into());
    }
    decide(txn, agent, network, false)
}

/// Forgets what was decided of a network that ends.
pub(crate) fn forget(txn: &mut Txn<'_>, network: NetworkId) -> Result<(), ApiError> {
    for schedule in decided(txn, SCHEDULE_BY_NETWORK, network.as_bytes())? {
        let key = [&network.as_bytes()[..], schedule.agent_id.as_bytes()].concat();
        records::delete::<Schedule>(txn, &key)?;
    }
    Ok(())
}

fn decide(
    txn: &mut Txn<'_>,
    agent_id: AgentId,
    network_id: NetworkId,
    hosted: bool,
) -> Result<(), ApiError> {
    let schedule = Schedule {
        network_id,
        agent_id,
        hosted,
    };
    Ok(records::put(txn, &schedule)?)
}

fn decided(read: &dyn Read, index: Index, id: &[u8; 16]) -> Result<Vec<Schedule>, ApiError> {
    let parts: [&[u8]; 1] = [id];
    records::lookup::<Schedule>(read, index, &parts, None, false)
        .map(|schedule| schedule.map_err(ApiError::from))
        .collect()
}

fn has_dhcp(read: &dyn Read, network: NetworkId) -> Result<bool, ApiError> {
    let subnets = network::subnets(read, network)?;
    Ok(subnets.iter().any(|subnet| subnet.enable_dhcp))
}

/// The first agent after the network on the ring.
fn next_agent(read: &dyn Read, network: NetworkId) -> Option<AgentId> {
    let after = ready(read, Some(network.as_bytes()), false);
    after.or_else(|| ready(read, None, false))
}

/// The networks between the agent before this one on the ring and this one.
fn near(read: &dyn Read, agent: AgentId) -> Vec<NetworkId> {
    let before = ready(read, Some(agent.as_bytes()), true);
    let last = before.or_else(|| ready(read, None, true));
    let ids = |after: Option<AgentId>| {
        let after = after.map(|id| id.as_bytes().to_vec());
        let keys = records::scan_keys::<Network>(read, after.as_deref(), false);
        keys.filter_map(|key| Uuid::from_slice(&key).ok().map(NetworkId))
    };
    let up_to_agent = |id: &NetworkId| id.as_bytes() < agent.as_bytes();
    if before.is_some() {
        return ids(before).take_while(up_to_agent).collect();
    }
    // The first agent also has what lies behind the last, who may be itself.
    let front = ids(None).take_while(up_to_agent);
    front.chain(ids(last)).collect()
}

/// The nearest DHCP agent that may work.
fn ready(read: &dyn Read, after: Option<&[u8; 16]>, reverse: bool) -> Option<AgentId> {
    let after = after.map(|id| &id[..]);
    let mut keys = records::lookup_keys::<Agent>(read, AGENT_SERVES_DHCP, &[], after, reverse);
    Uuid::from_slice(&keys.next()?).ok().map(AgentId)
}
