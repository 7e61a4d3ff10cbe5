//! Segments: the layer-2 pieces of networks, each with a number of its own on the underlay.
//!
//! A network begins with one segment, or with those its maker names, and operators add and
//! remove others. A segment's record has its name; how it travels is written in the network's
//! record too, which is all that the data plane and the provider attributes need.

mod error;
pub(crate) mod number;
pub mod range;
mod request;
pub(crate) mod transport;

pub use error::SegmentError;
pub use request::{CreateSegment, TransportRequest, UpdateSegment};

use crate::schema::{SEGMENT_BY_NETWORK, SUBNET_BY_SEGMENT};
use crate::{ApiError, Caller, Settings, network, records, standard};
use alcor_store::{Read, Txn};
use alcor_types::{Network, NetworkId, Segment, SegmentId, Standard, Subnet, Timestamp, Transport};
use std::collections::BTreeSet;

/// How many segments one network may have.
pub(crate) const MAX_SEGMENTS: usize = 256;

/// Adds a segment to a network.
pub fn create(
    txn: &mut Txn<'_>,
    request: &CreateSegment,
    caller: &Caller,
    settings: &Settings,
) -> Result<Segment, ApiError> {
    let mut network = network::get(txn, request.network_id, caller)?;
    let id = request.id.unwrap_or_else(SegmentId::random);
    standard::check_free::<Segment>(txn, id.as_bytes(), &id)?;
    if network.segments.len() >= MAX_SEGMENTS {
        let message = format!("a network may have {MAX_SEGMENTS} segments, remove some");
        return Err(ApiError::InvalidInput(message));
    }
    let project = network.project_id.clone();
    let transport = transport::reserve(txn, &request.transport, &project, settings)?;
    let words = standard::create(&request.name, &request.description, &BTreeSet::new())?;
    let segment = insert(txn, id, &network, words, transport)?;
    network.segments.push(segment.transport.clone());
    // The new segment may carry less than the others.
    let max = settings.provider.max_mtu(&network.segments);
    network.mtu = network.mtu.min(max);
    network.standard.touch(Timestamp::now());
    records::put(txn, &network)?;
    Ok(segment)
}

/// Makes all the segments or none.
pub fn create_many(
    txn: &mut Txn<'_>,
    requests: &[CreateSegment],
    caller: &Caller,
    settings: &Settings,
) -> Result<Vec<Segment>, ApiError> {
    requests
        .iter()
        .map(|request| create(txn, request, caller, settings))
        .collect()
}

/// The segment, where the caller may see it.
pub fn get(read: &dyn Read, id: SegmentId, caller: &Caller) -> Result<Segment, ApiError> {
    let segment: Option<Segment> = records::get(read, id.as_bytes())?;
    let segment = segment.ok_or(SegmentError::NotFound(id))?;
    if visible(read, &segment, caller)? {
        Ok(segment)
    } else {
        Err(SegmentError::NotFound(id).into())
    }
}

/// Whether the caller may see the segment: those of its own networks.
pub fn visible(read: &dyn Read, segment: &Segment, caller: &Caller) -> Result<bool, ApiError> {
    if caller.is_admin() {
        return Ok(true);
    }
    let network = network::find(read, segment.network_id)?;
    Ok(network.is_some_and(|network| caller.owns(&network.project_id)))
}

/// Changes what the request names and nothing else.
pub fn update(
    txn: &mut Txn<'_>,
    id: SegmentId,
    request: &UpdateSegment,
    caller: &Caller,
) -> Result<Segment, ApiError> {
    let mut segment = get(txn, id, caller)?;
    standard::check_revision(&segment.standard, request.expected_revision)?;
    standard::update(
        &mut segment.standard,
        request.name.as_ref(),
        request.description.as_ref(),
        None,
    )?;
    records::put(txn, &segment)?;
    Ok(segment)
}

/// Takes the segment off its network and gives its number back.
pub fn delete(
    txn: &mut Txn<'_>,
    id: SegmentId,
    caller: &Caller,
    expected_revision: Option<u64>,
) -> Result<(), ApiError> {
    let segment = get(txn, id, caller)?;
    standard::check_revision(&segment.standard, expected_revision)?;
    check_unused(txn, &segment)?;
    remove(txn, &segment)?;
    let Some(mut network) = network::find(txn, segment.network_id)? else {
        return Ok(());
    };
    network.segments = transports(txn, network.id)?;
    network.standard.touch(Timestamp::now());
    records::put(txn, &network)?;
    Ok(())
}

/// Makes the segments of a new network.
pub(crate) fn add_all(
    txn: &mut Txn<'_>,
    network: &Network,
    transports: &[Transport],
) -> Result<(), ApiError> {
    for transport in transports {
        let id = SegmentId::random();
        insert(txn, id, network, unnamed(), transport.clone())?;
    }
    Ok(())
}

/// Removes the segments of a network that goes.
pub(crate) fn remove_all(txn: &mut Txn<'_>, network: NetworkId) -> Result<(), ApiError> {
    of_network(txn, network)?
        .iter()
        .try_for_each(|segment| remove(txn, segment))
}

/// Writes the new tag of a VLAN network of one segment.
pub(crate) fn renumber(
    txn: &mut Txn<'_>,
    network: &mut Network,
    asked: i64,
    settings: &Settings,
) -> Result<(), ApiError> {
    let (Some(mut segment), [only]) = (
        of_network(txn, network.id)?.into_iter().next(),
        network.segments.as_slice(),
    ) else {
        let message = "provider:segmentation_id can change only on a network of one segment";
        return Err(ApiError::InvalidInput(message.to_owned()));
    };
    let renumbered = transport::renumber(txn, only, asked, settings)?;
    segment.transport = renumbered.clone();
    segment.standard.touch(Timestamp::now());
    records::put(txn, &segment)?;
    network.segments = vec![renumbered];
    Ok(())
}

/// The network's segments, in the order in which they were added.
pub(crate) fn of_network(read: &dyn Read, id: NetworkId) -> Result<Vec<Segment>, ApiError> {
    let found = records::lookup::<Segment>(read, SEGMENT_BY_NETWORK, &[id.as_bytes()], None, false);
    let mut segments = found.collect::<Result<Vec<_>, _>>()?;
    let network = network::find(read, id)?;
    let order = network.map(|network| network.segments).unwrap_or_default();
    segments.sort_by_key(|segment| order.iter().position(|known| *known == segment.transport));
    Ok(segments)
}

fn transports(read: &dyn Read, id: NetworkId) -> Result<Vec<Transport>, ApiError> {
    let segments = of_network(read, id)?;
    Ok(segments
        .into_iter()
        .map(|segment| segment.transport)
        .collect())
}

fn unnamed() -> Standard {
    let now = Timestamp::now();
    Standard {
        created_at: now,
        updated_at: now,
        ..Standard::default()
    }
}

fn insert(
    txn: &mut Txn<'_>,
    id: SegmentId,
    network: &Network,
    standard: Standard,
    transport: Transport,
) -> Result<Segment, ApiError> {
    let segment = Segment {
        id,
        network_id: network.id,
        standard,
        transport,
    };
    records::insert(txn, &segment)?;
    Ok(segment)
}

fn remove(txn: &mut Txn<'_>, segment: &Segment) -> Result<(), ApiError> {
    transport::release(txn, &segment.transport)?;
    records::delete::<Segment>(txn, segment.id.as_bytes())?;
    Ok(())
}

/// Refuses to remove a segment that subnets are on, or by which bound ports are reached.
fn check_unused(read: &dyn Read, segment: &Segment) -> Result<(), ApiError> {
    if records::any::<Subnet>(read, SUBNET_BY_SEGMENT, &[segment.id.as_bytes()]) {
        let (segment, reason) = (
            segment.id,
            "subnets are on it, delete them first".to_owned(),
        );
        return Err(SegmentError::InUse { segment, reason }.into());
    }
    let network = network::find(read, segment.network_id)?;
    let carrier = network.as_ref().and_then(|network| network.carried_by());
    if carrier != Some(&segment.transport) {
        return Ok(());
    }
    for port in network::ports(read, segment.network_id) {
        let port = port?;
        if port.host.is_some() {
            let reason = format!("port {} is bound to a host by it, unbind it first", port.id);
            let segment = segment.id;
            return Err(SegmentError::InUse { segment, reason }.into());
        }
    }
    Ok(())
}
