//! A segmentation id is marked as taken exactly when a segment has it, and a network's record
//! says what its segments say.

use super::all;
use crate::segment::number::Space;
use crate::{ApiError, network, segment};
use alcor_store::Read;
use alcor_types::{Network, NetworkId, NetworkType, Segment, TapService, Transport};
use std::collections::{BTreeMap, BTreeSet};

type Held = BTreeMap<(NetworkType, Option<String>), BTreeSet<u32>>;

pub(super) fn check(read: &dyn Read, faults: &mut Vec<String>) -> Result<(), ApiError> {
    let mut held = Held::new();
    for one in all::<Segment>(read) {
        let one = one?;
        if network::find(read, one.network_id)?.is_none() {
            let (id, network) = (one.id, one.network_id);
            faults.push(format!(
                "segment {id} is of network {network}, which does not exist"
            ));
        }
        if let Some((_, id)) = Space::of(&one.transport) {
            let space = (one.transport.network_type, one.transport.physical_network);
            held.entry(space).or_default().insert(id);
        }
    }
    for one in all::<TapService>(read) {
        let vxlan = held.entry((NetworkType::Vxlan, None)).or_default();
        vxlan.insert(one?.vni.get());
    }
    for one in all::<Network>(read) {
        let one = one?;
        check_network(read, one.id, one.segments, faults)?;
    }
    check_numbers(read, &held, faults)
}

fn check_network(
    read: &dyn Read,
    id: NetworkId,
    mut said: Vec<Transport>,
    faults: &mut Vec<String>,
) -> Result<(), ApiError> {
    let segments = segment::of_network(read, id)?.into_iter();
    let mut held: Vec<_> = segments.map(|segment| segment.transport).collect();
    said.sort();
    held.sort();
    if said != held {
        faults.push(format!(
            "network {id} says that its segments are {said:?}, but they are {held:?}"
        ));
    }
    Ok(())
}

/// Compares the segments' ids with the marks, in every space that has a segment.
fn check_numbers(read: &dyn Read, held: &Held, faults: &mut Vec<String>) -> Result<(), ApiError> {
    for ((network_type, name), held) in held {
        let space = Space {
            network_type: *network_type,
            physical_network: name.as_deref(),
        };
        let taken: BTreeSet<_> = space.taken(read)?.into_iter().collect();
        for id in held.symmetric_difference(&taken) {
            let what = if held.contains(id) {
                "is a segment's, but not marked as taken"
            } else {
                "is marked as taken, but no segment has it"
            };
            faults.push(format!("the {network_type} id {id} {what}"));
        }
    }
    Ok(())
}
