//! Making what a scenario asks for, by the region's real API.

use crate::fleet::Fleet;
use crate::plan::{Plan, host_name, tunnel_ip};
use crate::scenario::Scenario;
use crate::timeline::Timeline;
use crate::watch::Audience;
use alcor_rest::Rest;
use alcor_types::{NetworkId, PortId};
use anyhow::{Context, bail, ensure};
use futures::{StreamExt, TryStreamExt, stream};
use hyper::Method;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::fmt::Write;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Instant;

/// Nodes, networks and subnets in one call.
const BATCH: usize = 500;

/// A network that was made, with its ports in the order of the plan.
#[derive(Clone, Debug)]
pub(crate) struct Network {
    /// Its number in the plan.
    pub(crate) number: u32,
    /// Its id.
    pub(crate) id: NetworkId,
    /// Its ports.
    pub(crate) ports: Vec<PortId>,
}

/// What names of the tenant begin with that makes many ports in many networks.
pub(crate) const BUSY: &str = "busy";

/// What makes things.
#[derive(Clone)]
pub(crate) struct Maker {
    /// The region's API.
    pub(crate) rest: Rest,
    /// The hosts that will hear of ports.
    pub(crate) fleet: Arc<Fleet>,
    /// Where progress is noted.
    pub(crate) timeline: Arc<Timeline>,
    /// The layout.
    pub(crate) plan: Arc<Plan>,
    /// Whether ports are in their projects' default groups.
    pub(crate) groups: bool,
    /// Networks of more ports are large.
    pub(crate) on_demand_above: u32,
    /// Of all that is random.
    pub(crate) seed: u64,
}

#[derive(Deserialize)]
struct Made {
    id: PortId,
}

#[derive(Deserialize)]
struct MadePorts {
    ports: Vec<Made>,
}

/// Registers all hosts as nodes.
pub(crate) async fn nodes(rest: &Rest, hosts: u32) -> anyhow::Result<()> {
    let numbers: Vec<u32> = (0..hosts).collect();
    for some in numbers.chunks(BATCH) {
        let infos: Vec<_> = some
            .iter()
            .map(|host| json!({ "node_name": host_name(*host), "local_ip": tunnel_ip(*host) }))
            .collect();
        rest.post("/nodes/bulk", &json!({ "host_infos": infos }))
            .await?;
    }
    Ok(())
}

/// Makes the plan's networks, each with a subnet and of a project of its own; those of [`BUSY`] are all
/// of one.
pub(crate) async fn networks(
    rest: &Rest,
    plan: &Plan,
    prefix: &str,
) -> anyhow::Result<Vec<Network>> {
    let numbers: Vec<u32> = (0..u32::try_from(plan.networks().len())?).collect();
    let mut made = Vec::with_capacity(numbers.len());
    for some in numbers.chunks(BATCH) {
        let asked: Vec<_> = some
            .iter()
            .map(|number| {
                // A domain of its own, because hosts are told the region's where a network has none.
                json!({ "name": format!("{prefix}-{number}"), "dns_domain": "scale.example.",
                        "project_id": project(prefix, *number) })
            })
            .collect();
        let answer = rest
            .post("/v2.0/networks", &json!({ "networks": asked }))
            .await?;
        let ids = answer["networks"]
            .as_array()
            .context("no networks in the answer")?;
        let mut subnets = Vec::with_capacity(some.len());
        for (number, network) in some.iter().zip(ids) {
            let id: NetworkId = network["id"].as_str().context("no id")?.parse()?;
            subnets.push(json!({
                "network_id": id.to_string(), "project_id": project(prefix, *number), "ip_version": 4,
                "cidr": plan.networks()[*number as usize].block(),
            }));
            made.push(Network {
                number: *number,
                id,
                ports: Vec::new(),
            });
        }
        rest.post("/v2.0/subnets", &json!({ "subnets": subnets }))
            .await?;
    }
    ensure!(made.len() == numbers.len(), "fewer networks than asked for");
    Ok(made)
}

impl Maker {
    /// Makes all ports of the networks, in calls of `bulk` ports, `concurrency` at once.
    pub(crate) async fn ports(
        &self,
        networks: &mut [Network],
        prefix: &str,
        scenario: &Scenario,
    ) -> anyhow::Result<()> {
        let sizes = self.plan.networks();
        let calls = networks.iter().flat_map(|network| {
            let size = sizes[network.number as usize].size;
            let (number, id) = (network.number, network.id);
            (0..size).step_by(scenario.bulk as usize).map(move |first| {
                let until = size.min(first + scenario.bulk);
                (number, id, first..until)
            })
        });
        let calls: Vec<_> = calls.collect();
        let made: Vec<_> = stream::iter(calls)
            .map(|(number, id, ports)| async move {
                let hosts: Vec<_> = ports
                    .clone()
                    .map(|it| self.plan.host_of(number, it))
                    .collect();
                let names = hosts.iter().map(|host| host_name(*host));
                let body = self.body((number, id), names, prefix);
                let all = self.audience(number, ports.end);
                anyhow::Ok((number, self.call(body, &hosts, all.as_ref()).await?))
            })
            .buffered(scenario.concurrency as usize)
            .try_collect()
            .await?;
        for (number, ports) in made {
            networks[number as usize].ports.extend(ports);
        }
        Ok(())
    }

    /// Makes one port of a network on a host.
    pub(crate) async fn port(
        &self,
        network: &Network,
        host: u32,
        prefix: &str,
        audience: Option<&Audience>,
    ) -> anyhow::Result<PortId> {
        let name = std::iter::once(host_name(host));
        let body = self.body((network.number, network.id), name, prefix);
        let made = self.call(body, &[host], audience).await?;
        made.first().copied().context("no port in the answer")
    }

    /// The hosts that are to hear of one of the network's first `ports` ports; nobody in common in a large
    /// network, where each is for its own host.
    pub(crate) fn audience(&self, network: u32, ports: u32) -> Option<Audience> {
        let small = self.plan.networks()[network as usize].size <= self.on_demand_above;
        let hosts = || Arc::new(self.plan.hosts_of(network, ports).collect());
        small.then(|| Audience::All(hosts()))
    }

    async fn call(
        &self,
        body: String,
        hosts: &[u32],
        audience: Option<&Audience>,
    ) -> anyhow::Result<Vec<PortId>> {
        let began = Instant::now();
        let made: MadePorts = post(&self.rest, "/v2.0/ports", body).await?;
        let ids: Vec<PortId> = made.ports.iter().map(|made| made.id).collect();
        for (id, host) in ids.iter().zip(hosts) {
            let own = Audience::Own(*host);
            let audience = audience.unwrap_or(&own);
            self.fleet.watch().asked(*id, began, audience);
        }
        self.timeline.created.fetch_add(ids.len() as u64, Relaxed);
        Ok(ids)
    }

    /// The call for a port of a network on each of these hosts.
    pub(crate) fn body(
        &self,
        network: (u32, NetworkId),
        hosts: impl Iterator<Item = String>,
        prefix: &str,
    ) -> String {
        let mut body = String::from("{\"ports\":[");
        for (number, host) in hosts.enumerate() {
            if number > 0 {
                body.push(',');
            }
            self.item(&mut body, network, &host, prefix);
        }
        body.push_str("]}");
        body
    }

    fn item(&self, body: &mut String, network: (u32, NetworkId), host: &str, prefix: &str) {
        let (project, id) = (project(prefix, network.0), network.1);
        let groups = if self.groups {
            ""
        } else {
            ",\"security_groups\":[],\"port_security_enabled\":false"
        };
        // Writing to a string does not fail.
        let _ = write!(
            body,
            r#"{{"network_id":"{id}","project_id":"{project}","device_owner":"compute:nova","binding:host_id":"{host}"{groups}}}"#
        );
    }
}

fn project(prefix: &str, number: u32) -> String {
    if prefix == BUSY {
        return format!("{prefix}-tenant");
    }
    format!("{prefix}-tenant-{number}")
}

/// Posts a body that is JSON already.
pub(crate) async fn post<T: DeserializeOwned>(
    rest: &Rest,
    path: &str,
    body: String,
) -> anyhow::Result<T> {
    let (status, bytes) = rest.answer_to(Method::POST, path, body.into()).await?;
    if !status.is_success() {
        let text: Value = serde_json::from_slice(&bytes).unwrap_or_default();
        bail!("POST {path}: {status}: {text}");
    }
    serde_json::from_slice(&bytes).with_context(|| format!("POST {path}: no ids in the answer"))
}
