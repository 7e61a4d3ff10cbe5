//! Of nodes and agents.

use super::Extension;

pub(super) const EXTENSIONS: &[Extension] = &[
    (
        "agent",
        "agent",
        "Agents by the nodes they registered, with their liveness",
    ),
    (
        "agent-resources-synced",
        "Agent's Resource View Synced",
        "resources_synced of agents",
    ),
    (
        "agent_sort_key",
        "Agent Sort Key",
        "Agents sorted by each attribute",
    ),
    (
        "availability_zone",
        "Availability Zone",
        "The zones that nodes are in",
    ),
    (
        "availability_zone_filter",
        "Availability Zone Filter",
        "Zones by name, resource and state",
    ),
    (
        "dhcp_agent_scheduler",
        "DHCP Agent Scheduler",
        "Which DHCP agent hosts which network",
    ),
    (
        "alcor-nodes",
        "Alcor Nodes",
        "Hosts under /nodes and /nodes/bulk, for administrators",
    ),
];
