//! Of nodes and agents.

use super::Extension;

pub(super) const EXTENSIONS: &[Extension] = &[
    (
        "agent",
        "agent",
        "Agents by the nodes they registered, with their liveness",
    ),
    (
        "alcor-nodes",
        "Alcor Nodes",
        "Hosts under /nodes and /nodes/bulk, for administrators",
    ),
];
