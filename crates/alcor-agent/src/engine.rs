//! The agent's mind: what the region wants, what the switch has, and what to do next.
//!
//! Pure: events go in by methods, [`Effect`]s come out. At most one job is with the switch at
//! a time; what changes meanwhile gathers and makes the next job, so a burst of pushes costs
//! few transactions, and nothing queues without bound.

mod demand;
mod frames;
mod north;
mod served;
mod trunks;
mod verdict;

use crate::advertisers::Advertisers;
use crate::ageing::Ageing;
use crate::allowance::Allowances;
use crate::announcements::{Announcements, Before};
use crate::database::Keep;
use crate::demand::Demand;
use crate::errand::Errand;
use crate::holdings::Holdings;
use crate::installer::Installer;
use crate::lease::Leases;
use crate::lease6::Leases6;
use crate::names::Names;
use crate::reports::Reports;
use crate::vifs::{Vif, Vifs};
use crate::zones::{Flushes, Zones};
use alcor_goalstate::wire::agent_message::Body;
use alcor_goalstate::wire::{Ack, AckStage, Heartbeat, Hello, Push, Welcome};
use alcor_goalstate::{Goal, GoalChange, GoalKey, PortGoal, TunnelKind};
use alcor_openflow::{Action, Continuation, Flow, PortNo};
use alcor_pipeline::{Contents, FlowChanges, Input, Installed, Pipeline, table};
use alcor_responder::Counters;
use alcor_types::PortId;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::time::{Duration, Instant};

/// Unless it is said otherwise, for so long a neighbour of a large network may be unused.
const IDLE: Duration = Duration::from_mins(1);

/// A frame to send back to the port that asked.
pub(crate) type Answer = Vec<u8>;

/// What the engine wants done.
#[derive(Debug)]
pub(crate) enum Effect {
    /// Say this to the region.
    Say(Body),
    /// Have the switch do this, and report back.
    Program(Job),
    /// Send this frame to the VM at an OpenFlow port.
    Tell(PortNo, Answer),
    /// Send this frame to the VMs at all these OpenFlow ports.
    TellAll(Vec<PortNo>, Answer),
    /// Send this frame as these actions say.
    Out(Vec<Action>, Answer),
    /// Keep this in the database.
    Keep(Keep),
    /// Let this packet go on in the switch.
    Resume(Continuation),
}

/// What the switch is to do.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Job {
    pub(crate) changes: FlowChanges,
    pub(crate) flushes: Flushes,
}

/// A flow that the switch refused, and why.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Refused {
    /// The flow.
    pub(crate) flow: Flow,
    /// The switch's words.
    pub(crate) reason: String,
}

/// How a job ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum JobResult {
    /// The switch has confirmed it, except for these flows.
    Done(Vec<Refused>),
    /// The switch went away; what of it was done is unknown.
    Lost,
}

/// Whom to tell when the next job is done.
#[derive(Debug, Default)]
struct Parties {
    pushes: Vec<u64>,
    ports: BTreeSet<PortId>,
    /// Packets that wait in the switch for flows of the job.
    resumed: Vec<Continuation>,
}

impl Parties {
    fn is_empty(&self) -> bool {
        self.pushes.is_empty() && self.ports.is_empty() && self.resumed.is_empty()
    }

    fn join(&mut self, other: Self) {
        self.pushes.extend(other.pushes);
        self.ports.extend(other.ports);
        self.resumed.extend(other.resumed);
    }
}

/// Everything the agent knows.
#[derive(Debug)]
pub(crate) struct Engine {
    holdings: Holdings,
    pipeline: Pipeline,
    installer: Installer,
    vifs: Vifs,
    zones: Zones,
    leases: Leases,
    leases6: Leases6,
    allowances: Allowances,
    advertisers: Advertisers,
    announcements: Announcements,
    names: Names,
    /// What others are to do on behalf of VMs.
    errands: Vec<Errand>,
    north: north::North,
    trunks: trunks::Trunks,
    demand: Demand,
    ageing: Ageing,
    counters: Counters,
    reports: Reports,
    /// Floating IPs wait to be spoken of until the switch holds all that is wanted.
    unjudged: bool,
    /// Ports with flows that the switch refused, and holders of floating IPs with such.
    failed: BTreeMap<PortId, String>,
    waiting: Parties,
    in_flight: Option<Parties>,
    /// Counts jobs, so that a flow dump that a job has overtaken is known as old.
    jobs: u64,
}

impl Engine {
    /// On a host whose tunnels end at this address, with the times of DHCP leases and of routers'
    /// advertisements.
    pub(crate) fn new(lease_seconds: u32, ra_seconds: u16, tunnel_ip: IpAddr) -> Self {
        Self {
            holdings: Holdings::default(),
            pipeline: Pipeline::at(tunnel_ip),
            installer: Installer::default(),
            vifs: Vifs::default(),
            zones: Zones::default(),
            leases: Leases::new(lease_seconds),
            leases6: Leases6::new(lease_seconds),
            allowances: Allowances::default(),
            advertisers: Advertisers::new(ra_seconds),
            announcements: Announcements::default(),
            names: Names::default(),
            errands: Vec::new(),
            north: north::North::default(),
            trunks: trunks::Trunks::default(),
            demand: Demand::default(),
            ageing: Ageing::new(IDLE),
            counters: Counters::default(),
            reports: Reports::default(),
            unjudged: false,
            failed: BTreeMap::new(),
            waiting: Parties::default(),
            in_flight: None,
            jobs: 0,
        }
    }

    /// VMs get metadata here: DHCP tells the way to it.
    #[must_use]
    pub(crate) fn with_metadata(mut self) -> Self {
        self.leases.tell_of_metadata();
        self
    }

    /// Neighbours of large networks that have not been used for so long are given back.
    #[must_use]
    pub(crate) fn with_idle(mut self, limit: Duration) -> Self {
        self.ageing = Ageing::new(limit);
        self
    }

    /// A session is open: what to greet the region with.
    pub(crate) fn hello(&mut self, identity: &Hello) -> Effect {
        self.demand.set_open(false);
        self.waiting.pushes.clear();
        if let Some(parties) = &mut self.in_flight {
            parties.pushes.clear();
        }
        Effect::Say(Body::Hello(Hello {
            known: self.holdings.known(),
            ..identity.clone()
        }))
    }

    /// The region has told which scopes the host is in.
    pub(crate) fn welcomed(&mut self, welcome: &Welcome) -> Vec<Effect> {
        let changed = self.holdings.welcome(&welcome.scopes);
        self.take_in(changed);
        self.demand.set_open(true);
        self.reports.repeat_all();
        self.advance()
    }

    /// The region has pushed goals.
    pub(crate) fn pushed(&mut self, push: &Push) -> Vec<Effect> {
        let changed = match self.holdings.apply(push) {
            Ok(changed) => changed,
            Err(refusal) => {
                tracing::error!(%refusal, scope = push.scope, "push refused");
                let reason = refusal.to_string();
                return vec![ack(push.sequence, AckStage::Refused, reason)];
            }
        };
        self.take_in(changed);
        self.waiting.pushes.push(push.sequence);
        let mut effects = vec![ack(push.sequence, AckStage::Received, String::new())];
        effects.extend(self.heard_of(Instant::now(), push));
        effects.extend(self.advance());
        effects
    }

    /// An interface came, changed, or went (`None`).
    pub(crate) fn plugged(&mut self, port: PortId, vif: Option<Vif>) -> Vec<Effect> {
        self.note_plug(port, vif);
        self.advance()
    }

    fn note_plug(&mut self, port: PortId, vif: Option<Vif>) {
        let before = self.vifs.ofport(port);
        self.vifs.set(port, vif);
        let now = self.vifs.ofport(port);
        if before != now {
            if let Some(number) = before {
                self.zones.unplugged(PortNo(number));
            }
            if let Some(number) = now {
                self.zones.plugged(port, PortNo(number));
            }
            self.trunks.moved();
            self.pipeline.apply(&match self.ofport(port) {
                Some(ofport) => Input::Plugged { port, ofport },
                None => Input::Unplugged { port },
            });
            self.advertisers.welcome(port);
            self.errand(Errand::Leave(port));
        }
        self.waiting.ports.insert(port);
    }

    /// These are all interfaces of the bridge; ports that are not among them are unplugged.
    pub(crate) fn bridge_seen(&mut self, plugged: BTreeMap<PortId, Vif>) -> Vec<Effect> {
        let known = self.vifs.ports();
        let gone: Vec<_> = known.filter(|port| !plugged.contains_key(port)).collect();
        for port in gone {
            self.note_plug(port, None);
        }
        for (port, vif) in plugged {
            self.note_plug(port, Some(vif));
        }
        self.vifs.complete();
        // What was heard of before could not be judged without its interface.
        self.waiting.ports.extend(self.holdings.own_ports());
        self.advance()
    }

    /// The tunnel ports have these numbers now.
    pub(crate) fn tunnels(&mut self, ofports: &BTreeMap<TunnelKind, u32>) -> Vec<Effect> {
        for kind in TunnelKind::ALL {
            let ofport = ofports.get(&kind).copied().map(PortNo);
            self.pipeline.apply(&Input::Tunnel { kind, ofport });
        }
        self.advance()
    }

    /// The switch is here and holds this.
    pub(crate) fn switch_found(&mut self, found: Contents) -> Vec<Effect> {
        self.forget_waiting();
        let kept = self.settle_trunks();
        let flows = found.flows.len();
        self.pipeline.take_changes();
        self.failed.clear();
        self.zones.found(&found.flows);
        let missing = self.installer.connected(found, &self.pipeline);
        tracing::info!(
            flows,
            missing = missing.add.len(),
            unclaimed = self.installer.unclaimed(),
            "switch connected"
        );
        self.waiting.ports.extend(self.holdings.own_ports());
        let job = self.start_job(missing);
        kept.into_iter().chain([job]).collect()
    }

    /// The switch is gone.
    pub(crate) fn switch_lost(&mut self) {
        self.installer.disconnected();
        self.forget_waiting();
    }

    /// What waited in a switch that went away will not go on.
    fn forget_waiting(&mut self) {
        self.abandon_job();
        self.waiting.resumed.clear();
        self.demand.clear();
    }

    /// The job is over.
    pub(crate) fn programmed(&mut self, result: JobResult) -> Vec<Effect> {
        let JobResult::Done(refused) = result else {
            // What of it was done is unknown: only a new look at the switch tells.
            self.switch_lost();
            return Vec::new();
        };
        let Some(parties) = self.in_flight.take() else {
            return Vec::new();
        };
        let mut ports = parties.ports;
        for Refused { flow, reason } in refused {
            tracing::error!(?flow, reason, "flow refused by the switch");
            for port in self.blamed(&flow) {
                // Tried again, it is refused in other words: with another number.
                self.failed.entry(port).or_insert_with(|| reason.clone());
                ports.insert(port);
            }
        }
        let mut effects: Vec<_> = parties
            .pushes
            .into_iter()
            .map(|push| ack(push, AckStage::Verified, String::new()))
            .collect();
        effects.extend(parties.resumed.into_iter().map(Effect::Resume));
        for port in ports {
            self.judge(port);
        }
        self.judge_floating();
        effects.extend(self.announce());
        effects.extend(self.introduce());
        effects.extend(self.announce_outside());
        effects.extend(
            self.reports
                .take()
                .map(|report| Effect::Say(Body::Report(report))),
        );
        effects.extend(self.advance());
        effects
    }

    /// Nothing is under way with the switch: a dump begun now can be compared, if this number
    /// is still the same when it is done.
    pub(crate) fn audit_ticket(&self) -> Option<u64> {
        let quiet = self.in_flight.is_none() && self.installer.is_connected();
        (quiet && self.sees_all()).then_some(self.jobs)
    }

    /// What the switch holds, as read back for an audit.
    pub(crate) fn audited(&mut self, ticket: u64, found: Contents) -> Vec<Effect> {
        if self.audit_ticket() != Some(ticket) {
            return Vec::new();
        }
        let repair = self.pipeline.diff(found);
        if repair.is_empty() {
            return self.forgive();
        }
        tracing::warn!(
            missing = repair.add.len(),
            stale = repair.delete.len(),
            meters = repair.meters.put.len() + repair.meters.delete.len(),
            "the switch's flows had drifted; mending them"
        );
        vec![self.start_job(repair)]
    }

    /// The switch holds all that is wanted: whatever it has once refused, it has taken since.
    fn forgive(&mut self) -> Vec<Effect> {
        if self.failed.is_empty() {
            return Vec::new();
        }
        let failed = std::mem::take(&mut self.failed).into_keys();
        self.waiting.ports.extend(failed);
        self.advance()
    }

    /// A sign of life; now and then with all that is held. None before the region's welcome: it counts no signs
    /// of life until then, and with very many agents that wait for theirs it would do nothing but read them.
    pub(crate) fn heartbeat(&self, audit: bool) -> Option<Effect> {
        if !self.demand.is_open() {
            return None;
        }
        let held = if audit {
            self.holdings.digests()
        } else {
            Vec::new()
        };
        Some(Effect::Say(Body::Heartbeat(Heartbeat { held })))
    }

    /// Feeds the pipeline, and notes whom the next job concerns.
    fn take_in(&mut self, changed: Vec<GoalChange>) {
        if self.holdings.is_complete() {
            self.pipeline.apply(&Input::Complete);
        }
        for change in changed {
            self.leases.forget_by(&change);
            self.leases6.forget_by(&change);
            self.advertisers.note(&change);
            self.names.note(&change);
            self.trunks.note(&change);
            match change {
                GoalChange::Put(goal) => {
                    if let Goal::Port(port) = &goal {
                        self.failed.remove(&port.id);
                        self.waiting.ports.insert(port.id);
                    }
                    if let Goal::Floating(floating) = &goal {
                        self.unsay_floating(floating.port, floating.id);
                    }
                    let before = Before::of(&goal, &self.pipeline);
                    self.pipeline.apply(&Input::Put(goal));
                    if let Some(before) = before {
                        self.announcements.note(before, &self.pipeline);
                    }
                }
                GoalChange::Delete { key, .. } => {
                    if let GoalKey::Port(port) = key {
                        self.failed.remove(&port);
                        self.allowances.forget(port);
                        self.errand(Errand::Leave(port));
                        self.reports.forget(port);
                    }
                    if let GoalKey::Floating(port, id) = key {
                        self.unsay_floating(port, id);
                    }
                    self.pipeline.apply(&Input::Delete(key));
                }
            }
        }
        self.advertisers.settle(&self.holdings);
    }

    fn own(&self, port: PortId) -> Option<&PortGoal> {
        match self.holdings.scope_of(port)?.get(&GoalKey::Port(port))? {
            Goal::Port(goal) => Some(goal),
            _ => None,
        }
    }

    /// Whether a flow that nothing asks for is really stale: before that it may only not have
    /// been heard of, neither from the region nor from the bridge.
    fn sees_all(&self) -> bool {
        self.holdings.is_complete() && self.vifs.is_complete()
    }

    /// Starts the next job, if the switch is free and there is anything to do or to confirm.
    fn advance(&mut self) -> Vec<Effect> {
        if self.in_flight.is_some() || !self.installer.is_connected() {
            return self.words();
        }
        let mut effects = self.settle_outside();
        effects.extend(self.settle_trunks());
        let mut changes = self.installer.filter(self.pipeline.take_changes());
        if self.sees_all() {
            let asked = self.north.has_asked();
            let stale = |flow: &Installed| asked || flow.key.table != table::NEXT;
            self.installer.sweep(&mut changes, stale);
        }
        let idle = changes.is_empty() && self.waiting.is_empty();
        let quiet = self.zones.is_quiet() && self.north.is_quiet() && self.trunks.is_quiet();
        if idle && quiet {
            if self.unjudged {
                self.judge_floating();
                effects.extend(self.words());
            }
            return effects;
        }
        effects.push(self.start_job(changes));
        effects
    }

    /// What is to be said of ports. With no switch there is nothing to verify, but reports may wait from
    /// before.
    fn words(&mut self) -> Vec<Effect> {
        let report = self
            .reports
            .take()
            .map(|report| Effect::Say(Body::Report(report)));
        report.into_iter().collect()
    }

    fn start_job(&mut self, changes: FlowChanges) -> Effect {
        self.jobs += 1;
        self.in_flight = Some(std::mem::take(&mut self.waiting));
        let mut flushes = self.zones.take();
        for numbers in [self.north.take_flushes(), self.trunks.take_flushes()] {
            flushes.before.extend(numbers.before);
            flushes.after.extend(numbers.after);
        }
        Effect::Program(Job { changes, flushes })
    }

    fn abandon_job(&mut self) {
        if let Some(parties) = self.in_flight.take() {
            self.waiting.join(parties);
        }
    }
}

fn ack(sequence: u64, stage: AckStage, reason: String) -> Effect {
    Effect::Say(Body::Ack(Ack {
        sequence,
        stage: stage.into(),
        reason,
    }))
}

#[cfg(test)]
mod tests;
