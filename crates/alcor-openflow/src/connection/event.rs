//! What the switch says unasked, on a bounded queue.

use super::shared::Disconnect;
use crate::{FlowRemoved, PacketIn, PortStatus, SwitchError};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::mpsc;

/// Something that happened on a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A packet came to the controller.
    PacketIn(PacketIn),
    /// A port was added, deleted or changed.
    PortStatus(PortStatus),
    /// A flow has gone.
    FlowRemoved(FlowRemoved),
    /// A message that nobody waits for, such as a packet-out, was refused.
    Refused(SwitchError),
    /// Events other than packet-ins were lost because the queue was full: ask the switch for
    /// its ports, and compare the flows.
    Lost,
    /// The connection is over; the last event.
    Disconnected(Disconnect),
}

/// Where the reader puts events. It never waits.
pub(super) struct EventSink {
    queue: mpsc::Sender<Event>,
    counters: Arc<Counters>,
    /// Places that packet-ins leave free for the other events.
    reserve: usize,
    /// Whether something has been lost that was not announced yet.
    lost: bool,
}

#[derive(Default)]
pub(super) struct Counters {
    dropped_packet_ins: AtomicU64,
}

/// The receiving end of the events of one connection.
#[derive(Debug)]
pub struct Events {
    queue: mpsc::Receiver<Event>,
}

pub(super) fn channel(size: usize) -> (EventSink, Events) {
    let size = size.max(4);
    let (sender, receiver) = mpsc::channel(size);
    let sink = EventSink {
        queue: sender,
        counters: Arc::default(),
        reserve: size / 4,
        lost: false,
    };
    (sink, Events { queue: receiver })
}

impl Counters {
    pub(super) fn dropped_packet_ins(&self) -> u64 {
        self.dropped_packet_ins.load(Ordering::Relaxed)
    }
}

impl EventSink {
    pub(super) fn counters(&self) -> Arc<Counters> {
        self.counters.clone()
    }

    /// Whether a packet-in may be queued; counts it as dropped if not.
    pub(super) fn admits_packet_in(&self) -> bool {
        let admitted = self.queue.capacity() > self.reserve;
        if !admitted {
            self.count_dropped();
        }
        admitted
    }

    fn count_dropped(&self) {
        let counter = &self.counters.dropped_packet_ins;
        counter.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn offer(&mut self, event: Event) {
        if self.lost && self.queue.try_send(Event::Lost).is_ok() {
            self.lost = false;
        }
        if let Err(mpsc::error::TrySendError::Full(event)) = self.queue.try_send(event) {
            match event {
                Event::PacketIn(_) => self.count_dropped(),
                _ => self.lost = true,
            }
        }
    }

    /// The last event; waits for room if it must, for nothing comes after it.
    pub(super) async fn finish(self, reason: Disconnect) {
        if self.lost {
            // No receiver is left when sending fails, and then nobody wants to know.
            let _ = self.queue.send(Event::Lost).await;
        }
        let _ = self.queue.send(Event::Disconnected(reason)).await;
    }
}

impl Events {
    /// The next event; none after [`Event::Disconnected`].
    pub async fn recv(&mut self) -> Option<Event> {
        self.queue.recv().await
    }
}
