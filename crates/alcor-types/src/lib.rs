//! The nouns of a region as plain data: identifiers, addresses, and the resources that
//! every other crate speaks of.
//!
//! Nothing here does I/O or holds rules; a rule that spans several resources belongs to
//! `alcor-managers`. All types serialise with serde: people-readable forms (JSON) use the
//! text forms of Neutron, binary forms (the store) the compact ones.

mod address;
mod address_group;
mod address_scope;
mod agent;
mod binding;
mod conntrack_helper;
mod elastic_range;
mod flavor;
mod floating_ip;
mod gateway;
mod id;
mod ip;
mod ip_protocol;
mod mac;
mod metering;
mod ncm;
mod network;
mod network_acl;
mod node;
mod port;
mod qos;
mod rbac_policy;
mod revision;
mod route_table;
mod router;
mod security_group;
mod segment;
mod sharing;
mod standard;
mod subnet;
mod subnet_pool;
mod tap;
mod topology;
mod trunk;

pub use address::{IpPool, IpVersion, MacAddr, ParseAddressError, Vni};
pub use address_group::AddressGroup;
pub use address_scope::AddressScope;
pub use agent::{Agent, AgentKind, Schedule, Zone};
pub use binding::PortBinding;
pub use conntrack_helper::ConntrackHelper;
pub use elastic_range::{ElasticPart, ElasticRange};
pub use flavor::{Flavor, ServiceProfile};
pub use floating_ip::{Association, FloatingIp, ForwardedProtocol, PortForwarding, PortRange};
pub use gateway::{Gateway, GatewayAddress, GatewayKind, GatewayStatus};
pub use id::AgentId;
pub use id::{
    AddressGroupId, AddressScopeId, ConntrackHelperId, ElasticRangeId, FlavorId, FloatingIpId,
    GatewayId, HostName, IpRangeId, MeteringLabelId, MeteringRuleId, NetworkAclId,
    NetworkAclRuleId, NetworkId, NodeId, PortForwardingId, PortId, ProjectId, QosPolicyId,
    QosRuleId, RbacPolicyId, RouteTableId, RouterId, SecurityGroupId, SecurityGroupRuleId,
    SegmentId, SegmentRangeId, ServiceProfileId, SubnetId, SubnetPoolId, TapFlowId, TapServiceId,
    TrunkId,
};
pub use ip::{IpLease, IpRange};
pub use ip_protocol::ip_protocol;
pub use mac::{MacLease, MacRange};
pub use metering::{MeteredPrefix, MeteringLabel, MeteringRule};
pub use ncm::Ncm;
pub use network::{DEFAULT_MTU, Network};
pub use network_acl::{AclAction, AclProtocol, NetworkAcl, NetworkAclRule};
pub use node::Node;
pub use port::{
    AllowedAddressPair, DataPlaneStatus, ExtraDhcpOption, FixedIp, IpAllocation, NO_WIRE,
    NumaPolicy, Port, PortHardware, PortState, PortStatus, ROUTER_INTERFACE_OWNERS,
    ROUTER_OUTLET_OWNER,
};
pub use qos::{FlowDirection, QosLimit, QosPolicy, QosRule, QosRuleType};
pub use rbac_policy::{Access, ObjectType, RbacPolicy};
pub use revision::Revision;
pub use route_table::{RouteTable, RouteTableKind, RouteTarget, TableRoute};
pub use router::{ExternalGateway, Router};
pub use security_group::{
    DefaultSecurityGroupRule, Direction, EtherType, Remote, SecurityGroup, SecurityGroupRule,
    TrafficMatch,
};
pub use segment::{NetworkType, ParseNetworkTypeError, Segment, SegmentRange, Transport};
pub use sharing::{EVERYONE, Sharing};
pub use standard::{Standard, Timestamp};
pub use subnet::{HostRoute, Ipv6Mode, Subnet};
pub use subnet_pool::SubnetPool;
pub use tap::{TapDirection, TapFlow, TapService};
pub use topology::AutoTopology;
pub use trunk::{SubPort, Trunk};
