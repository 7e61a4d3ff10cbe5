//! Walks the rows of a plan in id order, a bounded number at a time, so that a long search
//! neither blocks a worker thread nor holds an iterator over an await.

use super::plan::{Lookup, Source};
use crate::error::RequestError;
use crate::resource::{Reading, Resource};
use alcor_managers::records;
use alcor_store::Key;
use alcor_store::records::RecordError;
use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::ops::ControlFlow;

/// How a step of a walk ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// There may be more rows.
    More,
    /// There are no more rows, or the taker has enough.
    Done,
}

/// A position in the rows of a plan.
pub(super) struct Walk<R> {
    source: Source,
    reverse: bool,
    after: Option<Vec<u8>>,
    resource: PhantomData<fn() -> R>,
}

/// What a walk does with a row; it may break off.
type Taker<'t, R> =
    dyn FnMut(<R as Resource>::Record) -> Result<ControlFlow<()>, RequestError> + 't;

impl<R: Resource> Walk<R> {
    /// From the beginning, or from behind `after`, in the chosen direction.
    pub(super) fn new(source: Source, after: Option<Vec<u8>>, reverse: bool) -> Self {
        Self {
            source,
            reverse,
            after,
            resource: PhantomData,
        }
    }

    /// Hands at most `budget` rows to `take`.
    pub(super) fn step(
        &mut self,
        reading: &Reading,
        budget: usize,
        take: &mut Taker<'_, R>,
    ) -> Result<Step, RequestError> {
        let read = &reading.snapshot;
        let after = self.after.as_deref();
        let last = match &self.source {
            Source::Scan => feed::<R>(records::scan(read, after, self.reverse), budget, take),
            Source::Lookups(lookups) => match lookups.as_slice() {
                [one] => {
                    let keys = one.keys_beyond::<R::Record>(reading, after, self.reverse);
                    feed::<R>(fetch::<R>(reading, keys), budget, take)
                }
                many => {
                    // Opening all of them should not cost more than the rows.
                    let budget = budget.max(many.len());
                    let keys = Merge::new::<R>(reading, many, after, self.reverse);
                    feed::<R>(fetch::<R>(reading, keys), budget, take)
                }
            },
            Source::Keys(keys) => {
                let keys = beyond(keys, after, self.reverse);
                feed::<R>(fetch::<R>(reading, keys), budget, take)
            }
        }?;
        Ok(match last {
            Some(key) => {
                self.after = Some(key);
                Step::More
            }
            None => Step::Done,
        })
    }
}

/// Hands rows over until the budget is used (the last key), the rows end, or `take` breaks off.
fn feed<R: Resource>(
    rows: impl Iterator<Item = Result<R::Record, RecordError>>,
    budget: usize,
    take: &mut Taker<'_, R>,
) -> Result<Option<Vec<u8>>, RequestError> {
    let mut last = None;
    let mut count = 0;
    for row in rows.take(budget) {
        let record = row.map_err(|error| {
            tracing::error!(%error, "unreadable record");
            RequestError::Damaged
        })?;
        let key = R::id(&record).as_bytes().to_vec();
        if take(record)?.is_break() {
            return Ok(None);
        }
        count += 1;
        last = Some(key);
    }
    Ok(last.filter(|_| count == budget))
}

/// The records of these keys; a key without a record is passed over.
fn fetch<'a, R: Resource>(
    reading: &'a Reading,
    keys: impl Iterator<Item = impl AsRef<[u8]>> + 'a,
) -> impl Iterator<Item = Result<R::Record, RecordError>> + 'a {
    keys.filter_map(|key| records::get(&reading.snapshot, key.as_ref()).transpose())
}

/// The part of sorted `keys` beyond `after`, in the chosen direction.
fn beyond<'a>(
    keys: &'a [Vec<u8>],
    after: Option<&[u8]>,
    reverse: bool,
) -> Box<dyn Iterator<Item = &'a Vec<u8>> + 'a> {
    let split = |at: &dyn Fn(&[u8], &[u8]) -> bool, none: usize| {
        after.map_or(none, |after| keys.partition_point(|key| at(key, after)))
    };
    if reverse {
        let end = split(&|key, after| key < after, keys.len());
        Box::new(keys.iter().take(end).rev())
    } else {
        let start = split(&|key, after| key <= after, 0);
        Box::new(keys.iter().skip(start))
    }
}

/// The union of several index values in key order, each key once.
struct Merge<'a> {
    sources: Vec<Box<dyn Iterator<Item = Key> + 'a>>,
    /// The next key of each source, and which sources have it.
    heads: BTreeMap<Key, Vec<usize>>,
    reverse: bool,
}

impl<'a> Merge<'a> {
    fn new<R: Resource>(
        reading: &'a Reading,
        lookups: &[Lookup],
        after: Option<&[u8]>,
        reverse: bool,
    ) -> Self {
        let open = |lookup: &Lookup| {
            let keys = lookup.keys_beyond::<R::Record>(reading, after, reverse);
            Box::new(keys) as Box<dyn Iterator<Item = Key> + 'a>
        };
        let mut merge = Self {
            sources: lookups.iter().map(open).collect(),
            heads: BTreeMap::new(),
            reverse,
        };
        for source in 0..merge.sources.len() {
            merge.advance(source);
        }
        merge
    }

    /// Takes the next key of one source.
    fn advance(&mut self, source: usize) {
        if let Some(key) = self.sources.get_mut(source).and_then(Iterator::next) {
            self.heads.entry(key).or_default().push(source);
        }
    }
}

impl Iterator for Merge<'_> {
    type Item = Key;

    fn next(&mut self) -> Option<Key> {
        let (key, sources) = if self.reverse {
            self.heads.pop_last()?
        } else {
            self.heads.pop_first()?
        };
        for source in sources {
            self.advance(source);
        }
        Some(key)
    }
}
