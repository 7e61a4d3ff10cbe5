//! Taps in the API.

mod flow;
mod service;

pub(crate) use flow::TapFlows;
pub(crate) use service::TapServices;

use super::Reading;
use crate::attribute::Attributes;
use crate::error::RequestError;
use alcor_managers::port;
use alcor_managers::tap::service::Relabel;
use alcor_types::{Port, PortId, PortStatus};

/// What may change of either.
fn relabel(body: &Attributes, expected: Option<u64>) -> Result<Relabel, RequestError> {
    if expected.is_some() {
        let reason = "taps have no revision_number, leave the header out";
        return Err(RequestError::invalid("If-Match", reason));
    }
    Ok(Relabel {
        name: body.get("name")?,
        description: body.get("description")?,
    })
}

fn is_active(reading: &Reading, id: PortId) -> bool {
    let port = reading.get::<Port>(id.as_bytes());
    let state = port.and_then(|port| port::state(&reading.snapshot, &port).ok());
    state.is_some_and(|state| state.status == PortStatus::Active)
}

fn status(works: bool) -> &'static str {
    if works { "ACTIVE" } else { "DOWN" }
}
