//! Which rows a page has, and in what order: streamed where the ids' own order serves,
//! gathered and sorted as keys where it does not.

use super::plan::{Source, plan};
use super::walk::{Step, Walk};
use crate::enforce;
use crate::error::RequestError;
use crate::query::{Direction, Filter, ListQuery, Order, Page, Place};
use crate::resource::{Reading, Resource, Row};
use alcor_managers::Caller;
use alcor_managers::records;
use std::ops::ControlFlow;
use uuid::Uuid;

/// How many rows are looked at before other requests get the worker thread.
const BUDGET: usize = 512;

/// One list request with the view of the region it is answered from.
pub(crate) struct Listing<R: Resource> {
    /// The view.
    pub(crate) reading: Reading,
    /// Who asks.
    pub(crate) caller: Caller,
    /// What for.
    pub(crate) query: ListQuery<R>,
}

/// The rows of a page in the order of the answer.
pub(super) enum Rows<R> {
    /// As the walk finds them, at most so many.
    Walk(Walk<R>, usize),
    /// By key.
    Keys(std::vec::IntoIter<Vec<u8>>),
}

impl<R: Resource> Listing<R> {
    fn filters(&self) -> &[Filter<R>] {
        &self.query.filters
    }

    fn order(&self) -> &Order<R> {
        &self.query.order
    }

    fn page(&self) -> &Page {
        &self.query.page
    }

    /// Whether the row belongs to the list: the caller sees it, and every filter allows it.
    pub(super) fn wants(&self, row: &Row<'_, R>) -> bool {
        self.sees(row) && self.filters().iter().all(|filter| filter.allows(row))
    }

    /// The record as a row of the list's answer.
    pub(super) fn row(&self, record: R::Record) -> Row<'_, R> {
        let mut row = Row::new(record, &self.reading);
        R::narrow(&mut row, self.filters());
        row
    }

    fn sees(&self, row: &Row<'_, R>) -> bool {
        enforce::sees(row, &self.caller)
    }

    fn source(&self) -> Source {
        plan(self.filters(), &self.caller, &self.reading)
    }

    /// The row of the page's marker; it must exist, as in Neutron.
    fn marker(&self) -> Result<Option<Row<'_, R>>, RequestError> {
        let Some(id) = &self.page().marker else {
            return Ok(None);
        };
        Uuid::parse_str(id)
            .ok()
            .and_then(|id| self.reading.get::<R::Record>(id.as_bytes()))
            .map(|record| Row::new(record, &self.reading))
            .filter(|row| self.sees(row))
            .map(Some)
            .ok_or_else(|| R::not_found(id))
    }

    /// The rows of the page.
    pub(super) async fn rows(&self) -> Result<Rows<R>, RequestError> {
        let limit = self.page().limit.unwrap_or(usize::MAX);
        let Some(direction) = self.order().by_id() else {
            return self.sorted(limit).await;
        };
        let after = self.marker()?.map(|row| row.key());
        let backwards = (direction == Direction::Descending) != self.page().reverse;
        let walk = Walk::new(self.source(), after, backwards);
        if !self.page().reverse {
            return Ok(Rows::Walk(walk, limit));
        }
        let mut keys = Vec::new();
        self.each(walk, limit, |row| keys.push(row.key())).await?;
        keys.reverse();
        Ok(Rows::Keys(keys.into_iter()))
    }

    /// The page in an order that no index has: every row of the list is looked at, and only its
    /// place is kept.
    async fn sorted(&self, limit: usize) -> Result<Rows<R>, RequestError> {
        let order = self.order();
        let marker = self.marker()?.map(|row| order.place(&row));
        let reverse = self.page().reverse;
        let mut places = Vec::new();
        let walk = Walk::new(self.source(), None, false);
        self.each(walk, usize::MAX, |row| {
            let place = order.place(&row);
            let beyond = marker.as_ref().is_none_or(|marker| {
                let relation = order.compare(&place, marker);
                if reverse {
                    relation.is_lt()
                } else {
                    relation.is_gt()
                }
            });
            if beyond {
                places.push(place);
            }
        })
        .await?;
        places.sort_unstable_by(|one, other| order.compare(one, other));
        if reverse {
            places.drain(..places.len().saturating_sub(limit));
        } else {
            places.truncate(limit);
        }
        let keys: Vec<_> = places.into_iter().map(Place::into_key).collect();
        Ok(Rows::Keys(keys.into_iter()))
    }

    /// Hands the first `limit` rows of the list to `take`.
    async fn each(
        &self,
        mut walk: Walk<R>,
        limit: usize,
        mut take: impl FnMut(Row<'_, R>),
    ) -> Result<(), RequestError> {
        let mut left = limit;
        loop {
            let step = walk.step(&self.reading, BUDGET, &mut |record| {
                let row = Row::new(record, &self.reading);
                if left > 0 && self.wants(&row) {
                    take(row);
                    left -= 1;
                }
                Ok(if left == 0 {
                    ControlFlow::Break(())
                } else {
                    ControlFlow::Continue(())
                })
            })?;
            if step == Step::Done {
                return Ok(());
            }
            tokio::task::yield_now().await;
        }
    }

    /// The record of a key that a page holds.
    pub(super) fn record(&self, key: &[u8]) -> Result<R::Record, RequestError> {
        records::get(&self.reading.snapshot, key)
            .ok()
            .flatten()
            .ok_or(RequestError::Damaged)
    }
}
