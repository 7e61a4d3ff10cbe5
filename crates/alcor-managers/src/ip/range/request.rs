//! What callers say of ranges and of the subnets they are of.

use crate::ApiError;
use alcor_types::{IpRangeId, IpVersion, NetworkId, Subnet, SubnetId};
use std::net::IpAddr;

/// What a request says of the subnet it is about, beyond naming it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Claim {
    /// Its id.
    pub subnet_id: Option<SubnetId>,
    /// Its network.
    pub network_id: Option<NetworkId>,
    /// Its family.
    pub version: Option<IpVersion>,
}

/// A wished range.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateIpRange {
    /// Its id; a fresh one where the caller does not choose it.
    pub id: Option<IpRangeId>,
    /// The subnet it is to be a part of.
    pub subnet_id: SubnetId,
    /// What is said of the subnet beyond its id.
    pub claim: Claim,
    /// The first address.
    pub first: IpAddr,
    /// The last address.
    pub last: IpAddr,
}

/// What a PUT says of a range. An absent member means "not sent".
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UpdateIpRange {
    /// What is said of the subnet, which never changes.
    pub claim: Claim,
    /// Another first address.
    pub first: Option<IpAddr>,
    /// Another last address.
    pub last: Option<IpAddr>,
}

impl Claim {
    /// Refuses a claim that the subnet does not bear out.
    pub(in crate::ip) fn check(&self, subnet: &Subnet) -> Result<(), ApiError> {
        let wrong = |name, is: &dyn std::fmt::Display| {
            let reason = format!(
                "of subnet {} it is {is}: say that, or leave it out",
                subnet.id
            );
            Err(ApiError::attribute(name, reason))
        };
        if self.subnet_id.is_some_and(|id| id != subnet.id) {
            return wrong("subnet_id", &subnet.id);
        }
        if self.network_id.is_some_and(|id| id != subnet.network_id) {
            return wrong("vpc_id", &subnet.network_id);
        }
        let version = subnet.ip_version();
        if self.version.is_some_and(|asked| asked != version) {
            return wrong("ip_version", &version.number());
        }
        Ok(())
    }
}
