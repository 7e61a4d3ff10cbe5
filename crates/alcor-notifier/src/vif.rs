//! A port as Nova sees it: an interface of one of its servers.

use alcor_types::{HostName, Port, PortState, PortStatus};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::net::IpAddr;

/// The owners that are Nova's.
const COMPUTE: &str = "compute:";

/// Whether an interface is in the data plane, as Nova has to know it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
pub enum Plug {
    /// It is not.
    #[default]
    Out,
    /// It is.
    In,
    /// Its host could not do it.
    Failed,
}

/// An interface of a server.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Vif {
    /// The server's UUID.
    pub server: String,
    /// The host that it is bound to.
    pub host: Option<HostName>,
    /// Whether it may forward at all.
    pub admin_state_up: bool,
    /// Its fixed addresses.
    pub addresses: BTreeSet<IpAddr>,
}

impl Vif {
    /// The port's meaning to Nova; none where it is not a server's.
    pub fn of(port: &Port) -> Option<Self> {
        if !port.device_owner.starts_with(COMPUTE) {
            return None;
        }
        // Nova refuses a whole batch for one name that is no UUID.
        uuid::Uuid::parse_str(&port.device_id).ok()?;
        Some(Self {
            server: port.device_id.clone(),
            host: port.host.clone(),
            admin_state_up: port.admin_state_up,
            addresses: port.fixed_ips.iter().map(|ip| ip.ip_address).collect(),
        })
    }

    /// What a host's word means for it. None while the host is at work: what was, still is.
    pub(crate) fn plug(&self, said: Option<&Said>) -> Option<Plug> {
        let Some(said) = said.filter(|said| self.host.as_ref() == Some(&said.host)) else {
            return Some(Plug::Out);
        };
        if !self.admin_state_up {
            return Some(Plug::Out);
        }
        match said.status {
            PortStatus::Active => Some(Plug::In),
            PortStatus::Error => Some(Plug::Failed),
            PortStatus::Down | PortStatus::NotApplicable => Some(Plug::Out),
            PortStatus::Build => None,
        }
    }
}

/// What a host last said of a port.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Said {
    pub(crate) host: HostName,
    pub(crate) status: PortStatus,
}

impl From<&PortState> for Said {
    fn from(state: &PortState) -> Self {
        Self {
            host: state.host.clone(),
            status: state.status,
        }
    }
}
