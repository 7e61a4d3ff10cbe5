//! The one configuration file. Flags win over the environment, which wins over the file,
//! which wins over the defaults.

use crate::{access, agent, server};
use anyhow::Context;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;

/// The end of `alcor help`.
pub(crate) const HELP: &str = "\
Configuration file (TOML, --config FILE or ALCOR_CONFIG); every setting is optional and has
the name of its flag. Environment variables: ALCOR_ and the flag's name, as `alcor help server`
and `alcor help agent` show.

  [server]
  listen = \"127.0.0.1:9696\"          # REST API
  agent-listen = \"127.0.0.1:9697\"    # agents
  data-dir = \"/var/lib/alcor\"
  vni-min = 1
  vni-max = 16777215
  mac-base = \"fa:16:3e\"
  network-types = [\"vxlan\", \"vlan\", \"flat\"]
  tenant-network-types = [\"vxlan\"]
  tunnel-range = [\"geneve:1:100000\"]
  vlan-range = [\"physnet1:100:200\"]  # tags of networks on a physical network
  flat-network = [\"physnet1\"]
  physical-mtu = 1500                # of the underlay; VXLAN leaves 1450
  physical-network-mtu = [\"physnet1:9000\"]
  dns-domain = \"openstacklocal\"
  on-demand-above = 1000             # ports; hosts of larger networks ask for neighbours
  nova-url = \"https://127.0.0.1:8774/v2.1\"
  nova-ca-file = \"/etc/alcor/nova-ca.pem\"

  [access]
  auth = \"keystone\"                  # or \"token\" with token-file, or \"none\"
  token-file = \"/etc/alcor/tokens.toml\"
  policy-file = \"/etc/alcor/policy.toml\"
  keystone-url = \"http://127.0.0.1:5000/v3\"
  keystone-user = \"neutron\"           # in keystone-project \"service\", domains \"Default\"
  keystone-password-file = \"/etc/alcor/keystone-password\"
  keystone-cache-seconds = 60
  tls-cert = \"/etc/alcor/cert.pem\"
  tls-key = \"/etc/alcor/key.pem\"

  [quota]                             # of projects without quotas of their own
  network = 100                       # -1 is no limit; all = -1 is no limit on anything
  port = 500

  [agent]
  host-id = \"node-1\"
  region = \"http://127.0.0.1:9697\"
  tunnel-ip = \"192.0.2.11\"
  ovsdb = \"unix:/run/openvswitch/db.sock\"
  bridge = \"br-int\"
  datapath = \"system\"                # or \"netdev\"
  lease-seconds = 86400
  ra-seconds = 200                    # IPv6 routers are heard of once in this time
  audit-seconds = 60
  neighbor-idle-seconds = 60          # in large networks

Token file (--auth token; readable by its owner alone):

  [[token]]
  token = \"a long random text\"
  project = \"demo\"
  user = \"alice\"
  roles = [\"member\"]                 # admin, manager, member, reader or service";

/// The file's tables.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct File {
    /// Settings of `alcor server`.
    pub(crate) server: server::Flags,
    /// Who may call the API, and how.
    access: access::Flags,
    /// Settings of `alcor agent`.
    pub(crate) agent: agent::Flags,
    /// Default quotas by kind.
    quota: BTreeMap<String, i64>,
}

impl File {
    /// Reads the file, if one is named.
    pub(crate) fn read(path: Option<&Path>) -> anyhow::Result<Self> {
        let Some(path) = path else {
            return Ok(Self::default());
        };
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("cannot read the configuration file {}", path.display()))?;
        Self::parse(&text).with_context(|| format!("in {}", path.display()))
    }

    fn parse(text: &str) -> anyhow::Result<Self> {
        let mut file: Self = toml::from_str(text)?;
        // The limit of all kinds comes first, or it would hide the others.
        let mut quotas: Vec<_> = std::mem::take(&mut file.quota).into_iter().collect();
        quotas.sort_by_key(|(kind, _)| kind != "all");
        file.server.access = std::mem::take(&mut file.access);
        file.server.quotas = quotas
            .iter()
            .map(|(kind, limit)| server::DefaultQuota::new(kind, *limit))
            .collect::<anyhow::Result<_>>()
            .context("[quota]")?;
        Ok(file)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_in_the_help_is_a_valid_file() {
        let start = HELP.find("  [server]").unwrap();
        let end = HELP.find("Token file").unwrap();
        let file = File::parse(&HELP[start..end]).unwrap();
        assert_eq!(file.server.vni_max, Some(16_777_215));
        assert_eq!(file.agent.bridge.as_deref(), Some("br-int"));
        assert_eq!(file.server.quotas.len(), 2);
        assert!(file.server.access.tls_key.is_some());
    }

    #[test]
    fn a_misspelt_setting_is_refused() {
        assert!(File::parse("[server]\nlissten = \"127.0.0.1:1\"").is_err());
        assert!(File::parse("[quota]\nnets = 1").is_err());
    }

    #[test]
    fn a_missing_file_is_named() {
        let error = File::read(Some(Path::new("/nonexistent/alcor.toml")))
            .err()
            .unwrap();
        assert!(error.to_string().contains("/nonexistent/alcor.toml"));
    }
}
