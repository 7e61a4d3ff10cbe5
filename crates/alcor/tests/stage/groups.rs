//! Security groups and their rules, made by the API as a tenant does.

use super::change;
use alcor::scenario::{PortInfo, Scenario};
use anyhow::Context;
use serde_json::{Value, json};

/// Makes a group with the rules that every new group has (all may leave), and returns its id.
pub(crate) async fn group(region: &Scenario, attributes: Value) -> anyhow::Result<String> {
    let body = json!({ "security_group": attributes });
    let made = region.rest().post("/v2.0/security-groups", &body).await?;
    let id = made["security_group"]["id"].as_str();
    Ok(id.context("a group has an id")?.to_owned())
}

/// Puts a port into these groups, and no others.
pub(crate) async fn set_groups(
    region: &Scenario,
    port: &PortInfo,
    groups: &[&str],
) -> anyhow::Result<()> {
    change(region, port, json!({ "security_groups": groups })).await
}

/// A rule as it was made.
pub(crate) struct Rule(String);

impl Rule {
    /// Makes a rule; IPv4 and ingress where nothing else is said.
    pub(crate) async fn make(
        region: &Scenario,
        group: &str,
        attributes: Value,
    ) -> anyhow::Result<Self> {
        let mut rule = json!({ "security_group_id": group, "direction": "ingress" });
        if let (Some(rule), Value::Object(more)) = (rule.as_object_mut(), attributes) {
            rule.extend(more);
        }
        let body = json!({ "security_group_rule": rule });
        let made = region
            .rest()
            .post("/v2.0/security-group-rules", &body)
            .await?;
        let id = made["security_group_rule"]["id"].as_str();
        Ok(Self(id.context("a rule has an id")?.to_owned()))
    }

    /// Removes it.
    pub(crate) async fn remove(self, region: &Scenario) -> anyhow::Result<()> {
        let path = format!("/v2.0/security-group-rules/{}", self.0);
        region.rest().delete(&path).await
    }
}
