//! How flavors and service profiles lie in the store, and by what they are found.

use super::add_text;
use super::table::{FLAVORS, SERVICE_PROFILES};
use crate::records::Record;
use alcor_store::records::{Index, Indexes, Table};
use alcor_types::{Flavor, ServiceProfile};

/// Parts: name.
pub const FLAVOR_BY_NAME: Index = Index {
    id: 1,
    name: "name",
};
/// Parts: service profile id; one entry for each.
pub const FLAVOR_BY_PROFILE: Index = Index {
    id: 2,
    name: "service_profiles",
};

impl Record for Flavor {
    const TABLE: Table = FLAVORS;

    fn key(&self) -> Vec<u8> {
        self.id.as_bytes().to_vec()
    }

    fn indexes(&self, to: &mut Indexes) {
        add_text(to, FLAVOR_BY_NAME, &self.name);
        for profile in &self.service_profiles {
            to.add(FLAVOR_BY_PROFILE, &[profile.as_bytes()]);
        }
    }
}

impl Record for ServiceProfile {
    const TABLE: Table = SERVICE_PROFILES;

    fn key(&self) -> Vec<u8> {
        self.id.as_bytes().to_vec()
    }

    fn indexes(&self, _to: &mut Indexes) {}
}
