//! Agents as Neutron's clients know them: each node's one agent is shown as an agent for each
//! service that it does, with an id of its own.

mod error;
pub mod schedule;

pub use error::AgentError;

use crate::schema::{AGENT_BY_HOST, SCHEDULE_BY_AGENT};
use crate::{ApiError, records, standard};
use alcor_store::{Read, Txn};
use alcor_types::{Agent, AgentId, AgentKind, HostName, Schedule, Timestamp};

/// `PUT /v2.0/agents/{id}`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UpdateAgent {
    /// Whether it may be given work.
    pub admin_state_up: Option<bool>,
    /// Free text of the operator's.
    pub description: Option<String>,
}

/// The agent with this id.
pub fn get(read: &dyn Read, id: AgentId) -> Result<Agent, ApiError> {
    let agent = records::get(read, id.as_bytes())?;
    agent.ok_or_else(|| AgentError::NotFound(id).into())
}

/// Changes what the request names and nothing else.
pub fn update(txn: &mut Txn<'_>, id: AgentId, request: &UpdateAgent) -> Result<Agent, ApiError> {
    let mut agent = get(txn, id)?;
    standard::assign(&mut agent.admin_state_up, request.admin_state_up.as_ref());
    standard::assign(&mut agent.description, request.description.as_ref());
    standard::check_text("description", &agent.description)?;
    records::put(txn, &agent)?;
    Ok(agent)
}

/// Removes the agent and what was decided of it. One that lives comes back when its node next
/// registers.
pub fn delete(txn: &mut Txn<'_>, id: AgentId) -> Result<(), ApiError> {
    let agent = get(txn, id)?;
    remove(txn, &agent)
}

/// Makes the agents that a host has not yet.
pub(crate) fn register(txn: &mut Txn<'_>, host: &HostName) -> Result<(), ApiError> {
    let known = of_host(txn, host)?;
    for kind in AgentKind::ALL {
        if known.iter().any(|agent| agent.kind == kind) {
            continue;
        }
        let agent = Agent {
            id: AgentId::random(),
            kind,
            host: host.clone(),
            admin_state_up: true,
            description: String::new(),
            created_at: Timestamp::now(),
        };
        records::insert(txn, &agent)?;
    }
    Ok(())
}

/// Follows a node to its new name.
pub(crate) fn rename(txn: &mut Txn<'_>, from: &HostName, to: &HostName) -> Result<(), ApiError> {
    for mut agent in of_host(txn, from)? {
        agent.host = to.clone();
        records::put(txn, &agent)?;
    }
    Ok(())
}

/// Forgets the agents of a node that ends.
pub(crate) fn forget(txn: &mut Txn<'_>, host: &HostName) -> Result<(), ApiError> {
    of_host(txn, host)?
        .iter()
        .try_for_each(|agent| remove(txn, agent))
}

fn of_host(read: &dyn Read, host: &HostName) -> Result<Vec<Agent>, ApiError> {
    let parts = [host.as_str().as_bytes()];
    records::lookup::<Agent>(read, AGENT_BY_HOST, &parts, None, false)
        .map(|agent| agent.map_err(ApiError::from))
        .collect()
}

fn remove(txn: &mut Txn<'_>, agent: &Agent) -> Result<(), ApiError> {
    let parts: [&[u8]; 1] = [agent.id.as_bytes()];
    let schedules: Vec<_> =
        records::lookup_keys::<Schedule>(txn, SCHEDULE_BY_AGENT, &parts, None, false).collect();
    for key in schedules {
        records::delete::<Schedule>(txn, &key)?;
    }
    records::delete::<Agent>(txn, agent.id.as_bytes())?;
    Ok(())
}
