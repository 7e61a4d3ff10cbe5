//! Why a project gets no topology.

use crate::subnet_pool::PoolError;
use crate::{ApiError, RoutingError};

/// A refused request.
#[derive(Debug, thiserror::Error)]
pub enum TopologyError {
    /// The region lacks what a topology is made of.
    #[error("Deployment error: {0}.")]
    AutoAllocationFailure(String),
}

impl TopologyError {
    /// No network is the way out.
    pub(super) fn no_external_network() -> Self {
        let reason = "No default router:external network, an administrator must set is_default of an external network that the project may use";
        Self::AutoAllocationFailure(reason.to_owned())
    }

    /// No pool gives addresses.
    pub(super) fn no_pools() -> Self {
        let reason = "No default subnetpools defined, an administrator must set is_default of a shared subnet pool";
        Self::AutoAllocationFailure(reason.to_owned())
    }

    /// What refused the subnets, as a fault of the region where it is one.
    pub(super) fn of_subnet(error: ApiError) -> ApiError {
        match error {
            // A quota is the project's own limit, and says so itself.
            ApiError::Pool(PoolError::QuotaExceeded(_)) => error,
            ApiError::Pool(reason) => Self::because("tenant private network", &reason),
            other => other,
        }
    }

    /// What refused the way out, as a fault of the region where it is one.
    pub(super) fn of_router(error: ApiError) -> ApiError {
        match error {
            ApiError::Routing(reason @ RoutingError::BadRequest { .. }) => {
                Self::because("external connectivity", &reason)
            }
            other => other,
        }
    }

    fn because(what: &str, reason: &dyn std::error::Error) -> ApiError {
        let reason = reason.to_string();
        let reason = reason.trim_end_matches('.');
        Self::AutoAllocationFailure(format!("Unable to provide {what}: {reason}")).into()
    }

    /// Neutron's name of the error.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::AutoAllocationFailure(_) => "AutoAllocationFailure",
        }
    }

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        match self {
            Self::AutoAllocationFailure(_) => 409,
        }
    }
}
