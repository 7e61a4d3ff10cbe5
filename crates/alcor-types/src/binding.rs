//! A binding of a port that is not in force: where the port will be, or was, while its VM moves.

use crate::{HostName, PortId};
use serde::{Deserialize, Serialize};

/// A further place of a port. The one in force is in the port itself.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PortBinding {
    /// The port.
    pub port_id: PortId,
    /// The host; a port has one binding for each.
    pub host: HostName,
    /// `normal`, `direct`, ...
    pub vnic_type: String,
    /// What the orchestrator tells the binding: a JSON object as text.
    pub profile: String,
    /// Whether the port was in force here and has left: it must be plugged anew.
    pub left: bool,
}
