//! Why a request about flavors is refused.

use alcor_types::{FlavorId, RouterId, ServiceProfileId};

/// A refused request about flavors and service profiles.
#[derive(Debug, thiserror::Error)]
pub enum FlavorError {
    /// No such flavor.
    #[error("Flavor {0} could not be found.")]
    NotFound(FlavorId),
    /// A router has the flavor.
    #[error("Flavor {flavor} is used by some service instance: delete router {router} first.")]
    InUse {
        /// The flavor.
        flavor: FlavorId,
        /// One of its routers.
        router: RouterId,
    },
    /// No such profile.
    #[error("Service Profile {0} could not be found.")]
    ProfileNotFound(ServiceProfileId),
    /// Flavors are carried out by the profile.
    #[error(
        "Service Profile {profile} is used by some service instance: take it off flavor {flavor} first."
    )]
    ProfileInUse {
        /// The profile.
        profile: ServiceProfileId,
        /// One of the flavors.
        flavor: FlavorId,
    },
    /// The flavor has the profile already.
    #[error("Service Profile {profile} is already associated with flavor {flavor}.")]
    BindingExists {
        /// The flavor.
        flavor: FlavorId,
        /// The profile.
        profile: ServiceProfileId,
    },
    /// The flavor does not have the profile.
    #[error("Service Profile {profile} is not associated with flavor {flavor}.")]
    BindingNotFound {
        /// The flavor.
        flavor: FlavorId,
        /// The profile.
        profile: ServiceProfileId,
    },
    /// No provider of the region has this driver.
    #[error("Service Profile driver {0} could not be found: use 'alcor', or leave it out.")]
    DriverNotFound(String),
    /// A profile that says nothing.
    #[error("Service Profile needs either a driver or metainfo: give one of them.")]
    ProfileEmpty,
    /// The region has no such service with flavors.
    #[error("Invalid service type {0}: use L3_ROUTER_NAT.")]
    InvalidServiceType(String),
    /// The flavor is switched off.
    #[error("Flavor {0} is not enabled.")]
    Disabled(FlavorId),
    /// No enabled profile carries the flavor out.
    #[error("Flavor {0} has no enabled service profile: associate one.")]
    NoProfile(FlavorId),
}

impl FlavorError {
    /// Neutron's name of the error.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::NotFound(_) => "FlavorNotFound",
            Self::InUse { .. } => "FlavorInUse",
            Self::ProfileNotFound(_) => "ServiceProfileNotFound",
            Self::ProfileInUse { .. } => "ServiceProfileInUse",
            Self::BindingExists { .. } => "FlavorServiceProfileBindingExists",
            Self::BindingNotFound { .. } => "FlavorServiceProfileBindingNotFound",
            Self::DriverNotFound(_) => "ServiceProfileDriverNotFound",
            Self::ProfileEmpty => "ServiceProfileEmpty",
            Self::InvalidServiceType(_) => "InvalidFlavorServiceType",
            Self::Disabled(_) => "FlavorDisabled",
            Self::NoProfile(_) => "ServiceProfileDisabled",
        }
    }

    /// The HTTP status. Neutron answers 503 for what is switched off; that would have clients
    /// try again, which helps nothing.
    pub fn status(&self) -> u16 {
        match self {
            Self::NotFound(_)
            | Self::ProfileNotFound(_)
            | Self::BindingNotFound { .. }
            | Self::DriverNotFound(_) => 404,
            Self::ProfileEmpty | Self::InvalidServiceType(_) => 400,
            _ => 409,
        }
    }
}
