//! Where a router's gateway is: the host by which leaves what has no address of its own outside.

use super::GATEWAY_OWNER;
use crate::{ApiError, port, records};
use alcor_store::Txn;
use alcor_types::{HostName, PortId, Timestamp};

/// Puts the gateway on the host. Whether it was elsewhere; a port that is none any more stays as it
/// is.
pub fn seat(txn: &mut Txn<'_>, id: PortId, host: &HostName) -> Result<bool, ApiError> {
    let Some(mut port) = port::find(txn, id)? else {
        return Ok(false);
    };
    if port.device_owner != GATEWAY_OWNER || port.host.as_ref() == Some(host) {
        return Ok(false);
    }
    port.host = Some(host.clone());
    port.standard.touch(Timestamp::now());
    records::put(txn, &port)?;
    Ok(true)
}
