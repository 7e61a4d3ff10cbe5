//! VXLAN identifiers: one for each network, given back with it.
//!
//! The taken ones are a bitmap over the 24 bits, and a cursor moves on from each that is
//! given out, so a VNI that was given back rests until the range has been gone through: hosts
//! that still hold flows of the old network do not mistake the new one for it.

use crate::bitmap::Bitmap;
use crate::{ApiError, Settings, schema};
use alcor_store::Txn;
use alcor_types::Vni;

/// Takes the next free VNI of the region's range.
pub fn allocate(txn: &mut Txn<'_>, settings: &Settings) -> Result<Vni, ApiError> {
    let space = space();
    let (start, end) = (
        u128::from(*settings.vni_range.start()).max(Vni::MIN.get().into()),
        u128::from(*settings.vni_range.end()).min(Vni::MAX.get().into()),
    );
    let cursor = space.cursor(txn)?.unwrap_or(0).max(start);
    let free = match space.next_free(txn, cursor, end)? {
        Some(free) => Some(free),
        None => space.next_free(txn, start, end.min(cursor))?,
    };
    let number = free.ok_or(ApiError::NoNetworkAvailable)?;
    space.take(txn, number)?;
    space.set_cursor(txn, number + 1);
    vni(number)
}

/// Takes a chosen VNI, in the region's range or not.
pub fn reserve(txn: &mut Txn<'_>, vni: Vni) -> Result<(), ApiError> {
    if space().take(txn, vni.get().into())? {
        Ok(())
    } else {
        Err(ApiError::TunnelIdInUse(vni.get()))
    }
}

/// Gives a VNI back.
pub fn release(txn: &mut Txn<'_>, vni: Vni) -> Result<(), ApiError> {
    space().free(txn, vni.get().into())
}

fn space() -> Bitmap {
    Bitmap::new(vec![schema::TUNNELS], 24)
}

fn vni(number: u128) -> Result<Vni, ApiError> {
    let number = u32::try_from(number).map_err(|_| ApiError::NoNetworkAvailable)?;
    Ok(Vni::new(number)?)
}
