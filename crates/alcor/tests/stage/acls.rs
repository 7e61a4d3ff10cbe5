//! Network ACLs and their rules, made by the API as a tenant does.

use alcor::scenario::{Scenario, Segment};
use anyhow::Context;
use serde_json::{Value, json};

/// An ACL as it was made.
pub(crate) struct Acl(String);

impl Acl {
    /// Makes an ACL without rules for a network.
    pub(crate) async fn make(
        region: &Scenario,
        on: &Segment,
        attributes: Value,
    ) -> anyhow::Result<Self> {
        let mut acl = json!({ "vpc_id": on.network.to_string() });
        if let (Some(acl), Value::Object(more)) = (acl.as_object_mut(), attributes) {
            acl.extend(more);
        }
        let body = json!({ "network_acl": acl });
        let made = region.rest().post("/v2.0/network-acls", &body).await?;
        let id = made["network_acl"]["id"].as_str();
        Ok(Self(id.context("an ACL has an id")?.to_owned()))
    }

    /// Has it guard these subnets, and no others.
    pub(crate) async fn guard(
        &self,
        region: &Scenario,
        subnets: &[&Segment],
    ) -> anyhow::Result<()> {
        let subnets = subnets.iter().map(|on| on.subnet.to_string());
        let subnets: Vec<_> = subnets.collect();
        let body = json!({ "network_acl": { "associated_subnets": subnets } });
        let path = format!("/v2.0/network-acls/{}", self.0);
        region.rest().put(&path, &body).await?;
        Ok(())
    }

    /// Adds a rule that allows what it is about, unless it says otherwise.
    pub(crate) async fn rule(
        &self,
        region: &Scenario,
        number: u16,
        direction: &str,
        attributes: Value,
    ) -> anyhow::Result<AclRule> {
        let mut rule = json!({
            "network_acl_id": self.0, "number": number, "direction": direction,
            "ether_type": "ipv4", "action": "allow",
        });
        if let (Some(rule), Value::Object(more)) = (rule.as_object_mut(), attributes) {
            rule.extend(more);
        }
        let body = json!({ "network_acl_rule": rule });
        let made = region.rest().post("/v2.0/network-acl-rules", &body).await?;
        let id = made["network_acl_rule"]["id"].as_str();
        Ok(AclRule(id.context("a rule has an id")?.to_owned()))
    }

    /// Removes it with its rules.
    pub(crate) async fn remove(self, region: &Scenario) -> anyhow::Result<()> {
        let path = format!("/v2.0/network-acls/{}", self.0);
        region.rest().delete(&path).await
    }
}

/// A rule as it was made.
pub(crate) struct AclRule(String);

impl AclRule {
    /// Changes it.
    pub(crate) async fn change(&self, region: &Scenario, to: Value) -> anyhow::Result<()> {
        let path = format!("/v2.0/network-acl-rules/{}", self.0);
        let body = json!({ "network_acl_rule": to });
        region.rest().put(&path, &body).await?;
        Ok(())
    }

    /// Removes it.
    pub(crate) async fn remove(self, region: &Scenario) -> anyhow::Result<()> {
        let path = format!("/v2.0/network-acl-rules/{}", self.0);
        region.rest().delete(&path).await
    }
}
