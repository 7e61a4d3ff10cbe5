//! Why a binding is refused.

use alcor_types::{HostName, PortId};

/// A refused binding.
#[derive(Debug, thiserror::Error)]
pub enum BindingError {
    /// The port has no binding to the host.
    #[error("Binding for port {port} for host {host} could not be found.")]
    NotFound {
        /// The port.
        port: PortId,
        /// The host.
        host: HostName,
    },
    /// The port has a binding to the host.
    #[error("Binding for port {port} on host {host} already exists: update it instead.")]
    AlreadyExists {
        /// The port.
        port: PortId,
        /// The host.
        host: HostName,
    },
    /// The binding is the one in force.
    #[error("Binding for port {port} on host {host} is already active.")]
    AlreadyActive {
        /// The port.
        port: PortId,
        /// The host.
        host: HostName,
    },
    /// No node has the name, so no agent would serve the port there. Neutron answers 500 here,
    /// which would blame the region for a name it was given.
    #[error(
        "Binding for port {port} on host {host} could not be created or updated: no node has that name. Register the node first, or name another."
    )]
    Unbindable {
        /// The port.
        port: PortId,
        /// The host.
        host: HostName,
    },
    /// Only ports of VMs and file shares move.
    #[error(
        "Invalid port {0}: several bindings are for ports whose device_owner begins with compute: or manila:."
    )]
    NotMovable(PortId),
}

impl BindingError {
    /// Neutron's name of the error.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::NotFound { .. } => "PortBindingNotFound",
            Self::AlreadyExists { .. } => "PortBindingAlreadyExists",
            Self::AlreadyActive { .. } => "PortBindingAlreadyActive",
            Self::Unbindable { .. } => "PortBindingError",
            Self::NotMovable(_) => "BadRequest",
        }
    }

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        match self {
            Self::NotFound { .. } => 404,
            Self::AlreadyExists { .. } | Self::AlreadyActive { .. } | Self::Unbindable { .. } => {
                409
            }
            Self::NotMovable(_) => 400,
        }
    }
}
