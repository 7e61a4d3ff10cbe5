//! MAC addresses of ports: chosen ones are checked, automatic ones drawn at random under the
//! region's base.
//!
//! Random because it needs no record that all port creations of the region would fight over.
//! The first draws insist on an address no port of the region has; when those fail, the base
//! is crowded and an address that is free in the network will do, as in Neutron. Draws are
//! bounded, so a region with a full base answers instead of spinning.

mod error;
pub mod lease;
pub mod range;

pub use error::MacError;

use crate::records;
use crate::schema::{PORT_BY_MAC, PORT_BY_NETWORK_MAC};
use crate::{ApiError, Settings};
use alcor_store::Read;
use alcor_types::{MacAddr, NetworkId, Port, PortId};
use uuid::Uuid;

/// Draws that insist on an address new to the region.
const REGION_DRAWS: usize = 8;
/// Draws that insist on an address new to the network: enough for a base that is 90 % full.
const NETWORK_DRAWS: usize = 256;

/// A MAC under the region's base that no port of the network has and no lease keeps.
pub fn choose(
    read: &dyn Read,
    network: NetworkId,
    settings: &Settings,
) -> Result<MacAddr, ApiError> {
    for draw in 0..REGION_DRAWS + NETWORK_DRAWS {
        let mac = draw_one(settings.mac_base);
        let taken = if draw < REGION_DRAWS {
            records::any::<Port>(read, PORT_BY_MAC, &[&mac.0])
        } else {
            is_taken(read, network, mac)
        };
        if !taken && !lease::holds(read, mac) {
            return Ok(mac);
        }
    }
    Err(ApiError::MacAddressGenerationFailure(network))
}

/// Refuses a chosen MAC that is not one interface's, that the network has already, or that is
/// kept for another port of the network.
pub fn check(
    read: &dyn Read,
    network: NetworkId,
    mac: MacAddr,
    for_port: PortId,
) -> Result<(), ApiError> {
    check_unicast("mac_address", mac)?;
    let kept = lease::find(read, mac)?
        .is_some_and(|lease| lease.network_id == network && lease.port_id != for_port);
    if kept || is_taken(read, network, mac) {
        return Err(ApiError::MacAddressInUse { mac, network });
    }
    Ok(())
}

/// Refuses a MAC that is not one interface's.
fn check_unicast(attribute: &'static str, mac: MacAddr) -> Result<(), ApiError> {
    if mac.is_multicast() || mac == MacAddr([0; 6]) {
        let reason = format!("{mac} does not name one interface; choose a unicast address");
        return Err(ApiError::attribute(attribute, reason));
    }
    Ok(())
}

fn is_taken(read: &dyn Read, network: NetworkId, mac: MacAddr) -> bool {
    records::any::<Port>(read, PORT_BY_NETWORK_MAC, &[network.as_bytes(), &mac.0])
}

fn draw_one(base: [u8; 3]) -> MacAddr {
    let mut mac = [0; 6];
    let (oui, rest) = mac.split_at_mut(3);
    oui.copy_from_slice(&base);
    // The last bytes of a version 4 UUID are random in full.
    rest.copy_from_slice(&Uuid::new_v4().as_bytes()[13..]);
    MacAddr(mac)
}
