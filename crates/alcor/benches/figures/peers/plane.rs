//! Alcor behind the kit's protocol: one JSON object a line asks, one answers.

use super::hosts::{Described, Host, id_of};
use crate::machine::disk_bytes;
use crate::region::Region;
use crate::wire::{Wire, delete, put};
use anyhow::{Context, bail};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use uuid::Uuid;

/// What anything may take before the kit is told that it failed.
const PATIENCE: Duration = Duration::from_mins(10);
/// How often the API is asked for something that it has no event for.
const LOOK: Duration = Duration::from_millis(1);

/// What the kit asks.
#[derive(Debug, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
enum Asked {
    Start {
        dir: PathBuf,
    },
    AddHosts {
        hosts: Vec<Described>,
    },
    Setup {
        networks: Vec<Network>,
        router: bool,
        groups: Vec<String>,
    },
    CreatePorts {
        ports: Vec<Port>,
        secure: bool,
        chunk: usize,
    },
    DeletePorts {
        ids: Vec<String>,
    },
    Sync,
    Single {
        port: Port,
        secure: bool,
    },
    Pids,
    RestartAgent {
        host: String,
        how: String,
    },
    Sizes,
    Stop,
}

#[derive(Debug, Deserialize)]
struct Network {
    id: String,
    gw: std::net::Ipv4Addr,
    gwmac: String,
    plen: u8,
}

#[derive(Debug, Deserialize)]
struct Port {
    id: String,
    net: String,
    mac: String,
    ip: String,
    host: usize,
    group: String,
}

/// Answers what the kit asks, until it stops.
pub(crate) async fn speak() -> anyhow::Result<()> {
    let mut asked = lines();
    let mut plane: Option<Plane> = None;
    while let Some(line) = asked.recv().await {
        let asked =
            serde_json::from_str(&line).with_context(|| format!("not understood: {line}"))?;
        let stops = matches!(asked, Asked::Stop);
        match (asked, &mut plane) {
            (Asked::Start { dir }, none) => {
                *none = Some(Plane::start(&dir).await?);
                println!("{}", json!({ "ok": true }));
            }
            (asked, Some(plane)) => plane.answer(asked).await?,
            (asked, None) => bail!("{asked:?} before start"),
        }
        if stops {
            break;
        }
    }
    Ok(())
}

/// The lines of standard input. A thread reads them: it ends with the process.
fn lines() -> mpsc::Receiver<String> {
    let (sender, lines) = mpsc::channel(16);
    std::thread::spawn(move || {
        let all = std::io::stdin().lines();
        all.map_while(Result::ok)
            .try_for_each(|line| sender.blocking_send(line))
    });
    lines
}

/// A region, its hosts, and what stands for the kit's names.
struct Plane {
    dir: PathBuf,
    region: Region,
    wire: Wire,
    hosts: Vec<Host>,
    /// Of each host the network of its marker.
    marked: Vec<String>,
    /// The network and subnet of each of the kit's networks.
    networks: BTreeMap<String, (String, String)>,
    groups: BTreeMap<String, String>,
}

impl Plane {
    async fn start(dir: &Path) -> anyhow::Result<Self> {
        let (region, _) = Region::start(dir).await?;
        let wire = region.connect().await?;
        Ok(Self {
            dir: dir.to_owned(),
            region,
            wire,
            hosts: Vec::new(),
            marked: Vec::new(),
            networks: BTreeMap::new(),
            groups: BTreeMap::new(),
        })
    }

    async fn answer(&mut self, asked: Asked) -> anyhow::Result<()> {
        let mut answer = json!({ "ok": true });
        match asked {
            Asked::AddHosts { hosts } => self.add_hosts(hosts).await?,
            Asked::Setup {
                networks,
                router,
                groups,
            } => self.set_up(&networks, router, &groups).await?,
            Asked::CreatePorts {
                ports,
                secure,
                chunk,
            } => {
                for some in ports.chunks(chunk.max(1)) {
                    self.create(some, secure).await?;
                }
            }
            Asked::DeletePorts { ids } => {
                for id in &ids {
                    self.delete(id_of(id)?).await?;
                }
            }
            Asked::Sync => self.catch_up().await?,
            Asked::Single { port, secure } => return self.single(&port, secure).await,
            Asked::Pids => answer["roles"] = self.pids(),
            Asked::RestartAgent { host, how } => {
                let found = |it: &&mut Host| it.described.name == host;
                let host = self.hosts.iter_mut().find(found).context("no such host")?;
                host.restart(how == "crash").await?;
            }
            Asked::Sizes => answer["sizes"] = json!({ "store": disk_bytes(&self.region.store())? }),
            Asked::Start { .. } | Asked::Stop => {}
        }
        println!("{answer}");
        Ok(())
    }

    async fn add_hosts(&mut self, hosts: Vec<Described>) -> anyhow::Result<()> {
        for host in hosts {
            let agents = self.region.agents();
            self.hosts.push(Host::start(host, agents, &self.dir).await?);
            let network = self.make("network", json!({ "name": "marked" })).await?;
            self.marked.push(network);
        }
        let alive = json!(true);
        let began = Instant::now();
        loop {
            let agents: Value = serde_json::from_slice(self.wire.get("/v2.0/agents").await?)?;
            let agents = agents["agents"].as_array().context("no list of agents")?;
            if agents.iter().filter(|it| it["alive"] == alive).count() >= self.hosts.len() {
                return Ok(());
            }
            wait(began).await?;
        }
    }

    async fn set_up(
        &mut self,
        networks: &[Network],
        router: bool,
        groups: &[String],
    ) -> anyhow::Result<()> {
        for group in groups {
            let id = self.group(group).await?;
            self.groups.insert(group.clone(), id);
        }
        for network in networks {
            let made = self.network(network).await?;
            self.networks.insert(network.id.clone(), made);
        }
        if !router {
            return Ok(());
        }
        let router = self.make("router", json!({ "name": "router" })).await?;
        for network in networks {
            let (id, subnet) = &self.networks[&network.id];
            let port = json!({
                "network_id": id,
                "mac_address": network.gwmac,
                "fixed_ips": [{ "subnet_id": subnet, "ip_address": network.gw }],
            });
            let port = self.make("port", port).await?;
            let path = format!("/v2.0/routers/{router}/add_router_interface");
            let body = json!({ "port_id": port }).to_string();
            self.wire.call(&put(&path, &body), 200).await?;
        }
        Ok(())
    }

    /// All may leave; members, pings and SSH may come in.
    async fn group(&mut self, name: &str) -> anyhow::Result<String> {
        let group = self.make("security_group", json!({ "name": name })).await?;
        let rules = [
            json!({ "remote_group_id": group }),
            json!({ "protocol": "icmp" }),
            json!({ "protocol": "tcp", "port_range_min": 22, "port_range_max": 22 }),
        ];
        for mut rule in rules {
            rule["security_group_id"] = json!(group);
            rule["direction"] = json!("ingress");
            rule["ethertype"] = json!("IPv4");
            self.make("security_group_rule", rule).await?;
        }
        Ok(group)
    }

    async fn network(&mut self, network: &Network) -> anyhow::Result<(String, String)> {
        let id = self.make("network", json!({ "name": network.id })).await?;
        let cidr = ipnet::Ipv4Net::new(network.gw, network.plen)?.trunc();
        let subnet = json!({
            "network_id": id,
            "ip_version": 4,
            "cidr": cidr,
            "gateway_ip": network.gw,
            "enable_dhcp": false,
        });
        Ok((id, self.make("subnet", subnet).await?))
    }

    /// Makes a resource; returns its id.
    async fn make(&mut self, kind: &str, body: Value) -> anyhow::Result<String> {
        let path = format!("/v2.0/{}s", kind.replace('_', "-"));
        let body = json!({ kind: body }).to_string();
        let made: Value = serde_json::from_slice(self.wire.post(&path, &body).await?)?;
        let id = made[kind]["id"].as_str();
        Ok(id.context("made without an id")?.to_owned())
    }

    async fn create(&mut self, ports: &[Port], secure: bool) -> anyhow::Result<()> {
        let ports: Vec<_> = ports
            .iter()
            .map(|port| self.body(port, secure))
            .collect::<Result<_, _>>()?;
        let body = json!({ "ports": ports }).to_string();
        self.wire.post("/v2.0/ports", &body).await?;
        Ok(())
    }

    fn body(&self, port: &Port, secure: bool) -> anyhow::Result<Value> {
        let (network, subnet) = self.networks.get(&port.net).context("no such network")?;
        let host = self.hosts.get(port.host).context("no such host")?;
        let group = self.groups.get(&port.group).context("no such group")?;
        Ok(json!({
            "id": id_of(&port.id)?,
            "network_id": network,
            "mac_address": port.mac,
            "fixed_ips": [{ "subnet_id": subnet, "ip_address": port.ip }],
            "binding:host_id": host.described.name,
            "port_security_enabled": secure,
            "security_groups": if secure { json!([group]) } else { json!([]) },
        }))
    }

    async fn delete(&mut self, port: Uuid) -> anyhow::Result<()> {
        let path = format!("/v2.0/ports/{port}");
        self.wire.call(&delete(&path), 204).await?;
        Ok(())
    }

    /// One port, and word when its own host has it, and when all hosts have.
    async fn single(&mut self, port: &Port, secure: bool) -> anyhow::Result<()> {
        self.create(std::slice::from_ref(port), secure).await?;
        println!("{}", json!({ "ok": true }));
        self.await_active(id_of(&port.id)?).await?;
        println!("{}", json!({ "event": "up" }));
        let own = port.host;
        let others = (0..self.hosts.len()).filter(|host| *host != own).collect();
        let markers = self.mark(others).await?;
        println!("{}", json!({ "event": "acked" }));
        self.unmark(markers).await
    }

    /// Waits until every host has what was stored before.
    async fn catch_up(&mut self) -> anyhow::Result<()> {
        let markers = self.mark((0..self.hosts.len()).collect()).await?;
        self.unmark(markers).await
    }

    /// A host that has verified a port has verified what its project did before: gives these hosts one each, in
    /// networks that no other host hears of, and waits until all have.
    async fn mark(&mut self, hosts: Vec<usize>) -> anyhow::Result<Vec<Uuid>> {
        let (markers, ports): (Vec<_>, Vec<_>) = hosts
            .into_iter()
            .map(|at| {
                let (host, network) = (&self.hosts[at], &self.marked[at]);
                let port = json!({
                    "id": host.marker,
                    "network_id": network,
                    "binding:host_id": host.described.name,
                    "port_security_enabled": false,
                });
                (host.marker, port)
            })
            .unzip();
        let body = json!({ "ports": ports }).to_string();
        self.wire.post("/v2.0/ports", &body).await?;
        for marker in &markers {
            self.await_active(*marker).await?;
        }
        Ok(markers)
    }

    async fn unmark(&mut self, markers: Vec<Uuid>) -> anyhow::Result<()> {
        for marker in markers {
            self.delete(marker).await?;
        }
        Ok(())
    }

    async fn await_active(&mut self, port: Uuid) -> anyhow::Result<()> {
        let path = format!("/v2.0/ports/{port}?fields=status");
        let began = Instant::now();
        loop {
            let body: Value = serde_json::from_slice(self.wire.get(&path).await?)?;
            if body["port"]["status"] == "ACTIVE" {
                return Ok(());
            }
            wait(began).await?;
        }
    }

    fn pids(&self) -> Value {
        let agents: Vec<_> = self.hosts.iter().filter_map(Host::pid).collect();
        json!({ "store": [], "compute": [self.region.pid()], "agent": agents })
    }
}

/// Waits a moment; an error once it took too long.
async fn wait(began: Instant) -> anyhow::Result<()> {
    if began.elapsed() > PATIENCE {
        bail!("not so after {PATIENCE:?}");
    }
    tokio::time::sleep(LOOK).await;
    Ok(())
}
