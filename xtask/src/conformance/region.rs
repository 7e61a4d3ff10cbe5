//! The region under test, with what Tempest expects to find in it: an external network, and
//! agents.

use super::http::Http;
use super::keystone::{Keystone, PASSWORD, SERVICE_USER};
use super::process::Process;
use crate::run;
use anyhow::{Context, bail};
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// Looks for the first answer, before the server is taken for broken.
const LOOKS: u32 = 300;

/// The running server.
pub(super) struct Region {
    process: Process,
    url: String,
}

/// What Tempest must be told of the region.
pub(super) struct Offer {
    /// The external network.
    pub(super) external: String,
    /// The extensions that the region says it has.
    pub(super) extensions: Vec<String>,
}

impl Region {
    /// Serves an empty region on these ports.
    pub(super) fn start(
        folder: &Path,
        keystone: &Keystone,
        api: u16,
        agents: u16,
    ) -> anyhow::Result<Self> {
        Self::start_with(folder, keystone, api, agents, &[])
    }

    /// The same with further flags.
    pub(super) fn start_with(
        folder: &Path,
        keystone: &Keystone,
        api: u16,
        agents: u16,
        flags: &[String],
    ) -> anyhow::Result<Self> {
        let mut server = Command::new(run::target().join("debug/alcor"));
        server
            .arg("server")
            .arg(format!("--listen=127.0.0.1:{api}"))
            .arg(format!("--agent-listen=127.0.0.1:{agents}"))
            .arg("--data-dir")
            .arg(folder.join("region"))
            .args(["--auth=keystone", "--keystone-url", keystone.url()])
            .args(["--keystone-user", SERVICE_USER])
            .args(["--keystone-project", "service"])
            .args(flags)
            .env("ALCOR_KEYSTONE_PASSWORD", PASSWORD);
        let process = Process::start("region", &mut server)?;
        let url = format!("http://127.0.0.1:{api}");
        Ok(Self { process, url })
    }

    /// Where the API is, without a version.
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// Waits until it answers.
    pub(super) async fn ready(&mut self) -> anyhow::Result<()> {
        let http = Http::new(&self.url, None);
        for _ in 0..LOOKS {
            self.process.check()?;
            if http.get("/").await.is_ok() {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        bail!("the region does not answer at {}", self.url)
    }

    /// Makes what Tempest expects, and asks what there is.
    pub(super) async fn prepare(&self, admin: &Http) -> anyhow::Result<Offer> {
        let api = admin.to(&format!("{}/v2.0", self.url));
        let listed = api.get("/extensions").await?;
        let listed = listed["extensions"].as_array().into_iter().flatten();
        let aliases = listed.filter_map(|entry| entry["alias"].as_str());
        let extensions: Vec<String> = aliases.map(str::to_owned).collect();
        let external = external_network(&api).await?;
        agents(&api).await?;
        Ok(Offer {
            external,
            extensions,
        })
    }
}

pub(super) async fn external_network(api: &Http) -> anyhow::Result<String> {
    let network = json!({"network": {"name": "public", "router:external": true}});
    let network = api.post("/networks", &network).await?;
    let id = network["network"]["id"].as_str();
    let id = id.context("the external network has no id")?.to_owned();
    let subnets: [Value; 2] = [
        json!({"ip_version": 4, "cidr": "172.24.4.0/24", "gateway_ip": "172.24.4.1"}),
        json!({"ip_version": 6, "cidr": "2001:db8:0:ffff::/64", "gateway_ip": "2001:db8:0:ffff::2"}),
    ];
    for mut subnet in subnets {
        subnet["network_id"] = json!(id);
        subnet["enable_dhcp"] = json!(false);
        api.post("/subnets", &json!({"subnet": subnet})).await?;
    }
    Ok(id)
}

/// Waits until the host's agents are known: the scheduling tests ask for them.
pub(super) async fn agents(api: &Http) -> anyhow::Result<()> {
    for _ in 0..LOOKS {
        let listed = api.get("/agents").await?;
        if listed["agents"]
            .as_array()
            .is_some_and(|list| !list.is_empty())
        {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    bail!("no agent has registered with the region")
}
