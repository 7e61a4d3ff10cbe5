//! Follows the store, and hands what Nova has to hear to the courier.

use crate::NotifierError;
use crate::told::Told;
use crate::tracker::{Fact, Notice, State, Tracker};
use alcor_managers::records::{self, Record};
use alcor_managers::schema;
use alcor_store::records::RecordError;
use alcor_store::{Change, Snapshot, Store, StoreError, Watch};
use alcor_types::{FloatingIp, FloatingIpId, Port, PortId, PortState};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// Rows of ports, of what hosts say of them and of floating IPs, without their indexes.
const PREFIXES: [&[u8]; 3] = [
    &[schema::PORTS.id, 0],
    &[schema::PORT_STATES.id, 0],
    &[schema::FLOATING_IPS.id, 0],
];

/// The only one that knows the tracker.
pub(crate) struct Follower {
    store: Store,
    watch: Watch,
    tracker: Tracker,
    queue: mpsc::Sender<Notice>,
    /// What differed from Nova's knowledge at the start.
    first: Vec<Notice>,
}

impl Follower {
    /// Compares the store with what Nova has been told, and starts to watch behind it.
    pub(crate) fn open(store: Store, queue: mpsc::Sender<Notice>) -> Result<Self, NotifierError> {
        let snapshot = store.snapshot();
        let told = all::<Told>(&snapshot)?;
        let mut tracker = Tracker::new(told);
        let first = compare(&mut tracker, &snapshot)?;
        let watch = store.watch(snapshot.revision(), &PREFIXES)?;
        Ok(Self {
            store,
            watch,
            tracker,
            queue,
            first,
        })
    }

    /// Follows until told to stop, or until the store fails.
    pub(crate) async fn run(mut self, stop: CancellationToken) -> Result<(), NotifierError> {
        let first = std::mem::take(&mut self.first);
        if !first.is_empty() {
            tracing::info!(events = first.len(), "events that nova may have missed");
        }
        if !self.hand(first, &stop).await {
            return Ok(());
        }
        loop {
            let commit = tokio::select! {
                commit = self.watch.next() => commit,
                () = stop.cancelled() => return Ok(()),
            };
            let notices = match commit {
                Ok(commit) => self.apply(&commit.changes)?,
                Err(StoreError::Closed) => return Ok(()),
                Err(StoreError::Compacted { oldest }) => self.reload(oldest.0)?,
                Err(error) => return Err(error.into()),
            };
            if !self.hand(notices, &stop).await {
                return Ok(());
            }
        }
    }

    /// Waits for room in the queue; false when there is no one to hand anything to.
    async fn hand(&self, notices: Vec<Notice>, stop: &CancellationToken) -> bool {
        for notice in notices {
            let taken = tokio::select! {
                sent = self.queue.send(notice) => sent.is_ok(),
                () = stop.cancelled() => false,
            };
            if !taken {
                return false;
            }
        }
        true
    }

    fn apply(&mut self, changes: &[Change]) -> Result<Vec<Notice>, NotifierError> {
        let mut notices = Vec::new();
        let facts = changes.iter().filter_map(fact);
        let mut facts = facts.collect::<Result<Vec<Fact>, NotifierError>>()?;
        facts.sort_by_key(Fact::rank);
        for fact in facts {
            let snapshot = self.store.snapshot();
            if self.is_outdated(&fact, &snapshot)? {
                continue;
            }
            // A row that cannot be read is told by whoever reads it for its own sake.
            let state = |port: PortId| records::get(&snapshot, port.as_bytes()).ok().flatten();
            notices.extend(self.tracker.apply(fact, state));
        }
        Ok(notices)
    }

    /// Whether a port that is new to the tracker has changed again meanwhile. What its host says
    /// is read from the store as it is now, so it must be taken with the port as it is now; that
    /// one is still to come. Of a port that is gone by now nothing is left to be read: all that
    /// was said of it is still to come, and is told in its order.
    fn is_outdated(&self, fact: &Fact, snapshot: &Snapshot) -> Result<bool, NotifierError> {
        let Fact::Port(port) = fact else {
            return Ok(false);
        };
        if self.tracker.knows(port.id) {
            return Ok(false);
        }
        let now: Option<Port> = records::get(snapshot, port.id.as_bytes())?;
        Ok(now.is_some_and(|now| now != **port))
    }

    fn reload(&mut self, oldest: u64) -> Result<Vec<Notice>, NotifierError> {
        tracing::warn!(oldest, "fell behind the change log; comparing anew");
        let snapshot = self.store.snapshot();
        self.watch = self.store.watch(snapshot.revision(), &PREFIXES)?;
        compare(&mut self.tracker, &snapshot)
    }
}

fn compare(tracker: &mut Tracker, snapshot: &Snapshot) -> Result<Vec<Notice>, NotifierError> {
    Ok(tracker.replace(State {
        ports: all(snapshot)?,
        states: all(snapshot)?,
        floating_ips: all(snapshot)?,
    }))
}

fn all<R: Record>(snapshot: &Snapshot) -> Result<Vec<R>, RecordError> {
    records::scan(snapshot, None, false).collect()
}

fn fact(change: &Change) -> Option<Result<Fact, NotifierError>> {
    if let Some(row) = records::decode_change::<Port>(change) {
        return Some(row.map_err(Into::into).map(|(key, port)| match port {
            Some(port) => Fact::Port(Box::new(port)),
            None => Fact::PortGone(id(&key)),
        }));
    }
    if let Some(row) = records::decode_change::<PortState>(change) {
        return Some(row.map_err(Into::into).map(|(key, state)| match state {
            Some(state) => Fact::State(state),
            None => Fact::StateGone(id(&key)),
        }));
    }
    let row = records::decode_change::<FloatingIp>(change)?;
    Some(row.map_err(Into::into).map(|(key, row)| match row {
        Some(floating_ip) => Fact::FloatingIp(Box::new(floating_ip)),
        None => Fact::FloatingIpGone(FloatingIpId(uuid(&key))),
    }))
}

/// The port that a key is of.
fn id(key: &[u8]) -> PortId {
    PortId(uuid(key))
}

/// A key of another length would be of nothing at all.
fn uuid(key: &[u8]) -> Uuid {
    Uuid::from_slice(key).unwrap_or_default()
}
