//! A conntrack helper: a router's understanding of a protocol that carries addresses within.

use crate::{ConntrackHelperId, ProjectId, RouterId, Standard};
use serde::{Deserialize, Serialize};

/// A conntrack helper as the store holds it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ConntrackHelper {
    /// Its id.
    pub id: ConntrackHelperId,
    /// Who owns it: the owner of the router.
    pub project_id: ProjectId,
    /// Revision and times; it has neither name, description nor tags.
    pub standard: Standard,
    /// The router; never changes.
    pub router_id: RouterId,
    /// The transport protocol by name: `tcp`, `udp`.
    pub protocol: String,
    /// The transport port that the traffic begins on.
    pub port: u16,
    /// The helper by its name in the kernel: `ftp`, `tftp`, ...
    pub helper: String,
}
