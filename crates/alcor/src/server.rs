//! `alcor server`: store, API and delivery in one process.

use crate::access;
use crate::nova::Telling;
use crate::provider::Written;
use alcor_api::{AgentLiveness, ApiState, Auth, Liveness};
use alcor_delivery::{Delivery, Metrics, Tasks};
use alcor_managers::quota::Kind;
use alcor_managers::schema;
use alcor_managers::segment::range;
use alcor_managers::{Provider, Settings};
use alcor_store::Store;
use alcor_types::{HostName, Vni};
use anyhow::{Context, bail};
use clap::Args;
use parking_lot::Mutex;
use prometheus_client::registry::Registry;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// Settings of the region server.
#[derive(Args, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Flags {
    /// Where the REST API listens [default: 127.0.0.1:9696]
    #[arg(long, env = "ALCOR_LISTEN", value_name = "IP:PORT")]
    pub(crate) listen: Option<SocketAddr>,
    /// Where agents connect [default: 127.0.0.1:9697]
    #[arg(long, env = "ALCOR_AGENT_LISTEN", value_name = "IP:PORT")]
    pub(crate) agent_listen: Option<SocketAddr>,
    /// Where the store keeps its files; made where absent
    #[arg(long, env = "ALCOR_DATA_DIR", value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    /// Who may call the API, and how.
    #[command(flatten)]
    #[serde(skip)]
    pub(crate) access: access::Flags,
    /// The lowest VNI that networks get [default: 1]
    #[arg(long, env = "ALCOR_VNI_MIN", value_name = "VNI")]
    pub(crate) vni_min: Option<u32>,
    /// The highest VNI that networks get [default: 16777215]
    #[arg(long, env = "ALCOR_VNI_MAX", value_name = "VNI")]
    pub(crate) vni_max: Option<u32>,
    /// The first three bytes of automatic MAC addresses [default: fa:16:3e]
    #[arg(long, env = "ALCOR_MAC_BASE", value_name = "XX:XX:XX")]
    pub(crate) mac_base: Option<String>,
    /// The types that networks may have [default: vxlan,geneve,gre,vlan,flat,local]
    #[arg(
        long,
        env = "ALCOR_NETWORK_TYPES",
        value_name = "TYPE",
        value_delimiter = ','
    )]
    pub(crate) network_types: Vec<String>,
    /// The types tried, in this order, for networks whose maker names none [default: vxlan]
    #[arg(
        long,
        env = "ALCOR_TENANT_NETWORK_TYPES",
        value_name = "TYPE",
        value_delimiter = ','
    )]
    pub(crate) tenant_network_types: Vec<String>,
    /// Ids that tunnels of a type get, like geneve:1:1000; may be repeated [default: vxlan's]
    #[arg(
        long,
        env = "ALCOR_TUNNEL_RANGE",
        value_name = "TYPE:MIN:MAX",
        value_delimiter = ','
    )]
    pub(crate) tunnel_range: Vec<String>,
    /// A physical network that carries VLANs, and the tags networks get; may be repeated
    #[arg(
        long,
        env = "ALCOR_VLAN_RANGE",
        value_name = "NAME[:MIN:MAX]",
        value_delimiter = ','
    )]
    pub(crate) vlan_range: Vec<String>,
    /// A physical network that carries an untagged network, or * for any; may be repeated
    #[arg(
        long,
        env = "ALCOR_FLAT_NETWORK",
        value_name = "NAME",
        value_delimiter = ','
    )]
    pub(crate) flat_network: Vec<String>,
    /// The largest IP packet of the underlay, in bytes; networks get it less what their type
    /// adds [default: 1500]
    #[arg(long, env = "ALCOR_PHYSICAL_MTU", value_name = "BYTES")]
    pub(crate) physical_mtu: Option<u16>,
    /// The same of one physical network; may be repeated
    #[arg(
        long,
        env = "ALCOR_PHYSICAL_NETWORK_MTU",
        value_name = "NAME:BYTES",
        value_delimiter = ','
    )]
    pub(crate) physical_network_mtu: Vec<String>,
    /// The domain of names where a network has none [default: openstacklocal]
    #[arg(long, env = "ALCOR_DNS_DOMAIN", value_name = "DOMAIN")]
    pub(crate) dns_domain: Option<String>,
    /// A network with more ports than this is large: a host is told of a port only once one of its
    /// VMs sends there; with a fifth less it is small again [default: 1000]
    #[arg(long, env = "ALCOR_ON_DEMAND_ABOVE", value_name = "PORTS")]
    pub(crate) on_demand_above: Option<usize>,
    /// Nova's endpoint, like http://127.0.0.1:8774/v2.1: tell it when its servers' ports are
    /// plugged, unplugged, changed or gone
    #[arg(long, env = "ALCOR_NOVA_URL", value_name = "URL")]
    pub(crate) nova_url: Option<String>,
    /// Root certificates of Nova in PEM, instead of the system's
    #[arg(long, env = "ALCOR_NOVA_CA_FILE", value_name = "FILE")]
    pub(crate) nova_ca_file: Option<PathBuf>,
    /// How many of a kind a project without a quota of its own may have, such as network=20;
    /// all=-1 is no limit on anything; may be repeated, and the last wins [default: Neutron's]
    #[arg(
        long = "quota",
        env = "ALCOR_QUOTA",
        value_name = "KIND=LIMIT",
        value_delimiter = ','
    )]
    #[serde(skip)]
    pub(crate) quotas: Vec<DefaultQuota>,
}

/// The limit of one kind, or of all.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct DefaultQuota {
    kind: Option<Kind>,
    limit: i64,
}

impl DefaultQuota {
    /// Of a kind by its name, or of `all`.
    pub(crate) fn new(kind: &str, limit: i64) -> anyhow::Result<Self> {
        if limit < -1 {
            bail!("{kind}={limit}: a limit is 0 or more, or -1 for none");
        }
        let kind = match kind {
            "all" => None,
            kind => Some(Kind::named(kind).with_context(|| {
                let known = Kind::ALL.map(Kind::as_str).join(", ");
                format!("'{kind}' has no quota: name one of {known}, or all")
            })?),
        };
        Ok(Self { kind, limit })
    }

    fn apply(self, to: &mut BTreeMap<Kind, i64>) {
        let kinds = Kind::ALL.into_iter();
        let named = kinds.filter(|kind| self.kind.is_none_or(|named| named == *kind));
        to.extend(named.map(|kind| (kind, self.limit)));
    }
}

impl FromStr for DefaultQuota {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        let wrong = || format!("'{text}': write KIND=LIMIT, like network=20");
        let (kind, limit) = text.split_once('=').with_context(wrong)?;
        Self::new(kind.trim(), limit.trim().parse().with_context(wrong)?)
    }
}

impl Flags {
    /// These settings, and where one is not given, the other's.
    pub(crate) fn or(self, other: Self) -> Self {
        Self {
            listen: self.listen.or(other.listen),
            agent_listen: self.agent_listen.or(other.agent_listen),
            data_dir: self.data_dir.or(other.data_dir),
            access: self.access.or(other.access),
            vni_min: self.vni_min.or(other.vni_min),
            vni_max: self.vni_max.or(other.vni_max),
            mac_base: self.mac_base.or(other.mac_base),
            network_types: given(self.network_types, other.network_types),
            tenant_network_types: given(self.tenant_network_types, other.tenant_network_types),
            tunnel_range: given(self.tunnel_range, other.tunnel_range),
            vlan_range: given(self.vlan_range, other.vlan_range),
            flat_network: given(self.flat_network, other.flat_network),
            physical_mtu: self.physical_mtu.or(other.physical_mtu),
            physical_network_mtu: given(self.physical_network_mtu, other.physical_network_mtu),
            dns_domain: self.dns_domain.or(other.dns_domain),
            on_demand_above: self.on_demand_above.or(other.on_demand_above),
            nova_url: self.nova_url.or(other.nova_url),
            nova_ca_file: self.nova_ca_file.or(other.nova_ca_file),
            quotas: [other.quotas, self.quotas].concat(),
        }
    }

    fn settings(&self) -> anyhow::Result<Settings> {
        let defaults = Settings::default();
        let low = self.vni_min.unwrap_or(Vni::MIN.get());
        let high = self.vni_max.unwrap_or(Vni::MAX.get());
        Vni::new(low).context("--vni-min")?;
        Vni::new(high).context("--vni-max")?;
        if low > high {
            bail!("--vni-min {low} lies above --vni-max {high}");
        }
        let mac_base = self.mac_base.as_deref().map(mac_base).transpose()?;
        Ok(Settings {
            provider: self.provider(low..=high)?,
            mac_base: mac_base.unwrap_or(defaults.mac_base),
            dns_domain: self.dns_domain.clone().unwrap_or(defaults.dns_domain),
            quotas: self.default_quotas(),
            ..Settings::default()
        })
    }

    fn default_quotas(&self) -> BTreeMap<Kind, i64> {
        let mut quotas = BTreeMap::new();
        for quota in &self.quotas {
            quota.apply(&mut quotas);
        }
        quotas
    }

    fn provider(&self, vnis: RangeInclusive<u32>) -> anyhow::Result<Provider> {
        let written = Written {
            types: &self.network_types,
            tenant_types: &self.tenant_network_types,
            tunnels: &self.tunnel_range,
            vlans: &self.vlan_range,
            flats: &self.flat_network,
            mtu: self.physical_mtu,
            mtus: &self.physical_network_mtu,
        };
        written.read(vnis)
    }
}

/// These, or where there are none, the others.
fn given(these: Vec<String>, others: Vec<String>) -> Vec<String> {
    if these.is_empty() { others } else { these }
}

/// A base whose first octet is a unicast one.
fn mac_base(text: &str) -> anyhow::Result<[u8; 3]> {
    let wrong = || format!("--mac-base {text}: write three hex pairs, like fa:16:3e");
    let bytes = text.split(':').map(|pair| u8::from_str_radix(pair, 16));
    let bytes = bytes.collect::<Result<Vec<_>, _>>().with_context(wrong)?;
    let base: [u8; 3] = bytes.try_into().ok().with_context(wrong)?;
    if base[0] & 1 == 1 {
        bail!(
            "--mac-base {text}: the lowest bit of the first byte marks groups; choose an even one"
        );
    }
    Ok(base)
}

/// Serves until SIGTERM or SIGINT, then finishes what is under way.
pub(crate) async fn run(flags: Flags) -> anyhow::Result<()> {
    let settings = Arc::new(flags.settings()?);
    let settings_domain = settings.dns_domain.clone();
    let access = &flags.access;
    let (auth, policy, tls) = (access.auth()?, access.policy()?, access.tls()?);
    let data_dir = flags
        .data_dir
        .clone()
        .context("say where to keep data: --data-dir DIR")?;
    let api = bind(flags.listen, ([127, 0, 0, 1], 9696), "--listen").await?;
    let agents = bind(flags.agent_listen, ([127, 0, 0, 1], 9697), "--agent-listen").await?;

    let store = open(data_dir).await?;
    let provided = Arc::clone(&settings);
    let installed = store
        .transact(move |txn| range::install_defaults(txn, &provided))
        .await;
    installed.context("cannot list the configured ranges of segmentation ids")?;
    let mut registry = Registry::default();
    let metrics = Metrics::register(&mut registry);
    let defaults = alcor_delivery::Settings::default();
    let delivered = alcor_delivery::Settings {
        dns_domain: settings_domain,
        rules: Arc::clone(&settings),
        on_demand_above: flags.on_demand_above.unwrap_or(defaults.on_demand_above),
        ..defaults
    };
    let (delivery, tasks) = Delivery::start(store.clone(), delivered, metrics)?;
    let liveness = Arc::new(Sessions(delivery.clone()));
    let registry = Arc::new(Mutex::new(registry));
    let keystone = match &auth {
        Auth::Keystone(keystone) => Some(keystone.clone()),
        Auth::None | Auth::Token(_) => None,
    };
    let mut state =
        ApiState::new(store.clone(), settings, auth, liveness, registry).with_policy(policy);
    state = state.paced_by(delivery.progress());
    if let Some(tls) = tls {
        state = state.with_tls(tls);
    }
    if access.trust_forwarded_proto {
        state = state.behind_proxy();
    }
    state.set_ready(true);
    // Whoever reads that the region serves may stop it at once: listen for that first.
    let stops = Stops::listen()?;
    tracing::info!(
        api = %api.local_addr()?,
        agents = %agents.local_addr()?,
        revision = %store.revision(),
        "region serves"
    );
    let nova = alcor_notifier::Settings {
        url: flags.nova_url,
        ca_file: flags.nova_ca_file,
    };
    let telling = Telling::start(nova, keystone, &store)?;
    let served = serve(api, agents, state, delivery, tasks, stops).await;
    telling.end().await;
    served?;
    store.close().await?;
    tracing::info!("region stopped");
    Ok(())
}

async fn bind(
    asked: Option<SocketAddr>,
    default: ([u8; 4], u16),
    flag: &str,
) -> anyhow::Result<TcpListener> {
    let address = asked.unwrap_or_else(|| default.into());
    TcpListener::bind(address)
        .await
        .with_context(|| format!("cannot listen on {flag} {address}"))
}

/// Opening reads all rows; that is no work for the runtime's threads.
async fn open(data_dir: PathBuf) -> anyhow::Result<Store> {
    let shown = data_dir.display().to_string();
    let opened =
        tokio::task::spawn_blocking(move || Store::open(&data_dir, schema::store_options()));
    opened
        .await?
        .with_context(|| format!("cannot open the store in {shown}"))
}

async fn serve(
    api: TcpListener,
    agents: TcpListener,
    state: ApiState,
    delivery: Delivery,
    tasks: Tasks,
    stops: Stops,
) -> anyhow::Result<()> {
    let stop = CancellationToken::new();
    let rest = alcor_api::serve(api, state.clone(), stop.clone().cancelled_owned());
    let sessions = delivery.serve(agents);
    let signals = async {
        stops.asked().await;
        state.set_ready(false);
        stop.cancel();
    };
    let rest = async {
        let served = rest.await;
        delivery.stop();
        anyhow::Ok(served?)
    };
    let tasks = async {
        let ended = tasks.ended().await;
        stop.cancel();
        anyhow::Ok(ended?)
    };
    let sessions = async { anyhow::Ok(sessions.await?) };
    let work = async { tokio::try_join!(rest, sessions, tasks).map(|_| ()) };
    tokio::pin!(work);
    tokio::select! {
        done = &mut work => done,
        () = signals => work.await,
    }
}

/// The signals that ask the region to stop. Until they are listened for, they would kill it.
struct Stops {
    terminate: Signal,
    interrupt: Signal,
}

impl Stops {
    fn listen() -> anyhow::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    async fn asked(mut self) {
        tokio::select! {
            _ = self.terminate.recv() => tracing::info!("asked to stop by SIGTERM"),
            _ = self.interrupt.recv() => tracing::info!("asked to stop by SIGINT"),
        }
    }
}

/// Lets the API ask the sessions who is alive.
struct Sessions(Delivery);

impl Liveness for Sessions {
    fn agent(&self, host: &HostName) -> Option<AgentLiveness> {
        let heard = self.0.heard(host)?;
        Some(AgentLiveness {
            alive: heard.alive,
            last_heartbeat: heard.at,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_win_over_the_file() {
        let flag = Flags {
            vni_min: Some(5),
            ..Flags::default()
        };
        let file = Flags {
            vni_min: Some(7),
            vni_max: Some(9),
            ..Flags::default()
        };
        let provider = flag.or(file).settings().unwrap().provider;
        let vxlan = alcor_types::NetworkType::Vxlan;
        assert_eq!(provider.ranges(vxlan, None), [5..=9]);
    }

    #[test]
    fn wrong_settings_name_their_flag() {
        let wrong = Flags {
            vni_min: Some(9),
            vni_max: Some(5),
            ..Flags::default()
        };
        assert!(
            wrong
                .settings()
                .unwrap_err()
                .to_string()
                .contains("--vni-min")
        );
        assert!(mac_base("fb:16:3e").is_err());
        assert!(mac_base("fa:16").is_err());
        assert_eq!(mac_base("02:00:00").unwrap(), [2, 0, 0]);
    }

    #[test]
    fn default_quotas_are_taken_in_order_flags_last() {
        let quotas = |texts: &[&str]| Flags {
            quotas: texts.iter().map(|text| text.parse().unwrap()).collect(),
            ..Flags::default()
        };
        let both = quotas(&["port=7"]).or(quotas(&["all=-1", "network=3"]));
        let settings = both.settings().unwrap();
        assert_eq!(settings.default_limit(Kind::Router), -1);
        assert_eq!(settings.default_limit(Kind::Network), 3);
        assert_eq!(settings.default_limit(Kind::Port), 7);
        for wrong in ["nets=1", "network", "network=-2", "network=x"] {
            assert!(wrong.parse::<DefaultQuota>().is_err(), "{wrong}");
        }
    }
}
