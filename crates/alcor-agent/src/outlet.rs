//! How frames of the agent get to VMs: out of the port's interface, or, to a sub-port of a trunk, by the
//! flow that knows the way.

use crate::numbers;
use alcor_openflow::{Action, PacketOut, PortNo};
use alcor_pipeline::table;

/// The frame to one port.
pub(crate) fn packet(to: PortNo, frame: Vec<u8>) -> PacketOut {
    packets(&[to], frame)
}

/// The frame to all these ports.
pub(crate) fn packets(to: &[PortNo], frame: Vec<u8>) -> PacketOut {
    PacketOut {
        in_port: PortNo::CONTROLLER,
        actions: to.iter().flat_map(|port| way(*port)).collect(),
        data: frame.into(),
    }
}

fn way(to: PortNo) -> Vec<Action> {
    if numbers::is_sub_port(to.0) {
        return vec![
            Action::set(table::SENDER, to),
            Action::resubmit(table::BACK),
        ];
    }
    vec![Action::output(to)]
}
