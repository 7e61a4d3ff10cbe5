//! Puts meters into the switch and takes them out. They can be no part of a bundle, so that each is
//! a change of its own, around the flows' ones.

use alcor_openflow::{Client, Meter, MeterMod, RequestError, SwitchError};

/// Numbers from here on are the switch's own, as that of packets to controllers.
const VIRTUAL: u32 = 0xffff_0001;
/// An error about meters, and which: that there is one, or none.
const FAILED: u16 = 12;
const EXISTS: u16 = 1;
const UNKNOWN: u16 = 4;

/// All meters of the switch that a controller may have made.
pub(crate) async fn dump(client: &Client) -> Result<Vec<Meter>, RequestError> {
    let mut meters = client.dump_meters().await?;
    meters.retain(|meter| meter.id < VIRTUAL);
    Ok(meters)
}

/// Puts them, whether or not there were others of their numbers. One that the switch refuses
/// is missed by the flows that go through it, and these are refused and told of.
pub(crate) async fn put(client: &Client, meters: &[Meter]) -> Result<(), RequestError> {
    for meter in meters {
        let added = client.meter_mod(MeterMod::Add(*meter)).await;
        let put = if is(&added, EXISTS) {
            client.meter_mod(MeterMod::Modify(*meter)).await
        } else {
            added
        };
        match put {
            Err(RequestError::Refused(error)) => {
                tracing::error!(?meter, %error, "meter refused by the switch");
            }
            other => other?,
        }
    }
    Ok(())
}

/// Deletes them, if they are there.
pub(crate) async fn delete(client: &Client, ids: &[u32]) -> Result<(), RequestError> {
    for id in ids {
        let deleted = client.meter_mod(MeterMod::Delete(*id)).await;
        if !is(&deleted, UNKNOWN) {
            deleted?;
        }
    }
    Ok(())
}

fn is(result: &Result<(), RequestError>, code: u16) -> bool {
    let about = |error: &SwitchError| (error.kind, error.code) == (FAILED, code);
    matches!(result, Err(RequestError::Refused(error)) if about(error))
}
