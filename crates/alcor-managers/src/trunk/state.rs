//! A trunk's status: worked out from what hosts last said of its ports, never stored with the trunk.

use crate::{ApiError, network, port, records};
use alcor_store::Read;
use alcor_types::{NO_WIRE, Port, PortId, PortState, PortStatus, Trunk};

/// What the API shows as a trunk's `status`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TrunkStatus {
    /// Its port is on no host, or has no interface there, or is switched off.
    Down,
    /// Its host is at work on it.
    Build,
    /// Its host carries all of it.
    Active,
    /// Its host carries its port, but could not set some of its sub-ports up.
    Degraded,
    /// Its host could not set its port up.
    Error,
}

impl TrunkStatus {
    /// The name in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Down => "DOWN",
            Self::Build => "BUILD",
            Self::Active => "ACTIVE",
            Self::Degraded => "DEGRADED",
            Self::Error => "ERROR",
        }
    }
}

/// How one of its ports stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Standing {
    /// It works.
    Works,
    /// Its owner has switched it off.
    Off,
    /// Its host has not said anything of it yet.
    Unheard,
    /// It waits for an interface.
    Waits,
    /// Its host could not set it up.
    Failed,
}

/// The trunk's status as of this view of the store.
pub fn state(read: &dyn Read, trunk: &Trunk) -> Result<TrunkStatus, ApiError> {
    match standing(read, trunk.port_id)? {
        Standing::Failed => return Ok(TrunkStatus::Error),
        Standing::Off | Standing::Waits => return Ok(TrunkStatus::Down),
        Standing::Unheard => return Ok(TrunkStatus::Build),
        Standing::Works => {}
    }
    let mut status = TrunkStatus::Active;
    for sub_port in &trunk.sub_ports {
        match standing(read, sub_port.port_id)? {
            // The interface is there: the host is about to put the sub-port onto it.
            Standing::Unheard | Standing::Waits => return Ok(TrunkStatus::Build),
            Standing::Failed => status = TrunkStatus::Degraded,
            Standing::Works | Standing::Off => {}
        }
    }
    Ok(status)
}

fn standing(read: &dyn Read, id: PortId) -> Result<Standing, ApiError> {
    let Some(port) = port::find(read, id)? else {
        return Ok(Standing::Waits);
    };
    let Some(host) = &port.host else {
        return Ok(Standing::Waits);
    };
    if port::vif_type(read, host, &port.vnic_type).is_err() {
        return Ok(Standing::Failed);
    }
    if !port.admin_state_up {
        return Ok(Standing::Off);
    }
    let said: Option<PortState> = records::get(read, id.as_bytes())?;
    match said.filter(|state| state.host == *host) {
        Some(state) => Ok(heard(&state)),
        None if is_carried(read, &port)? => Ok(Standing::Unheard),
        None => Ok(Standing::Failed),
    }
}

fn heard(said: &PortState) -> Standing {
    match said.status {
        PortStatus::Active | PortStatus::NotApplicable => Standing::Works,
        PortStatus::Build => Standing::Unheard,
        PortStatus::Error => Standing::Failed,
        PortStatus::Down if said.reason == NO_WIRE => Standing::Failed,
        PortStatus::Down => Standing::Waits,
    }
}

/// Whether hosts program the port's network at all.
fn is_carried(read: &dyn Read, port: &Port) -> Result<bool, ApiError> {
    let network = network::find(read, port.network_id)?;
    Ok(network.is_some_and(|network| network.carried_by().is_some()))
}
