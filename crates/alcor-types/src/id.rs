//! Typed identifiers: one type a kind, so that a subnet's id is never passed for a port's.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use uuid::Uuid;

macro_rules! uuid_id {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            /// A fresh random id (UUID version 4, as Neutron's clients expect).
            pub fn random() -> Self {
                Self(Uuid::new_v4())
            }

            /// The sixteen bytes, in the order in which ids sort.
            pub fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }
    )*};
}

uuid_id! {
    /// Identifies a network (Alcor's VPC).
    NetworkId;
    /// Identifies a subnet.
    SubnetId;
    /// Identifies a port; on a host it is the interface's `external_ids:iface-id`.
    PortId;
    /// Identifies a node (a host that runs an agent).
    NodeId;
    /// Identifies a segment: one layer-2 piece of a network.
    SegmentId;
    /// Identifies a range of segmentation ids.
    SegmentRangeId;
    /// Identifies a subnet pool.
    SubnetPoolId;
    /// Identifies an address scope.
    AddressScopeId;
    /// Identifies a security group.
    SecurityGroupId;
    /// Identifies a security group rule, or a template of one.
    SecurityGroupRuleId;
    /// Identifies an address group.
    AddressGroupId;
    /// Identifies a router.
    RouterId;
    /// Identifies a floating IP.
    FloatingIpId;
    /// Identifies a port forwarding of a floating IP.
    PortForwardingId;
    /// Identifies a conntrack helper of a router.
    ConntrackHelperId;
    /// Identifies an RBAC policy: one grant of an object to a project.
    RbacPolicyId;
    /// Identifies a QoS policy.
    QosPolicyId;
    /// Identifies a rule of a QoS policy.
    QosRuleId;
    /// Identifies a metering label.
    MeteringLabelId;
    /// Identifies a metering label rule.
    MeteringRuleId;
    /// Identifies an agent.
    AgentId;
    /// Identifies a trunk.
    TrunkId;
    /// Identifies a tap service.
    TapServiceId;
    /// Identifies a tap flow.
    TapFlowId;
    /// Identifies a flavor of network services.
    FlavorId;
    /// Identifies a service profile of a flavor.
    ServiceProfileId;
    /// Identifies a network ACL.
    NetworkAclId;
    /// Identifies a rule of a network ACL.
    NetworkAclRuleId;
    /// Identifies a gateway.
    GatewayId;
    /// Identifies a VPC or subnet route table.
    RouteTableId;
    /// Identifies a range of elastic IPs.
    ElasticRangeId;
    /// Identifies a range of a subnet's addresses; the range of all of them has the subnet's id.
    IpRangeId;
}

macro_rules! name_id {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Arc<str>);

        impl $name {
            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.into())
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(text.into())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:?}", &*self.0)
            }
        }
    )*};
}

name_id! {
    /// A project (tenant) as Keystone names it: opaque text, often 32 hex digits.
    ProjectId;
    /// A host as `binding:host_id` and the agent's `--host-id` name it.
    HostName;
}
