//! The agent's event loop: hands events to the engine and does what it says.

use crate::database::{self, DatabaseEvent};
use crate::demand::Misses;
use crate::engine::{Effect, Engine, Job, JobResult};
use crate::errand::{Errand, Spoken};
use crate::forwarder::Forwarder;
use crate::link::{self, Door, LinkEvent};
use crate::metadata::Proxy;
use crate::switch::{self, SwitchEvent};
use crate::talk::{Hall, Services};
use crate::{AgentConfig, AgentError, outlet, programmer};
use alcor_goalstate::wire::{Hello, region_message};
use alcor_openflow::{Client, Continuation, FlowStats, PacketIn, PacketOut, PortNo, RequestError};
use alcor_pipeline::Contents;
use alcor_responder::Counters;
use alcor_types::Timestamp;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

/// Events of switch and database that may wait for the engine.
const QUEUE: usize = 256;
/// Answers to VMs that may wait for the switch; further ones are dropped, clients ask again.
const REPLIES: usize = 256;
/// Packets that may wait for the switch to let them go on.
const RESUMED: usize = 8192;
/// How often waiting packets are looked after.
const PATIENCE: Duration = Duration::from_millis(25);
/// Words for the switch's database that may wait; more are said again later.
const KEPT: usize = 16;
/// Ports that one packet-out names at most: its list of actions ends at 64 KiB.
const OUTPUTS: usize = 1000;
/// Signs of life until the region has said how often it wants them.
const HEARTBEAT: Duration = Duration::from_millis(500);

type Uses = JoinHandle<Result<Vec<FlowStats>, RequestError>>;
type Dump = JoinHandle<Result<Contents, RequestError>>;

/// Runs until told to stop. The flows stay in the switch.
pub async fn run(config: AgentConfig, stop: CancellationToken) -> Result<(), AgentError> {
    let setting = |name, problem: String| AgentError::Setting { name, problem };
    let region = link::endpoint(&config.region)
        .map_err(|error| setting("--region", format!("{}: {error}", config.region)))?;
    let database: alcor_ovsdb::Endpoint = config
        .ovsdb
        .parse()
        .map_err(|error| setting("--ovsdb", format!("{error}")))?;
    let openflow: alcor_openflow::Endpoint = config
        .openflow_endpoint()?
        .parse()
        .map_err(|error| setting("--openflow", format!("{error}")))?;
    let metadata = config.metadata.as_ref().map(Proxy::new).transpose()?;
    tracing::info!(host = %config.host, region = config.region, %database, %openflow, "agent starts");

    let _ends_with_us = stop.clone().drop_guard();
    let (link_events, link) = mpsc::channel(link::INBOUND);
    let (switch_events, switch) = mpsc::channel(QUEUE);
    let (database_events, interfaces) = mpsc::channel(QUEUE);
    let (keep, kept) = mpsc::channel(KEPT);
    tokio::spawn(link::run(region, link_events, stop.clone()));
    tokio::spawn(switch::run(openflow, switch_events, stop.clone()));
    tokio::spawn(database::run(
        database,
        config.clone(),
        database_events,
        kept,
        stop.clone(),
    ));
    let (spoken, names) = mpsc::channel(QUEUE);
    let inputs = Inputs {
        link,
        switch,
        interfaces,
        names,
    };
    let metadata = metadata.map(Arc::new);
    let services = Services {
        metadata,
        names: spoken,
    };
    Agent::new(&config, services, keep).run(inputs, stop).await
}

struct Inputs {
    link: mpsc::Receiver<LinkEvent>,
    switch: mpsc::Receiver<SwitchEvent>,
    interfaces: mpsc::Receiver<DatabaseEvent>,
    /// Questions for names that came by TCP.
    names: mpsc::Receiver<Spoken>,
}

struct Agent {
    identity: Hello,
    engine: Engine,
    door: Option<Door>,
    client: Option<Client>,
    replies: Option<mpsc::Sender<PacketOut>>,
    resumed: Option<mpsc::Sender<Continuation>>,
    keep: mpsc::Sender<database::Keep>,
    job: Option<JoinHandle<JobResult>>,
    dump: Option<(u64, Dump)>,
    heartbeat: Interval,
    /// When some VMs are due to hear of their routers.
    second: Interval,
    /// How often the region is told the digests of all that is held.
    audit: Duration,
    audited: Instant,
    /// How often the switch is read back.
    inspection: Interval,
    /// How often packets that wait for the region are looked after, while there are any.
    patience: Interval,
    /// How often it is looked which neighbours of large networks are used, while there are any.
    ageing: Interval,
    /// The switch's counters of them, while they are read.
    uses: Option<Uses>,
    /// The counters as last told.
    told: Counters,
    misses_told: Misses,
    forwarder: Forwarder,
    hall: Hall,
}

impl Agent {
    fn new(config: &AgentConfig, services: Services, keep: mpsc::Sender<database::Keep>) -> Self {
        let mut engine = Engine::new(config.lease_seconds, config.ra_seconds, config.tunnel_ip)
            .with_idle(config.neighbor_idle);
        if config.metadata.is_some() {
            engine = engine.with_metadata();
        }
        Self {
            identity: Hello {
                host_id: config.host.to_string(),
                boot_id: uuid::Uuid::new_v4().to_string(),
                tunnel_ip: config.tunnel_ip.to_string(),
                agent_version: env!("CARGO_PKG_VERSION").to_owned(),
                bridge: config.bridge.clone(),
                started_at: Timestamp::now().0,
                known: Vec::new(),
                observer: false,
                physical_networks: config
                    .bridge_mappings
                    .iter()
                    .map(|(network, _)| network.clone())
                    .collect(),
            },
            engine,
            door: None,
            client: None,
            replies: None,
            resumed: None,
            keep,
            job: None,
            dump: None,
            heartbeat: ticks(HEARTBEAT),
            second: ticks(Duration::from_secs(1)),
            audit: Duration::from_secs(30),
            audited: Instant::now(),
            inspection: ticks(config.audit),
            patience: ticks(PATIENCE),
            ageing: ticks((config.neighbor_idle / 4).max(PATIENCE)),
            uses: None,
            misses_told: Misses::default(),
            told: Counters::default(),
            forwarder: Forwarder::new(config.dns_servers.clone()),
            hall: Hall::new(services),
        }
    }

    async fn run(mut self, mut inputs: Inputs, stop: CancellationToken) -> Result<(), AgentError> {
        loop {
            tokio::select! {
                event = inputs.link.recv() => {
                    self.linked(event.ok_or(AgentError::Task("link"))?);
                }
                event = inputs.switch.recv() => {
                    self.switched(event.ok_or(AgentError::Task("switch"))?);
                }
                event = inputs.interfaces.recv() => {
                    self.interfaced(event.ok_or(AgentError::Task("database"))?);
                }
                spoken = inputs.names.recv() => {
                    let spoken = spoken.ok_or(AgentError::Task("hall"))?;
                    self.engine.name_spoken_of(std::time::Instant::now(), spoken);
                }
                result = finished(&mut self.job) => {
                    self.finished(result.unwrap_or(JobResult::Lost));
                }
                (ticket, found) = dumped(&mut self.dump) => self.inspected(ticket, found),
                _ = self.heartbeat.tick() => self.beat(),
                _ = self.second.tick() => {
                    let effects = self.engine.advertise();
                    self.carry_out(effects);
                    let effects = self.engine.tick_outside();
                    self.carry_out(effects);
                }
                _ = self.inspection.tick() => self.inspect(),
                _ = self.patience.tick(), if self.engine.is_seeking() => {
                    self.engine.tick_demand(std::time::Instant::now());
                }
                _ = self.ageing.tick(), if self.engine.on_demand().next().is_some() => self.look_at_uses(),
                uses = read(&mut self.uses) => {
                    self.uses = None;
                    let effects = self.engine.used(std::time::Instant::now(), &uses);
                    self.carry_out(effects);
                }
                () = stop.cancelled() => return Ok(()),
            }
            self.run_errands();
            self.ask();
        }
    }

    /// Asks the region who is missed; what is missed meanwhile gathers for the next question.
    fn ask(&mut self) {
        if self.door.is_some()
            && let Some(question) = self.engine.ask(std::time::Instant::now())
        {
            self.carry_out(vec![question]);
        }
    }

    /// Begins to read the counters of flows that lead to neighbours.
    fn look_at_uses(&mut self) {
        if let (Some(client), None) = (self.client.clone(), &self.uses) {
            let networks = self.engine.on_demand().collect();
            self.uses = Some(tokio::spawn(async move {
                switch::uses(&client, networks).await
            }));
        }
    }

    fn linked(&mut self, event: LinkEvent) {
        match event {
            LinkEvent::Opened(door) => {
                self.door = Some(door);
                let hello = self.engine.hello(&self.identity);
                self.carry_out(vec![hello]);
            }
            LinkEvent::Said(body) => self.hear(*body),
            LinkEvent::Closed => {
                self.door = None;
                self.engine.region_lost();
            }
        }
    }

    fn hear(&mut self, body: region_message::Body) {
        let effects = match body {
            region_message::Body::Welcome(welcome) => {
                tracing::info!(scopes = welcome.scopes.len(), "welcomed by the region");
                let millis = |millis: u32| Duration::from_millis(u64::from(millis.max(10)));
                self.heartbeat = ticks(millis(welcome.heartbeat_interval_ms));
                self.audit = millis(welcome.audit_interval_ms);
                self.engine.welcomed(&welcome)
            }
            region_message::Body::Push(push) => self.engine.pushed(&push),
        };
        self.carry_out(effects);
    }

    fn switched(&mut self, event: SwitchEvent) {
        match event {
            SwitchEvent::Found(client, found) => {
                self.replies = Some(replier(client.clone()));
                self.resumed = Some(resumer(client.clone()));
                self.client = Some(client);
                let effects = self.engine.switch_found(found);
                self.carry_out(effects);
            }
            SwitchEvent::Packet(packet) => self.packet(&packet),
            SwitchEvent::Lost => self.lose_switch(),
        }
    }

    /// Drops all that holds the connection, so that a new one is made and the switch read anew.
    fn lose_switch(&mut self) {
        self.client = None;
        self.replies = None;
        self.resumed = None;
        self.job = None;
        if let Some(uses) = self.uses.take() {
            uses.abort();
        }
        if let Some((_, dump)) = self.dump.take() {
            dump.abort();
        }
        self.engine.switch_lost();
    }

    fn finished(&mut self, result: JobResult) {
        self.job = None;
        let lost = result == JobResult::Lost;
        let effects = self.engine.programmed(result);
        self.carry_out(effects);
        if lost {
            self.lose_switch();
        }
    }

    fn interfaced(&mut self, event: DatabaseEvent) {
        let effects = match event {
            DatabaseEvent::Vif(port, vif) => self.engine.plugged(port, vif),
            DatabaseEvent::Tunnels(ofports) => self.engine.tunnels(&ofports),
            DatabaseEvent::Wires(wires) => self.engine.wired(wires),
            DatabaseEvent::Ids(ids) => self.engine.kept(&ids),
            DatabaseEvent::Seen(vifs) => self.engine.bridge_seen(vifs),
        };
        self.carry_out(effects);
    }

    fn packet(&mut self, packet: &PacketIn) {
        if let Some(effects) = self.engine.outside(&packet.userdata, &packet.data) {
            return self.carry_out(effects);
        }
        if let Some(effects) = self.engine.missed(std::time::Instant::now(), packet) {
            return self.carry_out(effects);
        }
        let Some(in_port) = packet.in_port() else {
            return;
        };
        let now = std::time::Instant::now();
        let (words, frame) = (&packet.userdata, &packet.data);
        for frame in self.engine.packet(now, in_port, words, frame) {
            self.tell(outlet::packet(in_port, frame));
        }
    }

    /// Has done what the engine does not wait for.
    fn run_errands(&mut self) {
        for errand in self.engine.take_errands() {
            match (errand, &self.replies) {
                (Errand::Ask(inquiry), frames) => self.forwarder.ask(inquiry, frames.clone()),
                (Errand::Talk(visit), Some(frames)) => self.hall.visit(visit, frames.clone()),
                (Errand::Talk(_), None) => {}
                (Errand::Leave(port), _) => {
                    self.forwarder.forget(port);
                    self.hall.leave(port);
                }
            }
        }
    }

    fn tell(&self, reply: PacketOut) {
        if self
            .replies
            .as_ref()
            .is_none_or(|replies| replies.try_send(reply).is_err())
        {
            tracing::debug!("answer to a VM dropped: the switch is busy or gone");
        }
    }

    fn resume(&self, packet: Continuation) {
        let resumed = self.resumed.as_ref();
        if resumed.is_none_or(|resumed| resumed.try_send(packet).is_err()) {
            tracing::debug!("a packet that waited is lost: the switch is busy or gone");
        }
    }

    fn carry_out(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Say(body) => {
                    if let Some(door) = &self.door {
                        door.send(body);
                    }
                }
                Effect::Program(job) => self.start_job(job),
                Effect::Resume(packet) => self.resume(packet),
                Effect::Out(actions, frame) => self.tell(PacketOut {
                    in_port: PortNo::CONTROLLER,
                    actions,
                    data: frame.into(),
                }),
                Effect::Keep(ids) => {
                    if self.keep.try_send(ids).is_err() {
                        tracing::debug!("the switch's database is busy; asked again later");
                    }
                }
                Effect::Tell(ofport, frame) => self.tell(outlet::packet(ofport, frame)),
                Effect::TellAll(ofports, frame) => {
                    for some in ofports.chunks(OUTPUTS) {
                        self.tell(outlet::packets(some, frame.clone()));
                    }
                }
            }
        }
    }

    fn start_job(&mut self, job: Job) {
        self.job = Some(match self.client.clone() {
            Some(client) => tokio::spawn(programmer::program(client, job)),
            None => tokio::spawn(async { JobResult::Lost }),
        });
    }

    fn beat(&mut self) {
        let audit = self.audited.elapsed() >= self.audit;
        let Some(beat) = self.engine.heartbeat(audit) else {
            return;
        };
        if audit {
            self.audited = Instant::now();
        }
        self.carry_out(vec![beat]);
    }

    /// Tells what became of VMs' frames, and begins to read the switch back, unless something is
    /// under way.
    fn inspect(&mut self) {
        let counters = self.engine.frame_counters();
        if self.told != *counters {
            tracing::info!(?counters, "frames from VMs so far");
            self.told = counters.clone();
        }
        if self.misses_told != *self.engine.misses() {
            self.misses_told = self.engine.misses().clone();
            tracing::info!(misses = ?self.misses_told, "packets for unknown neighbours so far");
        }
        let (Some(ticket), Some(client)) = (self.engine.audit_ticket(), self.client.clone()) else {
            return;
        };
        if self.dump.is_none() {
            let dump = tokio::spawn(async move { switch::dump(&client).await });
            self.dump = Some((ticket, dump));
        }
    }

    fn inspected(&mut self, ticket: u64, found: Option<Contents>) {
        self.dump = None;
        if let Some(found) = found {
            let effects = self.engine.audited(ticket, found);
            self.carry_out(effects);
        }
    }
}

fn ticks(every: Duration) -> Interval {
    let mut ticks = interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

/// Sends answers to VMs, one after the other, for as long as the switch is there.
fn replier(client: Client) -> mpsc::Sender<PacketOut> {
    let (sender, mut queue) = mpsc::channel(REPLIES);
    tokio::spawn(async move {
        while let Some(reply) = queue.recv().await {
            if let Err(error) = client.packet_out(reply).await {
                tracing::debug!(%error, "answer to a VM not sent");
            }
        }
    });
    sender
}

/// Lets packets that waited go on, in their order.
fn resumer(client: Client) -> mpsc::Sender<Continuation> {
    let (sender, mut queue) = mpsc::channel(RESUMED);
    tokio::spawn(async move {
        while let Some(packet) = queue.recv().await {
            if let Err(error) = client.resume(packet).await {
                tracing::debug!(%error, "a packet that waited is lost");
            }
        }
    });
    sender
}

/// The counters, if the switch gave them; never when nobody asked.
async fn read(uses: &mut Option<Uses>) -> Vec<FlowStats> {
    match uses {
        Some(uses) => uses.await.ok().and_then(Result::ok).unwrap_or_default(),
        None => std::future::pending().await,
    }
}

/// The result of the job; never when there is none.
async fn finished(job: &mut Option<JoinHandle<JobResult>>) -> Option<JobResult> {
    match job {
        Some(job) => job.await.ok(),
        None => std::future::pending().await,
    }
}

/// What was read back, if the switch gave it; never when nobody asked.
async fn dumped(dump: &mut Option<(u64, Dump)>) -> (u64, Option<Contents>) {
    match dump {
        Some((ticket, dump)) => (*ticket, dump.await.ok().and_then(Result::ok)),
        None => std::future::pending().await,
    }
}
