//! Which numbers of a large space are taken, and the next free one, each in a bounded number
//! of row reads however full the space is.
//!
//! A space is a tree of bitmaps with 256 bits a row. In a row of level 0 a set bit is a taken
//! number; in a row of a higher level it is a child row whose bits are all set. A row that
//! does not exist has no bit set, so an empty /64 costs nothing, and one million addresses
//! are about four thousand rows of 33 bytes. A search climbs over full rows and descends
//! again: at most two rows a level, that is two levels for a /16 and eight for a /64. The
//! alternatives were probing at random, which is endless in a full subnet, and walking the
//! index of taken addresses, which is as long as the longest run of them.

mod row;

use crate::ApiError;
use alcor_store::{Read, Txn};
use row::{FORMAT, Row};
use std::ops::Bound;

/// How many bits of a number one level decides.
const STEP: u32 = 8;
/// The byte after a space's prefix that marks its cursor; levels are lower.
const CURSOR: u8 = 0xff;

/// One space of numbers, `0..2^bits`.
#[derive(Debug, Clone)]
pub(crate) struct Bitmap {
    prefix: Vec<u8>,
    bits: u32,
}

impl Bitmap {
    /// The space whose rows begin with `prefix`, of numbers with `bits` bits (at most 128).
    pub(crate) fn new(prefix: Vec<u8>, bits: u32) -> Self {
        let bits = bits.clamp(1, 128);
        Self { prefix, bits }
    }

    fn levels(&self) -> u32 {
        self.bits.div_ceil(STEP)
    }

    /// Takes a number; false when it is taken already.
    pub(crate) fn take(&self, txn: &mut Txn<'_>, number: u128) -> Result<bool, ApiError> {
        let mut slot = number;
        for level in 0..self.levels() {
            let (row, bit) = split(slot);
            let mut bits = self.row(txn, level, row)?;
            if level == 0 && bits.has(bit) {
                return Ok(false);
            }
            bits.set(bit);
            self.write(txn, level, row, &bits);
            if !bits.is_full() {
                break;
            }
            slot = row;
        }
        Ok(true)
    }

    /// Gives a number back; false when it was free.
    pub(crate) fn free(&self, txn: &mut Txn<'_>, number: u128) -> Result<bool, ApiError> {
        let mut slot = number;
        for level in 0..self.levels() {
            let (row, bit) = split(slot);
            let mut bits = self.row(txn, level, row)?;
            if level == 0 && !bits.has(bit) {
                return Ok(false);
            }
            let was_full = bits.is_full();
            bits.clear(bit);
            self.write(txn, level, row, &bits);
            if !was_full {
                break;
            }
            slot = row;
        }
        Ok(true)
    }

    /// The lowest free number in `from..=to`.
    pub(crate) fn next_free(
        &self,
        read: &dyn Read,
        from: u128,
        to: u128,
    ) -> Result<Option<u128>, ApiError> {
        let mut number = from;
        let mut level = 0;
        while number <= to {
            let (row, bit) = split(number >> (STEP * level));
            match self.row(read, level, row)?.first_clear(bit) {
                Some(found) if level == 0 => {
                    let number = join(row, found);
                    return Ok((number <= to).then_some(number));
                }
                Some(found) => {
                    // A lower part of `number` that is not zero was searched on the way up,
                    // which the climb below has already stepped past.
                    number = join(row, found) << (STEP * level);
                    level -= 1;
                }
                None => {
                    level += 1;
                    let slot = row + 1;
                    if level == self.levels() || slot >> ((self.levels() - level) * STEP) != 0 {
                        return Ok(None);
                    }
                    number = slot << (STEP * level);
                }
            }
        }
        Ok(None)
    }

    /// Every number that is taken, in order; for the audit.
    pub(crate) fn taken(&self, read: &dyn Read) -> Result<Vec<u128>, ApiError> {
        let last = u128::MAX >> (128 - self.bits);
        let mut numbers = Vec::new();
        for found in self.rows(read, 0, last) {
            let (row, bits) = found?;
            let taken = (0..=u8::MAX).filter(|bit| bits.has(*bit));
            numbers.extend(taken.map(|bit| join(row, bit)));
        }
        Ok(numbers)
    }

    /// The lowest taken number in `from..=to`. Rows of free numbers do not exist, so this reads
    /// one row, or two.
    pub(crate) fn next_taken(
        &self,
        read: &dyn Read,
        from: u128,
        to: u128,
    ) -> Result<Option<u128>, ApiError> {
        for found in self.rows(read, from, to) {
            let (row, bits) = found?;
            let first = if row == from >> STEP {
                split(from).1
            } else {
                0
            };
            if let Some(bit) = bits.first_set(first) {
                let number = join(row, bit);
                return Ok((number <= to).then_some(number));
            }
        }
        Ok(None)
    }

    /// How many numbers in `from..=to` are taken: one step for every 256 of which any is.
    pub(crate) fn count(&self, read: &dyn Read, from: u128, to: u128) -> Result<u128, ApiError> {
        let mut count = 0;
        for found in self.rows(read, from, to) {
            let (row, bits) = found?;
            let first = if row == from >> STEP {
                split(from).1
            } else {
                0
            };
            let last = if row == to >> STEP {
                split(to).1
            } else {
                u8::MAX
            };
            count += u128::from(bits.count(first, last));
        }
        Ok(count)
    }

    /// The rows of level 0 that hold `from..=to`, those without a taken number left out.
    fn rows<'a>(
        &self,
        read: &'a dyn Read,
        from: u128,
        to: u128,
    ) -> impl Iterator<Item = Result<(u128, Row), ApiError>> + use<'a> {
        let (first, last) = (self.key(0, from >> STEP), self.key(0, to >> STEP));
        let rows = read.range(Bound::Included(&first), Bound::Included(&last));
        rows.map(|(key, value)| {
            let number = key.last_chunk().copied().map(u128::from_be_bytes);
            number
                .zip(Row::decode(value))
                .ok_or(ApiError::Damaged("allocation bitmap"))
        })
    }

    /// Where the next search is to begin; none before the first.
    pub(crate) fn cursor(&self, read: &dyn Read) -> Result<Option<u128>, ApiError> {
        let Some(value) = read.get(&self.cursor_key()) else {
            return Ok(None);
        };
        match value.split_first() {
            Some((&FORMAT, number)) => number
                .try_into()
                .map(|bytes| Some(u128::from_be_bytes(bytes)))
                .map_err(|_| ApiError::Damaged("allocation cursor")),
            _ => Err(ApiError::Damaged("allocation cursor")),
        }
    }

    /// Notes where the next search is to begin, so that a freed number rests for a round.
    pub(crate) fn set_cursor(&self, txn: &mut Txn<'_>, number: u128) {
        let mut value = vec![FORMAT];
        value.extend_from_slice(&number.to_be_bytes());
        txn.put(self.cursor_key(), value);
    }

    fn cursor_key(&self) -> Vec<u8> {
        let mut key = self.prefix.clone();
        key.push(CURSOR);
        key
    }

    fn key(&self, level: u32, row: u128) -> Vec<u8> {
        let mut key = self.prefix.clone();
        // There are sixteen levels at most, so a byte holds them.
        key.push(level.to_be_bytes()[3]);
        key.extend_from_slice(&row.to_be_bytes());
        key
    }

    fn row(&self, read: &dyn Read, level: u32, row: u128) -> Result<Row, ApiError> {
        match read.get(&self.key(level, row)) {
            None => Ok(Row::default()),
            Some(value) => Row::decode(&value).ok_or(ApiError::Damaged("allocation bitmap")),
        }
    }

    fn write(&self, txn: &mut Txn<'_>, level: u32, row: u128, bits: &Row) {
        let key = self.key(level, row);
        if *bits == Row::default() {
            txn.delete(&key);
        } else {
            txn.put(key, bits.encode());
        }
    }
}

/// The row of a slot, and its bit in the row.
fn split(slot: u128) -> (u128, u8) {
    (slot >> STEP, slot.to_be_bytes()[15])
}

fn join(row: u128, bit: u8) -> u128 {
    row << STEP | u128::from(bit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alcor_store::{Store, TransactError};
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    /// Runs one transaction on a fresh store and hands back what it returns.
    fn on_store<T: Send + 'static>(
        run: impl FnMut(&mut Txn<'_>) -> Result<T, ApiError> + Send + 'static,
    ) -> T {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let done = runtime.block_on(Store::ephemeral().transact(run));
        match done {
            Ok(done) => done.value,
            Err(TransactError::Aborted(error)) => panic!("{error}"),
            Err(TransactError::Store(error)) => panic!("{error}"),
        }
    }

    #[test]
    fn a_full_space_is_known_to_be_full() {
        on_store(|txn| {
            let space = Bitmap::new(vec![99], 12);
            for number in 0..4096 {
                assert_eq!(space.next_free(txn, 0, 4095)?, Some(number));
                assert!(space.take(txn, number)?);
                assert!(!space.take(txn, number)?);
            }
            assert_eq!(space.next_free(txn, 0, 4095)?, None);
            space.free(txn, 2048)?;
            assert_eq!(space.next_free(txn, 7, 4095)?, Some(2048));
            assert_eq!(space.next_free(txn, 2049, 4095)?, None);
            Ok(())
        });
    }

    #[test]
    fn the_widest_space_has_an_end() {
        on_store(|txn| {
            let space = Bitmap::new(vec![99], 128);
            assert!(space.take(txn, u128::MAX)?);
            assert_eq!(space.next_free(txn, u128::MAX, u128::MAX)?, None);
            assert_eq!(
                space.next_free(txn, u128::MAX - 1, u128::MAX)?,
                Some(u128::MAX - 1)
            );
            space.free(txn, u128::MAX)?;
            assert_eq!(txn.prefix(&[99]).count(), 0, "freed rows are gone");
            Ok(())
        });
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn agrees_with_a_set(
            start in prop_oneof![Just(0_u128), Just(1 << 40), Just((1 << 64) - 700)],
            steps in prop::collection::vec((any::<bool>(), 0_u128..700), 1..600),
        ) {
            on_store(move |txn| {
                let space = Bitmap::new(vec![99], 64);
                let mut model = BTreeSet::new();
                for (take, offset) in &steps {
                    let number = start + offset;
                    if *take {
                        // Runs fill rows, which single numbers would hardly do.
                        for number in number..(number + 300).min(start + 700) {
                            assert_eq!(space.take(txn, number)?, model.insert(number));
                        }
                    } else {
                        assert_eq!(space.free(txn, number)?, model.remove(&number));
                    }
                    let expected = (number..start + 700).find(|free| !model.contains(free));
                    let end = start + 699;
                    assert_eq!(space.next_free(txn, number, end)?, expected);
                    let taken = model.range(number..).next().copied();
                    assert_eq!(space.next_taken(txn, number, end)?, taken);
                    let count = model.range(number..).count();
                    assert_eq!(space.count(txn, number, end)?, u128::try_from(count).unwrap());
                }
                for number in model {
                    space.free(txn, number)?;
                }
                assert_eq!(txn.prefix(&[99]).count(), 0);
                Ok(())
            });
        }
    }
}
