//! The names of scopes: what a host holds whole or not at all.

use alcor_types::{AddressGroupId, NetworkId, SecurityGroupId};
use std::fmt;
use std::str::FromStr;

const GROUP: &str = "group:";
const ADDRESS_GROUP: &str = "address-group:";

/// A scope. Sets come before what leans on them, so that whoever goes through scopes in order
/// tells a host of a group before it tells it of the ports in the group.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum ScopeId {
    /// An address group: its addresses.
    AddressGroup(AddressGroupId),
    /// A security group: its rules, and who is in it.
    Group(SecurityGroupId),
    /// A network: its subnets and ports.
    Network(NetworkId),
}

/// A text that names no scope.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is no scope: an id of a network, or group:ID, or address-group:ID")]
pub struct ParseScopeError(String);

impl ScopeId {
    /// The network, where it is one.
    pub fn network(self) -> Option<NetworkId> {
        match self {
            Self::Network(id) => Some(id),
            Self::Group(_) | Self::AddressGroup(_) => None,
        }
    }
}

impl fmt::Display for ScopeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AddressGroup(id) => write!(f, "{ADDRESS_GROUP}{id}"),
            Self::Group(id) => write!(f, "{GROUP}{id}"),
            Self::Network(id) => id.fmt(f),
        }
    }
}

impl FromStr for ScopeId {
    type Err = ParseScopeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parsed = if let Some(id) = text.strip_prefix(ADDRESS_GROUP) {
            id.parse().map(Self::AddressGroup)
        } else if let Some(id) = text.strip_prefix(GROUP) {
            id.parse().map(Self::Group)
        } else {
            text.parse().map(Self::Network)
        };
        parsed.map_err(|_| ParseScopeError(text.to_owned()))
    }
}

impl From<NetworkId> for ScopeId {
    fn from(id: NetworkId) -> Self {
        Self::Network(id)
    }
}

impl From<SecurityGroupId> for ScopeId {
    fn from(id: SecurityGroupId) -> Self {
        Self::Group(id)
    }
}

impl From<AddressGroupId> for ScopeId {
    fn from(id: AddressGroupId) -> Self {
        Self::AddressGroup(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_leads_back_to_its_scope() {
        let scopes: [ScopeId; 3] = [
            NetworkId::random().into(),
            SecurityGroupId::random().into(),
            AddressGroupId::random().into(),
        ];
        for scope in scopes {
            assert_eq!(scope.to_string().parse(), Ok(scope));
        }
        for bad in ["", "group:", "network:x", "group:address-group:"] {
            assert!(bad.parse::<ScopeId>().is_err(), "{bad}");
        }
    }
}
