//! Which copies a port gets, and which are made of its packets.

use alcor_types::{PortId, TapDirection, Vni};
use std::net::IpAddr;

/// A port's part in taps.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Taps {
    /// Copies made on other hosts come for this port under this number, which is no network's.
    pub service: Option<Vni>,
    /// Where copies of its own packets go; one a tap service, sorted by its port.
    pub copies: Vec<TapCopy>,
}

/// Copies of a port's packets for one tap service.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TapCopy {
    /// The tap service's port.
    pub port: PortId,
    /// The number under which copies travel to another host.
    pub vni: Vni,
    /// Where tunnels to the host of that port end.
    pub host_ip: IpAddr,
    /// Which packets are copied.
    pub direction: TapDirection,
}

impl Taps {
    /// Whether the port has no part in any tap.
    pub fn is_none(&self) -> bool {
        self.service.is_none() && self.copies.is_empty()
    }
}
