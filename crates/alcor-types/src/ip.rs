//! Addresses of subnets that operators take by hand, and the ranges they take them from. Those
//! of ports stand in the ports.

use crate::{IpPool, IpRangeId, SubnetId};
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// An address of a subnet that is kept by hand: no port has it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct IpLease {
    /// The subnet; the lease ends with it.
    pub subnet_id: SubnetId,
    /// The address.
    pub address: IpAddr,
    /// A mark of the operator's; the address is kept either way.
    pub active: bool,
}

/// A part of a subnet's addresses that leases are taken from. The whole of a subnet is a range
/// too, without standing here.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct IpRange {
    /// Its id.
    pub id: IpRangeId,
    /// The subnet; never changes, and the range ends with it.
    pub subnet_id: SubnetId,
    /// Its first and last address.
    pub pool: IpPool,
}
