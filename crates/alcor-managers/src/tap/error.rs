//! Why a request about taps is refused.

use alcor_types::{PortId, TapFlowId, TapServiceId};

/// A refused request.
#[derive(Debug, thiserror::Error)]
pub enum TapError {
    /// No tap service has the id, or none of the caller's.
    #[error("Tap Service {0} does not exist")]
    ServiceNotFound(TapServiceId),
    /// No tap flow has the id, or none of the caller's.
    #[error("Tap Flow {0} does not exist")]
    FlowNotFound(TapFlowId),
    /// The port is another project's.
    #[error("The specified port {0} does not belong to the tenant: tap only ports of your own.")]
    ForeignPort(PortId),
    /// The port is a tap service already.
    #[error("Port {port} is tap service {service} already: use that, or delete it first.")]
    PortInUse {
        /// The port.
        port: PortId,
        /// The service that it is.
        service: TapServiceId,
    },
    /// A port would get copies of what it gets.
    #[error("Port {0} is the tap service itself: choose another source_port.")]
    SourceIsService(PortId),
    /// The service copies the port already.
    #[error("Tap Flow {flow} copies port {port} to this service already: delete it first.")]
    SourceInUse {
        /// The port.
        port: PortId,
        /// The flow.
        flow: TapFlowId,
    },
    /// All tunnel ids are taken.
    #[error("Unable to allocate a tunnel id for the tap service: no more are free.")]
    NoTunnelId,
}

impl TapError {
    /// Neutron's name of the error.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::ServiceNotFound(_) => "TapServiceNotFound",
            Self::FlowNotFound(_) => "TapFlowNotFound",
            Self::ForeignPort(_) => "PortDoesNotBelongToTenant",
            Self::PortInUse { .. } => "TapServicePortInUse",
            Self::SourceIsService(_) => "TapFlowSourceIsService",
            Self::SourceInUse { .. } => "TapFlowSourceInUse",
            Self::NoTunnelId => "TapServiceLimitReached",
        }
    }

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        match self {
            Self::ServiceNotFound(_) | Self::FlowNotFound(_) => 404,
            Self::ForeignPort(_) => 403,
            Self::SourceIsService(_) => 400,
            Self::PortInUse { .. } | Self::SourceInUse { .. } => 409,
            Self::NoTunnelId => 503,
        }
    }
}
