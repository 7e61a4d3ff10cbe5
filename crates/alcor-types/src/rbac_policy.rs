//! An RBAC policy: one grant of an object to a project, as Neutron lists it.

use crate::{ProjectId, RbacPolicyId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The kinds of objects that can be granted. The order is on-disk format: add at the end.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum ObjectType {
    /// Networks.
    Network,
    /// QoS policies.
    QosPolicy,
    /// Security groups.
    SecurityGroup,
    /// Subnet pools.
    SubnetPool,
    /// Address scopes.
    AddressScope,
    /// Address groups.
    AddressGroup,
}

impl ObjectType {
    /// The name in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Network => "network",
            Self::QosPolicy => "qos_policy",
            Self::SecurityGroup => "security_group",
            Self::SubnetPool => "subnetpool",
            Self::AddressScope => "address_scope",
            Self::AddressGroup => "address_group",
        }
    }
}

/// What a grant lets the target do.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Access {
    /// Use the object as if it were shared.
    Shared,
    /// Use the network as the outside of routers.
    External,
}

impl Access {
    /// The name in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Shared => "access_as_shared",
            Self::External => "access_as_external",
        }
    }
}

/// An RBAC policy as the store holds it. The object's own [`crate::Sharing`] holds the grant
/// too, and both are written in one transaction.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RbacPolicy {
    /// Its id.
    pub id: RbacPolicyId,
    /// Who made it.
    pub project_id: ProjectId,
    /// What kind of object it grants.
    pub object_type: ObjectType,
    /// The object.
    pub object_id: Uuid,
    /// What it lets the target do.
    pub action: Access,
    /// The project, or [`crate::EVERYONE`].
    pub target: ProjectId,
}
