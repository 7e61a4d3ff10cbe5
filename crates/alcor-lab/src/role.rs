//! The long-lived processes of a lab, each with a name by which it is stopped and started.

use crate::LabError;
use crate::name::host_number;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// One long-lived process of a lab. As text: `region`, `agent-h1`, `vswitchd-h1`, `ovsdb-h1`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Role {
    /// The region server.
    Region,
    /// The host agent of this host.
    Agent(u16),
    /// `ovs-vswitchd` of this host: the data plane itself.
    Vswitchd(u16),
    /// `ovsdb-server` of this host.
    Ovsdb(u16),
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Region => f.write_str("region"),
            Self::Agent(host) => write!(f, "agent-h{host}"),
            Self::Vswitchd(host) => write!(f, "vswitchd-h{host}"),
            Self::Ovsdb(host) => write!(f, "ovsdb-h{host}"),
        }
    }
}

impl FromStr for Role {
    type Err = LabError;

    fn from_str(text: &str) -> Result<Self, LabError> {
        parse(text).ok_or_else(|| LabError::BadName {
            name: text.to_owned(),
            what: "process",
            rule: "write region, agent-h1, vswitchd-h1 or ovsdb-h1",
        })
    }
}

fn parse(text: &str) -> Option<Role> {
    if text == "region" {
        return Some(Role::Region);
    }
    let (kind, host) = text.split_once('-')?;
    let host = host_number(host)?;
    match kind {
        "agent" => Some(Role::Agent(host)),
        "vswitchd" => Some(Role::Vswitchd(host)),
        "ovsdb" => Some(Role::Ovsdb(host)),
        _ => None,
    }
}

impl TryFrom<String> for Role {
    type Error = LabError;

    fn try_from(text: String) -> Result<Self, LabError> {
        text.parse()
    }
}

impl From<Role> for String {
    fn from(role: Role) -> Self {
        role.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_form_reads_back() {
        for role in [
            Role::Region,
            Role::Agent(1),
            Role::Vswitchd(20),
            Role::Ovsdb(3),
        ] {
            assert_eq!(role.to_string().parse::<Role>().unwrap(), role);
        }
        for bad in ["agent", "agent-1", "agent-h", "router-h1", "agent-h99999"] {
            assert!(bad.parse::<Role>().is_err(), "{bad}");
        }
    }
}
