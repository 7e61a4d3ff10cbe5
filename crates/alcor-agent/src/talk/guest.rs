//! One port that is spoken with: its segments in, those of its stack out, a task for each of its
//! connections.

use super::stack::{Opened, Stack};
use super::stream::Stream;
use super::{Heard, Services, names};
use crate::errand::Guest;
use crate::metadata::HTTP;
use crate::outlet;
use alcor_openflow::PacketOut;
use alcor_responder::dns;
use parking_lot::Mutex;
use ring::rand::{SecureRandom, SystemRandom};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::time::sleep;

/// How long a port without a connection is remembered.
const IDLE: Duration = Duration::from_secs(10);
/// Segments taken in before any is sent.
const ROUND: usize = 32;
/// Ethernet's header, in bytes.
const ETHERNET: usize = 14;

/// What the port's task and the streams of its connections share.
pub(crate) struct Shared {
    pub(super) stack: Mutex<Stack<OwnedSemaphorePermit>>,
    /// Something is to be sent.
    pub(super) poke: Notify,
    guest: Mutex<Guest>,
}

impl Shared {
    /// Who the VM is now.
    pub(crate) fn guest(&self) -> Guest {
        self.guest.lock().clone()
    }
}

/// Where the port's frames come from and go to.
struct Way {
    /// The addresses of an answer, as they stand in a frame.
    addresses: [u8; 12],
    heard: Heard,
}

impl Way {
    fn of(heard: Heard) -> Option<Self> {
        let frame = &heard.visit.frame;
        let (to, from) = (frame.get(..6)?, frame.get(6..12)?);
        let unicast = (to[0] | from[0]) & 1 == 0;
        let addresses = [from, to].concat().try_into().ok()?;
        unicast.then_some(Self { addresses, heard })
    }

    fn packet(&self) -> Vec<u8> {
        let frame = &self.heard.visit.frame;
        frame.get(ETHERNET..).unwrap_or_default().to_vec()
    }

    fn frame(&self, packet: &[u8]) -> PacketOut {
        let kind: [u8; 2] = match packet.first().map(|first| first >> 4) {
            Some(6) => [0x86, 0xdd],
            _ => [0x08, 0x00],
        };
        let frame = [&self.addresses, &kind[..], packet].concat();
        outlet::packet(self.heard.visit.guest.ofport, frame)
    }
}

/// Speaks with the port until nothing is said any more.
pub(super) async fn attend(
    first: Heard,
    mut segments: mpsc::Receiver<Heard>,
    services: Services,
    room: Arc<Semaphore>,
) {
    let mut seed = [0; 8];
    // Without it, numbers could be guessed by the VM itself, which they are not meant to be safe from.
    let _random = SystemRandom::new().fill(&mut seed);
    let visit = &first.visit;
    let stack = Stack::new(Instant::now(), visit.mtu, u64::from_le_bytes(seed));
    let shared = Arc::new(Shared {
        stack: Mutex::new(stack),
        poke: Notify::new(),
        guest: Mutex::new(visit.guest.clone()),
    });
    let Some(mut way) = Way::of(first) else {
        return;
    };
    hear(&way, &shared, &services, &room);
    loop {
        let (packets, delay, idle) = {
            let mut stack = shared.stack.lock();
            let packets = stack.poll(Instant::now());
            (packets, stack.delay(Instant::now()), stack.is_idle())
        };
        for packet in packets {
            if way.heard.frames.send(way.frame(&packet)).await.is_err() {
                tracing::debug!("segment not sent: the switch is gone");
            }
        }
        let wait = if idle { IDLE } else { delay.unwrap_or(IDLE) };
        tokio::select! {
            heard = segments.recv() => {
                let Some(heard) = heard else {
                    return;
                };
                take(heard, &mut way, &shared, &services, &room);
                for _ in 1..ROUND {
                    let Ok(heard) = segments.try_recv() else {
                        break;
                    };
                    take(heard, &mut way, &shared, &services, &room);
                }
            }
            () = shared.poke.notified() => {}
            () = sleep(wait) => if idle {
                return;
            },
        }
    }
}

/// The latest frame says who the VM is and where it is.
fn take(
    heard: Heard,
    way: &mut Way,
    shared: &Arc<Shared>,
    services: &Services,
    room: &Arc<Semaphore>,
) {
    if let Some(next) = Way::of(heard) {
        *way = next;
        shared.guest.lock().clone_from(&way.heard.visit.guest);
        hear(way, shared, services, room);
    }
}

fn hear(way: &Way, shared: &Arc<Shared>, services: &Services, room: &Arc<Semaphore>) {
    let accepts = |port| match port {
        HTTP => services.metadata.is_some(),
        port => port == dns::PORT,
    };
    let keep = || Arc::clone(room).try_acquire_owned().ok();
    let mut stack = shared.stack.lock();
    let opened = stack.hear(Instant::now(), way.packet(), accepts, keep);
    drop(stack);
    if let Some(opened) = opened {
        serve(Arc::clone(shared), opened, services.clone());
    }
}

fn serve(shared: Arc<Shared>, opened: Opened, services: Services) {
    let stream = Stream::new(shared, opened);
    match (opened.to.port, services.metadata) {
        (HTTP, Some(proxy)) => drop(tokio::spawn(proxy.serve(stream))),
        _ => drop(tokio::spawn(names::serve(stream, services.names))),
    }
}
