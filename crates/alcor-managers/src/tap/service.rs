//! Tap services: ports that get copies.

use super::{TapError, own_port};
use crate::schema::{TAP_FLOW_BY_SERVICE, TAP_SERVICE_BY_PORT};
use crate::segment::number::Space;
use crate::{ApiError, Caller, Settings, policy, records, standard};
use alcor_store::{Read, Txn};
use alcor_types::{NetworkType, PortId, ProjectId, TapFlow, TapService, TapServiceId, Vni};

/// Tap services take their numbers from those of VXLAN, so that none is a network's.
const TUNNELS: Space<'static> = Space {
    network_type: NetworkType::Vxlan,
    physical_network: None,
};

/// `POST /v2.0/taas/tap_services`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateTapService {
    /// The owner, where it is not the caller's project.
    pub project_id: Option<ProjectId>,
    /// Label; at most 255 characters.
    pub name: String,
    /// Free text; at most 255 characters.
    pub description: String,
    /// The port that is to get copies.
    pub port_id: PortId,
}

/// `PUT /v2.0/taas/tap_services/{id}` and `/v2.0/taas/tap_flows/{id}`. An absent member means "not
/// sent".
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Relabel {
    /// A new label.
    pub name: Option<String>,
    /// A new description.
    pub description: Option<String>,
}

/// Makes a port a tap service.
pub fn create(
    txn: &mut Txn<'_>,
    request: &CreateTapService,
    caller: &Caller,
    settings: &Settings,
) -> Result<TapService, ApiError> {
    standard::check_text("name", &request.name)?;
    standard::check_text("description", &request.description)?;
    let project_id = policy::project(caller, request.project_id.as_ref(), "create_tap_service")?;
    let port = own_port(txn, request.port_id, caller)?;
    if let Some(present) = of_port(txn, port.id)? {
        let (port, service) = (port.id, present.id);
        return Err(TapError::PortInUse { port, service }.into());
    }
    let number = TUNNELS.allocate(txn, &project_id, settings)?;
    let vni = number.and_then(|number| Vni::new(number).ok());
    let service = TapService {
        id: TapServiceId::random(),
        project_id,
        name: request.name.clone(),
        description: request.description.clone(),
        port_id: port.id,
        vni: vni.ok_or(TapError::NoTunnelId)?,
    };
    records::insert(txn, &service)?;
    Ok(service)
}

/// The service, where it is the caller's.
pub fn get(read: &dyn Read, id: TapServiceId, caller: &Caller) -> Result<TapService, ApiError> {
    records::get::<TapService>(read, id.as_bytes())?
        .filter(|service| caller.owns(&service.project_id))
        .ok_or_else(|| TapError::ServiceNotFound(id).into())
}

/// Changes what the request names and nothing else.
pub fn update(
    txn: &mut Txn<'_>,
    id: TapServiceId,
    request: &Relabel,
    caller: &Caller,
) -> Result<TapService, ApiError> {
    let mut service = get(txn, id, caller)?;
    request.apply(&mut service.name, &mut service.description)?;
    records::put(txn, &service)?;
    Ok(service)
}

/// Ends the service and the flows that lead to it.
pub fn delete(txn: &mut Txn<'_>, id: TapServiceId, caller: &Caller) -> Result<(), ApiError> {
    let service = get(txn, id, caller)?;
    remove(txn, &service)
}

pub(super) fn remove(txn: &mut Txn<'_>, service: &TapService) -> Result<(), ApiError> {
    let parts: [&[u8]; 1] = [service.id.as_bytes()];
    let found = records::lookup::<TapFlow>(txn, TAP_FLOW_BY_SERVICE, &parts, None, false);
    for flow in found.collect::<Result<Vec<_>, _>>()? {
        records::delete::<TapFlow>(txn, flow.id.as_bytes())?;
    }
    TUNNELS.release(txn, service.vni.get())?;
    records::delete::<TapService>(txn, service.id.as_bytes())?;
    Ok(())
}

pub(super) fn of_port(read: &dyn Read, port: PortId) -> Result<Option<TapService>, ApiError> {
    let parts: [&[u8]; 1] = [port.as_bytes()];
    let mut found = records::lookup::<TapService>(read, TAP_SERVICE_BY_PORT, &parts, None, false);
    Ok(found.next().transpose()?)
}

impl Relabel {
    pub(super) fn apply(
        &self,
        name: &mut String,
        description: &mut String,
    ) -> Result<(), ApiError> {
        for (attribute, new, to) in [
            ("name", &self.name, name),
            ("description", &self.description, description),
        ] {
            if let Some(new) = new {
                standard::check_text(attribute, new)?;
                to.clone_from(new);
            }
        }
        Ok(())
    }
}
