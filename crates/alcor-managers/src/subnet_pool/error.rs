//! Why a subnet pool or an address scope refuses.

use alcor_types::{AddressScopeId, IpVersion, SubnetPoolId};
use ipnet::IpNet;

/// What subnet pools and address scopes refuse.
#[derive(Debug, thiserror::Error)]
pub enum PoolError {
    /// The pool does not exist, or not for this caller.
    #[error("Subnet pool {0} could not be found.")]
    PoolNotFound(SubnetPoolId),
    /// The scope does not exist, or not for this caller.
    #[error("Address scope {0} could not be found.")]
    ScopeNotFound(AddressScopeId),
    /// What is asked of a subnet and its pool contradicts itself.
    #[error("Bad subnets request: {0}.")]
    BadRequest(String),
    /// A pool without space.
    #[error("Empty subnet pool prefix list: give at least one prefix.")]
    NoPrefixes,
    /// Prefixes of two families.
    #[error("Cannot mix IPv4 and IPv6 prefixes in a subnet pool: make a pool for each family.")]
    MixedVersions,
    /// Bounds on block sizes that contradict each other.
    #[error("Illegal prefix bounds: {name}={length}, {base}={bound}.")]
    Bounds {
        /// Which length is wrong.
        name: &'static str,
        /// The length.
        length: u8,
        /// Which bound it breaks.
        base: &'static str,
        /// The bound.
        bound: u8,
    },
    /// Prefixes that cannot change so.
    #[error("Illegal update to prefixes: {0}.")]
    PrefixUpdate(String),
    /// A change that the pool's scope or subnets forbid.
    #[error("Illegal subnetpool update: {0}.")]
    Update(String),
    /// There is a default pool of the family.
    #[error(
        "Invalid input for operation: a default subnetpool for {0} has already been set. Only one default may exist for each family."
    )]
    DefaultExists(IpVersion),
    /// Subnets have blocks of the pool.
    #[error("Unable to delete subnet pool {0}: subnets have blocks of it. Delete them first.")]
    InUse(SubnetPoolId),
    /// The block asked for is larger than the pool gives.
    #[error(
        "Unable to allocate subnet with prefix length {length}, minimum allowed prefix is {min}."
    )]
    TooLarge {
        /// The length asked for.
        length: u8,
        /// The pool's shortest.
        min: u8,
    },
    /// The block asked for is smaller than the pool gives.
    #[error(
        "Unable to allocate subnet with prefix length {length}, maximum allowed prefix is {max}."
    )]
    TooSmall {
        /// The length asked for.
        length: u8,
        /// The pool's longest.
        max: u8,
    },
    /// No free block is large enough.
    #[error(
        "Failed to allocate subnet: insufficient prefix space in subnet pool {pool} for a /{length}. Delete subnets, add prefixes, or ask for a longer prefix."
    )]
    Exhausted {
        /// The pool.
        pool: SubnetPoolId,
        /// The length asked for.
        length: u8,
    },
    /// The block asked for is not free in the pool.
    #[error(
        "Failed to allocate subnet: {cidr} is not among the free prefixes of subnet pool {pool}. Choose another, or leave cidr out."
    )]
    NotFree {
        /// The pool.
        pool: SubnetPoolId,
        /// The block asked for.
        cidr: IpNet,
    },
    /// The project has as much of the pool as it may have.
    #[error(
        "Per-project subnet pool prefix quota exceeded in subnet pool {0}: delete subnets, or ask for a longer prefix."
    )]
    QuotaExceeded(SubnetPoolId),
    /// Subnets of one network and family come from one pool.
    #[error(
        "Subnets hosted on the same network must be allocated from the same subnet pool: use the pool of the network's other subnets."
    )]
    PoolAffinity,
    /// Subnets of one network and family are in one scope.
    #[error(
        "Subnets of the same address family hosted on the same network must all participate in the same address scope."
    )]
    ScopeAffinity,
    /// Pools of one scope overlap.
    #[error(
        "Failed to associate address scope: subnetpools within an address scope must have unique prefixes, but {prefix} overlaps with subnet pool {pool}."
    )]
    PrefixConflict {
        /// The prefix.
        prefix: IpNet,
        /// The pool that has some of it.
        pool: SubnetPoolId,
    },
    /// The pool is of another family than the scope.
    #[error(
        "Illegal subnetpool association: subnetpool {pool} cannot associate with address scope {scope} because it is not {version}."
    )]
    ScopeVersion {
        /// The pool.
        pool: SubnetPoolId,
        /// The scope.
        scope: AddressScopeId,
        /// The scope's family.
        version: IpVersion,
    },
    /// Pools are in the scope.
    #[error(
        "Unable to complete operation on address scope {0}. There are one or more subnet pools in use on the address scope."
    )]
    ScopeInUse(AddressScopeId),
    /// A scope open to all stays so.
    #[error("Unable to update address scope {0}: a shared address scope can't be unshared.")]
    Unshare(AddressScopeId),
}

impl PoolError {
    /// Neutron's name of the error.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::PoolNotFound(_) => "SubnetPoolNotFound",
            Self::ScopeNotFound(_) => "AddressScopeNotFound",
            Self::BadRequest(_) => "BadRequest",
            Self::NoPrefixes => "EmptySubnetPoolPrefixList",
            Self::MixedVersions => "PrefixVersionMismatch",
            Self::Bounds { .. } => "IllegalSubnetPoolPrefixBounds",
            Self::PrefixUpdate(_) => "IllegalSubnetPoolPrefixUpdate",
            Self::Update(_) => "IllegalSubnetPoolUpdate",
            Self::DefaultExists(_) => "InvalidInput",
            Self::InUse(_) => "SubnetPoolDeleteError",
            Self::TooLarge { .. } => "MinPrefixSubnetAllocationError",
            Self::TooSmall { .. } => "MaxPrefixSubnetAllocationError",
            Self::Exhausted { .. } | Self::NotFree { .. } => "SubnetAllocationError",
            Self::QuotaExceeded(_) => "SubnetPoolQuotaExceeded",
            Self::PoolAffinity => "NetworkSubnetPoolAffinityError",
            Self::ScopeAffinity => "NetworkAddressScopeAffinityError",
            Self::PrefixConflict { .. } => "AddressScopePrefixConflict",
            Self::ScopeVersion { .. } => "IllegalSubnetPoolIpVersionAssociationToAddressScope",
            Self::ScopeInUse(_) => "AddressScopeInUse",
            Self::Unshare(_) => "AddressScopeUpdateError",
        }
    }

    /// The HTTP status. Neutron answers 500 when a pool is used up; it is a conflict with what
    /// exists, and clients treat 500 as our fault.
    pub fn status(&self) -> u16 {
        match self {
            Self::PoolNotFound(_) | Self::ScopeNotFound(_) => 404,
            Self::Exhausted { .. }
            | Self::NotFree { .. }
            | Self::QuotaExceeded(_)
            | Self::PrefixConflict { .. }
            | Self::ScopeInUse(_) => 409,
            _ => 400,
        }
    }
}
