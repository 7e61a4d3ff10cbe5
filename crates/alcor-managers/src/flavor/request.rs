//! What a caller may say of flavors and service profiles. An absent member means "not sent".

use alcor_types::ServiceProfileId;
use std::collections::BTreeSet;

/// `POST /v2.0/flavors`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CreateFlavor {
    /// Label; at most 255 characters.
    pub name: String,
    /// Free text; at most 255 characters.
    pub description: String,
    /// The service it is a kind of.
    pub service_type: String,
    /// Default: true.
    pub enabled: Option<bool>,
    /// What carries it out.
    pub service_profiles: BTreeSet<ServiceProfileId>,
}

/// `PUT /v2.0/flavors/{id}`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UpdateFlavor {
    /// A new label.
    pub name: Option<String>,
    /// A new description.
    pub description: Option<String>,
    /// Whether something new may have it.
    pub enabled: Option<bool>,
}

/// `POST /v2.0/service_profiles`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CreateServiceProfile {
    /// Free text; at most 255 characters.
    pub description: String,
    /// The provider's driver; empty when none.
    pub driver: String,
    /// Default: true.
    pub enabled: Option<bool>,
    /// What the driver is told.
    pub metainfo: String,
}

/// `PUT /v2.0/service_profiles/{id}`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UpdateServiceProfile {
    /// A new description.
    pub description: Option<String>,
    /// Another driver.
    pub driver: Option<String>,
    /// Whether something new may use it.
    pub enabled: Option<bool>,
    /// What the driver is told.
    pub metainfo: Option<String>,
}
