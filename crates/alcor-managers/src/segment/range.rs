//! Ranges of segmentation ids: which projects' networks get which ids.
//!
//! The configured ranges stand in the list as defaults that nobody changes; operators add ranges
//! for everybody or for one project. An allocation reads them in its own transaction, so a new
//! range counts from its commit on.

mod error;
mod request;

pub use error::RangeError;
pub use request::{CreateRange, UpdateRange};

use super::number::Space;
use crate::schema::{RANGE_BY_TYPE, SEGMENT_BY_TRANSPORT};
use crate::{ApiError, Caller, Settings, network, policy, records, schema, standard};
use alcor_store::records::RecordError;
use alcor_store::{Read, Txn};
use alcor_types::{
    NetworkType, ProjectId, Segment, SegmentRange, SegmentRangeId, Standard, Timestamp, Transport,
};
use std::collections::BTreeMap;

/// How many ids `used` and `available` show: more than a physical network has VLANs, and few
/// enough for an answer.
pub const MAX_SHOWN: usize = 4096;

/// The longest name of a physical network (Neutron's column width).
const MAX_PHYSICAL_NETWORK: usize = 64;

/// Makes a range.
pub fn create(
    txn: &mut Txn<'_>,
    request: &CreateRange,
    caller: &Caller,
    settings: &Settings,
) -> Result<SegmentRange, ApiError> {
    let network_type = supported(request.network_type.as_deref(), settings)?;
    let id = request.id.unwrap_or_else(SegmentRangeId::random);
    standard::check_free::<SegmentRange>(txn, id.as_bytes(), &id)?;
    let asked = request.project_id.as_ref();
    let project = policy::project(caller, asked, "create_network_segment_range")?;
    let range = SegmentRange {
        id,
        project_id: (!request.shared.unwrap_or(true)).then_some(project),
        standard: standard::create(&request.name, &request.description, &request.tags)?,
        default: false,
        network_type,
        physical_network: physical_network(network_type, request.physical_network.as_ref())?,
        minimum: request.minimum,
        maximum: request.maximum,
    };
    check(txn, &range)?;
    records::insert(txn, &range)?;
    Ok(range)
}

/// Makes all the ranges or none.
pub fn create_many(
    txn: &mut Txn<'_>,
    requests: &[CreateRange],
    caller: &Caller,
    settings: &Settings,
) -> Result<Vec<SegmentRange>, ApiError> {
    requests
        .iter()
        .map(|request| create(txn, request, caller, settings))
        .collect()
}

/// The range, where the caller may see it.
pub fn get(read: &dyn Read, id: SegmentRangeId, caller: &Caller) -> Result<SegmentRange, ApiError> {
    let range: Option<SegmentRange> = records::get(read, id.as_bytes())?;
    range
        .filter(|range| visible(range, caller))
        .ok_or_else(|| RangeError::NotFound(id).into())
}

/// Whether the caller may see the range: everybody's, and its own.
pub fn visible(range: &SegmentRange, caller: &Caller) -> bool {
    range
        .project_id
        .as_ref()
        .is_none_or(|project| caller.owns(project))
}

/// Changes what the request names and nothing else. Ids in use stay within the range.
pub fn update(
    txn: &mut Txn<'_>,
    id: SegmentRangeId,
    request: &UpdateRange,
    caller: &Caller,
) -> Result<SegmentRange, ApiError> {
    let mut range = writable(txn, id, caller)?;
    standard::check_revision(&range.standard, request.expected_revision)?;
    let former = range.ids();
    range.minimum = request.minimum.unwrap_or(range.minimum);
    range.maximum = request.maximum.unwrap_or(range.maximum);
    check(txn, &range)?;
    if strands(txn, &range, former)? {
        return Err(RangeError::ReferencedByProject(id).into());
    }
    standard::update(
        &mut range.standard,
        request.name.as_ref(),
        request.description.as_ref(),
        request.tags.as_ref(),
    )?;
    records::put(txn, &range)?;
    Ok(range)
}

/// Removes a range of which no id is in use.
pub fn delete(
    txn: &mut Txn<'_>,
    id: SegmentRangeId,
    caller: &Caller,
    expected_revision: Option<u64>,
) -> Result<(), ApiError> {
    let range = writable(txn, id, caller)?;
    standard::check_revision(&range.standard, expected_revision)?;
    if space(&range).any_taken(txn, range.minimum, range.maximum)? {
        return Err(RangeError::ReferencedByProject(id).into());
    }
    records::delete::<SegmentRange>(txn, id.as_bytes())?;
    Ok(())
}

/// The ids in use, with the projects of their networks; no more than [`MAX_SHOWN`].
pub fn used(
    read: &dyn Read,
    range: &SegmentRange,
) -> Result<BTreeMap<u32, Option<ProjectId>>, ApiError> {
    let taken = space(range).list(read, range, true, MAX_SHOWN)?;
    taken
        .into_iter()
        .map(|id| Ok((id, owner(read, range, id)?)))
        .collect()
}

/// The ids that are free; no more than [`MAX_SHOWN`].
pub fn available(read: &dyn Read, range: &SegmentRange) -> Result<Vec<u32>, ApiError> {
    space(range).list(read, range, false, MAX_SHOWN)
}

/// Makes the default ranges in the list what the configuration says; a server does so when it
/// starts. Those that are configured still keep their ids.
pub fn install_defaults(txn: &mut Txn<'_>, settings: &Settings) -> Result<(), ApiError> {
    let present = records::scan::<SegmentRange>(txn, None, false)
        .filter(|range| range.as_ref().map_or(true, |range| range.default))
        .collect::<Result<Vec<_>, _>>()?;
    let mut wanted: Vec<_> = settings.provider.all_ranges().map(default_range).collect();
    for range in present {
        let same =
            |other: &SegmentRange| space(other) == space(&range) && other.ids() == range.ids();
        match wanted.iter().position(same) {
            Some(at) => drop(wanted.remove(at)),
            None => drop(records::delete::<SegmentRange>(txn, range.id.as_bytes())?),
        }
    }
    for range in wanted {
        records::insert(txn, &range)?;
    }
    Ok(())
}

/// All ranges of one type.
pub(super) fn of_type(
    read: &dyn Read,
    network_type: NetworkType,
) -> impl Iterator<Item = Result<SegmentRange, RecordError>> {
    let part = network_type.as_str().as_bytes();
    records::lookup::<SegmentRange>(read, RANGE_BY_TYPE, &[part], None, false)
}

fn default_range(
    (network_type, physical_network, ids): (
        NetworkType,
        Option<&str>,
        &std::ops::RangeInclusive<u32>,
    ),
) -> SegmentRange {
    let now = Timestamp::now();
    SegmentRange {
        id: SegmentRangeId::random(),
        project_id: None,
        standard: Standard {
            created_at: now,
            updated_at: now,
            ..Standard::default()
        },
        default: true,
        network_type,
        physical_network: physical_network.map(str::to_owned),
        minimum: *ids.start(),
        maximum: *ids.end(),
    }
}

fn writable(
    read: &dyn Read,
    id: SegmentRangeId,
    caller: &Caller,
) -> Result<SegmentRange, ApiError> {
    let range = get(read, id, caller)?;
    if range.default {
        return Err(RangeError::DefaultReadOnly(id).into());
    }
    Ok(range)
}

fn supported(name: Option<&str>, settings: &Settings) -> Result<NetworkType, ApiError> {
    let known = name.and_then(|name| name.parse::<NetworkType>().ok());
    known
        .filter(|known| known.ids().is_some() && settings.provider.types.contains(known))
        .ok_or_else(|| {
            let shown = name.unwrap_or_default().chars().take(80).collect();
            RangeError::NetTypeNotSupported(shown).into()
        })
}

/// The physical network of VLANs; as in Neutron, other types' is passed over.
fn physical_network(
    network_type: NetworkType,
    asked: Option<&String>,
) -> Result<Option<String>, ApiError> {
    if network_type != NetworkType::Vlan {
        return Ok(None);
    }
    let length = asked.map_or(0, |name| name.chars().count());
    if (1..=MAX_PHYSICAL_NETWORK).contains(&length) {
        return Ok(asked.cloned());
    }
    let reason = format!("VLAN ranges need one, of 1 to {MAX_PHYSICAL_NETWORK} characters");
    Err(ApiError::attribute("physical_network", reason))
}

fn check(read: &dyn Read, range: &SegmentRange) -> Result<(), ApiError> {
    let possible = range.network_type.ids();
    let possible = possible.unwrap_or(std::ops::RangeInclusive::new(1, 0));
    let within = possible.contains(&range.minimum) && possible.contains(&range.maximum);
    if !within || range.minimum > range.maximum {
        return Err(RangeError::invalid(range, &possible).into());
    }
    let overlapping = |other: &&SegmentRange| {
        !other.default
            && other.id != range.id
            && other.minimum <= range.maximum
            && range.minimum <= other.maximum
    };
    match space(range).ranges(read)?.iter().find(overlapping) {
        Some(other) => Err(RangeError::Overlaps(other.id).into()),
        None => Ok(()),
    }
}

/// Whether an id in use was in the range and no longer is.
fn strands(
    read: &dyn Read,
    range: &SegmentRange,
    former: std::ops::RangeInclusive<u32>,
) -> Result<bool, ApiError> {
    let (first, last) = former.into_inner();
    let below = (first < range.minimum).then(|| (first, last.min(range.minimum - 1)));
    let above = (last > range.maximum).then(|| (first.max(range.maximum + 1), last));
    for (from, to) in [below, above].into_iter().flatten() {
        if space(range).any_taken(read, from, to)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn space(range: &SegmentRange) -> Space<'_> {
    Space {
        network_type: range.network_type,
        physical_network: range.physical_network.as_deref(),
    }
}

fn owner(read: &dyn Read, range: &SegmentRange, id: u32) -> Result<Option<ProjectId>, ApiError> {
    let parts = schema::transport_parts(&Transport {
        network_type: range.network_type,
        physical_network: range.physical_network.clone(),
        segmentation_id: Some(id),
    });
    let mut found = records::lookup::<Segment>(read, SEGMENT_BY_TRANSPORT, &[&parts], None, false);
    let Some(segment) = found.next().transpose()? else {
        return Ok(None);
    };
    let network = network::find(read, segment.network_id)?;
    Ok(network.map(|network| network.project_id))
}
