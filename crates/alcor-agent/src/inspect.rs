//! A look at a host from outside its agent: what the region wants there, what the agent has last
//! said that it holds, and what is in the switch. All three must agree; an operator asks which do
//! not.
//!
//! The region is asked by a session that only watches ([`Hello::observer`]), so that the answer comes
//! from the same compiler and the same pipeline as the agent's own. Nothing is changed but by
//! [`repair`].

use crate::database::{self, DatabaseEvent};
use crate::engine::{Job, JobResult};
use crate::link;
use crate::numbers::{Numbers, is_sub_port};
use crate::programmer::program;
use crate::switch;
use crate::zones::Flushes;
use crate::{AgentConfig, AgentError, Holdings};
use alcor_goalstate::wire::host_session_client::HostSessionClient;
use alcor_goalstate::wire::{AgentMessage, Hello, Welcome, agent_message, region_message};
use alcor_goalstate::{Goal, TunnelKind};
use alcor_openflow::{Client, Connection, Endpoint, Events, Flow, PortNo, Settings};
use alcor_pipeline::{FlowChanges, Input, Installed, MeterChanges, Owner, Pipeline, table};
use alcor_types::PortId;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

/// The most that each of the three may take to answer.
const ANSWER: Duration = Duration::from_secs(30);
/// Region and switch are read one after the other; what differs only because something changed in
/// between does not differ any more after a moment.
const LOOKS: usize = 3;
const MOMENT: Duration = Duration::from_millis(300);

/// The kind of owner, in cookies, of what leads out of the region.
const OUTSIDE: u64 = 10;

/// One scope, as the region has it and as the agent has last said.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ScopeWord {
    /// The scope's name on the wire.
    pub scope: String,
    /// The region's revision.
    pub wanted: u64,
    /// The agent's; none where it never spoke of the scope.
    pub held: Option<u64>,
    /// Whether the agent holds what the region wants.
    pub agrees: bool,
}

/// What was found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Inspection {
    /// Every scope of the host.
    pub scopes: Vec<ScopeWord>,
    /// How long ago the agent said what it holds; none where it never did.
    pub heard_ago: Option<Duration>,
    /// Goals that the region wants there.
    pub goals: usize,
    /// Flows that follow from them.
    pub wanted: usize,
    /// Flows that are in the switch.
    pub installed: usize,
    /// Flows that are wanted and not there, or not so.
    pub missing: Vec<(Owner, Flow)>,
    /// Flows that are there and not wanted.
    pub stale: Vec<Installed>,
    /// Meters that are wanted and not there, or not so; and those that are there and not wanted.
    pub meters: MeterChanges,
    /// Whose flows have which cookie; see [`cookie`](alcor_pipeline::cookie).
    pub owners: BTreeMap<u64, Owner>,
    /// The OpenFlow numbers of plugged ports.
    pub plugged: BTreeMap<PortId, PortNo>,
    /// Sub-ports of trunks: by which other port's interface their frames come and go, and with which
    /// tag.
    pub carried: BTreeMap<PortId, (PortId, u16)>,
    /// The tunnel ports' numbers.
    pub tunnels: BTreeMap<TunnelKind, PortNo>,
    /// The ports to physical networks.
    pub wires: BTreeMap<String, PortNo>,
    /// Where tunnels to the host end.
    pub tunnel_ip: IpAddr,
}

impl Inspection {
    /// Whether the switch does what the region wants.
    pub fn is_clean(&self) -> bool {
        self.missing.is_empty() && self.stale.is_empty() && self.meters.is_empty()
    }
}

/// Looks at the host that the settings name; its agent need not run.
pub async fn inspect(config: &AgentConfig) -> Result<Inspection, AgentError> {
    look(config).await.map(|(inspection, ..)| inspection)
}

/// Looks, and makes the switch as the region wants it. Answers what was wrong.
pub async fn repair(config: &AgentConfig) -> Result<Inspection, AgentError> {
    let (inspection, client, _events) = look(config).await?;
    let missing = inspection.missing.iter();
    let job = Job {
        changes: FlowChanges {
            add: missing.map(|(_, flow)| flow.clone()).collect(),
            delete: inspection.stale.clone(),
            meters: inspection.meters.clone(),
        },
        flushes: Flushes::default(),
    };
    match program(client, job).await {
        JobResult::Done(refused) if refused.is_empty() => Ok(inspection),
        JobResult::Done(refused) => Err(AgentError::Switch(format!(
            "{} flows were refused, the first because {}",
            refused.len(),
            refused[0].reason
        ))),
        JobResult::Lost => Err(AgentError::Switch("the connection was lost".to_owned())),
    }
}

async fn look(config: &AgentConfig) -> Result<(Inspection, Client, Events), AgentError> {
    let (client, events) = connect(config).await?;
    let mut inspection = look_once(config, &client).await?;
    for _ in 1..LOOKS {
        if inspection.is_clean() {
            break;
        }
        tokio::time::sleep(MOMENT).await;
        inspection = look_once(config, &client).await?;
    }
    Ok((inspection, client, events))
}

async fn look_once(config: &AgentConfig, client: &Client) -> Result<Inspection, AgentError> {
    let wish = within("the region", ask(config)).await?;
    let bridge = within("the switch's database", database::look(config)).await?;
    let found = within("the switch", async {
        switch::dump(client)
            .await
            .map_err(|error| AgentError::Switch(error.to_string()))
    })
    .await?;
    let mut pipeline = Pipeline::at(wish.tunnel_ip);
    for goal in wish.holdings.goals() {
        pipeline.apply(&Input::Put(goal.clone()));
    }
    pipeline.apply(&Input::Complete);
    let (mut plugged, mut tunnels, mut wires) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
    let carried = sub_ports(&wish.holdings);
    for input in bridge.into_iter().flat_map(inputs) {
        if let Input::Plugged { port, ofport } = input
            && carried.contains_key(&port) != is_sub_port(ofport.0)
        {
            continue;
        }
        pipeline.apply(&input);
        match input {
            Input::Plugged { port, ofport } => drop(plugged.insert(port, ofport)),
            Input::Tunnel { kind, ofport } => {
                tunnels.extend(ofport.map(|ofport| (kind, ofport)));
            }
            Input::Wire {
                physical_network,
                ofport: Some(ofport),
            } => drop(wires.insert(physical_network, ofport)),
            _ => {}
        }
    }
    let installed = found.flows.len();
    let difference = pipeline.diff(found);
    let owners = pipeline.owners();
    let missing = difference.add.into_iter().filter_map(|flow| {
        let owner = owners.get(&(flow.cookie & alcor_pipeline::cookie::OWNER_MASK))?;
        Some((*owner, flow))
    });
    Ok(Inspection {
        scopes: words(&wish),
        heard_ago: wish.heard_ago,
        goals: wish.holdings.goals().count(),
        wanted: pipeline.desired().count(),
        installed,
        missing: missing.collect(),
        stale: difference.delete.into_iter().filter(is_goals).collect(),
        meters: difference.meters,
        owners,
        plugged,
        carried,
        tunnels,
        wires,
        tunnel_ip: wish.tunnel_ip,
    })
}

/// Whether goals alone say if the flow is wanted: who is known on external networks, no goal says.
fn is_goals(flow: &Installed) -> bool {
    let outside = flow.cookie >> 60 == OUTSIDE;
    let learnt = flow.key.table == table::NEXT
        || flow.key.table == table::ARRIVE && flow.key.priority == table::FIRST;
    !(outside && learnt)
}

/// The ports that have a number in place of an interface.
fn sub_ports(holdings: &Holdings) -> BTreeMap<PortId, (PortId, u16)> {
    let carried = holdings.goals().filter_map(|goal| match goal {
        Goal::Port(port) => Some((port.id, port.identity.trunk.as_ref()?.carrier()?)),
        _ => None,
    });
    carried.collect()
}

fn inputs(event: DatabaseEvent) -> Vec<Input> {
    match event {
        DatabaseEvent::Tunnels(ofports) => {
            let ofports = ofports.into_iter();
            let inputs = ofports.map(|(kind, ofport)| Input::Tunnel {
                kind,
                ofport: Some(PortNo(ofport)),
            });
            inputs.collect()
        }
        DatabaseEvent::Seen(vifs) => {
            let plugged = vifs.into_iter().filter_map(|(port, vif)| {
                let ofport = PortNo(vif.ofport?);
                Some(Input::Plugged { port, ofport })
            });
            plugged.collect()
        }
        DatabaseEvent::Wires(wires) => {
            let wires = wires.into_iter();
            wires
                .map(|(physical_network, ofport)| Input::Wire {
                    physical_network,
                    ofport: Some(PortNo(ofport)),
                })
                .collect()
        }
        DatabaseEvent::Ids(ids) => {
            let zones = Numbers::zones().read(&ids).now.into_iter();
            let zones = zones.filter_map(|(name, zone)| {
                let of = name.parse().ok()?;
                Some(Input::Zone { of, zone })
            });
            let sub_ports = Numbers::sub_ports().read(&ids).now.into_iter();
            let sub_ports = sub_ports.filter_map(|(name, number)| {
                let port = name.split('/').next()?.parse().ok()?;
                let ofport = PortNo(number?.into());
                Some(Input::Plugged { port, ofport })
            });
            zones.chain(sub_ports).collect()
        }
        // The bridge as it is comes as a whole.
        DatabaseEvent::Vif(..) => Vec::new(),
    }
}

/// What the region wants of a host, and what it has heard from there.
struct Wish {
    holdings: Holdings,
    tunnel_ip: IpAddr,
    heard_ago: Option<Duration>,
    /// What the agent holds, by scope.
    held: BTreeMap<String, (u64, u64)>,
}

fn words(wish: &Wish) -> Vec<ScopeWord> {
    let scopes = wish.holdings.known().into_iter();
    let words = scopes.map(|wanted| {
        let held = wish.held.get(&wanted.scope);
        ScopeWord {
            wanted: wanted.revision,
            held: held.map(|(revision, _)| *revision),
            agrees: held.is_some_and(|(_, digest)| *digest == wanted.digest),
            scope: wanted.scope,
        }
    });
    words.collect()
}

/// A session that only watches: the region says everything, and ends it.
async fn ask(config: &AgentConfig) -> Result<Wish, AgentError> {
    let region = |error: &dyn std::fmt::Display| AgentError::Region(error.to_string());
    let endpoint = link::endpoint(&config.region).map_err(|error| region(&error))?;
    let channel = endpoint.connect().await.map_err(|error| region(&error))?;
    let mut client = HostSessionClient::new(channel).max_decoding_message_size(link::MAX_MESSAGE);
    let hello = Hello {
        host_id: config.host.to_string(),
        observer: true,
        ..Hello::default()
    };
    let hello = AgentMessage {
        body: Some(agent_message::Body::Hello(hello)),
    };
    let said = client.session(tokio_stream::once(hello)).await;
    let mut said = said
        .map_err(|status| region(&status.message()))?
        .into_inner();
    let mut holdings = Holdings::default();
    let mut welcome = Welcome::default();
    while let Some(message) = said
        .message()
        .await
        .map_err(|status| region(&status.message()))?
    {
        match message.body {
            Some(region_message::Body::Welcome(said)) => {
                holdings.welcome(&said.scopes);
                welcome = said;
            }
            Some(region_message::Body::Push(push)) => {
                holdings.apply(&push).map_err(|refusal| region(&refusal))?;
            }
            None => {}
        }
    }
    if !holdings.is_complete() {
        return Err(AgentError::Region(
            "it broke off before it had said everything".to_owned(),
        ));
    }
    let tunnel_ip = welcome.tunnel_ip.parse();
    let held = welcome.held.into_iter();
    Ok(Wish {
        holdings,
        tunnel_ip: tunnel_ip.map_err(|error| region(&error))?,
        heard_ago: welcome.held_ago_ms.map(Duration::from_millis),
        held: held
            .map(|word| (word.scope, (word.revision, word.digest)))
            .collect(),
    })
}

async fn connect(config: &AgentConfig) -> Result<(Client, Events), AgentError> {
    let endpoint = config.openflow_endpoint()?;
    let endpoint: Endpoint = endpoint.parse().map_err(|error| AgentError::Setting {
        name: "--openflow",
        problem: format!("{endpoint}: {error}"),
    })?;
    let connected = Connection::connect(&endpoint, Settings::default()).await;
    connected.map_err(|error| AgentError::Switch(error.to_string()))
}

async fn within<T>(
    who: &'static str,
    answer: impl Future<Output = Result<T, AgentError>>,
) -> Result<T, AgentError> {
    match tokio::time::timeout(ANSWER, answer).await {
        Ok(answer) => answer,
        Err(_) => Err(AgentError::Silent(who)),
    }
}
