//! `alcor agent`: flags and signals around the host agent.

use alcor_agent::{AgentConfig, MetadataSettings, Secret};
use anyhow::Context;
use clap::Args;
use serde::Deserialize;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// Settings of the host agent.
#[derive(Args, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Flags {
    /// The host's name, as ports are bound by it (`binding:host_id`)
    #[arg(long, env = "ALCOR_HOST_ID", value_name = "NAME")]
    pub(crate) host_id: Option<String>,
    /// The region's address for agents [default: http://127.0.0.1:9697]
    #[arg(long, env = "ALCOR_REGION", value_name = "URL")]
    pub(crate) region: Option<String>,
    /// Where tunnels to this host end
    #[arg(long, env = "ALCOR_TUNNEL_IP", value_name = "IP")]
    pub(crate) tunnel_ip: Option<IpAddr>,
    /// The switch's database [default: unix:/run/openvswitch/db.sock]
    #[arg(long, env = "ALCOR_OVSDB", value_name = "unix:PATH|tcp:HOST:PORT")]
    pub(crate) ovsdb: Option<String>,
    /// The switch itself [default: the bridge's .mgmt socket beside the database's]
    #[arg(long, env = "ALCOR_OPENFLOW", value_name = "unix:PATH|tcp:HOST:PORT")]
    pub(crate) openflow: Option<String>,
    /// The integration bridge, made where absent [default: br-int]
    #[arg(long, env = "ALCOR_BRIDGE", value_name = "NAME")]
    pub(crate) bridge: Option<String>,
    /// The datapath of the bridge: system (the kernel's) or netdev; left alone where not given
    #[arg(long, env = "ALCOR_DATAPATH", value_name = "TYPE")]
    pub(crate) datapath: Option<String>,
    /// The bridge of a physical network, as Neutron's agents are told; may be repeated
    #[arg(
        long,
        env = "ALCOR_BRIDGE_MAPPINGS",
        value_name = "NETWORK:BRIDGE",
        value_delimiter = ','
    )]
    pub(crate) bridge_mappings: Vec<String>,
    /// How long DHCP leases last, in seconds [default: 86400]
    #[arg(long, env = "ALCOR_LEASE_SECONDS", value_name = "SECONDS")]
    pub(crate) lease_seconds: Option<u32>,
    /// How often VMs hear of their IPv6 routers unasked, in seconds, from 1 to 1000 [default: 200]
    #[arg(long, env = "ALCOR_RA_SECONDS", value_name = "SECONDS")]
    pub(crate) ra_seconds: Option<u16>,
    /// How often the switch's flows are compared with the goal, in seconds [default: 60]
    #[arg(long, env = "ALCOR_AUDIT_SECONDS", value_name = "SECONDS")]
    pub(crate) audit_seconds: Option<u64>,
    /// Whom VMs' questions for names go to where their subnets name no server; may be repeated
    #[arg(
        long,
        env = "ALCOR_DNS_SERVER",
        value_name = "IP[:PORT]",
        value_delimiter = ','
    )]
    pub(crate) dns_server: Vec<String>,
    /// The Nova-style service that answers VMs at 169.254.169.254 [default: none answers]
    #[arg(long, env = "ALCOR_METADATA_URL", value_name = "URL")]
    pub(crate) metadata_url: Option<String>,
    /// A file with the secret that it shares with its proxies (metadata_proxy_shared_secret)
    #[arg(long, env = "ALCOR_METADATA_SECRET_FILE", value_name = "PATH")]
    pub(crate) metadata_secret_file: Option<PathBuf>,
    /// Neighbours in large networks are forgotten after so many seconds without a packet to them
    /// [default: 60]
    #[arg(long, env = "ALCOR_NEIGHBOR_IDLE_SECONDS", value_name = "SECONDS")]
    pub(crate) neighbor_idle_seconds: Option<u64>,
}

impl Flags {
    /// These settings, and where one is not given, the other's.
    pub(crate) fn or(self, other: Self) -> Self {
        Self {
            host_id: self.host_id.or(other.host_id),
            region: self.region.or(other.region),
            tunnel_ip: self.tunnel_ip.or(other.tunnel_ip),
            ovsdb: self.ovsdb.or(other.ovsdb),
            openflow: self.openflow.or(other.openflow),
            bridge: self.bridge.or(other.bridge),
            datapath: self.datapath.or(other.datapath),
            bridge_mappings: if self.bridge_mappings.is_empty() {
                other.bridge_mappings
            } else {
                self.bridge_mappings
            },
            lease_seconds: self.lease_seconds.or(other.lease_seconds),
            ra_seconds: self.ra_seconds.or(other.ra_seconds),
            audit_seconds: self.audit_seconds.or(other.audit_seconds),
            dns_server: if self.dns_server.is_empty() {
                other.dns_server
            } else {
                self.dns_server
            },
            metadata_url: self.metadata_url.or(other.metadata_url),
            metadata_secret_file: self.metadata_secret_file.or(other.metadata_secret_file),
            neighbor_idle_seconds: self.neighbor_idle_seconds.or(other.neighbor_idle_seconds),
        }
    }

    fn config(self) -> anyhow::Result<AgentConfig> {
        let text =
            |given: Option<String>, default: &str| given.unwrap_or_else(|| default.to_owned());
        let ra_seconds = self.ra_seconds.unwrap_or(200);
        // A router's lifetime is nine times that, and at most 9000 s (RFC 4861, 6.2.1).
        anyhow::ensure!(
            (1..=1000).contains(&ra_seconds),
            "--ra-seconds {ra_seconds} is not from 1 to 1000"
        );
        let dns_servers = self.dns_server.iter().map(|text| name_server(text));
        let dns_servers = dns_servers.collect::<anyhow::Result<_>>()?;
        let metadata = metadata(self.metadata_url, self.metadata_secret_file.as_deref())?;
        Ok(AgentConfig {
            host: self
                .host_id
                .context("say which host this is: --host-id NAME")?
                .into(),
            region: text(self.region, "http://127.0.0.1:9697"),
            tunnel_ip: self
                .tunnel_ip
                .context("say where tunnels end: --tunnel-ip IP")?,
            ovsdb: text(self.ovsdb, "unix:/run/openvswitch/db.sock"),
            openflow: self.openflow,
            bridge_mappings: self
                .bridge_mappings
                .iter()
                .map(|mapping| mapped(mapping))
                .collect::<Result<_, _>>()?,
            bridge: text(self.bridge, "br-int"),
            datapath: self.datapath,
            lease_seconds: self.lease_seconds.unwrap_or(86_400),
            ra_seconds,
            audit: Duration::from_secs(self.audit_seconds.unwrap_or(60)),
            dns_servers,
            metadata,
            neighbor_idle: Duration::from_secs(self.neighbor_idle_seconds.unwrap_or(60).max(1)),
        })
    }
}

/// A name server's address, with port 53 where it has none.
fn name_server(text: &str) -> anyhow::Result<SocketAddr> {
    let bare = text.parse().map(|ip: IpAddr| SocketAddr::new(ip, 53));
    let server = bare.or_else(|_| text.parse());
    server.with_context(|| format!("--dns-server {text}: write IP, IP:PORT or [IPV6]:PORT"))
}

/// Where metadata is to be had, with the secret out of its file.
fn metadata(url: Option<String>, file: Option<&Path>) -> anyhow::Result<Option<MetadataSettings>> {
    let (url, file) = match (url, file) {
        (None, None) => return Ok(None),
        (Some(url), Some(file)) => (url, file),
        (Some(_), None) => anyhow::bail!("--metadata-url needs --metadata-secret-file PATH"),
        (None, Some(_)) => anyhow::bail!("--metadata-secret-file needs --metadata-url URL"),
    };
    let wrong = || format!("--metadata-secret-file {}", file.display());
    let text = std::fs::read_to_string(file).with_context(wrong)?;
    let secret = text.trim();
    anyhow::ensure!(!secret.is_empty(), "{}: the file is empty", wrong());
    let secret = Secret::new(secret);
    Ok(Some(MetadataSettings { url, secret }))
}

fn mapped(mapping: &str) -> anyhow::Result<(String, String)> {
    let (network, bridge) = mapping
        .split_once(':')
        .filter(|(network, bridge)| !network.is_empty() && !bridge.is_empty())
        .with_context(|| format!("--bridge-mappings {mapping} is not NETWORK:BRIDGE"))?;
    Ok((network.to_owned(), bridge.to_owned()))
}

/// Serves the host until SIGTERM or SIGINT. Flows stay in the switch: packets keep flowing.
pub(crate) async fn run(flags: Flags) -> anyhow::Result<()> {
    let config = flags.config()?;
    let stop = CancellationToken::new();
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let agent = alcor_agent::run(config, stop.clone());
    tokio::pin!(agent);
    tokio::select! {
        ended = &mut agent => return Ok(ended?),
        _ = terminate.recv() => tracing::info!("asked to stop by SIGTERM"),
        _ = interrupt.recv() => tracing::info!("asked to stop by SIGINT"),
    }
    stop.cancel();
    Ok(agent.await?)
}
