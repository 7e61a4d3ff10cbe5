//! A network config manager: in the first Alcor, the process that hosts fetch goal states from.

use serde::{Deserialize, Serialize};

/// A network config manager as the store holds it. Hosts of this region get their goal states
/// from the region itself; what operators say of managers is kept for their tools.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Ncm {
    /// Its id: any text of the operator's, as nodes name it in `ncm_id`.
    pub id: String,
    /// Where it listens.
    pub uri: String,
    /// How many nodes it may serve.
    pub capacity: u32,
}
