//! How a refusal is answered: Neutron's name for it and the status.

use super::ApiError;

impl ApiError {
    /// Neutron's name of the error, the `type` of its bodies.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::InvalidAttribute { .. } => "HTTPBadRequest",
            Self::InvalidInput(_) => "InvalidInput",
            Self::InvalidAllocationPool(_) => "InvalidAllocationPool",
            Self::OutOfBoundsAllocationPool { .. } => "OutOfBoundsAllocationPool",
            Self::OverlappingAllocationPools { .. } => "OverlappingAllocationPools",
            Self::GatewayConflictWithAllocationPools { .. } => "GatewayConflictWithAllocationPools",
            Self::GatewayIpInUse { .. } => "GatewayIpInUse",
            Self::DnsNameServersExhausted { .. } => "DNSNameServersExhausted",
            Self::HostRoutesExhausted { .. } => "HostRoutesExhausted",
            Self::InvalidSubnetServiceType(_) => "InvalidSubnetServiceType",
            Self::InvalidIpForNetwork { .. } => "InvalidIpForNetwork",
            Self::InvalidIpForSubnet { .. } => "InvalidIpForSubnet",
            Self::AllocationOnAutoAddressSubnet { .. } => "AllocationOnAutoAddressSubnet",
            Self::IpAddressAlreadyAllocated { .. } => "IpAddressAlreadyAllocated",
            Self::IpAddressGenerationFailure(_) => "IpAddressGenerationFailure",
            Self::IpAddressGenerationFailureNoMatchingSubnet { .. } => {
                "IpAddressGenerationFailureNoMatchingSubnet"
            }
            Self::MacAddressInUse { .. } => "MacAddressInUse",
            Self::MacAddressGenerationFailure(_) => "MacAddressGenerationFailure",
            Self::PortBound { .. } => "PortBound",
            Self::DuplicateAddressPairInRequest { .. } => "DuplicateAddressPairInRequest",
            Self::AddressPairsExhausted { .. } => "AddressPairsExhausted",
            Self::AddressPairAndPortSecurityRequired => "AddressPairAndPortSecurityRequired",
            Self::ExtraDhcpOptBadData(_) => "ExtraDhcpOptBadData",
            Self::NetworkNotFound(_) => "NetworkNotFound",
            Self::SubnetNotFound(_) => "SubnetNotFound",
            Self::PortNotFound(_) => "PortNotFound",
            Self::NodeNotFound(_) => "NodeNotFound",
            Self::PolicyNotAuthorized { .. } => "PolicyNotAuthorized",
            Self::NetworkInUse { .. } => "NetworkInUse",
            Self::SubnetInUse { .. } => "SubnetInUse",
            Self::ServicePortInUse { .. } | Self::ServicePortTaken { .. } => "ServicePortInUse",
            Self::InvalidSharedSetting { .. } => "InvalidSharedSetting",
            Self::NetworkMtuSubnetConflict { .. } => "NetworkMTUSubnetConflict",
            Self::IdInUse { .. } => "NeutronDbObjectDuplicateEntry",
            Self::NodeNameInUse(_) => "NodeNameInUse",
            Self::NodeInUse { .. } => "NodeInUse",
            Self::RevisionNumberConstraintFailed { .. } => "RevisionNumberConstraintFailed",
            Self::Trunk(error) => error.kind(),
            Self::Tap(error) => error.kind(),
            Self::Agent(error) => error.kind(),
            Self::Binding(error) => error.kind(),
            Self::AddressGroup(error) => error.kind(),
            Self::RbacPolicy(error) => error.kind(),
            Self::SecurityGroup(error) => error.kind(),
            Self::Network(error) => error.kind(),
            Self::Segment(error) => error.kind(),
            Self::SegmentRange(error) => error.kind(),
            Self::Quota(error) => error.kind(),
            Self::Subnet(error) => error.kind(),
            Self::Pool(error) => error.kind(),
            Self::Routing(error) => error.kind(),
            Self::Qos(error) => error.kind(),
            Self::Metering(error) => error.kind(),
            Self::Flavor(error) => error.kind(),
            Self::Topology(error) => error.kind(),
            Self::Ncm(error) => error.kind(),
            Self::NetworkAcl(error) => error.kind(),
            Self::RouteTable(error) => error.kind(),
            Self::Mac(error) => error.kind(),
            Self::Ip(error) => error.kind(),
            Self::Gateway(error) => error.kind(),
            Self::ElasticRange(error) => error.kind(),
            Self::Store(_) | Self::Damaged(_) => "HTTPInternalServerError",
        }
    }

    /// The HTTP status that Neutron answers with.
    pub fn status(&self) -> u16 {
        match self {
            Self::InvalidAttribute { .. }
            | Self::InvalidInput(_)
            | Self::InvalidAllocationPool(_)
            | Self::OutOfBoundsAllocationPool { .. }
            | Self::DnsNameServersExhausted { .. }
            | Self::HostRoutesExhausted { .. }
            | Self::InvalidSubnetServiceType(_)
            | Self::InvalidIpForNetwork { .. }
            | Self::InvalidIpForSubnet { .. }
            | Self::AllocationOnAutoAddressSubnet { .. }
            | Self::DuplicateAddressPairInRequest { .. }
            | Self::AddressPairsExhausted { .. }
            | Self::ExtraDhcpOptBadData(_) => 400,
            Self::PolicyNotAuthorized { .. } => 403,
            Self::NetworkNotFound(_)
            | Self::SubnetNotFound(_)
            | Self::PortNotFound(_)
            | Self::NodeNotFound(_) => 404,
            Self::RevisionNumberConstraintFailed { .. } => 412,
            Self::Trunk(error) => error.status(),
            Self::Tap(error) => error.status(),
            Self::Agent(error) => error.status(),
            Self::Binding(error) => error.status(),
            Self::AddressGroup(error) => error.status(),
            Self::RbacPolicy(error) => error.status(),
            Self::SecurityGroup(error) => error.status(),
            Self::Network(error) => error.status(),
            Self::Segment(error) => error.status(),
            Self::SegmentRange(error) => error.status(),
            Self::Quota(error) => error.status(),
            Self::Subnet(error) => error.status(),
            Self::Pool(error) => error.status(),
            Self::Routing(error) => error.status(),
            Self::Qos(error) => error.status(),
            Self::Metering(error) => error.status(),
            Self::Flavor(error) => error.status(),
            Self::Topology(error) => error.status(),
            Self::Ncm(error) => error.status(),
            Self::NetworkAcl(error) => error.status(),
            Self::RouteTable(error) => error.status(),
            Self::Mac(error) => error.status(),
            Self::Ip(error) => error.status(),
            Self::Gateway(error) => error.status(),
            Self::ElasticRange(error) => error.status(),
            Self::Store(_) | Self::Damaged(_) => 500,
            Self::MacAddressGenerationFailure(_) => 503,
            _ => 409,
        }
    }
}
