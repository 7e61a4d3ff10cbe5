//! The underlay's end towards hosts that the lab does not have. The fabric takes what hosts send into
//! tunnels there, so that a test sees which packet went to whom.

use crate::command::Tool;
use crate::inside::{apart, enter};
use crate::layout::{UNDERLAY_PREFIX, beyond_ip};
use crate::{Lab, LabError};
use alcor_types::MacAddr;
use ipnet::Ipv4Net;
use nix::cmsg_space;
use nix::sys::socket::{ControlMessageOwned, MsgFlags, recvmsg, setsockopt, sockopt};
use std::collections::BTreeMap;
use std::io::{self, IoSliceMut};
use std::net::{Ipv4Addr, UdpSocket};
use std::os::fd::AsRawFd;
use std::time::{Duration, SystemTime};
use tokio::io::Interest;
use tokio::time::{Instant, timeout_at};

/// The port of VXLAN (RFC 7348).
const VXLAN: u16 = 4789;

/// A frame that came out of a tunnel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrival {
    /// Where the tunnel was to end.
    pub host_ip: Ipv4Addr,
    /// Its network's number.
    pub vni: u32,
    /// When it came.
    pub at: SystemTime,
}

/// Where tunnels end that lead to hosts outside the lab.
#[derive(Debug)]
pub struct Beyond(tokio::net::UdpSocket);

impl Lab {
    /// Makes the fabric the way to a block of addresses outside the underlay, and its end. To be called
    /// again when a switch may have forgotten it: see [`Lab::announce_hosts`].
    pub async fn lead_beyond(&self, block: Ipv4Net) -> Result<(), LabError> {
        let (hosts, ip) = (self.layout.read()?.hosts, beyond_ip());
        for host in 1..=hosts {
            let line = format!("route replace {block} via {ip} dev br-phy");
            let namespace = self.layout.host_namespace(host);
            Tool::ip_batch(Some(&namespace), &[line]).run().await?;
        }
        let script = format!(
            "ip address replace {ip}/{UNDERLAY_PREFIX} dev fabric
            ip route replace local {block} dev lo
            busybox arping -A -c 1 -w 1 -I fabric -s {ip} {ip}"
        );
        let fabric = self.layout.fabric_namespace();
        Tool::script_in(&fabric, &script).run().await?;
        Ok(())
    }

    /// Hears from now on what comes there by VXLAN.
    pub async fn beyond(&self) -> Result<Beyond, LabError> {
        let fabric = self.layout.fabric_namespace();
        let socket = apart(move || {
            enter(&fabric)?;
            open().map_err(failed)
        });
        let socket = tokio::net::UdpSocket::from_std(socket.await?);
        Ok(Beyond(socket.map_err(failed)?))
    }
}

fn failed(source: io::Error) -> LabError {
    LabError::Socket {
        what: "the end of the underlay",
        source,
    }
}

fn open() -> io::Result<UdpSocket> {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, VXLAN))?;
    socket.set_nonblocking(true)?;
    setsockopt(&socket, sockopt::Ipv4PacketInfo, &true)?;
    Ok(socket)
}

impl Beyond {
    /// The first frame to each of these Ethernet addresses. Ends when all have come or the deadline is
    /// over.
    pub async fn frames_to(
        &self,
        wanted: &[MacAddr],
        deadline: Duration,
    ) -> Result<BTreeMap<MacAddr, Arrival>, LabError> {
        let (mut found, until) = (BTreeMap::new(), Instant::now() + deadline);
        while found.len() < wanted.len() {
            let next = self.0.async_io(Interest::READABLE, || receive(&self.0));
            let Ok(came) = timeout_at(until, next).await else {
                break;
            };
            if let Some((to, arrival)) = came.map_err(failed)?
                && wanted.contains(&to)
            {
                found.entry(to).or_insert(arrival);
            }
        }
        Ok(found)
    }
}

/// One datagram: to whom its frame is; nothing where it is no frame.
fn receive(socket: &impl AsRawFd) -> io::Result<Option<(MacAddr, Arrival)>> {
    let (mut packet, mut notes) = ([0; 64], cmsg_space!(nix::libc::in_pktinfo));
    let mut room = [IoSliceMut::new(&mut packet)];
    let flags = MsgFlags::MSG_DONTWAIT;
    let got = recvmsg::<()>(socket.as_raw_fd(), &mut room, Some(&mut notes), flags)?;
    let host_ip = got.cmsgs()?.find_map(|note| match note {
        ControlMessageOwned::Ipv4PacketInfo(info) => {
            Some(Ipv4Addr::from(u32::from_be(info.ipi_addr.s_addr)))
        }
        _ => None,
    });
    let at = SystemTime::now();
    Ok(host_ip.and_then(|host_ip| {
        let (vni, to) = frame(&packet)?;
        Some((to, Arrival { host_ip, vni, at }))
    }))
}

/// The network's number and the receiver in a datagram of VXLAN: eight bytes, and the frame.
fn frame(datagram: &[u8]) -> Option<(u32, MacAddr)> {
    match datagram {
        [0x08, _, _, _, a, b, c, _, mac @ ..] => {
            let to = mac.first_chunk::<6>()?;
            Some((u32::from_be_bytes([0, *a, *b, *c]), MacAddr(*to)))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_datagram_says_its_network_and_receiver() {
        let datagram = [8, 0, 0, 0, 0, 1, 2, 0, 2, 3, 4, 5, 6, 7, 9, 9];
        assert_eq!(frame(&datagram), Some((0x102, MacAddr([2, 3, 4, 5, 6, 7]))));
        assert_eq!(frame(&datagram[..12]), None);
        assert_eq!(frame(&[0; 16]), None);
    }
}
