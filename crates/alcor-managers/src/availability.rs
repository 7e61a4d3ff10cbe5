//! How many addresses a subnet has and how many are in use, without looking at its ports.

use crate::{ApiError, ip};
use alcor_store::Read;
use alcor_types::{IpPool, Subnet};
use serde::Serialize;
use std::iter::Sum;
use std::ops::Add;

/// The counts of one subnet, or the sum of several.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Availability {
    /// The addresses of the pools; of the whole block where there are no pools.
    pub total: u128,
    /// The addresses that ports have and those kept by hand, in pools or not.
    pub used: u128,
    /// The same, block and pools apart.
    pub details: Details,
}

/// Neutron's `ip_availability_details`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Details {
    /// The addresses of the block, for IPv4 without its first and last.
    pub total_ips_in_subnet: u128,
    /// The addresses of the pools.
    pub total_ips_in_allocation_pool: u128,
    /// Those of the block that are taken.
    pub used_ips_in_subnet: u128,
    /// Those of the pools that are taken.
    pub used_ips_in_allocation_pool: u128,
}

/// The counts of a subnet.
pub fn of(read: &dyn Read, subnet: &Subnet) -> Result<Availability, ApiError> {
    let block = ip::size(&IpPool {
        start: subnet.cidr.network(),
        end: subnet.cidr.broadcast(),
    });
    let sizes = subnet.allocation_pools.iter();
    let pools = sizes.map(ip::size).fold(0, u128::saturating_add);
    let used = ip::used(read, subnet.id)?.into();
    let edges = if subnet.cidr.addr().is_ipv4() { 2 } else { 0 };
    Ok(Availability {
        total: if pools == 0 { block } else { pools },
        used,
        details: Details {
            total_ips_in_subnet: block.saturating_sub(edges),
            total_ips_in_allocation_pool: pools,
            used_ips_in_subnet: used,
            used_ips_in_allocation_pool: ip::used_in_pools(read, subnet)?,
        },
    })
}

impl Add for Availability {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        let (one, two) = (self.details, other.details);
        let sum = u128::saturating_add;
        Self {
            total: sum(self.total, other.total),
            used: sum(self.used, other.used),
            details: Details {
                total_ips_in_subnet: sum(one.total_ips_in_subnet, two.total_ips_in_subnet),
                total_ips_in_allocation_pool: sum(
                    one.total_ips_in_allocation_pool,
                    two.total_ips_in_allocation_pool,
                ),
                used_ips_in_subnet: sum(one.used_ips_in_subnet, two.used_ips_in_subnet),
                used_ips_in_allocation_pool: sum(
                    one.used_ips_in_allocation_pool,
                    two.used_ips_in_allocation_pool,
                ),
            },
        }
    }
}

impl Sum for Availability {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), Add::add)
    }
}
