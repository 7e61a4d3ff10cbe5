//! A MAC that is kept for a port is on a network that is there, and no other port of it has it;
//! ranges of MACs meet nowhere.

use super::all;
use crate::mac::range;
use crate::schema::PORT_BY_NETWORK_MAC;
use crate::{ApiError, network, records};
use alcor_store::Read;
use alcor_types::{MacLease, Port};

pub(super) fn check(read: &dyn Read, faults: &mut Vec<String>) -> Result<(), ApiError> {
    for lease in all::<MacLease>(read) {
        let lease = lease?;
        let (mac, network) = (lease.mac, lease.network_id);
        if network::find(read, network)?.is_none() {
            faults.push(format!(
                "MAC {mac} is kept on network {network}, which is gone"
            ));
        }
        let parts: [&[u8]; 2] = [network.as_bytes(), &mac.0];
        for port in records::lookup::<Port>(read, PORT_BY_NETWORK_MAC, &parts, None, false) {
            let port = port?.id;
            if port != lease.port_id {
                faults.push(format!(
                    "MAC {mac} is kept for port {}, but port {port} has it",
                    lease.port_id
                ));
            }
        }
    }
    let mut ranges = range::stored(read)?;
    ranges.sort_by_key(|range| range.first);
    for (one, next) in ranges.iter().zip(ranges.iter().skip(1)) {
        if one.overlaps(next) {
            faults.push(format!("MAC ranges '{}' and '{}' overlap", one.id, next.id));
        }
    }
    Ok(())
}
