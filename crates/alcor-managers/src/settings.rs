//! The operator's choices that the rules depend on.

use crate::Provider;
use crate::quota::Kind;
use std::collections::BTreeMap;

/// Region-wide settings; the same for every call of a running server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The first three bytes of automatic MAC addresses (Neutron's `base_mac`).
    pub mac_base: [u8; 3],
    /// The types of networks, their numbers and their MTUs.
    pub provider: Provider,
    /// The domain of names for DHCP and DNS where a network has none.
    pub dns_domain: String,
    /// How long a DHCP lease lasts, in seconds.
    pub dhcp_lease: u32,
    /// How many fixed IPs one port may be asked to have (`max_fixed_ips_per_port`).
    pub max_fixed_ips: usize,
    /// How many name servers one subnet may have (`max_dns_nameservers`).
    pub max_dns_nameservers: usize,
    /// How many host routes one subnet may have (`max_subnet_host_routes`).
    pub max_host_routes: usize,
    /// How many allowed address pairs one port may have (`max_allowed_address_pair`).
    pub max_address_pairs: usize,
    /// How many extra routes one router may have (`max_routes`).
    pub max_routes: usize,
    /// Whether new routers are distributed where nobody says (`router_distributed`).
    pub router_distributed: bool,
    /// Whether new routers are highly available where nobody says (`l3_ha`).
    pub router_ha: bool,
    /// Whether gateways translate addresses where nobody says (`enable_snat_by_default`).
    pub snat_by_default: bool,
    /// The limits of projects with no quota of their own, where they differ from Neutron's.
    pub quotas: BTreeMap<Kind, i64>,
}

impl Settings {
    /// The same with no default limit on anything.
    pub fn without_quotas(self) -> Self {
        let quotas = Kind::ALL.map(|kind| (kind, -1)).into();
        Self { quotas, ..self }
    }

    /// The limit of a project with no quota of its own; -1 is no limit.
    pub fn default_limit(&self, kind: Kind) -> i64 {
        let own = self.quotas.get(&kind).copied();
        own.unwrap_or_else(|| kind.neutron_default())
    }
}

impl Default for Settings {
    /// Neutron's defaults.
    fn default() -> Self {
        Self {
            mac_base: [0xfa, 0x16, 0x3e],
            provider: Provider::default(),
            dns_domain: "openstacklocal".to_owned(),
            dhcp_lease: 86_400,
            max_fixed_ips: 5,
            max_dns_nameservers: 5,
            max_host_routes: 20,
            max_address_pairs: 10,
            max_routes: 30,
            router_distributed: false,
            router_ha: false,
            snat_by_default: true,
            quotas: BTreeMap::new(),
        }
    }
}
