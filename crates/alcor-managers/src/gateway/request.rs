//! What callers say of gateways.

use alcor_types::{GatewayAddress, GatewayId, GatewayKind, GatewayStatus, NetworkId};

/// A wished gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateGateway {
    /// Its id; a fresh one where the caller does not choose it.
    pub id: Option<GatewayId>,
    /// The VPC that it is to lead out of.
    pub network_id: NetworkId,
    /// The VPC's VNI, where the caller says it; it must be so.
    pub vni: Option<u32>,
    /// Its label.
    pub name: String,
    /// Free text.
    pub description: String,
    /// What it leads to.
    pub kind: GatewayKind,
    /// How far it is.
    pub status: GatewayStatus,
    /// Where it takes packets.
    pub ips: Vec<GatewayAddress>,
}

impl CreateGateway {
    /// A pending gateway of this kind, without addresses.
    pub fn new(network_id: NetworkId, kind: GatewayKind) -> Self {
        Self {
            id: None,
            network_id,
            vni: None,
            name: String::new(),
            description: String::new(),
            kind,
            status: GatewayStatus::Pending,
            ips: Vec::new(),
        }
    }
}

/// What a PUT says of a gateway. An absent member means "not sent".
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UpdateGateway {
    /// Another label.
    pub name: Option<String>,
    /// Another description.
    pub description: Option<String>,
    /// How far it is now.
    pub status: Option<GatewayStatus>,
    /// All addresses anew.
    pub ips: Option<Vec<GatewayAddress>>,
}
