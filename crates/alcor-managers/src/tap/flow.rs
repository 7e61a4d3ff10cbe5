//! Tap flows: whose packets are copied, and to which service.

use super::service::{self, Relabel};
use super::{TapError, own_port};
use crate::schema::TAP_FLOW_BY_PAIR;
use crate::{ApiError, Caller, policy, records, standard};
use alcor_store::{Read, Txn};
use alcor_types::{PortId, ProjectId, TapDirection, TapFlow, TapFlowId, TapServiceId};

/// `POST /v2.0/taas/tap_flows`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateTapFlow {
    /// The owner, where it is not the caller's project.
    pub project_id: Option<ProjectId>,
    /// Label; at most 255 characters.
    pub name: String,
    /// Free text; at most 255 characters.
    pub description: String,
    /// Where copies go.
    pub tap_service_id: TapServiceId,
    /// Whose packets.
    pub source_port: PortId,
    /// Which of them.
    pub direction: TapDirection,
}

/// Begins to copy.
pub fn create(
    txn: &mut Txn<'_>,
    request: &CreateTapFlow,
    caller: &Caller,
) -> Result<TapFlow, ApiError> {
    standard::check_text("name", &request.name)?;
    standard::check_text("description", &request.description)?;
    let project_id = policy::project(caller, request.project_id.as_ref(), "create_tap_flow")?;
    let service = service::get(txn, request.tap_service_id, caller)?;
    let source = own_port(txn, request.source_port, caller)?;
    if source.id == service.port_id {
        return Err(TapError::SourceIsService(source.id).into());
    }
    if let Some(present) = between(txn, service.id, source.id)? {
        let (port, flow) = (source.id, present.id);
        return Err(TapError::SourceInUse { port, flow }.into());
    }
    let flow = TapFlow {
        id: TapFlowId::random(),
        project_id,
        name: request.name.clone(),
        description: request.description.clone(),
        tap_service_id: service.id,
        source_port: source.id,
        direction: request.direction,
    };
    records::insert(txn, &flow)?;
    Ok(flow)
}

fn between(
    read: &dyn Read,
    service: TapServiceId,
    source: PortId,
) -> Result<Option<TapFlow>, ApiError> {
    let parts: [&[u8]; 2] = [service.as_bytes(), source.as_bytes()];
    let mut found = records::lookup::<TapFlow>(read, TAP_FLOW_BY_PAIR, &parts, None, false);
    Ok(found.next().transpose()?)
}

/// The flow, where it is the caller's.
pub fn get(read: &dyn Read, id: TapFlowId, caller: &Caller) -> Result<TapFlow, ApiError> {
    records::get::<TapFlow>(read, id.as_bytes())?
        .filter(|flow| caller.owns(&flow.project_id))
        .ok_or_else(|| TapError::FlowNotFound(id).into())
}

/// Changes what the request names and nothing else.
pub fn update(
    txn: &mut Txn<'_>,
    id: TapFlowId,
    request: &Relabel,
    caller: &Caller,
) -> Result<TapFlow, ApiError> {
    let mut flow = get(txn, id, caller)?;
    request.apply(&mut flow.name, &mut flow.description)?;
    records::put(txn, &flow)?;
    Ok(flow)
}

/// Copies no more.
pub fn delete(txn: &mut Txn<'_>, id: TapFlowId, caller: &Caller) -> Result<(), ApiError> {
    get(txn, id, caller)?;
    records::delete::<TapFlow>(txn, id.as_bytes())?;
    Ok(())
}
