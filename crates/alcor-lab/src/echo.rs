//! Echo requests from many VMs at one moment, and how long each answer took.
//!
//! `ping` is a process for every target: two hundred of them take a second to start, and what they
//! measure is the queue for the processor. Here every VM has one socket in this process, the requests
//! leave in a row, and the kernel notes when each answer came.

use crate::inside::{apart, enter};
use crate::{Lab, LabError};
use nix::cmsg_space;
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{
    AddressFamily, ControlMessageOwned, MsgFlags, SockFlag, SockProtocol, SockType, SockaddrIn,
    recvmsg, sendto, setsockopt, socket, sockopt,
};
use nix::sys::time::TimeSpec;
use std::io::IoSliceMut;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use uuid::Uuid;

/// The longest wait for an answer before the clock is looked at, in milliseconds.
const LOOK: u8 = 50;
/// ICMP's words (RFC 792).
const REQUEST: u8 = 8;
const REPLY: u8 = 0;

/// An echo request to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Echo {
    /// The VM that sends it.
    pub from: String,
    /// The address that is to answer.
    pub to: Ipv4Addr,
}

/// What became of an echo request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Echoed {
    /// When it was sent.
    pub sent: SystemTime,
    /// How long the answer took; none where there was none in time.
    pub took: Option<Duration>,
}

impl Lab {
    /// Sends all these echo requests in a row, and waits until all are answered or the deadline is over.
    /// They are told in the same order.
    pub async fn echo(&self, echoes: &[Echo], deadline: Duration) -> Result<Vec<Echoed>, LabError> {
        let mut places: Vec<String> = Vec::new();
        let mut requests = Vec::with_capacity(echoes.len());
        for echo in echoes {
            let place = self.namespace(&echo.from)?;
            let known = places.iter().position(|known| *known == place);
            let at = known.unwrap_or_else(|| {
                places.push(place);
                places.len() - 1
            });
            requests.push((at, echo.to));
        }
        apart(move || {
            let sockets = places.iter().map(|place| open(place));
            let sockets = sockets.collect::<Result<Vec<_>, _>>()?;
            volley(&sockets, &requests, deadline).map_err(failed)
        })
        .await
    }
}

fn failed(error: Errno) -> LabError {
    LabError::Socket {
        what: "echo requests",
        source: error.into(),
    }
}

/// A socket in a namespace that hears all of its ICMP, each packet with the time at which it came.
fn open(namespace: &str) -> Result<OwnedFd, LabError> {
    enter(namespace)?;
    let open = || {
        let socket = socket(
            AddressFamily::Inet,
            SockType::Raw,
            SockFlag::SOCK_CLOEXEC,
            SockProtocol::Icmp,
        )?;
        setsockopt(&socket, sockopt::ReceiveTimestampns, &true)?;
        Ok(socket)
    };
    open().map_err(failed)
}

/// Sends requests, each by one of the sockets, and gathers the answers.
fn volley(
    sockets: &[OwnedFd],
    requests: &[(usize, Ipv4Addr)],
    deadline: Duration,
) -> Result<Vec<Echoed>, Errno> {
    let (id, began) = (Uuid::new_v4().as_fields().1, Instant::now());
    let mut echoed = Vec::with_capacity(requests.len());
    for (seq, (at, to)) in (0..=u16::MAX).zip(requests) {
        let to = SockaddrIn::from(SocketAddrV4::new(*to, 0));
        let sent = SystemTime::now();
        let socket = sockets[*at].as_raw_fd();
        sendto(socket, &request(id, seq), &to, MsgFlags::empty())?;
        echoed.push(Echoed { sent, took: None });
    }
    let mut waiting = echoed.len();
    while waiting > 0 && began.elapsed() < deadline {
        for socket in readable(sockets)? {
            while let Some((answer, at)) = receive(socket)? {
                let Some(seq) = answer.filter(|(of, _)| *of == id) else {
                    continue;
                };
                let echo = echoed.get_mut(usize::from(seq.1));
                if let Some(echo) = echo.filter(|echo| echo.took.is_none()) {
                    echo.took = Some(at.duration_since(echo.sent).unwrap_or_default());
                    waiting -= 1;
                }
            }
        }
    }
    Ok(echoed)
}

/// The sockets that have something to read, after a while at most.
fn readable(sockets: &[OwnedFd]) -> Result<Vec<&OwnedFd>, Errno> {
    let fds = sockets.iter();
    let fds = fds.map(|socket| PollFd::new(socket.as_fd(), PollFlags::POLLIN));
    let mut fds: Vec<_> = fds.collect();
    match poll(&mut fds, PollTimeout::from(LOOK)) {
        Ok(_) | Err(Errno::EINTR) => {}
        Err(error) => return Err(error),
    }
    let both = sockets.iter().zip(&fds);
    let ready = both.filter(|(_, fd)| fd.any() == Some(true));
    Ok(ready.map(|(socket, _)| socket).collect())
}

/// The id and number of an answer.
type Answer = (u16, u16);

/// One packet, if there is any: what it answers, if it is an answer, and when it came.
fn receive(socket: &OwnedFd) -> Result<Option<(Option<Answer>, SystemTime)>, Errno> {
    let (mut packet, mut notes) = ([0; 128], cmsg_space!(TimeSpec));
    let mut room = [IoSliceMut::new(&mut packet)];
    let flags = MsgFlags::MSG_DONTWAIT;
    let got = recvmsg::<()>(socket.as_raw_fd(), &mut room, Some(&mut notes), flags);
    let (length, at) = match got {
        Err(Errno::EAGAIN) => return Ok(None),
        got => {
            let got = got?;
            let stamp = got.cmsgs()?.find_map(|note| match note {
                ControlMessageOwned::ScmTimestampns(at) => Some(UNIX_EPOCH + Duration::from(at)),
                _ => None,
            });
            (got.bytes, stamp.unwrap_or_else(SystemTime::now))
        }
    };
    Ok(Some((answer(packet.get(..length).unwrap_or(&packet)), at)))
}

/// An echo request without a payload.
fn request(id: u16, seq: u16) -> [u8; 8] {
    // The sum of 16-bit words in ones' complement (RFC 1071).
    let sum = (u32::from(REQUEST) << 8) + u32::from(id) + u32::from(seq);
    let folded = (sum & 0xffff) + (sum >> 16);
    let folded = (folded & 0xffff) + (folded >> 16);
    let [_, _, checksum @ ..] = (!folded).to_be_bytes();
    let mut bytes = [REQUEST, 0, 0, 0, 0, 0, 0, 0];
    let fields = [checksum, id.to_be_bytes(), seq.to_be_bytes()];
    bytes[2..].copy_from_slice(fields.as_flattened());
    bytes
}

/// What an IPv4 packet answers, if it is an echo reply.
fn answer(packet: &[u8]) -> Option<Answer> {
    let header = usize::from(packet.first()? & 0xf) * 4;
    let (kind, rest) = packet.get(header..header + 8)?.split_at(4);
    let (id, seq) = (rest.first_chunk()?, rest.last_chunk()?);
    (kind[0] == REPLY).then(|| (u16::from_be_bytes(*id), u16::from_be_bytes(*seq)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_sums_up_to_nothing_and_its_answer_is_understood() {
        for (id, seq) in [(0, 0), (0xffff, 0xffff), (0x1234, 7)] {
            let sent = request(id, seq);
            let words = sent
                .chunks(2)
                .map(|pair| u32::from(u16::from_be_bytes([pair[0], pair[1]])));
            let sum: u32 = words.sum();
            assert_eq!((sum & 0xffff) + (sum >> 16), 0xffff, "{id} {seq}");
            let mut packet = vec![0; 24];
            packet[0] = 0x46;
            packet.extend(sent);
            assert_eq!(answer(&packet), None, "a request is no answer");
            packet[24] = REPLY;
            assert_eq!(answer(&packet), Some((id, seq)));
            assert_eq!(answer(&packet[..30]), None);
        }
    }
}
