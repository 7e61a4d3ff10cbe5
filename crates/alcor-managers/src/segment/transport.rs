//! From what a caller says of a segment to what the segment gets: the rules of each type.

use super::number::Space;
use super::{SegmentError, TransportRequest};
use crate::schema::{self, SEGMENT_BY_TRANSPORT};
use crate::{ApiError, Settings, records};
use alcor_store::{Read, Txn};
use alcor_types::{NetworkType, ProjectId, Segment, Transport};

/// The longest name of a physical network (Neutron's column width).
const MAX_PHYSICAL_NETWORK: usize = 64;

/// Takes what the request asks for, and chooses what it leaves open.
pub(crate) fn reserve(
    txn: &mut Txn<'_>,
    request: &TransportRequest,
    project: &ProjectId,
    settings: &Settings,
) -> Result<Transport, ApiError> {
    let network_type = network_type(request, settings)?;
    let wanted = check(txn, network_type, request, settings)?;
    match wanted.network_type {
        NetworkType::Local => Ok(wanted),
        NetworkType::Flat => reserve_flat(txn, wanted),
        _ => reserve_number(txn, wanted, project, settings),
    }
}

/// What a network gets whose maker says nothing: the first of the tenant types that has an id
/// left.
pub(crate) fn choose(
    txn: &mut Txn<'_>,
    project: &ProjectId,
    settings: &Settings,
) -> Result<Transport, ApiError> {
    for network_type in settings.provider.tenant_types.iter().copied() {
        let open = Transport {
            network_type,
            physical_network: None,
            segmentation_id: None,
        };
        match network_type {
            NetworkType::Local => return Ok(open),
            // As in Neutron, a flat network is never a tenant's by chance.
            NetworkType::Flat => {}
            _ => match reserve_number(txn, open, project, settings) {
                Err(ApiError::Segment(SegmentError::NoNetworkAvailable)) => {}
                other => return other,
            },
        }
    }
    Err(SegmentError::NoNetworkAvailable.into())
}

/// Gives the id back.
pub(crate) fn release(txn: &mut Txn<'_>, transport: &Transport) -> Result<(), ApiError> {
    match Space::of(transport) {
        Some((space, id)) => space.release(txn, id),
        None => Ok(()),
    }
}

/// The same segment of a VLAN network under another tag.
pub(crate) fn renumber(
    txn: &mut Txn<'_>,
    transport: &Transport,
    asked: i64,
    settings: &Settings,
) -> Result<Transport, ApiError> {
    if transport.network_type != NetworkType::Vlan {
        let message = "only VLAN networks can change provider:segmentation_id";
        return Err(ApiError::InvalidInput(message.to_owned()));
    }
    let request = TransportRequest {
        network_type: None,
        physical_network: transport.physical_network.clone(),
        segmentation_id: Some(asked),
    };
    let wanted = check(txn, NetworkType::Vlan, &request, settings)?;
    if wanted == *transport {
        return Ok(wanted);
    }
    release(txn, transport)?;
    if let Some((space, id)) = Space::of(&wanted) {
        space.reserve(txn, id)?;
    }
    Ok(wanted)
}

fn network_type(request: &TransportRequest, settings: &Settings) -> Result<NetworkType, ApiError> {
    let Some(name) = &request.network_type else {
        let message = "network_type required: say which type of segment is meant";
        return Err(ApiError::InvalidInput(message.to_owned()));
    };
    let known = name.parse::<NetworkType>().ok();
    known
        .filter(|known| settings.provider.types.contains(known))
        .ok_or_else(|| {
            let types = settings.provider.types.iter().copied();
            let types: Vec<_> = types.map(NetworkType::as_str).collect();
            let shown: String = name.chars().take(80).collect();
            ApiError::InvalidInput(format!(
                "network_type value '{shown}' not supported: choose one of {}",
                types.join(", ")
            ))
        })
}

/// The request as a transport, when its parts fit the type and the configuration.
fn check(
    read: &dyn Read,
    network_type: NetworkType,
    request: &TransportRequest,
    settings: &Settings,
) -> Result<Transport, ApiError> {
    let physical_network = request.physical_network.as_deref();
    match physical_network {
        Some(name) if network_type.is_physical() => {
            check_physical(read, network_type, name, settings)?;
        }
        Some(_) => {
            let reason = "such segments lie on no physical network, leave it out";
            return Err(wrong("physical_network", network_type, reason));
        }
        None if network_type == NetworkType::Flat => {
            let reason = "it is required";
            return Err(wrong("physical_network", network_type, reason));
        }
        None if network_type == NetworkType::Vlan && request.segmentation_id.is_some() => {
            let reason = "it requires a provider:physical_network";
            return Err(wrong("segmentation_id", network_type, reason));
        }
        None => {}
    }
    let ids = request.segmentation_id;
    let segmentation_id = ids.map(|id| check_id(network_type, id)).transpose()?;
    Ok(Transport {
        network_type,
        physical_network: request.physical_network.clone(),
        segmentation_id,
    })
}

fn check_physical(
    read: &dyn Read,
    network_type: NetworkType,
    name: &str,
    settings: &Settings,
) -> Result<(), ApiError> {
    let provider = &settings.provider;
    let known = match network_type {
        NetworkType::Flat => provider.has_flat(name),
        _ if provider.vlans.contains_key(name) => true,
        _ => {
            let physical_network = Some(name);
            let space = Space {
                network_type,
                physical_network,
            };
            !space.ranges(read)?.is_empty()
        }
    };
    if known && !name.is_empty() && name.chars().count() <= MAX_PHYSICAL_NETWORK {
        return Ok(());
    }
    let shown: String = name.chars().take(80).collect();
    let reason = format!("'{shown}' is unknown, choose one that the operator configured");
    Err(wrong("physical_network", network_type, &reason))
}

fn check_id(network_type: NetworkType, id: i64) -> Result<u32, ApiError> {
    let Some(possible) = network_type.ids() else {
        let reason = "such segments have no number, leave it out";
        return Err(wrong("segmentation_id", network_type, reason));
    };
    let number = u32::try_from(id).ok().filter(|id| possible.contains(id));
    number.ok_or_else(|| {
        let (low, high) = (possible.start(), possible.end());
        let reason = format!("{id} is out of range, choose {low} to {high}");
        wrong("segmentation_id", network_type, &reason)
    })
}

fn wrong(attribute: &str, network_type: NetworkType, reason: &str) -> ApiError {
    ApiError::InvalidInput(format!(
        "provider:{attribute} of a {network_type} network: {reason}"
    ))
}

fn reserve_flat(read: &dyn Read, wanted: Transport) -> Result<Transport, ApiError> {
    let parts = schema::transport_parts(&wanted);
    if records::any::<Segment>(read, SEGMENT_BY_TRANSPORT, &[&parts]) {
        let name = wanted.physical_network.unwrap_or_default();
        return Err(SegmentError::FlatNetworkInUse(name).into());
    }
    Ok(wanted)
}

fn reserve_number(
    txn: &mut Txn<'_>,
    wanted: Transport,
    project: &ProjectId,
    settings: &Settings,
) -> Result<Transport, ApiError> {
    if let Some((space, id)) = Space::of(&wanted) {
        space.reserve(txn, id)?;
        return Ok(wanted);
    }
    for physical_network in places(txn, &wanted, settings)? {
        let space = Space {
            network_type: wanted.network_type,
            physical_network: physical_network.as_deref(),
        };
        if let Some(id) = space.allocate(txn, project, settings)? {
            return Ok(Transport {
                network_type: wanted.network_type,
                physical_network,
                segmentation_id: Some(id),
            });
        }
    }
    Err(SegmentError::NoNetworkAvailable.into())
}

/// Where an open id may lie: for a VLAN that names no physical network, on any that is known.
fn places(
    read: &dyn Read,
    wanted: &Transport,
    settings: &Settings,
) -> Result<Vec<Option<String>>, ApiError> {
    if wanted.network_type != NetworkType::Vlan || wanted.physical_network.is_some() {
        return Ok(vec![wanted.physical_network.clone()]);
    }
    let mut names: Vec<_> = settings.provider.vlans.keys().cloned().collect();
    for range in super::range::of_type(read, NetworkType::Vlan) {
        names.extend(range?.physical_network);
    }
    names.sort_unstable();
    names.dedup();
    Ok(names.into_iter().map(Some).collect())
}
