//! Gateways of VPCs, as operators enter them: what leads out of a VPC beside its router.

use crate::{GatewayId, MacAddr, NetworkId, ProjectId};
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// What a gateway leads to.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum GatewayKind {
    /// A cluster of Zeta's, which carries the VPC's packets between hosts.
    Zeta,
    /// The internet, with addresses that it knows.
    Internet,
    /// The internet, behind one address.
    Nat,
}

impl GatewayKind {
    /// Its name in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Zeta => "zeta",
            Self::Internet => "internet",
            Self::Nat => "nat",
        }
    }
}

/// How far a gateway is, as whoever runs it says.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum GatewayStatus {
    /// It was asked for.
    Pending,
    /// It is set up.
    Ready,
    /// It could not be set up.
    Failed,
    /// It carries packets.
    Available,
}

impl GatewayStatus {
    /// Its name in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Ready => "ready",
            Self::Failed => "failed",
            Self::Available => "available",
        }
    }
}

/// Where a gateway takes packets.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct GatewayAddress {
    /// Its address on the underlay.
    pub ip: IpAddr,
    /// The MAC of that, where it is known.
    pub mac: Option<MacAddr>,
}

/// A gateway as the store holds it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Gateway {
    /// Its id.
    pub id: GatewayId,
    /// Who owns it: the owner of the VPC.
    pub project_id: ProjectId,
    /// The VPC that it leads out of; never changes, and the gateway ends with it.
    pub network_id: NetworkId,
    /// A label for people.
    pub name: String,
    /// Free text.
    pub description: String,
    /// What it leads to; never changes, and a VPC has one of a kind.
    pub kind: GatewayKind,
    /// How far it is.
    pub status: GatewayStatus,
    /// Where it takes packets.
    pub ips: Vec<GatewayAddress>,
}
