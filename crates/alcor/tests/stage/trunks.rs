//! Trunks of tests, and the interfaces that a VM makes for their sub-ports.

use super::run;
use alcor::scenario::{PortInfo, Scenario, Segment, port_info};
use anyhow::{Context, ensure};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/stage/told.sh");
const VLAN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/stage/vlan.py");

/// A port that is on no host yet.
pub(crate) async fn unbound(
    region: &Scenario,
    on: &Segment,
    more: Value,
) -> anyhow::Result<PortInfo> {
    let mut port = json!({ "network_id": on.network.to_string() });
    if let (Some(port), Value::Object(more)) = (port.as_object_mut(), more) {
        port.extend(more);
    }
    let body = json!({ "port": port });
    port_info(&region.rest().post("/v2.0/ports", &body).await?["port"])
}

fn carried(ports: &[(&PortInfo, u16)]) -> Value {
    let ports = ports.iter().map(|(port, tag)| {
        json!({ "port_id": port.id, "segmentation_type": "vlan", "segmentation_id": tag })
    });
    ports.collect()
}

/// A trunk.
pub(crate) struct Trunk(pub(crate) String);

impl Trunk {
    /// Of a port that is on no host, with these sub-ports.
    pub(crate) async fn make(
        region: &Scenario,
        parent: &PortInfo,
        ports: &[(&PortInfo, u16)],
    ) -> anyhow::Result<Self> {
        let body = json!({ "trunk": { "port_id": parent.id, "sub_ports": carried(ports) } });
        let made = region.rest().post("/v2.0/trunks", &body).await?;
        let id = made["trunk"]["id"].as_str().context("no id")?;
        Ok(Self(id.to_owned()))
    }

    /// Takes in a port.
    pub(crate) async fn add(
        &self,
        region: &Scenario,
        port: &PortInfo,
        tag: u16,
    ) -> anyhow::Result<()> {
        let body = json!({ "sub_ports": carried(&[(port, tag)]) });
        let path = format!("/v2.0/trunks/{}/add_subports", self.0);
        region.rest().put(&path, &body).await?;
        Ok(())
    }

    /// Lets go of a port.
    pub(crate) async fn remove(&self, region: &Scenario, port: &PortInfo) -> anyhow::Result<()> {
        let body = json!({ "sub_ports": [{ "port_id": port.id }] });
        let path = format!("/v2.0/trunks/{}/remove_subports", self.0);
        region.rest().put(&path, &body).await?;
        Ok(())
    }
}

/// An interface of a VM for frames with a tag; gone when it is dropped.
pub(crate) struct Vlan(Child);

impl Vlan {
    /// Makes `vlanTAG`, with the port's MAC address and the usual MTU.
    pub(crate) async fn make(
        region: &Scenario,
        vm: &str,
        port: &PortInfo,
        tag: u16,
    ) -> anyhow::Result<Self> {
        let words = ["python3", VLAN, &tag.to_string()];
        let mut command = region.lab().command(vm, words)?;
        let mut child = command.stdout(Stdio::piped()).spawn()?;
        let stdout = child.stdout.take().context("no stdout")?;
        let vlan = Self(child);
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        ensure!(line.trim() == "ready", "no interface: {line}");
        let line = format!("ip link set vlan{tag} address {} mtu 1450 up", port.mac);
        run(region.lab(), vm, &line).await?;
        Ok(vlan)
    }
}

impl Drop for Vlan {
    fn drop(&mut self) {
        let _ended = self.0.kill();
        let _gone = self.0.wait();
    }
}

/// Address, router and MTU, as a client is told there.
pub(crate) async fn lease(region: &Scenario, vm: &str, interface: &str) -> anyhow::Result<String> {
    let line = format!("busybox udhcpc -f -n -q -t 10 -T 1 -i {interface} -s {SCRIPT}");
    Ok(run(region.lab(), vm, &line).await?.trim().to_owned())
}
