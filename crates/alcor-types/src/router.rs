//! A router: what joins a project's networks with each other and with the outside.

use crate::{FlavorId, HostRoute, NetworkId, PortId, ProjectId, QosPolicyId, RouterId, Standard};
use serde::{Deserialize, Serialize};

/// A router as the store holds it. Its interfaces are ports that name it as their device, so
/// an index finds them and nothing here repeats them.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Router {
    /// Its id.
    pub id: RouterId,
    /// Who owns it.
    pub project_id: ProjectId,
    /// Name, description, tags, revision, times.
    pub standard: Standard,
    /// While false, it forwards nothing.
    pub admin_state_up: bool,
    /// Whether each host routes for its own VMs.
    pub distributed: bool,
    /// Whether more than one node stands by for what is routed centrally.
    pub ha: bool,
    /// Its ways out; the first is `external_gateway_info`.
    pub gateways: Vec<ExternalGateway>,
    /// Routes beside those to its own subnets, in order, each once.
    pub routes: Vec<HostRoute>,
    /// Where the owner would like it to be; kept and shown.
    pub availability_zone_hints: Vec<String>,
    /// The flavor of network services it was made of.
    pub flavor_id: Option<FlavorId>,
    /// Whether it answers neighbour discovery for the addresses behind it.
    pub enable_ndp_proxy: bool,
    /// Whether its default routes are watched by BFD.
    pub enable_default_route_bfd: bool,
    /// Whether it spreads over all its default routes.
    pub enable_default_route_ecmp: bool,
    /// Whether each host translates for its own VMs, by an address of its own outside.
    pub distributed_snat: bool,
}

/// A router's way to one external network. Its addresses are those of the port.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ExternalGateway {
    /// The external network.
    pub network_id: NetworkId,
    /// The router's port there.
    pub port_id: PortId,
    /// Whether VMs without a floating IP go out by the router's address.
    pub enable_snat: bool,
    /// The bandwidth limits of the gateway's address.
    pub qos_policy_id: Option<QosPolicyId>,
}

impl Router {
    /// A router of nobody that joins nothing yet, with every attribute at its default.
    pub fn new(id: RouterId) -> Self {
        Self {
            id,
            project_id: ProjectId::from(""),
            standard: Standard::default(),
            admin_state_up: true,
            distributed: true,
            ha: false,
            gateways: Vec::new(),
            routes: Vec::new(),
            availability_zone_hints: Vec::new(),
            flavor_id: None,
            enable_ndp_proxy: false,
            enable_default_route_bfd: false,
            enable_default_route_ecmp: false,
            distributed_snat: false,
        }
    }

    /// The gateway to this network.
    pub fn gateway_to(&self, network: NetworkId) -> Option<&ExternalGateway> {
        self.gateways
            .iter()
            .find(|gateway| gateway.network_id == network)
    }
}
