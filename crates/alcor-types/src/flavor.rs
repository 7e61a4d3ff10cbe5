//! Flavors: kinds of a service that operators offer, each carried out by service profiles.

use crate::{FlavorId, ServiceProfileId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A flavor as the store holds it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Flavor {
    /// Its id.
    pub id: FlavorId,
    /// A label for people.
    pub name: String,
    /// Free text.
    pub description: String,
    /// The service it is a kind of, for example `L3_ROUTER_NAT`; never changes.
    pub service_type: String,
    /// While false, nothing new may have it.
    pub enabled: bool,
    /// What carries it out.
    pub service_profiles: BTreeSet<ServiceProfileId>,
}

/// A service profile as the store holds it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ServiceProfile {
    /// Its id.
    pub id: ServiceProfileId,
    /// Free text.
    pub description: String,
    /// The provider's driver; empty when only `metainfo` says what to do.
    pub driver: String,
    /// While false, nothing new may use it.
    pub enabled: bool,
    /// What the driver is told.
    pub metainfo: String,
}
