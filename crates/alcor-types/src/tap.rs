//! Taps: copies of what ports exchange, for a port that looks on.

use crate::{PortId, ProjectId, TapFlowId, TapServiceId, Vni};
use serde::{Deserialize, Serialize};

/// A port that gets copies.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct TapService {
    /// Its id.
    pub id: TapServiceId,
    /// Who owns it.
    pub project_id: ProjectId,
    /// Label.
    pub name: String,
    /// Free text.
    pub description: String,
    /// The port; never changes.
    pub port_id: PortId,
    /// Copies made on other hosts travel under this number, which is no network's.
    pub vni: Vni,
}

/// What is copied to a tap service.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct TapFlow {
    /// Its id.
    pub id: TapFlowId,
    /// Who owns it.
    pub project_id: ProjectId,
    /// Label.
    pub name: String,
    /// Free text.
    pub description: String,
    /// Where copies go; never changes.
    pub tap_service_id: TapServiceId,
    /// Whose packets; never changes.
    pub source_port: PortId,
    /// Which of them; never changes.
    pub direction: TapDirection,
}

/// Which packets of a port are copied.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum TapDirection {
    /// What it receives.
    In,
    /// What it sends.
    Out,
    /// All.
    Both,
}

impl TapDirection {
    /// The name in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::In => "IN",
            Self::Out => "OUT",
            Self::Both => "BOTH",
        }
    }

    /// Whether what the port receives is copied.
    pub fn receives(self) -> bool {
        matches!(self, Self::In | Self::Both)
    }

    /// Whether what the port sends is copied.
    pub fn sends(self) -> bool {
        matches!(self, Self::Out | Self::Both)
    }
}
