//! What a rule answers when it refuses: one variant for each error type of Neutron's API.
//!
//! Clients match on Neutron's `type` ([`ApiError::kind`]) and on the status; people read the
//! message, which therefore names the offending value and says what to change.

mod answer;

use crate::address_group::AddressGroupError;
use crate::agent::AgentError;
use crate::flavor::FlavorError;
use crate::floating_ip::range::ElasticRangeError;
use crate::gateway::GatewayError;
use crate::ip::IpError;
use crate::mac::MacError;
use crate::metering::MeteringError;
use crate::ncm::NcmError;
use crate::network::NetworkError;
use crate::network_acl::NetworkAclError;
use crate::port::binding::BindingError;
use crate::qos::QosError;
use crate::quota::QuotaError;
use crate::rbac_policy::RbacPolicyError;
use crate::route_table::RouteTableError;
use crate::routing::RoutingError;
use crate::security_group::SecurityGroupError;
use crate::segment::SegmentError;
use crate::segment::range::RangeError;
use crate::subnet::SubnetError;
use crate::subnet_pool::PoolError;
use crate::tap::TapError;
use crate::topology::TopologyError;
use crate::trunk::TrunkError;

use alcor_store::records::RecordError;
use alcor_types::{
    HostName, IpPool, MacAddr, NetworkId, ParseAddressError, PortId, ProjectId, SubnetId,
};
use ipnet::IpNet;
use std::net::IpAddr;

/// A refused request.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// An attribute breaks a rule that needs no other resource to judge.
    #[error("Invalid input for {attribute}. Reason: {reason}.")]
    InvalidAttribute {
        /// The attribute as the API spells it.
        attribute: &'static str,
        /// What is wrong, and what would be right.
        reason: String,
    },
    /// Attributes contradict each other or the resources they refer to.
    #[error("Invalid input for operation: {0}.")]
    InvalidInput(String),
    /// A pool of two families, or with its ends exchanged.
    #[error(
        "The allocation pool {0} is not valid: give a start and an end of the subnet's family, the start not above the end."
    )]
    InvalidAllocationPool(Pool),
    /// A pool leaves the subnet's host addresses.
    #[error(
        "The allocation pool {pool} spans beyond the host addresses of the subnet {cidr}: keep it inside them."
    )]
    OutOfBoundsAllocationPool {
        /// The pool.
        pool: Pool,
        /// The subnet's block.
        cidr: IpNet,
    },
    /// Two pools share an address.
    #[error(
        "The allocation pools {first} and {second} of the subnet {cidr} overlap: separate or join them."
    )]
    OverlappingAllocationPools {
        /// The lower pool.
        first: Pool,
        /// The higher pool.
        second: Pool,
        /// The subnet's block.
        cidr: IpNet,
    },
    /// The gateway lies in a pool.
    #[error(
        "The gateway {gateway} lies in the allocation pool {pool}: take it out of the pool, or choose another gateway."
    )]
    GatewayConflictWithAllocationPools {
        /// The gateway's address.
        gateway: IpAddr,
        /// The pool it lies in.
        pool: Pool,
    },
    /// The gateway cannot change while a port holds its address.
    #[error(
        "The gateway cannot change: port {port} has the address {address}. Delete the port, or change its address first."
    )]
    GatewayIpInUse {
        /// The address.
        address: IpAddr,
        /// The port that has it.
        port: PortId,
    },
    /// More name servers than the region allows.
    #[error("A subnet may have {max} DNS name servers, but {count} were given: remove some.")]
    DnsNameServersExhausted {
        /// How many were given.
        count: usize,
        /// How many are allowed.
        max: usize,
    },
    /// More host routes than the region allows.
    #[error("A subnet may have {max} host routes, but {count} were given: remove some.")]
    HostRoutesExhausted {
        /// How many were given.
        count: usize,
        /// How many are allowed.
        max: usize,
    },
    /// No device owner begins so.
    #[error(
        "Subnet service type '{0}' does not correspond to a valid device owner: begin it with network:, neutron:, compute:, baremetal: or trunk:."
    )]
    InvalidSubnetServiceType(String),
    /// The address is a host address of no subnet of the network.
    #[error(
        "IP address {address} is not a valid IP for any of the subnets of network {network}: choose one inside a subnet, neither its first nor its broadcast address."
    )]
    InvalidIpForNetwork {
        /// The address.
        address: IpAddr,
        /// The network.
        network: NetworkId,
    },
    /// The address is no host address of the subnet.
    #[error(
        "IP address {address} is not a valid IP for subnet {subnet} ({cidr}): choose one inside it, neither its first nor its broadcast address."
    )]
    InvalidIpForSubnet {
        /// The address.
        address: IpAddr,
        /// The subnet.
        subnet: SubnetId,
        /// Its block.
        cidr: IpNet,
    },
    /// Addresses of a SLAAC or stateless subnet follow from the MAC and cannot be chosen.
    #[error(
        "IPv6 address {address} cannot be assigned on subnet {subnet}, which derives addresses from the MAC: give only the subnet_id."
    )]
    AllocationOnAutoAddressSubnet {
        /// The address.
        address: IpAddr,
        /// The subnet.
        subnet: SubnetId,
    },
    /// Another port has the address.
    #[error(
        "IP address {address} is already allocated in subnet {subnet}: choose another, or leave it out to get a free one."
    )]
    IpAddressAlreadyAllocated {
        /// The address.
        address: IpAddr,
        /// The subnet.
        subnet: SubnetId,
    },
    /// The pools have no free address.
    #[error(
        "No more IP addresses available on network {0}: delete unused ports, widen the allocation pools, or add a subnet."
    )]
    IpAddressGenerationFailure(NetworkId),
    /// The network's subnets serve other kinds of devices.
    #[error(
        "No subnet of network {network} serves ports of device owner '{owner}': change the subnets' service_types, or name a subnet in fixed_ips."
    )]
    IpAddressGenerationFailureNoMatchingSubnet {
        /// The network.
        network: NetworkId,
        /// The port's device owner.
        owner: String,
    },
    /// Another port of the network has the MAC.
    #[error(
        "The MAC address {mac} is in use on network {network}: choose another, or leave it out to get a free one."
    )]
    MacAddressInUse {
        /// The MAC address.
        mac: MacAddr,
        /// The network.
        network: NetworkId,
    },
    /// The MAC base has no free address left that a bounded search finds.
    #[error(
        "No free MAC address was found for network {0}: give one in mac_address, or let the operator configure another MAC base."
    )]
    MacAddressGenerationFailure(NetworkId),
    /// A bound port's MAC is in its VM.
    #[error(
        "The MAC address {mac} of port {port} cannot change while the port is bound to host '{host}': clear binding:host_id first."
    )]
    PortBound {
        /// The port.
        port: PortId,
        /// The host it is bound to.
        host: HostName,
        /// The MAC address it has.
        mac: MacAddr,
    },
    /// One address pair was given twice.
    #[error("The allowed address pair {address} with MAC {mac} is given twice: remove one.")]
    DuplicateAddressPairInRequest {
        /// The pair's address.
        address: IpNet,
        /// The pair's MAC address.
        mac: MacAddr,
    },
    /// More address pairs than the region allows.
    #[error(
        "A port may have {max} allowed address pairs, but {count} were given: remove some, or give blocks instead of single addresses."
    )]
    AddressPairsExhausted {
        /// How many were given.
        count: usize,
        /// How many are allowed.
        max: usize,
    },
    /// Address pairs mean nothing where nothing is filtered.
    #[error(
        "Allowed address pairs need port security: set port_security_enabled to true, or leave allowed_address_pairs empty."
    )]
    AddressPairAndPortSecurityRequired,
    /// A DHCP option that cannot be sent.
    #[error("Invalid data format for extra_dhcp_opts: {0}.")]
    ExtraDhcpOptBadData(String),
    /// The network does not exist, or not for this caller.
    #[error("Network {0} could not be found.")]
    NetworkNotFound(NetworkId),
    /// The subnet does not exist, or not for this caller.
    #[error("Subnet {0} could not be found.")]
    SubnetNotFound(SubnetId),
    /// The port does not exist, or not for this caller.
    #[error("Port {0} could not be found.")]
    PortNotFound(PortId),
    /// No node has this id or name.
    #[error("Node {0} could not be found.")]
    NodeNotFound(String),
    /// The caller's role does not allow it.
    #[error("{rule} is disallowed by policy: {reason}.")]
    PolicyNotAuthorized {
        /// The policy rule as Neutron names it, for example `create_network:shared`.
        rule: &'static str,
        /// Who may do it.
        reason: &'static str,
    },
    /// The network has ports.
    #[error(
        "Network {network} cannot go. There are one or more ports still in use on the network, \
         such as {port}: delete them first."
    )]
    NetworkInUse {
        /// The network.
        network: NetworkId,
        /// One of its ports.
        port: PortId,
    },
    /// The port is a router's or a floating IP's.
    #[error(
        "Port {port} cannot be deleted directly via the port API: it has device owner {owner}. Remove it from its device, or delete the device."
    )]
    ServicePortInUse {
        /// The port.
        port: PortId,
        /// Its device owner.
        owner: String,
    },
    /// The port is a router's or a floating IP's and would be another device's.
    #[error(
        "Port {port} cannot be given to another device: it has device owner {owner}. Remove it from its device first."
    )]
    ServicePortTaken {
        /// The port.
        port: PortId,
        /// Its device owner.
        owner: String,
    },
    /// Ports have addresses of the subnet.
    #[error(
        "Subnet {subnet} is in use: port {port} has an address from it. Delete the port or take the address off it first."
    )]
    SubnetInUse {
        /// The subnet.
        subnet: SubnetId,
        /// One of the ports.
        port: PortId,
    },
    /// The network is used by projects that would lose it.
    #[error(
        "Network {network} cannot be unshared: project {project} has ports on it. Delete those first."
    )]
    InvalidSharedSetting {
        /// The network.
        network: NetworkId,
        /// A project that uses it.
        project: ProjectId,
    },
    /// IPv6 needs 1280 bytes (RFC 8200, section 5).
    #[error(
        "The MTU {mtu} of network {network} is below 1280, which its IPv6 subnets need: raise it."
    )]
    NetworkMtuSubnetConflict {
        /// The network.
        network: NetworkId,
        /// The MTU in bytes.
        mtu: u16,
    },
    /// The caller chose an id that exists.
    #[error(
        "The id {id} is in use in {resource}: choose another, or leave it out to get a fresh one."
    )]
    IdInUse {
        /// `networks`, `subnets`, ...
        resource: &'static str,
        /// The id.
        id: String,
    },
    /// Another node has the name.
    #[error("The node name '{0}' is in use: names bind ports, so each node needs its own.")]
    NodeNameInUse(HostName),
    /// Ports are bound to the node.
    #[error(
        "Node '{node}' is in use: port {port} is bound to it. Unbind or delete its ports first."
    )]
    NodeInUse {
        /// The node's name.
        node: HostName,
        /// One of its ports.
        port: PortId,
    },
    /// `If-Match` named another revision than the present one.
    #[error(
        "The resource is at revision_number {present}, but the request expects {expected}: read it again and retry."
    )]
    RevisionNumberConstraintFailed {
        /// What the request expects.
        expected: u64,
        /// What the resource has.
        present: u64,
    },
    /// A request about agents is refused.
    #[error(transparent)]
    Agent(#[from] AgentError),
    /// A request about trunks is refused.
    #[error(transparent)]
    Trunk(#[from] TrunkError),
    /// A request about taps is refused.
    #[error(transparent)]
    Tap(#[from] TapError),
    /// A port's binding is refused.
    #[error(transparent)]
    Binding(#[from] BindingError),
    /// A rule of address groups.
    #[error(transparent)]
    AddressGroup(#[from] AddressGroupError),
    /// A rule of RBAC policies.
    #[error(transparent)]
    RbacPolicy(#[from] RbacPolicyError),
    /// A rule of security groups.
    #[error(transparent)]
    SecurityGroup(#[from] SecurityGroupError),
    /// A rule of networks.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// A rule of segments.
    #[error(transparent)]
    Segment(#[from] SegmentError),
    /// A rule of ranges of segmentation ids.
    #[error(transparent)]
    SegmentRange(#[from] RangeError),
    /// A quota is used up.
    #[error(transparent)]
    Quota(#[from] QuotaError),
    /// A subnet refuses a segment.
    #[error(transparent)]
    Subnet(#[from] SubnetError),
    /// A subnet pool or an address scope refuses.
    #[error(transparent)]
    Pool(#[from] PoolError),
    /// A rule of routers or floating IPs.
    #[error(transparent)]
    Routing(#[from] RoutingError),
    /// A rule of QoS refuses it.
    #[error(transparent)]
    Qos(#[from] QosError),
    /// A rule of metering refuses it.
    #[error(transparent)]
    Metering(#[from] MeteringError),
    /// A rule of network ACLs refuses it.
    #[error(transparent)]
    NetworkAcl(#[from] NetworkAclError),
    /// A rule of MAC addresses refuses it.
    #[error(transparent)]
    Mac(#[from] MacError),
    /// A rule of addresses that are kept by hand refuses it.
    #[error(transparent)]
    Ip(#[from] IpError),
    /// A rule of ranges of elastic IPs refuses it.
    #[error(transparent)]
    ElasticRange(#[from] ElasticRangeError),
    /// A rule of gateways refuses it.
    #[error(transparent)]
    Gateway(#[from] GatewayError),
    /// A rule of route tables refuses it.
    #[error(transparent)]
    RouteTable(#[from] RouteTableError),
    /// A rule of network config managers refuses it.
    #[error(transparent)]
    Ncm(#[from] NcmError),
    /// A rule of flavors refuses it.
    #[error(transparent)]
    Flavor(#[from] FlavorError),
    /// A topology cannot be allocated.
    #[error(transparent)]
    Topology(#[from] TopologyError),
    /// A record of the store cannot be read or written; no fault of the caller's.
    #[error("The region's store failed: {0}")]
    Store(#[from] RecordError),
    /// An allocation record of the store is damaged; no fault of the caller's.
    #[error("The region's store holds a damaged {0} record")]
    Damaged(&'static str),
}

/// A pool in messages: `10.0.0.2-10.0.0.9`. Unlike [`IpPool`], its `Display` is for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pool(pub IpPool);

impl std::fmt::Display for Pool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}", self.0.start, self.0.end)
    }
}

impl ApiError {
    /// A refusal of one attribute by itself.
    pub(crate) fn attribute(attribute: &'static str, reason: impl Into<String>) -> Self {
        Self::InvalidAttribute {
            attribute,
            reason: reason.into(),
        }
    }
}

impl From<ParseAddressError> for ApiError {
    fn from(error: ParseAddressError) -> Self {
        Self::InvalidInput(error.to_string())
    }
}
