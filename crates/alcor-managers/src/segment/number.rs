//! Segmentation ids: which are taken, and which one a new segment gets.
//!
//! The taken ones of a type, or of a physical network's VLANs, are one bitmap, and a cursor
//! moves on from each that is given out, so an id that was given back rests until the ranges
//! have been gone through: hosts that still hold flows of the old network do not mistake the
//! new one for it.

use super::SegmentError;
use crate::bitmap::Bitmap;
use crate::schema::{self, RANGE_BY_SPACE};
use crate::{ApiError, Settings, records};
use alcor_store::{Read, Txn};
use alcor_types::{NetworkType, ProjectId, SegmentRange, Transport};

/// Ids of one type, and of one physical network for VLANs: what an id is unique in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Space<'a> {
    /// The type.
    pub(crate) network_type: NetworkType,
    /// The physical network of VLANs.
    pub(crate) physical_network: Option<&'a str>,
}

/// Ids from the first to the last.
type Span = (u128, u128);

impl<'a> Space<'a> {
    /// The space of a segment's id, and the id; none where its type has no ids.
    pub(crate) fn of(transport: &'a Transport) -> Option<(Self, u32)> {
        transport.network_type.ids()?;
        let space = Self {
            network_type: transport.network_type,
            physical_network: transport.physical_network.as_deref(),
        };
        Some((space, transport.segmentation_id?))
    }

    fn bitmap(&self) -> Bitmap {
        let mut prefix = vec![schema::TUNNELS];
        prefix.extend(schema::space_part(self.network_type, self.physical_network));
        let bits = match self.network_type {
            NetworkType::Gre => 32,
            NetworkType::Vlan => 12,
            _ => 24,
        };
        Bitmap::new(prefix, bits)
    }

    /// Takes one id, in a range or not.
    pub(super) fn reserve(&self, txn: &mut Txn<'_>, id: u32) -> Result<(), ApiError> {
        if self.bitmap().take(txn, id.into())? {
            return Ok(());
        }
        let error = match self.physical_network {
            Some(physical_network) => SegmentError::VlanIdInUse {
                vlan: id,
                physical_network: physical_network.to_owned(),
            },
            None => SegmentError::TunnelIdInUse {
                network_type: self.network_type,
                id,
            },
        };
        Err(error.into())
    }

    /// Gives an id back.
    pub(crate) fn release(&self, txn: &mut Txn<'_>, id: u32) -> Result<(), ApiError> {
        self.bitmap().free(txn, id.into())?;
        Ok(())
    }

    /// Takes the next free id that the project may have: first from its own ranges, then from
    /// those of everybody, except what other projects' ranges hold. None when all are taken.
    pub(crate) fn allocate(
        &self,
        txn: &mut Txn<'_>,
        project: &ProjectId,
        settings: &Settings,
    ) -> Result<Option<u32>, ApiError> {
        let ranges = self.ranges(txn)?;
        let configured = settings
            .provider
            .ranges(self.network_type, self.physical_network);
        let (mut own, mut others) = (Vec::new(), Vec::new());
        let mut shared: Vec<Span> = configured.iter().map(span).collect();
        for range in ranges.iter().filter(|range| !range.default) {
            match &range.project_id {
                None => shared.push(span(&range.ids())),
                Some(owner) if owner == project => own.push(span(&range.ids())),
                Some(_) => others.push(span(&range.ids())),
            }
        }
        let shared = without(shared, &others);
        for spans in [own, shared] {
            if let Some(id) = self.next(txn, &spans)? {
                return Ok(Some(id));
            }
        }
        Ok(None)
    }

    /// The ranges that operators made for this space, and the configured ones.
    pub(crate) fn ranges(&self, read: &dyn Read) -> Result<Vec<SegmentRange>, ApiError> {
        let part = schema::space_part(self.network_type, self.physical_network);
        records::lookup::<SegmentRange>(read, RANGE_BY_SPACE, &[&part], None, false)
            .map(|range| range.map_err(ApiError::from))
            .collect()
    }

    /// Up to `limit` ids of a range that are taken, or that are free, in order.
    pub(crate) fn list(
        &self,
        read: &dyn Read,
        range: &SegmentRange,
        taken: bool,
        limit: usize,
    ) -> Result<Vec<u32>, ApiError> {
        let bitmap = self.bitmap();
        let (mut from, to) = span(&range.ids());
        let mut ids = Vec::new();
        while ids.len() < limit {
            let next = if taken {
                bitmap.next_taken(read, from, to)?
            } else {
                bitmap.next_free(read, from, to)?
            };
            let Some(next) = next else {
                break;
            };
            ids.extend(u32::try_from(next));
            from = next + 1;
        }
        Ok(ids)
    }

    /// All ids that are taken; for the audit.
    pub(crate) fn taken(&self, read: &dyn Read) -> Result<Vec<u32>, ApiError> {
        let taken = self.bitmap().taken(read)?.into_iter();
        Ok(taken.filter_map(|id| u32::try_from(id).ok()).collect())
    }

    /// Whether any id in `from..=to` is taken.
    pub(crate) fn any_taken(&self, read: &dyn Read, from: u32, to: u32) -> Result<bool, ApiError> {
        let taken = self.bitmap().next_taken(read, from.into(), to.into())?;
        Ok(taken.is_some())
    }

    fn next(&self, txn: &mut Txn<'_>, spans: &[Span]) -> Result<Option<u32>, ApiError> {
        let bitmap = self.bitmap();
        let cursor = bitmap.cursor(txn)?.unwrap_or(0);
        for (from, to) in rounds(spans, cursor) {
            let Some(number) = bitmap.next_free(txn, from, to)? else {
                continue;
            };
            bitmap.take(txn, number)?;
            bitmap.set_cursor(txn, number + 1);
            return Ok(u32::try_from(number).ok());
        }
        Ok(None)
    }
}

/// The spans to search, in order: from the cursor up, then from the start to the cursor.
fn rounds(spans: &[Span], cursor: u128) -> impl Iterator<Item = Span> {
    let above = spans
        .iter()
        .map(move |(low, high)| ((*low).max(cursor), *high));
    let below = spans
        .iter()
        .filter_map(move |(low, high)| Some((*low, (*high).min(cursor.checked_sub(1)?))));
    above.chain(below).filter(|(low, high)| low <= high)
}

fn span(ids: &std::ops::RangeInclusive<u32>) -> Span {
    ((*ids.start()).into(), (*ids.end()).into())
}

/// The spans without the ids that lie in a hole.
fn without(spans: Vec<Span>, holes: &[Span]) -> Vec<Span> {
    holes.iter().fold(spans, |spans, (low, high)| {
        let split = |(start, end): Span| {
            let below = low.checked_sub(1).map(|last| (start, end.min(last)));
            [below, Some((start.max(high + 1), end))]
        };
        let pieces = spans.into_iter().flat_map(split).flatten();
        pieces.filter(|(start, end)| start <= end).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holes_split_spans() {
        assert_eq!(without(vec![(1, 9)], &[(3, 4)]), [(1, 2), (5, 9)]);
        assert_eq!(without(vec![(1, 9)], &[(0, 4), (8, 20)]), [(5, 7)]);
        assert_eq!(without(vec![(1, 9)], &[(1, 9)]), []);
        assert_eq!(without(vec![(1, 2), (8, 9)], &[(3, 7)]), [(1, 2), (8, 9)]);
    }

    #[test]
    fn a_search_begins_at_the_cursor_and_comes_round() {
        let found: Vec<_> = rounds(&[(1, 3), (7, 9)], 8).collect();
        assert_eq!(found, [(8, 9), (1, 3), (7, 7)]);
        let found: Vec<_> = rounds(&[(1, 3)], 0).collect();
        assert_eq!(found, [(1, 3)]);
    }
}
