//! TCP of one port: packets in, packets out, and connections in between. Pure: time is told to it.

use smoltcp::iface::{Config, Interface, SocketHandle, SocketSet};
use smoltcp::phy::{Checksum, Device, DeviceCapabilities, Medium, RxToken, TxToken};
use smoltcp::socket::tcp::{Socket, SocketBuffer, State};
use smoltcp::time::{Duration as Span, Instant as Moment};
use smoltcp::wire::{
    HardwareAddress, IpEndpoint, IpProtocol, Ipv4Address, Ipv4Packet, Ipv6Address, Ipv6Packet,
    TcpPacket,
};
use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

/// Connections of one port at once, and the bytes of each that are held.
const CONNECTIONS: usize = 32;
const RECEIVED: usize = 8 * 1024;
const SENT: usize = 32 * 1024;
/// Packets that wait to be taken; further ones are made when these are gone.
const PACKETS: usize = 64;
/// How long a VM may be silent, and a connection last.
const SILENCE: Span = Span::from_secs(30);
const KEEP_ALIVE: Span = Span::from_secs(10);
const LIFE: Span = Span::from_secs(120);

/// A port's TCP. Each connection keeps a `P` for as long as it lasts.
pub(super) struct Stack<P> {
    start: Instant,
    interface: Interface,
    wire: Wire,
    sockets: SocketSet<'static>,
    connections: HashMap<SocketHandle, Connection<P>>,
}

struct Connection<P> {
    end: Moment,
    /// Nobody reads or writes any more.
    released: bool,
    _kept: P,
}

/// Where a new connection comes from and goes to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Opened {
    pub(super) handle: SocketHandle,
    pub(super) from: IpEndpoint,
    pub(super) to: IpEndpoint,
}

impl<P> Stack<P> {
    /// With packets of at most so many bytes. The seed is for numbers that nobody may guess.
    pub(super) fn new(start: Instant, mtu: u16, seed: u64) -> Self {
        let mut wire = Wire {
            mtu: usize::from(mtu).clamp(576, 9000),
            inbound: None,
            outbound: VecDeque::new(),
        };
        let mut config = Config::new(HardwareAddress::Ip);
        config.random_seed = seed;
        let mut interface = Interface::new(config, &mut wire, Moment::ZERO);
        // The bridge has looked at the addresses: whatever comes is for us, and all goes back.
        interface.set_any_ip(true);
        let routes = interface.routes_mut();
        // A table of routes has room for two.
        let _there_is_room = routes.add_default_ipv4_route(Ipv4Address::UNSPECIFIED);
        let _there_is_room = routes.add_default_ipv6_route(Ipv6Address::UNSPECIFIED);
        Self {
            start,
            interface,
            wire,
            sockets: SocketSet::new(Vec::new()),
            connections: HashMap::new(),
        }
    }

    /// Takes in a packet. One that opens a connection to an accepted port does so if there is room,
    /// and if `keep` has something to keep for it; without room it is as if it had never come.
    pub(super) fn hear(
        &mut self,
        now: Instant,
        packet: Vec<u8>,
        accepts: impl Fn(u16) -> bool,
        keep: impl FnOnce() -> Option<P>,
    ) -> Option<Opened> {
        let (segment, now) = (Segment::of(&packet)?, self.moment(now));
        let opens = segment.opens && accepts(segment.to.port) && !self.knows(&segment);
        let opened = if opens {
            Some(self.listen(now, &segment, keep)?)
        } else {
            None
        };
        self.wire.inbound = Some(packet);
        let (wire, sockets) = (&mut self.wire, &mut self.sockets);
        self.interface.poll_ingress_single(now, wire, sockets);
        self.wire.inbound = None;
        let opened = opened?;
        if self.sockets.get::<Socket<'_>>(opened.handle).state() == State::Listen {
            self.remove(opened.handle);
            return None;
        }
        Some(opened)
    }

    /// Lets time pass, and takes the packets to send.
    pub(super) fn poll(&mut self, now: Instant) -> Vec<Vec<u8>> {
        let now = self.moment(now);
        self.end_old(now);
        let (wire, sockets) = (&mut self.wire, &mut self.sockets);
        self.interface.poll(now, wire, sockets);
        self.sweep();
        self.wire.outbound.drain(..).collect()
    }

    /// When to poll again at the latest; never if nothing is under way.
    pub(super) fn delay(&mut self, now: Instant) -> Option<Duration> {
        let now = self.moment(now);
        let delay = self.interface.poll_delay(now, &self.sockets);
        let ends = self.connections.values().map(|one| one.end);
        let end = ends
            .min()
            .map(|end| (end.max(now) - now).max(Span::from_millis(1)));
        let soonest = [delay, end].into_iter().flatten().min();
        soonest.map(|span| Duration::from_micros(span.total_micros()))
    }

    /// Whether there is no connection.
    pub(super) fn is_idle(&self) -> bool {
        self.connections.is_empty()
    }

    /// The socket of a connection that has not been released.
    pub(super) fn socket(&mut self, handle: SocketHandle) -> &mut Socket<'static> {
        self.sockets.get_mut(handle)
    }

    /// Nobody will ask for the connection's socket any more.
    pub(super) fn release(&mut self, handle: SocketHandle) {
        if let Some(connection) = self.connections.get_mut(&handle) {
            connection.released = true;
        }
    }

    fn moment(&self, now: Instant) -> Moment {
        let passed = now.saturating_duration_since(self.start);
        Moment::from_micros(i64::try_from(passed.as_micros()).unwrap_or(i64::MAX))
    }

    fn knows(&self, segment: &Segment) -> bool {
        let mut sockets = self.connections.keys().map(|it| self.sockets.get(*it));
        sockets.any(|socket: &Socket<'_>| {
            socket.remote_endpoint() == Some(segment.from)
                && socket.local_endpoint() == Some(segment.to)
        })
    }

    fn listen(
        &mut self,
        now: Moment,
        segment: &Segment,
        keep: impl FnOnce() -> Option<P>,
    ) -> Option<Opened> {
        if self.connections.len() >= CONNECTIONS {
            return None;
        }
        let kept = keep()?;
        let buffer = |bytes| SocketBuffer::new(vec![0; bytes]);
        let mut socket = Socket::new(buffer(RECEIVED), buffer(SENT));
        socket.set_timeout(Some(SILENCE));
        socket.set_keep_alive(Some(KEEP_ALIVE));
        socket.set_nagle_enabled(false);
        socket.listen(segment.to).ok()?;
        let handle = self.sockets.add(socket);
        let connection = Connection {
            end: now + LIFE,
            released: false,
            _kept: kept,
        };
        self.connections.insert(handle, connection);
        Some(Opened {
            handle,
            from: segment.from,
            to: segment.to,
        })
    }

    fn end_old(&mut self, now: Moment) {
        for (handle, connection) in &mut self.connections {
            if connection.end <= now {
                self.sockets.get_mut::<Socket<'_>>(*handle).abort();
                connection.end = now + LIFE;
            }
        }
    }

    /// What has ended makes room. A connection that has ended well need not be remembered: whoever
    /// speaks of it again hears that it is none.
    fn sweep(&mut self) {
        let ended = self.connections.iter().filter(|(handle, connection)| {
            let state = self.sockets.get::<Socket<'_>>(**handle).state();
            connection.released && matches!(state, State::Closed | State::TimeWait)
        });
        let ended: Vec<_> = ended.map(|(handle, _)| *handle).collect();
        for handle in ended {
            self.remove(handle);
        }
    }

    fn remove(&mut self, handle: SocketHandle) {
        self.connections.remove(&handle);
        self.sockets.remove(handle);
    }
}

/// What must be known of a segment before the stack sees it.
struct Segment {
    from: IpEndpoint,
    to: IpEndpoint,
    /// It asks for a connection.
    opens: bool,
}

impl Segment {
    /// The segment of a whole packet; parts of packets are none.
    fn of(packet: &[u8]) -> Option<Self> {
        let (from, to, tcp) = match packet.first()? >> 4 {
            4 => {
                let packet = Ipv4Packet::new_checked(packet).ok()?;
                let whole = !packet.more_frags() && packet.frag_offset() == 0;
                let tcp = whole && packet.next_header() == IpProtocol::Tcp;
                let ends = (packet.src_addr().into(), packet.dst_addr().into());
                (ends.0, ends.1, tcp.then(|| packet.payload())?)
            }
            6 => {
                let packet = Ipv6Packet::new_checked(packet).ok()?;
                let tcp = packet.next_header() == IpProtocol::Tcp;
                let ends = (packet.src_addr().into(), packet.dst_addr().into());
                (ends.0, ends.1, tcp.then(|| packet.payload())?)
            }
            _ => return None,
        };
        let tcp = TcpPacket::new_checked(tcp).ok()?;
        Some(Self {
            from: IpEndpoint::new(from, tcp.src_port()),
            to: IpEndpoint::new(to, tcp.dst_port()),
            opens: tcp.syn() && !tcp.ack() && !tcp.rst(),
        })
    }
}

/// One packet in, some out.
struct Wire {
    mtu: usize,
    inbound: Option<Vec<u8>>,
    outbound: VecDeque<Vec<u8>>,
}

struct Inbound(Vec<u8>);

struct Outbound<'w>(&'w mut VecDeque<Vec<u8>>);

impl Device for Wire {
    type RxToken<'w> = Inbound;
    type TxToken<'w> = Outbound<'w>;

    fn receive(&mut self, _: Moment) -> Option<(Inbound, Outbound<'_>)> {
        let packet = self.inbound.take()?;
        Some((Inbound(packet), Outbound(&mut self.outbound)))
    }

    fn transmit(&mut self, _: Moment) -> Option<Outbound<'_>> {
        (self.outbound.len() < PACKETS).then_some(Outbound(&mut self.outbound))
    }

    fn capabilities(&self) -> DeviceCapabilities {
        let mut abilities = DeviceCapabilities::default();
        abilities.medium = Medium::Ip;
        abilities.max_transmission_unit = self.mtu;
        // Between a VM and its host nothing changes a bit, and a VM may leave sums to a card.
        abilities.checksum.tcp = Checksum::Tx;
        abilities
    }
}

impl RxToken for Inbound {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, read: F) -> R {
        read(&self.0)
    }
}

impl TxToken for Outbound<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, length: usize, write: F) -> R {
        let mut packet = vec![0; length];
        let result = write(&mut packet);
        self.0.push_back(packet);
        result
    }
}

#[cfg(test)]
mod tests;
