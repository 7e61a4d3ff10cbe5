//! Switches on the wires of VMs' networks are told where routers lead out: at once when one has come here, and
//! before they forget it, so that they need not flood what is to leave where no answers come back.

use crate::outside::Out;
use alcor_pipeline::Pipeline;
use alcor_responder::question;
use alcor_types::MacAddr;
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};

/// After so many seconds a switch is told again; they forget after minutes.
const AGAIN: u32 = 60;
/// The address that nobody has: whoever hears the frame has nothing to do.
const NOBODY: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);

/// Seconds since each address was told.
#[derive(Debug, Default)]
pub(crate) struct Seats(BTreeMap<MacAddr, u32>);

impl Seats {
    /// The switch holds all flows of the pipeline.
    pub(crate) fn announce(&mut self, pipeline: &Pipeline) -> Vec<Out> {
        let former = std::mem::take(&mut self.0);
        let mut out = Vec::new();
        for (mac, way) in pipeline.seats() {
            let age = former.get(&mac).copied().filter(|age| *age < AGAIN);
            if age.is_none() {
                out.extend(question(mac, NOBODY, NOBODY).map(|frame| (way, frame)));
            }
            self.0.insert(mac, age.unwrap_or(0));
        }
        out
    }

    /// A second has passed.
    pub(crate) fn tick(&mut self, pipeline: &Pipeline) -> Vec<Out> {
        let mut due = false;
        for age in self.0.values_mut() {
            *age += 1;
            due |= *age >= AGAIN;
        }
        if due {
            return self.announce(pipeline);
        }
        Vec::new()
    }
}
