//! Which host has which session, and when it was last heard.

use crate::pace::Pace;
use crate::service::Owner;
use alcor_goalstate::wire::ScopeRevision;
use alcor_goalstate::{ScopeId, Sought};
use alcor_types::{HostName, NetworkId, Timestamp};
use parking_lot::Mutex;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// What is known of a host's agent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Heard {
    /// Whether it has a session, and has not been silent for nearly two heartbeats.
    pub alive: bool,
    /// When it last said something.
    pub at: Timestamp,
}

/// Time for each host between two looks at who lives: one host costs about a hundredth of that.
const LOOK_AT_HOST: Duration = Duration::from_micros(10);

/// Neighbours that others may ask for until the session has looked; further ones must be asked for again.
const ASKED: usize = 1024;

/// The mailbox of one session: scopes with news, and the word to end.
#[derive(Debug, Default)]
pub(crate) struct Mailbox {
    scopes: Mutex<Scopes>,
    asked: Mutex<Asked>,
    /// Rings when a scope was added.
    pub(crate) bell: Notify,
    /// Cancelled when a newer session of the host has taken its place.
    pub(crate) replaced: CancellationToken,
}

/// Scopes with news, each once and with its owner, in the order in which their news came.
#[derive(Debug, Default)]
struct Scopes {
    order: Vec<(ScopeId, Owner)>,
    known: BTreeSet<ScopeId>,
}

/// What others have asked for on behalf of the session's agent.
#[derive(Debug, Default)]
pub(crate) struct Asked {
    /// Whoever has these.
    pub(crate) sought: Vec<(NetworkId, Sought)>,
    /// Everything, from the beginning.
    pub(crate) anew: bool,
}

impl Mailbox {
    /// Takes what others have asked for.
    pub(crate) fn take_asked(&self) -> Asked {
        std::mem::take(&mut self.asked.lock())
    }

    fn ask(&self, network: NetworkId, sought: Sought) {
        let mut asked = self.asked.lock();
        if asked.sought.len() < ASKED {
            asked.sought.push((network, sought));
            self.bell.notify_one();
        }
    }

    /// Takes all scopes with news, each with its owner, those first whose news came first.
    pub(crate) fn take(&self) -> Vec<(ScopeId, Owner)> {
        std::mem::take(&mut *self.scopes.lock()).order
    }

    fn put(&self, scope: ScopeId, owner: &Owner) {
        let mut scopes = self.scopes.lock();
        if scopes.known.insert(scope) {
            scopes.order.push((scope, owner.clone()));
            self.bell.notify_one();
        }
    }
}

#[derive(Debug)]
struct Entry {
    mailbox: Arc<Mailbox>,
    open: bool,
    /// Whether it still waits for its turn. It says nothing then; that its connection is there counts.
    waits: bool,
    pace: Pace,
    last: Instant,
    last_at: Timestamp,
    /// What the agent last said that it holds, and when.
    held: Option<(Vec<ScopeRevision>, Instant)>,
    /// The physical networks that it has a way to.
    wires: BTreeSet<String>,
    /// Of this session alone.
    mark: u64,
}

impl Entry {
    fn is_waiting(&self) -> bool {
        self.open && self.waits
    }

    /// An agent that is started anew closes its session, and is back before it counts as silent.
    fn lives(&self, now: Instant) -> bool {
        self.is_waiting() || now.saturating_duration_since(self.last) < self.pace.silence
    }
}

/// All hosts that have had a session since the region started.
#[derive(Debug, Default)]
pub struct Hosts {
    entries: Mutex<HashMap<HostName, Entry>>,
    /// The last mark of who lives, and when it was made.
    mark: Mutex<Option<(u64, Instant)>>,
}

impl Hosts {
    /// What is known of the host's agent; nothing where none came since the region started.
    pub fn heard(&self, host: &HostName) -> Option<Heard> {
        let entries = self.entries.lock();
        let entry = entries.get(host)?;
        let heard = entry.last.elapsed() < entry.pace.doubt;
        let alive = entry.is_waiting() || entry.open && heard;
        Some(Heard {
            alive,
            at: entry.last_at,
        })
    }

    /// The hosts that live, each with its physical networks.
    pub(crate) fn living(&self) -> BTreeMap<HostName, BTreeSet<String>> {
        let (entries, now) = (self.entries.lock(), Instant::now());
        let living = entries.iter().filter(|(_, entry)| entry.lives(now));
        living
            .map(|(host, entry)| (host.clone(), entry.wires.clone()))
            .collect()
    }

    /// Another number whenever others live than before, or the same with other physical networks. The more
    /// hosts there are, the less often it is made anew: silence is measured in longer times, too.
    pub(crate) fn living_mark(&self) -> u64 {
        let mut last = self.mark.lock();
        let (entries, now) = (self.entries.lock(), Instant::now());
        let pause = LOOK_AT_HOST * u32::try_from(entries.len()).unwrap_or(u32::MAX);
        if let Some((mark, at)) = *last
            && now.saturating_duration_since(at) < pause
        {
            return mark;
        }
        let living = entries.values().filter(|entry| entry.lives(now));
        let mark = living.fold(0, |mark, entry| mark ^ entry.mark);
        *last = Some((mark, now));
        mark
    }

    /// All hosts that have had a session.
    pub(crate) fn names(&self) -> Vec<HostName> {
        self.entries.lock().keys().cloned().collect()
    }

    /// Opens a session for the host, which waits for its turn; an older one is told to end.
    pub(crate) fn register(&self, host: &HostName, wires: &[String], pace: Pace) -> Arc<Mailbox> {
        let mailbox = Arc::new(Mailbox::default());
        let entry = Entry {
            mailbox: Arc::clone(&mailbox),
            open: true,
            waits: true,
            pace,
            last: Instant::now(),
            last_at: Timestamp::now(),
            held: None,
            wires: wires.iter().cloned().collect(),
            mark: uuid::Uuid::new_v4().as_u64_pair().0,
        };
        if let Some(old) = self.entries.lock().insert(host.clone(), entry)
            && old.open
        {
            tracing::warn!(%host, "a second session of this host replaces the first");
            old.mailbox.replaced.cancel();
        }
        mailbox
    }

    /// The session's turn has come: from now on it is to keep the pace.
    pub(crate) fn admit(&self, host: &HostName, mailbox: &Arc<Mailbox>, pace: Pace) {
        if let Some(entry) = self.entries.lock().get_mut(host)
            && Arc::ptr_eq(&entry.mailbox, mailbox)
        {
            (entry.waits, entry.pace) = (false, pace);
            (entry.last, entry.last_at) = (Instant::now(), Timestamp::now());
        }
    }

    /// Has the host's agent, where it has a session, told of whoever has an address.
    pub(crate) fn tell(&self, host: &HostName, network: NetworkId, sought: Sought) {
        let entries = self.entries.lock();
        if let Some(entry) = entries.get(host).filter(|entry| entry.open) {
            entry.mailbox.ask(network, sought);
        }
    }

    /// Has the host's agent told everything anew. False where it has no session.
    pub(crate) fn tell_anew(&self, host: &HostName) -> bool {
        let entries = self.entries.lock();
        let open = entries.get(host).filter(|entry| entry.open);
        if let Some(entry) = open {
            entry.mailbox.asked.lock().anew = true;
            entry.mailbox.bell.notify_one();
        }
        open.is_some()
    }

    /// Notes that the host said something.
    pub(crate) fn touch(&self, host: &HostName) {
        if let Some(entry) = self.entries.lock().get_mut(host) {
            entry.last = Instant::now();
            entry.last_at = Timestamp::now();
        }
    }

    /// Notes what the agent says that it holds.
    pub(crate) fn holds(&self, host: &HostName, held: &[ScopeRevision]) {
        if let Some(entry) = self.entries.lock().get_mut(host) {
            entry.held = Some((held.to_vec(), Instant::now()));
        }
    }

    /// What the agent last said that it holds, and how long ago.
    pub(crate) fn held(&self, host: &HostName) -> Option<(Vec<ScopeRevision>, Duration)> {
        let entries = self.entries.lock();
        let (held, at) = entries.get(host)?.held.as_ref()?;
        Some((held.clone(), at.elapsed()))
    }

    /// Closes the session, unless a newer one has taken its place.
    pub(crate) fn close(&self, host: &HostName, mailbox: &Arc<Mailbox>) {
        if let Some(entry) = self.entries.lock().get_mut(host)
            && Arc::ptr_eq(&entry.mailbox, mailbox)
        {
            entry.open = false;
        }
    }

    /// Tells the hosts' sessions, where they have one, that the scope has news, and whose it is.
    pub(crate) fn ring<'a>(
        &self,
        scope: ScopeId,
        owner: &Owner,
        hosts: impl Iterator<Item = &'a HostName>,
    ) {
        let entries = self.entries.lock();
        for host in hosts {
            if let Some(entry) = entries.get(host).filter(|entry| entry.open) {
                entry.mailbox.put(scope, owner);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Settings;

    #[tokio::test]
    async fn whoever_waits_for_its_turn_lives_and_then_must_say_so() {
        let (hosts, host) = (Hosts::default(), HostName::from("a"));
        let brief = Duration::from_nanos(1);
        let pace = Pace {
            doubt: brief,
            silence: brief,
            ..Settings::default().pace(1)
        };
        let mailbox = hosts.register(&host, &["wire".to_owned()], pace);
        tokio::time::sleep(Duration::from_millis(1)).await;
        assert!(hosts.heard(&host).is_some_and(|heard| heard.alive));
        assert_eq!(hosts.living().len(), 1);
        let waiting = hosts.living_mark();
        hosts.admit(&host, &mailbox, pace);
        tokio::time::sleep(Duration::from_millis(1)).await;
        assert!(hosts.heard(&host).is_some_and(|heard| !heard.alive));
        assert!(hosts.living().is_empty());
        assert_ne!(hosts.living_mark(), waiting);
        hosts.admit(&host, &mailbox, Settings::default().pace(1));
        assert_eq!(hosts.living().len(), 1);
        hosts.close(&host, &mailbox);
        assert!(hosts.heard(&host).is_some_and(|heard| !heard.alive));
    }
}
