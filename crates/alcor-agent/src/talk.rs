//! Conversations of VMs with the host by TCP, without an address of the kernel: segments come up
//! from the bridge, a small stack for each port ends them, and what it says goes back to that port.
//! So VMs of networks with equal addresses never meet.

mod guest;
mod names;
mod stack;
mod stream;

pub(crate) use stream::Stream;

use crate::errand::{Spoken, Visit};
use crate::metadata::Proxy;
use alcor_openflow::PacketOut;
use alcor_types::PortId;
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::{Semaphore, mpsc};

/// Ports that are spoken with at once, and connections of them all.
const GUESTS: usize = 512;
const CONNECTIONS: usize = 1024;
/// Segments of one port that may wait; further ones are dropped, TCP sends them again.
const SEGMENTS: usize = 64;

/// Whom a VM may speak with.
#[derive(Clone, Debug)]
pub(crate) struct Services {
    /// None where no metadata is served: then VMs hear at once that nobody listens.
    pub(crate) metadata: Option<Arc<Proxy>>,
    /// Who knows names.
    pub(crate) names: mpsc::Sender<Spoken>,
}

/// A segment, and the way back.
struct Heard {
    visit: Visit,
    frames: mpsc::Sender<PacketOut>,
}

/// All ports that are spoken with.
#[derive(Debug)]
pub(crate) struct Hall {
    services: Services,
    guests: HashMap<PortId, mpsc::Sender<Heard>>,
    connections: Arc<Semaphore>,
}

impl Hall {
    pub(crate) fn new(services: Services) -> Self {
        Self {
            services,
            guests: HashMap::new(),
            connections: Arc::new(Semaphore::new(CONNECTIONS)),
        }
    }

    /// A segment has come; answers go out by `frames`.
    pub(crate) fn visit(&mut self, visit: Visit, frames: mpsc::Sender<PacketOut>) {
        let port = visit.guest.port;
        let heard = Heard { visit, frames };
        let heard = match self.guests.get(&port) {
            Some(guest) => match guest.try_send(heard) {
                Ok(()) | Err(mpsc::error::TrySendError::Full(_)) => return,
                Err(mpsc::error::TrySendError::Closed(heard)) => heard,
            },
            None => heard,
        };
        self.guests.retain(|_, guest| !guest.is_closed());
        if self.guests.len() >= GUESTS {
            tracing::warn!(%port, "conversation refused: with too many ports at once");
            return;
        }
        let (sender, segments) = mpsc::channel(SEGMENTS);
        let (services, room) = (self.services.clone(), Arc::clone(&self.connections));
        tokio::spawn(guest::attend(heard, segments, services, room));
        self.guests.insert(port, sender);
    }

    /// Forgets a port and all that is said with it.
    pub(crate) fn leave(&mut self, port: PortId) {
        self.guests.remove(&port);
    }
}
