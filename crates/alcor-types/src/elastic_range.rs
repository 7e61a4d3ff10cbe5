//! Ranges that the elastic IPs of external networks come from.

use crate::{ElasticRangeId, IpPool, SubnetId};
use serde::{Deserialize, Serialize};

/// A range of elastic IPs as the store holds it: an operator's, for the whole region.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ElasticRange {
    /// Its id.
    pub id: ElasticRangeId,
    /// A label for people, and the place among the ranges: they are used up in its order.
    pub name: String,
    /// Free text.
    pub description: String,
    /// Its addresses.
    pub parts: Vec<ElasticPart>,
}

/// A run of addresses of an elastic range.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ElasticPart {
    /// The external subnet that they are of; it stays while the range has them.
    pub subnet_id: SubnetId,
    /// The first and last of them, both IPv4.
    pub pool: IpPool,
}
