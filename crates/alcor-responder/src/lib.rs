//! The answers that a host gives to its VMs in place of a server in the network.
//!
//! The host agent catches such a frame at the port that sent it, asks [`respond`] what to do,
//! and sends the answer back to that port. Everything here is pure: a frame and what is known
//! of the port go in, an [`Outcome`] comes out. Frames are written by tenants, so nothing in
//! them is trusted: not a length, not an address, not a checksum.
//!
//! Whose frame it is, the port says, never the frame: two ports may claim one MAC address,
//! and networks may overlap. The caller finds the [`Binding`] by the port; a frame that does
//! not fit it is met with silence and a [`Reason`] to count.
//!
//! One module per protocol: `dhcp4` (RFC 2131); `dhcp6` (RFC 8415); `advertise`, what a router says of itself (RFC 4861);
//! [`dns`], names; [`icmp`], its complaints. `frame` holds what those over UDP share.

mod advertise;
mod announce;
mod binding;
mod datagram6;
mod dhcp4;
mod dhcp6;
pub mod dns;
mod frame;
pub mod icmp;
mod lease;
mod lease6;
pub mod options;
mod outcome;
mod outside;
mod packet6;

pub use advertise::{Advertisement, check_solicitation};
pub use announce::announcement;
pub use binding::Binding;
pub use lease::{
    BindingError, DEFAULT_LEASE_SECONDS, FALLBACK_SERVER_ID, Lease, METADATA4, METADATA6,
    server_mac,
};
pub use lease6::Lease6;
pub use outcome::{Counters, Outcome, Reason, ReplyKind, ReplyKind6};
pub use outside::{asked, question, reply, told};
pub use packet6::link_local;

/// What to do about one frame that the port of `binding` has sent.
///
/// `frame` is a whole Ethernet frame without its check sequence, as OpenFlow delivers it.
pub fn respond(frame: &[u8], binding: &Binding) -> Outcome {
    frame::Datagram::parse(frame)
        .and_then(|datagram| dhcp4::answer(&datagram, binding))
        .unwrap_or_else(Outcome::Silence)
}

/// What to do about one frame that the port of the lease has sent to servers of DHCPv6.
///
/// `frame` is as for [`respond`].
pub fn respond6(frame: &[u8], lease: &Lease6) -> Outcome {
    datagram6::Datagram6::parse(frame)
        .and_then(|datagram| dhcp6::answer(&datagram, lease))
        .unwrap_or_else(Outcome::Silence)
}
