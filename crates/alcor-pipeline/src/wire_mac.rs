//! The MAC address that a host's routed packets have between hosts.
//!
//! Every host routes with the same router's address. If that went out, the network between the
//! hosts would see it at all of them at once, and switches that learn addresses would follow it
//! from port to port. So what is routed leaves with an address of the host's own, which the
//! receiving host turns back into the gateway's: VMs never see it.

use alcor_types::MacAddr;
use std::net::IpAddr;

/// What all such addresses begin with: locally administered, and nobody's else.
pub(crate) const PREFIX: MacAddr = MacAddr([0xae, 0x1c, 0, 0, 0, 0]);
/// The bits of [`PREFIX`].
pub(crate) const MASK: MacAddr = MacAddr([0xff, 0xff, 0, 0, 0, 0]);

/// The address of the host whose tunnels end here: one address of IPv4 each; of IPv6, those that
/// differ in their last 32 bits do.
pub fn of(tunnel_ip: IpAddr) -> MacAddr {
    let [a, b, c, d] = match tunnel_ip {
        IpAddr::V4(address) => address.octets(),
        IpAddr::V6(address) => {
            let [.., a, b, c, d] = address.octets();
            [a, b, c, d]
        }
    };
    let [first, second, ..] = PREFIX.0;
    MacAddr([first, second, a, b, c, d])
}
