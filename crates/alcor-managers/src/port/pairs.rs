//! Adding and removing single allowed address pairs, so that two clients that change different
//! pairs of one port never undo each other's work.

use super::UpdatePort;
use crate::{ApiError, Caller, Settings};
use alcor_store::Txn;
use alcor_types::{AllowedAddressPair, Port, PortId};

/// Adds the pairs that the port does not have yet.
pub fn add_pairs(
    txn: &mut Txn<'_>,
    id: PortId,
    more: &[AllowedAddressPair],
    caller: &Caller,
    settings: &Settings,
) -> Result<Port, ApiError> {
    let port = super::get(txn, id, caller)?;
    let known: Vec<_> = port
        .allowed_address_pairs
        .iter()
        .map(|pair| whole(&port, pair))
        .collect();
    let new = more
        .iter()
        .filter(|pair| !known.contains(&whole(&port, pair)));
    let pairs = port
        .allowed_address_pairs
        .iter()
        .chain(new)
        .copied()
        .collect();
    replace(txn, id, pairs, caller, settings)
}

/// Removes the pairs that the port has.
pub fn remove_pairs(
    txn: &mut Txn<'_>,
    id: PortId,
    less: &[AllowedAddressPair],
    caller: &Caller,
    settings: &Settings,
) -> Result<Port, ApiError> {
    let port = super::get(txn, id, caller)?;
    let less: Vec<_> = less.iter().map(|pair| whole(&port, pair)).collect();
    let kept = |pair: &&AllowedAddressPair| !less.contains(&whole(&port, pair));
    let pairs = port
        .allowed_address_pairs
        .iter()
        .filter(kept)
        .copied()
        .collect();
    replace(txn, id, pairs, caller, settings)
}

/// The pair with the MAC that it stands for.
fn whole(port: &Port, pair: &AllowedAddressPair) -> AllowedAddressPair {
    AllowedAddressPair {
        mac_address: Some(pair.mac_address.unwrap_or(port.mac_address)),
        ..*pair
    }
}

fn replace(
    txn: &mut Txn<'_>,
    id: PortId,
    pairs: Vec<AllowedAddressPair>,
    caller: &Caller,
    settings: &Settings,
) -> Result<Port, ApiError> {
    let request = UpdatePort {
        allowed_address_pairs: Some(pairs),
        ..UpdatePort::default()
    };
    super::update(txn, id, &request, caller, settings)
}
