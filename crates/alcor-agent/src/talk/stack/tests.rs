//! The stack against another one of its kind, and against whatever VMs may send.

use super::*;
use smoltcp::wire::{IpCidr, IpListenEndpoint};

const VM: Ipv4Address = Ipv4Address::new(10, 0, 0, 5);
const HOST: Ipv4Address = Ipv4Address::new(169, 254, 169, 254);

/// A VM's own stack.
struct Vm {
    interface: Interface,
    wire: Wire,
    sockets: SocketSet<'static>,
}

impl Vm {
    fn new() -> Self {
        let mut wire = Wire {
            mtu: 1450,
            inbound: None,
            outbound: VecDeque::new(),
        };
        let mut interface =
            Interface::new(Config::new(HardwareAddress::Ip), &mut wire, Moment::ZERO);
        interface.update_ip_addrs(|all| all.push(IpCidr::new(VM.into(), 24)).unwrap());
        let gateway = Ipv4Address::new(10, 0, 0, 1);
        interface
            .routes_mut()
            .add_default_ipv4_route(gateway)
            .unwrap();
        Self {
            interface,
            wire,
            sockets: SocketSet::new(Vec::new()),
        }
    }

    fn connect(&mut self, port: u16) -> SocketHandle {
        let buffer = || SocketBuffer::new(vec![0; 64 * 1024]);
        let mut socket = Socket::new(buffer(), buffer());
        let from = IpListenEndpoint::from(port);
        let to = IpEndpoint::new(HOST.into(), 80);
        socket.connect(self.interface.context(), to, from).unwrap();
        self.sockets.add(socket)
    }

    fn socket(&mut self, handle: SocketHandle) -> &mut Socket<'static> {
        self.sockets.get_mut(handle)
    }

    /// Exchanges packets until both are silent; what is opened meanwhile.
    fn exchange(&mut self, stack: &mut Stack<()>, now: Instant) -> Vec<Opened> {
        let mut opened = Vec::new();
        loop {
            let moment = stack.moment(now);
            self.interface
                .poll(moment, &mut self.wire, &mut self.sockets);
            let sent: Vec<_> = self.wire.outbound.drain(..).collect();
            for packet in &sent {
                opened.extend(stack.hear(now, packet.clone(), |port| port == 80, || Some(())));
            }
            let told = stack.poll(now);
            for packet in &told {
                self.wire.inbound = Some(packet.clone());
                let (wire, sockets) = (&mut self.wire, &mut self.sockets);
                self.interface.poll_ingress_single(moment, wire, sockets);
            }
            if sent.is_empty() && told.is_empty() {
                return opened;
            }
        }
    }
}

fn stack(start: Instant) -> Stack<()> {
    Stack::new(start, 1450, 7)
}

#[test]
fn a_long_answer_arrives_whole() {
    let start = Instant::now();
    let (mut vm, mut stack) = (Vm::new(), stack(start));
    let client = vm.connect(4000);
    let opened = vm.exchange(&mut stack, start);
    let [one] = opened[..] else {
        panic!("{opened:?}");
    };
    assert_eq!(one.from, IpEndpoint::new(VM.into(), 4000));
    vm.socket(client).send_slice(b"question").unwrap();
    vm.exchange(&mut stack, start);
    let mut heard = [0; 100];
    let length = stack.socket(one.handle).recv_slice(&mut heard).unwrap();
    assert_eq!(&heard[..length], b"question");

    let answer: Vec<u8> = (0..100_000_u32).map(|byte| (byte % 251) as u8).collect();
    let (mut sent, mut got, mut now) = (0, Vec::new(), start);
    while got.len() < answer.len() {
        let socket = stack.socket(one.handle);
        sent += socket.send_slice(&answer[sent..]).unwrap();
        vm.exchange(&mut stack, now);
        let mut part = vec![0; 64 * 1024];
        let length = vm.socket(client).recv_slice(&mut part).unwrap();
        got.extend_from_slice(&part[..length]);
        now += Duration::from_millis(20);
    }
    assert_eq!(got, answer);
    stack.socket(one.handle).close();
    stack.release(one.handle);
    vm.exchange(&mut stack, now);
    vm.socket(client).close();
    vm.exchange(&mut stack, now + Duration::from_millis(20));
    assert!(stack.is_idle());
}

#[test]
fn where_nobody_listens_the_vm_hears_it_at_once() {
    let start = Instant::now();
    let (mut vm, mut stack) = (Vm::new(), stack(start));
    let client = vm.connect(4000);
    let moment = stack.moment(start);
    vm.interface.poll(moment, &mut vm.wire, &mut vm.sockets);
    let packet = vm.wire.outbound.pop_front().unwrap();
    assert_eq!(stack.hear(start, packet, |_| false, || Some(())), None);
    vm.exchange(&mut stack, start);
    assert_eq!(vm.socket(client).state(), State::Closed);
}

#[test]
fn connections_are_bounded_and_end() {
    let start = Instant::now();
    let (mut vm, mut stack) = (Vm::new(), stack(start));
    for port in 0..100 {
        vm.connect(4000 + port);
    }
    let opened = vm.exchange(&mut stack, start);
    assert_eq!(opened.len(), CONNECTIONS);
    for one in opened {
        stack.socket(one.handle).abort();
        stack.release(one.handle);
    }
    stack.poll(start);
    assert!(stack.is_idle());
}

/// Whoever opens and says nothing does not keep a connection for ever.
#[test]
fn a_connection_has_its_time() {
    let start = Instant::now();
    let (mut vm, mut stack) = (Vm::new(), stack(start));
    vm.connect(4000);
    let opened = vm.exchange(&mut stack, start);
    let handle = opened[0].handle;
    let late = start + Duration::from_secs(121);
    assert!(stack.delay(start).unwrap() <= Duration::from_mins(2));
    stack.poll(late);
    assert_eq!(stack.socket(handle).state(), State::Closed);
    stack.release(handle);
    stack.poll(late);
    assert!(stack.is_idle());
}

#[test]
fn whatever_comes_nothing_breaks_and_little_is_kept() {
    let start = Instant::now();
    bolero::check!()
        .with_type::<Vec<(bool, Vec<u8>)>>()
        .for_each(|packets| {
            let mut stack = stack(start);
            for (at, (shaped, bytes)) in packets.iter().enumerate() {
                let packet = if *shaped {
                    segment(bytes)
                } else {
                    bytes.clone()
                };
                let now = start + Duration::from_millis(at as u64);
                stack.hear(now, packet, |_| true, || Some(()));
                stack.poll(now);
            }
            assert!(stack.connections.len() <= CONNECTIONS);
        });
}

/// A segment of TCP with a right header of IP around such bytes.
fn segment(bytes: &[u8]) -> Vec<u8> {
    let mut tcp = vec![0; 20];
    tcp[12] = 0x50;
    for (to, from) in tcp.iter_mut().zip(bytes) {
        *to ^= from;
    }
    tcp.extend_from_slice(bytes.get(20..).unwrap_or_default());
    let mut packet = vec![0; 20 + tcp.len()];
    let mut header = Ipv4Packet::new_unchecked(&mut packet[..]);
    header.set_version(4);
    header.set_header_len(20);
    header.set_total_len(u16::try_from(20 + tcp.len()).unwrap_or(u16::MAX));
    header.set_hop_limit(64);
    header.set_next_header(IpProtocol::Tcp);
    header.set_src_addr(VM);
    header.set_dst_addr(HOST);
    header.payload_mut().copy_from_slice(&tcp);
    header.fill_checksum();
    packet
}
