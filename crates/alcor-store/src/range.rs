//! The lazy iterator behind every scan: the committed rows with a transaction's own writes
//! laid over them, from either end.

use crate::change::Key;
use crate::reads::Observer;
use crate::tree::{Bounds, Row, Rows, Tree};
use crate::value::Value;
use std::cmp::Ordering;
use std::collections::{BTreeMap, btree_map};
use std::ops::Bound;

/// A transaction's own writes; `None` is a deleted row.
pub(crate) type Writes = BTreeMap<Key, Option<Value>>;

/// An iterator over rows in key order. It yields references into the view it came from.
pub struct Range<'a> {
    base: Ends<Rows<'a>>,
    overlay: Ends<btree_map::Range<'a, Key, Option<Value>>>,
    observer: Option<Observer<'a>>,
}

#[derive(Clone, Copy)]
enum Side {
    Front,
    Back,
}

impl<'a> Range<'a> {
    /// The rows of `base` between the bounds as changed by `writes`. What is yielded is
    /// reported to `observer`.
    pub(crate) fn new(
        base: &'a Tree,
        writes: Option<&'a Writes>,
        bounds: &Bounds,
        observer: Option<Observer<'a>>,
    ) -> Self {
        if crossed(bounds) {
            return Self {
                base: Ends::none(),
                overlay: Ends::none(),
                observer,
            };
        }
        let overlay = writes.filter(|writes| !writes.is_empty());
        Self {
            base: Ends::new(base.range(bounds.clone())),
            overlay: overlay
                .map_or_else(Ends::none, |writes| Ends::new(writes.range(bounds.clone()))),
            observer,
        }
    }

    fn step(&mut self, side: Side) -> Option<Row<'a>> {
        let row = self.merge(side);
        if let Some(observer) = &mut self.observer {
            match side {
                Side::Front => observer.front(row.map(|(key, _)| key)),
                Side::Back => observer.back(row.map(|(key, _)| key)),
            }
        }
        row
    }

    fn merge(&mut self, side: Side) -> Option<Row<'a>> {
        loop {
            let Some((key, value)) = self.overlay.peek(side) else {
                return self.base.take(side);
            };
            let order = self.base.peek(side).map(|(base, _)| match side {
                Side::Front => base.cmp(&**key),
                Side::Back => (**key).cmp(base),
            });
            match order {
                Some(Ordering::Less) => return self.base.take(side),
                Some(Ordering::Equal) => drop(self.base.take(side)),
                Some(Ordering::Greater) | None => {}
            }
            self.overlay.take(side);
            if let Some(value) = value {
                return Some((key, value));
            }
        }
    }
}

impl<'a> Iterator for Range<'a> {
    type Item = (&'a [u8], &'a Value);

    fn next(&mut self) -> Option<Self::Item> {
        self.step(Side::Front)
    }
}

impl DoubleEndedIterator for Range<'_> {
    fn next_back(&mut self) -> Option<Self::Item> {
        self.step(Side::Back)
    }
}

/// Whether no key can lie between the bounds; the maps refuse such bounds by a panic.
fn crossed((from, to): &Bounds) -> bool {
    match (from, to) {
        (Bound::Unbounded, _) | (_, Bound::Unbounded) => false,
        (Bound::Included(from), Bound::Included(to)) => from > to,
        (
            Bound::Included(from) | Bound::Excluded(from),
            Bound::Included(to) | Bound::Excluded(to),
        ) => from >= to,
    }
}

/// An iterator that can be peeked at from both ends.
struct Ends<I: Iterator> {
    rows: Option<I>,
    front: Option<I::Item>,
    back: Option<I::Item>,
}

impl<I: DoubleEndedIterator<Item: Copy>> Ends<I> {
    fn new(rows: I) -> Self {
        Self {
            rows: Some(rows),
            front: None,
            back: None,
        }
    }

    fn none() -> Self {
        Self {
            rows: None,
            front: None,
            back: None,
        }
    }

    fn peek(&mut self, side: Side) -> Option<I::Item> {
        let item = self.take(side);
        match side {
            Side::Front => self.front = item,
            Side::Back => self.back = item,
        }
        item
    }

    fn take(&mut self, side: Side) -> Option<I::Item> {
        let (near, far) = match side {
            Side::Front => (&mut self.front, &mut self.back),
            Side::Back => (&mut self.back, &mut self.front),
        };
        near.take()
            .or_else(|| {
                self.rows.as_mut().and_then(|rows| match side {
                    Side::Front => rows.next(),
                    Side::Back => rows.next_back(),
                })
            })
            .or_else(|| far.take())
    }
}
