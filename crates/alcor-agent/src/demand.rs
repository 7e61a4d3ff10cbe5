//! Packets that wait because nobody here knows whom they are for, and what the region is asked.
//!
//! A packet waits in the switch; here lies the word that lets it go on. What is asked for is asked once,
//! however many packets wait for it, and together with whatever else is missed while a question is under
//! way. Everything is bounded: packets a port and in all, the time that one waits, and what is remembered
//! of addresses that nobody has.

use crate::errand::Spoken;
use alcor_goalstate::Sought;
use alcor_goalstate::wire::{Answer, Want};
use alcor_openflow::{Continuation, PortNo};
use alcor_responder::dns::Question;
use alcor_types::{NetworkId, PortId};
use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, Instant};

/// Packets that may wait, of one port and in all.
const PER_PORT: usize = 64;
const IN_ALL: usize = 4096;
/// The same of those that no port here has sent: what gateways here lead in.
const ARRIVED: usize = 1024;
/// How long one waits before it is given up.
const PATIENCE: Duration = Duration::from_secs(3);
/// Addresses in one question.
const SOUGHT: usize = 256;
/// After this long without an answer a question is lost.
const LOST: Duration = Duration::from_secs(1);
/// The first and the longest pause after a question that was lost or put off.
const BACKOFF: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(2));
/// How long it is believed that nobody has an address, or that only the network can tell.
const BELIEF: Duration = Duration::from_secs(5);
/// Addresses of which something is believed.
const BELIEFS: usize = 16_384;

/// An address of a network.
pub(crate) type Place = (NetworkId, Sought);

/// On whose account something waits. Each has a measure of its own: a VM that is sent much from unknown
/// sources may still speak itself.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Account {
    /// The VM here that has sent it.
    Sender(PortId),
    /// The VM here that it is for.
    Receiver(PortId),
    /// What gateways here lead in.
    Gateway,
}

impl Account {
    /// Who speaks to whom is asked for.
    fn sender(self) -> Option<PortId> {
        match self {
            Self::Sender(port) => Some(port),
            Self::Receiver(_) | Self::Gateway => None,
        }
    }
}

/// What waits for the region's word.
#[derive(Debug)]
pub(crate) enum Waiter {
    /// A packet, in the switch.
    Packet(Continuation),
    /// A question for a name.
    Name(Box<Deferred>),
}

/// A question for a name, and how it came.
#[derive(Debug)]
pub(crate) enum Deferred {
    /// By UDP, from this port.
    Udp(PortNo, Question),
    /// By TCP.
    Tcp(Spoken),
}

/// What the region has said of an address or name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Belief {
    /// Nobody has it.
    Absent,
    /// Several ports may; the network's own answer counts.
    Shared,
    /// Whoever has it is a neighbour by now. A packet that misses it nevertheless is asked for again.
    Told,
}

/// What is to become of a packet.
#[derive(Debug)]
pub(crate) enum Verdict {
    /// It goes on at once.
    Go(Continuation),
    /// It is dropped, or waits.
    Stay,
}

/// What became of missed packets, for the log.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(crate) struct Misses {
    pub(crate) held: u64,
    pub(crate) went_on: u64,
    pub(crate) dropped: u64,
    pub(crate) wants: u64,
    pub(crate) absent: u64,
}

/// Packets that wait for one address.
#[derive(Debug)]
struct Search {
    waiters: Vec<(Account, Instant, Waiter)>,
    /// Whether the question under way asks for it.
    asked: bool,
}

/// The question under way.
#[derive(Debug)]
struct UnderWay {
    id: u64,
    places: Vec<Place>,
    at: Instant,
}

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Demand {
    searches: BTreeMap<Place, Search>,
    held: usize,
    by_account: HashMap<Account, usize>,
    beliefs: HashMap<Place, (Belief, Instant)>,
    /// Whether the region hears.
    open: bool,
    question: Option<UnderWay>,
    questions: u64,
    pause: Duration,
    not_before: Option<Instant>,
    pub(crate) misses: Misses,
}

impl Demand {
    /// Whether any packet waits.
    pub(crate) fn is_seeking(&self) -> bool {
        !self.searches.is_empty()
    }

    /// Whether the region hears.
    pub(crate) fn is_open(&self) -> bool {
        self.open
    }

    /// A session with the region is open, or has only begun.
    pub(crate) fn set_open(&mut self, open: bool) {
        self.open = open;
        self.forget_question();
        self.pause = Duration::ZERO;
        self.not_before = None;
    }

    /// The switch went away, and what waited in it. Whoever asked for a name asks again.
    pub(crate) fn clear(&mut self) {
        self.misses.dropped += self.held as u64;
        self.searches.clear();
        self.by_account.clear();
        self.held = 0;
        self.question = None;
    }

    /// A packet was missed of which it is not known whose it is.
    pub(crate) fn missed(
        &mut self,
        now: Instant,
        place: Place,
        (account, packet): (Account, Continuation),
        allowed: impl FnOnce() -> bool,
    ) -> Verdict {
        let belief = self.belief(now, place);
        if belief == Some(Belief::Absent) || !self.has_room(account) || !allowed() {
            self.misses.dropped += 1;
            return Verdict::Stay;
        }
        if belief == Some(Belief::Shared) {
            return Verdict::Go(packet);
        }
        self.wait(now, place, (account, Waiter::Packet(packet)));
        self.misses.held += 1;
        Verdict::Stay
    }

    /// A VM asks for a name, or for that of an address. Gives the question back where it is to be answered
    /// at once, because the region has just been asked. One of too many is met with silence.
    pub(crate) fn name_asked(
        &mut self,
        now: Instant,
        place: Place,
        (port, deferred): (PortId, Deferred),
    ) -> Option<Deferred> {
        if self.belief(now, place).is_some() {
            return Some(deferred);
        }
        let account = Account::Sender(port);
        if !self.has_room(account) {
            self.misses.dropped += 1;
            return None;
        }
        self.wait(now, place, (account, Waiter::Name(Box::new(deferred))));
        None
    }

    fn wait(&mut self, now: Instant, place: Place, (account, waiter): (Account, Waiter)) {
        let search = self.searches.entry(place).or_insert_with(|| Search {
            waiters: Vec::new(),
            asked: false,
        });
        search.waiters.push((account, now, waiter));
        *self.by_account.entry(account).or_default() += 1;
        self.held += 1;
    }

    fn belief(&mut self, now: Instant, place: Place) -> Option<Belief> {
        let (belief, until) = self.beliefs.get(&place)?;
        if *until > now {
            return Some(*belief);
        }
        self.beliefs.remove(&place);
        None
    }

    fn has_room(&self, account: Account) -> bool {
        let own = self.by_account.get(&account).copied().unwrap_or(0);
        let limit = if account == Account::Gateway {
            ARRIVED
        } else {
            PER_PORT
        };
        own < limit && self.held < IN_ALL
    }

    /// What waits for somebody who is known now.
    pub(crate) fn found(&mut self, knows: impl Fn(Place) -> bool) -> Vec<Waiter> {
        let places: Vec<_> = self
            .searches
            .keys()
            .copied()
            .filter(|place| knows(*place))
            .collect();
        let waiters = places.into_iter().flat_map(|place| self.finish(place));
        waiters.collect()
    }

    /// The region has answered. Returns what goes on though nobody was found.
    pub(crate) fn answered(
        &mut self,
        now: Instant,
        network: NetworkId,
        answer: &Answer,
    ) -> Vec<Waiter> {
        let asked = self.question.as_ref();
        if asked.is_none_or(|question| question.id != answer.want) {
            return Vec::new();
        }
        let mut released = Vec::new();
        let said = |bytes: &Vec<u8>| Some((network, Sought::parse(bytes)?));
        for place in answer.absent.iter().filter_map(said) {
            self.misses.absent += 1;
            released.extend(self.give_up(place));
            self.believe(now, place, Belief::Absent);
        }
        for place in answer.shared.iter().filter_map(said) {
            released.extend(self.finish(place));
            self.believe(now, place, Belief::Shared);
        }
        if !answer.busy {
            released.extend(self.told_names(now));
        }
        let open = self.forget_question();
        if answer.busy || open {
            self.hold_back(now);
        } else {
            self.pause = Duration::ZERO;
        }
        released
    }

    /// Nobody has it: packets are dropped, and who asks for a name hears of it.
    fn give_up(&mut self, place: Place) -> Vec<Waiter> {
        let (packets, names): (Vec<_>, Vec<_>) = self
            .finish(place)
            .into_iter()
            .partition(|waiter| matches!(waiter, Waiter::Packet(_)));
        self.misses.dropped += packets.len() as u64;
        names
    }

    /// Whoever has the names that were asked for is known by now.
    fn told_names(&mut self, now: Instant) -> Vec<Waiter> {
        let places = self.question.iter().flat_map(|question| &question.places);
        let names = places.filter(|(_, sought)| matches!(sought, Sought::Name(_)));
        let open: Vec<_> = names
            .filter(|place| self.searches.contains_key(place))
            .copied()
            .collect();
        let mut released = Vec::new();
        for place in open {
            released.extend(self.finish(place));
            self.believe(now, place, Belief::Told);
        }
        released
    }

    fn believe(&mut self, now: Instant, place: Place, belief: Belief) {
        if self.beliefs.len() >= BELIEFS {
            self.beliefs.retain(|_, (_, until)| *until > now);
        }
        if self.beliefs.len() < BELIEFS {
            self.beliefs.insert(place, (belief, now + BELIEF));
        }
    }

    /// The next question, where anything is to be asked and may be.
    pub(crate) fn ask(&mut self, now: Instant) -> Option<Want> {
        let waits = self.not_before.is_some_and(|at| now < at);
        if !self.open || self.question.is_some() || waits {
            return None;
        }
        let (network, _) = *self.searches.iter().find(|(_, search)| !search.asked)?.0;
        let open = self
            .searches
            .iter_mut()
            .filter(|((of, _), search)| *of == network && !search.asked);
        let (mut places, mut askers) = (Vec::new(), Vec::new());
        for (place, search) in open.take(SOUGHT) {
            search.asked = true;
            places.push(*place);
            let senders = search
                .waiters
                .iter()
                .filter_map(|(account, ..)| account.sender());
            let asker = senders.map(|port| port.as_bytes().to_vec()).next();
            askers.push(asker.unwrap_or_default());
        }
        self.questions += 1;
        self.misses.wants += 1;
        let want = Want {
            id: self.questions,
            network: network.to_string(),
            sought: places.iter().map(|(_, sought)| sought.to_bytes()).collect(),
            askers,
        };
        self.question = Some(UnderWay {
            id: self.questions,
            places,
            at: now,
        });
        Some(want)
    }

    /// Time has passed: what waited too long is given up, and what was lost is asked again.
    pub(crate) fn tick(&mut self, now: Instant) {
        let lost = |question: &UnderWay| now.saturating_duration_since(question.at) >= LOST;
        if self.question.as_ref().is_some_and(lost) {
            self.forget_question();
            self.hold_back(now);
        }
        let mut given_up = Vec::new();
        for search in self.searches.values_mut() {
            search.waiters.retain(|(account, since, _)| {
                let waits = now.saturating_duration_since(*since) < PATIENCE;
                if !waits {
                    given_up.push(*account);
                }
                waits
            });
        }
        self.searches.retain(|_, search| !search.waiters.is_empty());
        self.misses.dropped += given_up.len() as u64;
        for account in given_up {
            self.let_go(account);
        }
    }

    /// Takes all that waits for one.
    fn finish(&mut self, place: Place) -> Vec<Waiter> {
        let Some(search) = self.searches.remove(&place) else {
            return Vec::new();
        };
        let mut waiters = Vec::new();
        for (account, _, waiter) in search.waiters {
            self.let_go(account);
            waiters.push(waiter);
        }
        waiters
    }

    fn let_go(&mut self, account: Account) {
        self.held = self.held.saturating_sub(1);
        if let Some(count) = self.by_account.get_mut(&account) {
            *count -= 1;
            if *count == 0 {
                self.by_account.remove(&account);
            }
        }
    }

    /// Whatever the question asked for and did not find is to be asked again; whether there is any.
    fn forget_question(&mut self) -> bool {
        let Some(question) = self.question.take() else {
            return false;
        };
        let mut open = false;
        for place in question.places {
            if let Some(search) = self.searches.get_mut(&place) {
                search.asked = false;
                open = true;
            }
        }
        open
    }

    /// Half to all of a pause that doubles, so that agents do not come back all at once.
    fn hold_back(&mut self, now: Instant) {
        self.pause = (self.pause * 2).clamp(BACKOFF.0, BACKOFF.1);
        let random = uuid::Uuid::new_v4().as_bytes()[0];
        let jittered = self.pause / 2 + self.pause * u32::from(random) / 512;
        self.not_before = Some(now + jittered);
    }
}

#[cfg(test)]
mod tests;
