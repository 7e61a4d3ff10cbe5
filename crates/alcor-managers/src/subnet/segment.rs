//! On which segment of its network a subnet is: either each subnet of a network says so, or none.

use super::SubnetError;
use crate::{ApiError, Caller, segment};
use alcor_store::Read;
use alcor_types::{Network, Segment, SegmentId, Subnet};

/// Subnets of this service type are routed to and belong to no segment.
const ROUTED: &str = "network:routed";

/// Refuses a new subnet that is not on its network's segments as the others are.
pub(super) fn check_new(
    read: &dyn Read,
    subnet: &Subnet,
    others: &[Subnet],
    caller: &Caller,
) -> Result<(), ApiError> {
    if let Some(id) = subnet.segment_id {
        of_network(read, id, subnet, caller)?;
    }
    let counts = |other: &Subnet| !other.service_types.iter().any(|owner| owner == ROUTED);
    let differs = |other: &Subnet| other.segment_id.is_some() != subnet.segment_id.is_some();
    let mut counted = others.iter().filter(|other| counts(other));
    if counts(subnet) && counted.any(differs) {
        return Err(SubnetError::NotAllOnSegments(subnet.network_id).into());
    }
    Ok(())
}

/// Puts a subnet that is on no segment on the only one of its network.
pub(super) fn change(
    read: &dyn Read,
    subnet: &mut Subnet,
    network: &Network,
    others: &[Subnet],
    asked: Option<SegmentId>,
    caller: &Caller,
) -> Result<(), ApiError> {
    if asked == subnet.segment_id {
        return Ok(());
    }
    if others.iter().any(|other| other.id != subnet.id) {
        return Err(SubnetError::NotAllOnSegments(network.id).into());
    }
    if subnet.segment_id.is_some() {
        return Err(SubnetError::SegmentIsFixed(subnet.id).into());
    }
    if network.segments.len() > 1 {
        return Err(SubnetError::SeveralSegments(network.id).into());
    }
    if let Some(id) = asked {
        of_network(read, id, subnet, caller)?;
    }
    subnet.segment_id = asked;
    Ok(())
}

/// The segment, where it is one of the subnet's network.
fn of_network(
    read: &dyn Read,
    id: SegmentId,
    subnet: &Subnet,
    caller: &Caller,
) -> Result<Segment, ApiError> {
    let found = segment::get(read, id, caller)?;
    if found.network_id == subnet.network_id {
        return Ok(found);
    }
    let network = subnet.network_id;
    Err(SubnetError::NetworkIdsDontMatch {
        network,
        segment: id,
    }
    .into())
}
