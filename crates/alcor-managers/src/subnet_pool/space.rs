//! What of a pool's space is free, as the largest aligned blocks that are: one row for each,
//! keyed by the pool, the prefix length and the address.
//!
//! A block is cut from the smallest free block that holds it, the lowest of these, and what is
//! left goes back in halves; a block that comes back joins its free neighbour, and that its
//! neighbour, as far as they go. So each call reads and writes a few rows for each bit of the
//! address, however many subnets the pool has, and free space is never needlessly in pieces:
//! a free block always lies within a single row.

use crate::{ApiError, schema};
use alcor_store::{Read, Txn};
use alcor_types::{IpVersion, SubnetPool, SubnetPoolId};
use ipnet::IpNet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The format of a row's value, its only byte.
const FORMAT: u8 = 1;

/// The space of one pool.
pub(super) struct Space {
    pool: SubnetPoolId,
    version: IpVersion,
}

impl Space {
    /// The space of this pool.
    pub(super) fn of(pool: &SubnetPool) -> Self {
        Self {
            pool: pool.id,
            version: pool.ip_version,
        }
    }

    /// Takes the next free block of this prefix length; none when there is none.
    pub(super) fn allocate(
        &self,
        txn: &mut Txn<'_>,
        length: u8,
    ) -> Result<Option<IpNet>, ApiError> {
        for around in (0..=length).rev() {
            let Some(free) = self.first(txn, around)? else {
                continue;
            };
            let taken = block(free.network(), length)?;
            self.cut(txn, free, taken);
            return Ok(Some(taken));
        }
        Ok(None)
    }

    /// Takes this block; false when it is not wholly free.
    pub(super) fn take(&self, txn: &mut Txn<'_>, wanted: IpNet) -> Result<bool, ApiError> {
        for around in (0..=wanted.prefix_len()).rev() {
            let free = block(wanted.network(), around)?;
            if txn.get(&self.key(&free)).is_some() {
                self.cut(txn, free, wanted);
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Gives a block back, or adds one.
    pub(super) fn give(&self, txn: &mut Txn<'_>, block: IpNet) {
        let mut whole = block;
        while let Some((parent, other)) = neighbour(&whole) {
            let key = self.key(&other);
            if txn.get(&key).is_none() {
                break;
            }
            txn.delete(&key);
            whole = parent;
        }
        txn.put(self.key(&whole), vec![FORMAT]);
    }

    /// All free blocks.
    pub(super) fn free(&self, read: &dyn Read) -> Result<Vec<IpNet>, ApiError> {
        let prefix = prefix(self.pool);
        let mut blocks = Vec::new();
        for (key, _) in read.prefix(&prefix) {
            let Some((&length, bytes)) = key[prefix.len()..].split_first() else {
                return Err(ApiError::Damaged("pool space"));
            };
            // Rows of usage lie behind those of the longest prefixes.
            if length > self.version.bits() {
                break;
            }
            blocks.push(block(address(self.version, bytes)?, length)?);
        }
        Ok(blocks)
    }

    /// Replaces a free block by what is left of it without `taken`.
    fn cut(&self, txn: &mut Txn<'_>, free: IpNet, taken: IpNet) {
        txn.delete(&self.key(&free));
        let mut inner = taken;
        while inner.prefix_len() > free.prefix_len() {
            let Some((parent, other)) = neighbour(&inner) else {
                return;
            };
            txn.put(self.key(&other), vec![FORMAT]);
            inner = parent;
        }
    }

    /// The lowest free block of this length.
    fn first(&self, read: &dyn Read, length: u8) -> Result<Option<IpNet>, ApiError> {
        let mut prefix = prefix(self.pool);
        prefix.push(length);
        let Some((key, _)) = read.prefix(&prefix).next() else {
            return Ok(None);
        };
        let address = address(self.version, &key[prefix.len()..])?;
        block(address, length).map(Some)
    }

    fn key(&self, block: &IpNet) -> Vec<u8> {
        let mut key = prefix(self.pool);
        key.push(block.prefix_len());
        key.extend(schema::ip_part(block.network()));
        key
    }
}

/// The beginning of all rows of a pool.
pub(super) fn prefix(pool: SubnetPoolId) -> Vec<u8> {
    let mut prefix = vec![schema::POOL_SPACE];
    prefix.extend_from_slice(pool.as_bytes());
    prefix
}

/// The block twice as large, and its half that is not this one.
fn neighbour(block: &IpNet) -> Option<(IpNet, IpNet)> {
    let parent = block.supernet()?;
    let mut halves = parent.subnets(block.prefix_len()).ok()?;
    let other = halves.find(|half| half != block)?;
    Some((parent, other))
}

fn block(address: IpAddr, length: u8) -> Result<IpNet, ApiError> {
    let block = IpNet::new(address, length).map_err(|_| ApiError::Damaged("pool space"))?;
    Ok(block.trunc())
}

fn address(version: IpVersion, bytes: &[u8]) -> Result<IpAddr, ApiError> {
    let damaged = |_| ApiError::Damaged("pool space");
    Ok(match version {
        IpVersion::V4 => Ipv4Addr::from(<[u8; 4]>::try_from(bytes).map_err(damaged)?).into(),
        IpVersion::V6 => Ipv6Addr::from(<[u8; 16]>::try_from(bytes).map_err(damaged)?).into(),
    })
}
