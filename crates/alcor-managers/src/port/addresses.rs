//! Which addresses a port gets: what the caller asks for is turned into wishes, and the wishes
//! into addresses that are taken, kept or given back.

use crate::subnet::{hosts, is_auto_address};
use crate::{ApiError, ip};
use alcor_store::Txn;
use alcor_types::{FixedIp, MacAddr, NetworkId, Subnet};
use std::net::IpAddr;

use super::{FixedIpRequest, is_router};

/// Whose addresses are at stake.
pub(super) struct Interface<'a> {
    pub(super) network: NetworkId,
    /// All subnets of the network.
    pub(super) subnets: &'a [Subnet],
    pub(super) mac: MacAddr,
    pub(super) device_owner: &'a str,
}

/// One address that the port is to have.
#[derive(Debug, Clone)]
pub(super) enum Wish<'a> {
    /// This one of this subnet.
    Chosen(&'a Subnet, IpAddr),
    /// A free one of the first of these subnets that has room.
    Free(Vec<&'a Subnet>),
}

impl<'a> Interface<'a> {
    /// What a request asks for. Absent means one address of each family; an empty list, none.
    pub(super) fn wishes(
        &self,
        asked: Option<&[FixedIpRequest]>,
    ) -> Result<Vec<Wish<'a>>, ApiError> {
        let mut wishes = match asked {
            None => self.automatic()?,
            Some([]) => return Ok(Vec::new()),
            Some(asked) => asked
                .iter()
                .map(|one| self.wish(one))
                .collect::<Result<_, _>>()?,
        };
        check_distinct(&wishes)?;
        // Hosts of such a subnet have its derived address, whether anyone asked for it or not.
        for subnet in self.subnets.iter().filter(|subnet| is_auto_address(subnet)) {
            if !is_router(self.device_owner) && !wishes.iter().any(|wish| wish.names(subnet)) {
                wishes.push(Wish::Chosen(subnet, ip::eui64(&subnet.cidr, self.mac)));
            }
        }
        Ok(wishes)
    }

    /// The present addresses as a request, so that derived ones follow a new MAC.
    pub(super) fn restate(&self, fixed_ips: &[FixedIp]) -> Vec<FixedIpRequest> {
        let derived = |fixed: &FixedIp| {
            !is_router(self.device_owner) && self.find(fixed).is_some_and(is_auto_address)
        };
        let restate = |fixed: &FixedIp| FixedIpRequest {
            subnet_id: Some(fixed.subnet_id),
            ip_address: (!derived(fixed)).then_some(fixed.ip_address),
        };
        fixed_ips.iter().map(restate).collect()
    }

    /// Makes the wishes true. Of the addresses the port has, those that are wished for stay and
    /// the others are given back, before new ones are taken.
    pub(super) fn settle(
        &self,
        txn: &mut Txn<'_>,
        wishes: &[Wish<'a>],
        present: &[FixedIp],
    ) -> Result<Vec<FixedIp>, ApiError> {
        let mut left = present.to_vec();
        let mut settled: Vec<_> = wishes
            .iter()
            .map(|wish| wish.keep_chosen(&mut left))
            .collect();
        for (wish, slot) in wishes.iter().zip(&mut settled) {
            *slot = slot.or_else(|| wish.keep_any(&mut left));
        }
        for fixed in &left {
            if let Some(subnet) = self.find(fixed) {
                ip::release(txn, subnet, fixed.ip_address)?;
            }
        }
        // Chosen addresses go first, or an automatic one could take what was chosen.
        for (wish, slot) in wishes.iter().zip(&mut settled) {
            if let (None, Wish::Chosen(subnet, address)) = (*slot, wish) {
                *slot = Some(take_chosen(txn, subnet, *address)?);
            }
        }
        for (wish, slot) in wishes.iter().zip(&mut settled) {
            if let (None, Wish::Free(subnets)) = (*slot, wish) {
                *slot = Some(self.take_free(txn, subnets)?);
            }
        }
        Ok(settled.into_iter().flatten().collect())
    }

    fn automatic(&self) -> Result<Vec<Wish<'a>>, ApiError> {
        let serves = |subnet: &&Subnet| {
            let types = &subnet.service_types;
            types.is_empty() || types.iter().any(|name| name == self.device_owner)
        };
        let mut serving: Vec<_> = self.subnets.iter().filter(serves).collect();
        if serving.is_empty() && !self.subnets.is_empty() {
            return Err(ApiError::IpAddressGenerationFailureNoMatchingSubnet {
                network: self.network,
                owner: self.device_owner.to_owned(),
            });
        }
        serving.sort_by_key(|subnet| (subnet.standard.created_at, subnet.id));
        let (v4, v6): (Vec<_>, Vec<_>) = serving
            .into_iter()
            .filter(|subnet| !is_auto_address(subnet))
            .partition(|subnet| subnet.cidr.addr().is_ipv4());
        let families = [v4, v6].into_iter().filter(|subnets| !subnets.is_empty());
        Ok(families.map(Wish::Free).collect())
    }

    fn wish(&self, asked: &FixedIpRequest) -> Result<Wish<'a>, ApiError> {
        let subnet = match (asked.subnet_id, asked.ip_address) {
            (Some(id), _) => self
                .subnets
                .iter()
                .find(|subnet| subnet.id == id)
                .ok_or_else(|| {
                    let network = self.network;
                    ApiError::InvalidInput(format!(
                        "fixed_ips names subnet {id}, which is not on network {network}"
                    ))
                })?,
            (None, Some(address)) => self
                .subnets
                .iter()
                .find(|subnet| hosts(&subnet.cidr).contains(address))
                .ok_or(ApiError::InvalidIpForNetwork {
                    address,
                    network: self.network,
                })?,
            (None, None) => {
                let reason = "an element is empty, give a subnet_id, an ip_address or both";
                return Err(ApiError::attribute("fixed_ips", reason));
            }
        };
        match asked.ip_address {
            Some(address) => self.check_chosen(subnet, address),
            None if is_auto_address(subnet) => {
                Ok(Wish::Chosen(subnet, ip::eui64(&subnet.cidr, self.mac)))
            }
            None => Ok(Wish::Free(vec![subnet])),
        }
    }

    fn check_chosen(&self, subnet: &'a Subnet, address: IpAddr) -> Result<Wish<'a>, ApiError> {
        let (id, cidr) = (subnet.id, subnet.cidr);
        if !hosts(&cidr).contains(address) {
            return Err(ApiError::InvalidIpForSubnet {
                address,
                subnet: id,
                cidr,
            });
        }
        let derived = is_auto_address(subnet) && !is_router(self.device_owner);
        if derived && address != ip::eui64(&cidr, self.mac) {
            return Err(ApiError::AllocationOnAutoAddressSubnet {
                address,
                subnet: id,
            });
        }
        Ok(Wish::Chosen(subnet, address))
    }

    fn take_free(&self, txn: &mut Txn<'_>, subnets: &[&Subnet]) -> Result<FixedIp, ApiError> {
        for subnet in subnets {
            if let Some(ip_address) = ip::allocate(txn, subnet)? {
                return Ok(FixedIp {
                    subnet_id: subnet.id,
                    ip_address,
                });
            }
        }
        Err(ApiError::IpAddressGenerationFailure(self.network))
    }

    fn find(&self, fixed: &FixedIp) -> Option<&'a Subnet> {
        self.subnets
            .iter()
            .find(|subnet| subnet.id == fixed.subnet_id)
    }
}

impl Wish<'_> {
    fn names(&self, subnet: &Subnet) -> bool {
        match self {
            Self::Chosen(chosen, _) => chosen.id == subnet.id,
            Self::Free(subnets) => subnets.iter().any(|free| free.id == subnet.id),
        }
    }

    /// The chosen address, when the port has it already.
    fn keep_chosen(&self, left: &mut Vec<FixedIp>) -> Option<FixedIp> {
        let Self::Chosen(subnet, address) = self else {
            return None;
        };
        take_where(left, |fixed| {
            fixed.subnet_id == subnet.id && fixed.ip_address == *address
        })
    }

    /// Any address of the subnet, when the port has one that nothing else claims.
    fn keep_any(&self, left: &mut Vec<FixedIp>) -> Option<FixedIp> {
        let Self::Free(subnets) = self else {
            return None;
        };
        take_where(left, |fixed| {
            subnets.iter().any(|subnet| subnet.id == fixed.subnet_id)
        })
    }
}

fn take_where(left: &mut Vec<FixedIp>, wanted: impl Fn(&FixedIp) -> bool) -> Option<FixedIp> {
    let at = left.iter().position(wanted)?;
    Some(left.remove(at))
}

fn take_chosen(txn: &mut Txn<'_>, subnet: &Subnet, address: IpAddr) -> Result<FixedIp, ApiError> {
    if ip::reserve(txn, subnet, address)? {
        Ok(FixedIp {
            subnet_id: subnet.id,
            ip_address: address,
        })
    } else {
        Err(ApiError::IpAddressAlreadyAllocated {
            address,
            subnet: subnet.id,
        })
    }
}

fn check_distinct(wishes: &[Wish<'_>]) -> Result<(), ApiError> {
    let mut chosen: Vec<_> = wishes
        .iter()
        .filter_map(|wish| match wish {
            Wish::Chosen(subnet, address) => Some((subnet.id, *address)),
            Wish::Free(_) => None,
        })
        .collect();
    chosen.sort_unstable();
    let twice = chosen
        .iter()
        .zip(chosen.iter().skip(1))
        .find(|(one, next)| one == next);
    match twice {
        Some(((_, address), _)) => {
            let reason = format!("{address} is given twice, remove one");
            Err(ApiError::attribute("fixed_ips", reason))
        }
        None => Ok(()),
    }
}
