//! The switch's database: makes bridge and tunnel ports, and follows the bridge's interfaces.

use crate::vifs::Vif;
use crate::{AgentConfig, AgentError};
use alcor_goalstate::TunnelKind;
use alcor_ovsdb::vswitch::{
    self, BridgeEvent, BridgePort, BridgeSpec, BridgeView, PatchSpec, TunnelSpec, Vswitch,
};
use alcor_ovsdb::{Connection, Endpoint, Error, Options};
use alcor_types::PortId;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// The tunnel ports that every agent makes, by name; interfaces have 15 characters. Both are always there: a
/// port without traffic costs nothing, and the first network of its kind need not wait for it.
pub const TUNNELS: [(TunnelKind, &str); 2] = [
    (TunnelKind::Vxlan, "alcor-vxlan"),
    (TunnelKind::Geneve, "alcor-geneve"),
];

/// The first and the longest wait between two tries.
const BACKOFF: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(2));

/// What happens on the bridge.
#[derive(Debug)]
pub(crate) enum DatabaseEvent {
    /// These are all ports with an interface on the bridge. Told together: what is for several of
    /// them would else be made for the first alone, and then anew.
    Seen(BTreeMap<PortId, Vif>),
    /// A port's interface came, changed, or went.
    Vif(PortId, Option<Vif>),
    /// The OpenFlow numbers of the tunnel ports.
    Tunnels(BTreeMap<TunnelKind, u32>),
    /// The OpenFlow numbers of the ways to physical networks.
    Wires(BTreeMap<String, u32>),
    /// What is kept in the bridge's `external_ids`.
    Ids(BTreeMap<String, String>),
}

/// Keys of the bridge's `external_ids` to set, or to take away.
pub(crate) type Keep = Vec<(String, Option<String>)>;

/// Follows the database until told to stop.
pub(crate) async fn run(
    endpoint: Endpoint,
    config: AgentConfig,
    events: mpsc::Sender<DatabaseEvent>,
    mut keep: mpsc::Receiver<Keep>,
    stop: CancellationToken,
) {
    let mut wait = BACKOFF.0;
    loop {
        let mut useful = false;
        let ended = tokio::select! {
            ended = attend(&endpoint, &config, (&events, &mut keep), &mut useful) => ended,
            () = stop.cancelled() => return,
        };
        if let Err(error) = ended {
            tracing::warn!(%error, retry_ms = wait.as_millis(), "switch database lost");
        }
        wait = if useful {
            BACKOFF.0
        } else {
            (wait * 2).min(BACKOFF.1)
        };
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = stop.cancelled() => return,
        }
    }
}

/// One connection from start to end; ends too when the bridge is removed, so that the next
/// one makes it again.
async fn attend(
    endpoint: &Endpoint,
    config: &AgentConfig,
    (events, keep): (&mpsc::Sender<DatabaseEvent>, &mut mpsc::Receiver<Keep>),
    useful: &mut bool,
) -> Result<(), Error> {
    let vswitch = Vswitch::new(Connection::connect(endpoint, Options::default()).await?);
    let bridge = vswitch.ensure_bridge(&bridge_spec(config)).await?;
    for (kind, name) in TUNNELS {
        let spec = TunnelSpec::new(&config.bridge, name, kind.as_str(), config.tunnel_ip);
        let tunnel = vswitch.ensure_tunnel_port(&spec).await?;
        tracing::info!(tunnel = name, made = ?tunnel.effect, "tunnel port ready");
    }
    for (number, (network, provider)) in config.bridge_mappings.iter().enumerate() {
        let patch = patch(config, number, (network, provider));
        if let Err(error) = vswitch.ensure_patch(&patch).await {
            tracing::error!(%error, network, "no way to the physical network");
        }
    }
    tracing::info!(bridge = config.bridge, made = ?bridge.effect, "bridge ready");
    let mut watch = vswitch
        .watch(&config.bridge, &TUNNELS.map(|(_, name)| name))
        .await?;
    *useful = true;
    for event in picture(watch.view()) {
        if events.send(event).await.is_err() {
            return Ok(());
        }
    }
    loop {
        let news = tokio::select! {
            news = watch.next() => news?,
            Some(ids) = keep.recv() => {
                vswitch.set_bridge_ids(&config.bridge, &ids).await?;
                continue;
            }
        };
        for event in news {
            if event == BridgeEvent::Present(false) {
                tracing::warn!(bridge = config.bridge, "bridge removed; making it again");
                return Ok(());
            }
            let Some(event) = translate(event) else {
                continue;
            };
            if events.send(event).await.is_err() {
                return Ok(());
            }
        }
    }
}

/// The bridge as it is, without making anything.
pub(crate) async fn look(config: &AgentConfig) -> Result<Vec<DatabaseEvent>, AgentError> {
    let endpoint: Endpoint = config.ovsdb.parse().map_err(|error| AgentError::Setting {
        name: "--ovsdb",
        problem: format!("{}: {error}", config.ovsdb),
    })?;
    let read = async {
        let vswitch = Vswitch::new(Connection::connect(&endpoint, Options::default()).await?);
        let watch = vswitch
            .watch(&config.bridge, &TUNNELS.map(|(_, name)| name))
            .await?;
        Ok::<_, Error>(picture(watch.view()))
    };
    read.await
        .map_err(|error| AgentError::Switch(error.to_string()))
}

/// The names of ports have 15 characters, those of physical networks any number.
fn patch(config: &AgentConfig, number: usize, (network, provider): (&str, &str)) -> PatchSpec {
    PatchSpec {
        here: (config.bridge.clone(), format!("alcor-out-{number}")),
        there: (provider.to_owned(), format!("alcor-in-{number}")),
        mark: (vswitch::WIRE.to_owned(), network.to_owned()),
    }
}

fn bridge_spec(config: &AgentConfig) -> BridgeSpec {
    let mut spec = BridgeSpec::new(&config.bridge);
    spec.datapath_type.clone_from(&config.datapath);
    spec
}

/// The whole bridge as events; the last says that it is the whole.
fn picture(view: &BridgeView) -> Vec<DatabaseEvent> {
    let mut events = vec![
        DatabaseEvent::Tunnels(tunnels(&view.tunnels)),
        DatabaseEvent::Wires(numbers(&view.wires)),
        DatabaseEvent::Ids(view.ids.clone()),
    ];
    let seen = view.vifs.values().filter_map(read);
    events.push(DatabaseEvent::Seen(seen.collect()));
    events
}

fn translate(event: BridgeEvent) -> Option<DatabaseEvent> {
    match event {
        BridgeEvent::Plugged(vif) | BridgeEvent::Changed { new: vif, .. } => {
            read(&vif).map(|(port, vif)| DatabaseEvent::Vif(port, Some(vif)))
        }
        BridgeEvent::Unplugged(vif) => read(&vif).map(|(port, _)| DatabaseEvent::Vif(port, None)),
        BridgeEvent::Tunnels(ports) => Some(DatabaseEvent::Tunnels(tunnels(&ports))),
        BridgeEvent::Wires(wires) => Some(DatabaseEvent::Wires(numbers(&wires))),
        BridgeEvent::Ids(ids) => Some(DatabaseEvent::Ids(ids)),
        BridgeEvent::Duplicates { iface_id, ignored } => {
            tracing::warn!(iface_id, ?ignored, "several interfaces have one iface-id");
            None
        }
        BridgeEvent::Present(_) => None,
    }
}

/// The port and its interface, unless the `iface-id` is not one of ours.
fn read(vif: &vswitch::Vif) -> Option<(PortId, Vif)> {
    let port = vif.iface_id.parse().ok()?;
    let error = vif
        .port
        .error
        .clone()
        .map(|error| format!("interface {}: {error}", vif.port.name));
    Some((
        port,
        Vif {
            ofport: vif.port.ofport.map(u32::from),
            error,
        },
    ))
}

fn numbers(wires: &BTreeMap<String, BridgePort>) -> BTreeMap<String, u32> {
    let wires = wires.iter();
    let numbered = wires.filter_map(|(name, port)| Some((name.clone(), ofport(Some(port))?)));
    numbered.collect()
}

fn tunnels(ports: &BTreeMap<String, BridgePort>) -> BTreeMap<TunnelKind, u32> {
    let numbered = TUNNELS
        .into_iter()
        .filter_map(|(kind, name)| Some((kind, ofport(ports.get(name))?)));
    numbered.collect()
}

fn ofport(port: Option<&BridgePort>) -> Option<u32> {
    port?.ofport.map(u32::from)
}
