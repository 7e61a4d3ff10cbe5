//! A region with emulated hosts, driven as a tenant and an orchestrator would: what the
//! demo, the benchmarks and the end-to-end tests are made of.

use crate::rest::Rest;
use alcor_lab::{Client, Guard, Lab, Lease, Settings, VmSpec};
use alcor_types::{MacAddr, NetworkId, PortId, SubnetId};
use anyhow::{Context, bail};
use serde_json::{Value, json};
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How long agents may take to register.
const REGISTRATION: Duration = Duration::from_secs(30);

/// How often a state of the API is looked at that has no event to wait for.
const LOOK: Duration = Duration::from_millis(1);

/// A network with one subnet.
#[derive(Clone, Debug)]
pub struct Segment {
    /// The network.
    pub network: NetworkId,
    /// Its subnet.
    pub subnet: SubnetId,
}

/// A port as the API showed it when it was made.
#[derive(Clone, Debug)]
pub struct PortInfo {
    /// Its id.
    pub id: PortId,
    /// Its MAC.
    pub mac: MacAddr,
    /// Its first address.
    pub ip: IpAddr,
}

/// A lab with a region server and an agent on every host. Taken down when dropped.
#[derive(Debug)]
pub struct Scenario {
    guard: Option<Guard>,
    lab: Lab,
    rest: Rest,
    binary: PathBuf,
}

impl Scenario {
    /// Boots hosts, region and agents, and waits until all agents have registered.
    pub async fn up(settings: Settings, binary: &Path) -> anyhow::Result<Self> {
        let hosts = settings.hosts;
        let scenario = Self::without_agents(settings, binary).await?;
        for host in 1..=hosts {
            scenario.start_agent(host).await?;
        }
        scenario.wait_for_agents(hosts.into()).await?;
        scenario.underlay_learnt().await?;
        Ok(scenario)
    }

    /// Boots hosts and region without any agent.
    pub async fn without_agents(settings: Settings, binary: &Path) -> anyhow::Result<Self> {
        Self::told(settings, binary, &[]).await
    }

    /// The same, with further arguments of the region.
    pub async fn told(
        settings: Settings,
        binary: &Path,
        region: &[String],
    ) -> anyhow::Result<Self> {
        let lab = Lab::up(settings).await?;
        let guard = lab.clone().guard();
        lab.start_region(binary, region.to_vec()).await?;
        let rest = Rest::new(lab.rest_url()?);
        Ok(Self {
            guard: Some(guard),
            lab,
            rest,
            binary: binary.to_owned(),
        })
    }

    /// Waits until the agents have made their tunnel ports, and has every switch learn where
    /// the others are, so that no first packet is lost to the underlay's ARP.
    pub async fn underlay_learnt(&self) -> anyhow::Result<()> {
        Ok(self
            .lab
            .learn_underlay(&alcor_agent::TUNNELS.map(|(_, name)| name))
            .await?)
    }

    /// Starts the agent of a host that has none.
    pub async fn start_agent(&self, host: u16) -> anyhow::Result<()> {
        self.start_agent_with(host, &[]).await
    }

    /// The same, with further arguments.
    pub async fn start_agent_with(&self, host: u16, more: &[String]) -> anyhow::Result<()> {
        let mut args = ["--datapath", "netdev"].map(str::to_owned).to_vec();
        args.extend_from_slice(more);
        Ok(self.lab.start_agent(host, &self.binary, args).await?)
    }

    /// The lab.
    pub fn lab(&self) -> &Lab {
        &self.lab
    }

    /// The region's API.
    pub fn rest(&self) -> &Rest {
        &self.rest
    }

    /// Leaves everything up.
    pub fn keep(mut self) -> Lab {
        match self.guard.take() {
            Some(guard) => guard.keep(),
            None => self.lab.clone(),
        }
    }

    /// Takes everything down, and says what went wrong with that.
    pub async fn down(mut self) -> anyhow::Result<()> {
        if let Some(guard) = self.guard.take() {
            guard.keep().down().await?;
        }
        Ok(())
    }

    /// Waits until this many agents are alive.
    pub async fn wait_for_agents(&self, count: usize) -> anyhow::Result<()> {
        let alive = |list: &Value| {
            let agents = list["agents"]
                .as_array()
                .map(Vec::as_slice)
                .unwrap_or_default();
            agents
                .iter()
                .filter(|agent| agent["alive"] == json!(true))
                .count()
                == count
        };
        self.wait(
            "/v2.0/agents?agent_type=Open%20vSwitch%20agent",
            REGISTRATION,
            alive,
        )
        .await
        .map(|_| ())
    }

    /// Makes a network with one subnet.
    pub async fn segment(&self, name: &str, cidr: &str) -> anyhow::Result<Segment> {
        let subnet = json!({ "name": format!("{name}-subnet"), "ip_version": 4, "cidr": cidr });
        self.segment_of(json!({ "name": name }), subnet).await
    }

    /// Makes a network with these attributes, and in it a subnet with those.
    pub async fn segment_of(&self, network: Value, mut subnet: Value) -> anyhow::Result<Segment> {
        let network = json!({ "network": network });
        let network = self.rest.post("/v2.0/networks", &network).await?;
        let network = text(&network["network"]["id"])?;
        subnet["network_id"] = json!(network);
        let subnet = json!({ "subnet": subnet });
        let subnet = self.rest.post("/v2.0/subnets", &subnet).await?;
        let subnet = text(&subnet["subnet"]["id"])?;
        Ok(Segment {
            network: network.parse()?,
            subnet: subnet.parse()?,
        })
    }

    /// Makes a port on a host; `more` adds attributes.
    pub async fn port(&self, on: &Segment, host: u16, more: Value) -> anyhow::Result<PortInfo> {
        let mut port = json!({
            "network_id": on.network.to_string(),
            "binding:host_id": self.lab.host_id(host),
        });
        if let (Some(port), Value::Object(more)) = (port.as_object_mut(), more) {
            port.extend(more);
        }
        let made = self
            .rest
            .post("/v2.0/ports", &json!({ "port": port }))
            .await?;
        port_info(&made["port"])
    }

    /// Plugs a VM with this port into its host.
    pub async fn plug(&self, vm: &str, host: u16, port: &PortInfo) -> anyhow::Result<()> {
        Ok(self
            .lab
            .add_vm(VmSpec::new(vm, host, port.id, port.mac)?)
            .await?)
    }

    /// Makes a port, plugs a VM, waits until the port is ACTIVE, and gets its lease.
    pub async fn boot(
        &self,
        vm: &str,
        host: u16,
        on: &Segment,
        client: Client,
    ) -> anyhow::Result<(PortInfo, Lease)> {
        let port = self.port(on, host, json!({ "name": vm })).await?;
        self.plug(vm, host, &port).await?;
        self.wait_for_status(port.id, "ACTIVE").await?;
        let lease = self.lab.dhcp(vm, client).await?;
        Ok((port, lease))
    }

    /// Echo requests that a VM's kernel has received so far (`InEchos` of `/proc/net/snmp`).
    /// With overlapping addresses, an answer alone does not tell who gave it.
    pub async fn echo_requests(&self, vm: &str) -> anyhow::Result<u64> {
        let read = ["cat", "/proc/net/snmp"];
        let output = self.lab.exec(vm, read, Duration::from_secs(5)).await?;
        let lines = output.stdout.lines();
        let mut lines = lines.filter(|line| line.starts_with("Icmp:"));
        let (names, values) = (lines.next().unwrap_or(""), lines.next().unwrap_or(""));
        let mut columns = names.split_whitespace().zip(values.split_whitespace());
        let (_, value) = columns
            .find(|(name, _)| *name == "InEchos")
            .context("no InEchos")?;
        Ok(value.parse()?)
    }

    /// Waits until a port has this status.
    pub async fn wait_for_status(&self, port: PortId, status: &str) -> anyhow::Result<()> {
        let path = format!("/v2.0/ports/{port}");
        self.wait(&path, Duration::from_secs(30), |shown| {
            shown["port"]["status"] == status
        })
        .await
        .map(|_| ())
    }

    /// Reads `path` until it is as wanted, and returns what it then was.
    pub async fn wait(
        &self,
        path: &str,
        deadline: Duration,
        wanted: impl Fn(&Value) -> bool,
    ) -> anyhow::Result<Value> {
        let began = Instant::now();
        loop {
            let shown = self.rest.get(path).await?;
            if wanted(&shown) {
                return Ok(shown);
            }
            if began.elapsed() > deadline {
                bail!("GET {path} is still not as wanted after {deadline:?}: {shown}");
            }
            tokio::time::sleep(LOOK).await;
        }
    }
}

/// What a port's representation says.
pub fn port_info(port: &Value) -> anyhow::Result<PortInfo> {
    Ok(PortInfo {
        id: text(&port["id"])?.parse()?,
        mac: text(&port["mac_address"])?.parse()?,
        ip: text(&port["fixed_ips"][0]["ip_address"])?.parse()?,
    })
}

fn text(value: &Value) -> anyhow::Result<&str> {
    value
        .as_str()
        .with_context(|| format!("a text is missing where there is {value}"))
}
