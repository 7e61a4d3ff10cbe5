//! An auto-allocated topology: what a project was given when it asked for "a network".

use crate::{NetworkId, ProjectId, RouterId};
use serde::{Deserialize, Serialize};

/// A project's auto-allocated topology as the store holds it; a project has one at most.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct AutoTopology {
    /// Who owns all of it.
    pub project_id: ProjectId,
    /// The network, which is what the API shows.
    pub network_id: NetworkId,
    /// The router between it and the outside; none once its owner has deleted it.
    pub router_id: Option<RouterId>,
}
