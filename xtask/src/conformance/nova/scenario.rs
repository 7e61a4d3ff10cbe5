//! The life of one server, as Nova and the region see it.

use super::super::http::Http;
use super::super::region;
use super::cloud::Cloud;
use super::events::{came, taken};
use super::steps::Steps;
use anyhow::{Context, bail};
use serde_json::{Value, json};
use std::time::Duration;

/// The one image of the stand-in.
const IMAGE: &str = "b7e2a1f0-3f5d-4b86-9a64-5d1c0e9f2a11";

/// Looks for what has to come about, before it is taken for lost.
const LOOKS: u32 = 600;

const PLUGGED: &str = "network-vif-plugged";
const UNPLUGGED: &str = "network-vif-unplugged";
const DELETED: &str = "network-vif-deleted";
const CHANGED: &str = "network-changed";

/// Two networks inside, one of them with a way out, and a flavor.
pub(super) struct Scenario<'a> {
    cloud: &'a Cloud,
    compute: Http,
    network: Http,
    flavor: String,
    first: String,
    second: String,
    outside: String,
}

impl<'a> Scenario<'a> {
    /// Makes what a server needs.
    pub(super) async fn prepare(cloud: &'a Cloud) -> anyhow::Result<Self> {
        let (compute, network) = (cloud.compute(), cloud.network());
        let flavor = json!({"flavor": {"name": "tiny", "ram": 64, "vcpus": 1, "disk": 0}});
        let flavor = id(&compute.post("/flavors", &flavor).await?, "flavor")?;
        let outside = region::external_network(&network).await?;
        let (first, subnet) = network_of(&network, "net1", "10.10.1.0/24").await?;
        let (second, _) = network_of(&network, "net2", "10.10.2.0/24").await?;
        let router = json!({"router": {
            "name": "router1", "external_gateway_info": {"network_id": outside},
        }});
        let router = id(&network.post("/routers", &router).await?, "router")?;
        let join = json!({"subnet_id": subnet});
        let path = format!("/routers/{router}/add_router_interface");
        network.change(&path, &join).await?;
        Ok(Self {
            cloud,
            compute,
            network,
            flavor,
            first,
            second,
            outside,
        })
    }

    /// Boots the server, changes its networks and deletes it.
    pub(super) async fn play(&self, steps: &mut Steps) -> anyhow::Result<()> {
        let server = steps.step("server becomes ACTIVE", self.boot()).await?;
        let port = self.only_port(&server).await?;
        let heard = taken(PLUGGED, &port, 1);
        steps.step(format!("Nova took {PLUGGED}"), heard).await?;
        let active = self.bound(&port, "ACTIVE");
        steps
            .step("its port is bound as ovs, and ACTIVE", active)
            .await?;
        self.float(steps, &server, &port).await?;
        self.attach_port(steps, &server).await?;
        self.attach_network(steps, &server).await?;
        self.delete(steps, &server, &port).await
    }

    async fn boot(&self) -> anyhow::Result<String> {
        let asked = json!({"server": {
            "name": "vm1", "imageRef": IMAGE, "flavorRef": self.flavor,
            "networks": [{"uuid": self.first}],
        }});
        let server = id(&self.compute.post("/servers", &asked).await?, "server")?;
        let path = format!("/servers/{server}");
        for _ in 0..LOOKS {
            let shown = self.compute.get(&path).await?;
            match shown["server"]["status"].as_str() {
                Some("ACTIVE") => return Ok(server),
                Some("ERROR") => bail!("the server failed: {}", shown["server"]["fault"]),
                _ => pause().await,
            }
        }
        bail!("the server does not become ACTIVE: see nova-compute.log")
    }

    /// A floating IP that comes and goes; Nova shows it as soon as it has heard.
    async fn float(&self, steps: &mut Steps, server: &str, port: &str) -> anyhow::Result<()> {
        let asked = json!({"floatingip": {"floating_network_id": self.outside}});
        let made = self.network.post("/floatingips", &asked).await?;
        let floating = id(&made, "floatingip")?;
        let address = made["floatingip"]["floating_ip_address"].clone();
        let address = address.as_str().context("a floating IP has no address")?;
        let path = format!("/floatingips/{floating}");
        let come = async {
            let port = json!({"floatingip": {"port_id": port}});
            self.network.change(&path, &port).await?;
            self.shows(server, address, true).await
        };
        steps
            .step("floating IP added: the server shows it", come)
            .await?;
        let go = async {
            self.network.delete(&path).await?;
            self.shows(server, address, false).await
        };
        steps
            .step("floating IP deleted: the server shows it no more", go)
            .await?;
        let heard = taken(CHANGED, port, 2);
        steps
            .step(format!("Nova took {CHANGED} for both"), heard)
            .await
    }

    /// A port of our own, which stays when the server lets go of it.
    async fn attach_port(&self, steps: &mut Steps, server: &str) -> anyhow::Result<()> {
        let asked = json!({"port": {"network_id": self.second, "name": "ours"}});
        let port = id(&self.network.post("/ports", &asked).await?, "port")?;
        let come = async {
            self.attach(server, &json!({"port_id": port})).await?;
            self.bound(&port, "ACTIVE").await?;
            taken(PLUGGED, &port, 1).await
        };
        steps
            .step(format!("port attached: ACTIVE, {PLUGGED}"), come)
            .await?;
        let go = async {
            self.detach(server, &port).await?;
            taken(UNPLUGGED, &port, 1).await?;
            self.free(&port).await
        };
        steps
            .step(format!("port detached: free, {UNPLUGGED}"), go)
            .await?;
        self.network.delete(&format!("/ports/{port}")).await?;
        Ok(())
    }

    /// A port that Nova makes, and that goes with its interface.
    async fn attach_network(&self, steps: &mut Steps, server: &str) -> anyhow::Result<()> {
        let come = async {
            let network = json!({"net_id": self.second});
            let port = self.attach(server, &network).await?;
            self.bound(&port, "ACTIVE").await?;
            taken(PLUGGED, &port, 1).await?;
            Ok(port)
        };
        let step = format!("network attached: ACTIVE, {PLUGGED}");
        let port = steps.step(step, come).await?;
        let go = async {
            self.detach(server, &port).await?;
            self.gone(&format!("/ports/{port}"), &self.network).await?;
            came(DELETED, &port).await
        };
        steps
            .step(format!("network detached: port gone, {DELETED}"), go)
            .await
    }

    async fn delete(&self, steps: &mut Steps, server: &str, port: &str) -> anyhow::Result<()> {
        let path = format!("/servers/{server}");
        let go = async {
            self.compute.delete(&path).await?;
            self.gone(&path, &self.compute).await
        };
        steps.step("server deleted", go).await?;
        let gone = async {
            self.gone(&format!("/ports/{port}"), &self.network).await?;
            match self.cloud.host().interface(port).await? {
                None => came(DELETED, port).await,
                Some(name) => bail!("the interface {name} is still in the switch"),
            }
        };
        steps
            .step(format!("its port and interface are gone, {DELETED}"), gone)
            .await
    }

    /// The server's port, while it has one only.
    async fn only_port(&self, server: &str) -> anyhow::Result<String> {
        let path = format!("/ports?device_id={server}");
        let ports = self.network.get(&path).await?;
        match ports["ports"].as_array().map(Vec::as_slice) {
            Some([port]) => Ok(port["id"].as_str().context("a port has no id")?.to_owned()),
            _ => bail!("the server has not one port: {ports}"),
        }
    }

    async fn attach(&self, server: &str, what: &Value) -> anyhow::Result<String> {
        let path = format!("/servers/{server}/os-interface");
        let asked = json!({"interfaceAttachment": what});
        let made = self.compute.post(&path, &asked).await?;
        let port = made["interfaceAttachment"]["port_id"].as_str();
        Ok(port.context("an interface has no port")?.to_owned())
    }

    async fn detach(&self, server: &str, port: &str) -> anyhow::Result<()> {
        let path = format!("/servers/{server}/os-interface/{port}");
        self.compute.delete(&path).await.map(drop)
    }

    /// Waits until the port is bound to the host and has this status.
    async fn bound(&self, port: &str, status: &str) -> anyhow::Result<()> {
        self.port_is(port, |port| {
            port["status"] == status
                && port["binding:host_id"] == "host-1"
                && port["binding:vif_type"] == "ovs"
        })
        .await
    }

    /// Waits until the port is nobody's.
    async fn free(&self, port: &str) -> anyhow::Result<()> {
        self.port_is(port, |port| {
            port["status"] == "DOWN" && port["device_id"] == "" && port["binding:host_id"] == ""
        })
        .await
    }

    async fn port_is(&self, port: &str, ready: impl Fn(&Value) -> bool) -> anyhow::Result<()> {
        let path = format!("/ports/{port}");
        for _ in 0..LOOKS {
            if ready(&self.network.get(&path).await?["port"]) {
                return Ok(());
            }
            pause().await;
        }
        bail!(
            "the port is not as it should be: {}",
            self.network.get(&path).await?
        )
    }

    /// Waits until Nova shows an address of the server, or does so no more.
    async fn shows(&self, server: &str, address: &str, there: bool) -> anyhow::Result<()> {
        let path = format!("/servers/{server}");
        for _ in 0..LOOKS {
            let shown = self.compute.get(&path).await?["server"]["addresses"].to_string();
            if shown.contains(&format!("\"{address}\"")) == there {
                return Ok(());
            }
            pause().await;
        }
        bail!("Nova does not notice the floating IP {address}")
    }

    async fn gone(&self, path: &str, api: &Http) -> anyhow::Result<()> {
        for _ in 0..LOOKS {
            if api.find(path).await?.is_none() {
                return Ok(());
            }
            pause().await;
        }
        bail!("{path} is not gone")
    }
}

async fn pause() {
    tokio::time::sleep(Duration::from_millis(100)).await;
}

/// A network with one subnet: their ids.
async fn network_of(api: &Http, name: &str, cidr: &str) -> anyhow::Result<(String, String)> {
    let network = json!({"network": {"name": name}});
    let network = id(&api.post("/networks", &network).await?, "network")?;
    let subnet = json!({"subnet": {"network_id": network, "ip_version": 4, "cidr": cidr}});
    let subnet = id(&api.post("/subnets", &subnet).await?, "subnet")?;
    Ok((network, subnet))
}

fn id(answer: &Value, key: &str) -> anyhow::Result<String> {
    let id = answer[key]["id"].as_str();
    Ok(id.with_context(|| format!("no id in {answer}"))?.to_owned())
}
