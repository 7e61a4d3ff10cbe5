//! QoS policies by the API, and the meters of switches.

use alcor::scenario::{PortInfo, Scenario, Segment};
use alcor_lab::Lab;
use anyhow::Context;
use serde_json::{Value, json};

/// A policy, by its path.
pub(crate) struct Policy {
    pub(crate) id: String,
}

/// A rule, by its path and the name of its kind.
pub(crate) struct Rule {
    path: String,
    kind: &'static str,
}

impl Policy {
    /// Without rules.
    pub(crate) async fn new(region: &Scenario, name: &str) -> anyhow::Result<Self> {
        let wish = json!({ "policy": { "name": name } });
        let made = region.rest().post("/v2.0/qos/policies", &wish).await?;
        let id = made["policy"]["id"].as_str().context("no id")?.to_owned();
        Ok(Self { id })
    }

    /// A rule of a kind such as `bandwidth_limit`.
    pub(crate) async fn rule(
        &self,
        region: &Scenario,
        kind: &'static str,
        says: Value,
    ) -> anyhow::Result<Rule> {
        let list = format!("/v2.0/qos/policies/{}/{kind}_rules", self.id);
        let name = format!("{kind}_rule");
        let made = region.rest().post(&list, &json!({ &name: says })).await?;
        let id = made[&name]["id"].as_str().context("no id")?;
        let path = format!("{list}/{id}");
        Ok(Rule { path, kind })
    }

    /// A bound of bits.
    pub(crate) async fn kbps(
        &self,
        region: &Scenario,
        direction: &str,
        kbps: u32,
    ) -> anyhow::Result<Rule> {
        let says = json!({ "direction": direction, "max_kbps": kbps });
        self.rule(region, "bandwidth_limit", says).await
    }
}

impl Rule {
    pub(crate) async fn change(&self, region: &Scenario, to: Value) -> anyhow::Result<()> {
        let name = format!("{}_rule", self.kind);
        region.rest().put(&self.path, &json!({ name: to })).await?;
        Ok(())
    }

    pub(crate) async fn delete(self, region: &Scenario) -> anyhow::Result<()> {
        region.rest().delete(&self.path).await
    }
}

/// Gives a port this policy, or none.
pub(crate) async fn bound(
    region: &Scenario,
    port: &PortInfo,
    by: Option<&Policy>,
) -> anyhow::Result<()> {
    let to = json!({ "qos_policy_id": by.map(|policy| &policy.id) });
    super::change(region, port, to).await
}

/// Gives a network this policy, or none.
pub(crate) async fn network_bound(
    region: &Scenario,
    on: &Segment,
    by: Option<&Policy>,
) -> anyhow::Result<()> {
    let path = format!("/v2.0/networks/{}", on.network);
    let to = json!({ "network": { "qos_policy_id": by.map(|policy| &policy.id) } });
    region.rest().put(&path, &to).await?;
    Ok(())
}

/// The meters of a host's integration bridge, one line each.
pub(crate) async fn meters(lab: &Lab, host: u16) -> anyhow::Result<Vec<String>> {
    let text = lab.ofctl(host, ["dump-meters", "br-int"], "").await?;
    let lines = text.split("meter=").skip(1);
    Ok(lines
        .map(|meter| meter.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect())
}
