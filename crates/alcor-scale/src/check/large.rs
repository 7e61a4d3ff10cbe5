//! Networks that are not large by their size any more, and were until lately: a host holds such a network as
//! a large one until it has shrunk enough.

use crate::held::{ScopeHeld, name};
use alcor_goalstate::{Goal, PeerGoal, digest};
use alcor_types::Revision;
use std::collections::BTreeSet;

/// A network on more hosts than this has no broadcast between them, and no host is told of the others.
const SPREAD: usize = 1024;

/// Whether the host holds a network that is not large by its size as one whose neighbours are asked for;
/// if so, that is what intent says, and that its other hosts are told: it was large, and has not shrunk
/// enough since.
pub(super) fn grow(goals: &mut Vec<Goal>, held: &ScopeHeld) -> bool {
    let vpcs = goals.iter_mut().filter_map(|goal| match goal {
        Goal::Vpc(vpc) => Some(vpc),
        _ => None,
    });
    for vpc in vpcs {
        vpc.on_demand = true;
        let large = Goal::Vpc(vpc.clone());
        if held.get(name(&large.key())) == Some(digest::goal(&large)) {
            let peers = peers(goals);
            goals.extend(peers);
            return true;
        }
        vpc.on_demand = false;
    }
    false
}

/// The hosts of a network's neighbours.
fn peers(goals: &[Goal]) -> Vec<Goal> {
    let places = goals.iter().filter_map(|goal| match goal {
        Goal::Neighbor(goal) => Some((goal.vpc, goal.host_ip)),
        _ => None,
    });
    let places: BTreeSet<_> = places.collect();
    let told = places.into_iter().map(|(vpc, host_ip)| {
        Goal::Peer(PeerGoal {
            vpc,
            revision: Revision::ZERO,
            host_ip,
        })
    });
    let told: Vec<_> = told.collect();
    if told.len() < SPREAD {
        told
    } else {
        Vec::new()
    }
}
