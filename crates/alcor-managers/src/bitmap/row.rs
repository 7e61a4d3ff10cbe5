//! One row of a bitmap, and how it lies in the store.

/// The format of a stored value, its first byte.
pub(super) const FORMAT: u8 = 1;

/// 256 bits; bit 0 is the highest of the first word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Row([u128; 2]);

impl Row {
    /// The row in a stored value; none when it is none of this format.
    pub(super) fn decode(value: &[u8]) -> Option<Self> {
        let (&FORMAT, words) = value.split_first()? else {
            return None;
        };
        let (low, high) = words.split_at_checked(16)?;
        Some(Self([
            u128::from_be_bytes(low.try_into().ok()?),
            u128::from_be_bytes(high.try_into().ok()?),
        ]))
    }

    pub(super) fn encode(self) -> Vec<u8> {
        let mut value = vec![FORMAT];
        for word in self.0 {
            value.extend_from_slice(&word.to_be_bytes());
        }
        value
    }

    fn mask(bit: u8) -> u128 {
        1 << (127 - bit % 128)
    }

    fn word(&mut self, bit: u8) -> &mut u128 {
        let [low, high] = &mut self.0;
        if bit < 128 { low } else { high }
    }

    pub(super) fn has(mut self, bit: u8) -> bool {
        *self.word(bit) & Self::mask(bit) != 0
    }

    pub(super) fn set(&mut self, bit: u8) {
        *self.word(bit) |= Self::mask(bit);
    }

    pub(super) fn clear(&mut self, bit: u8) {
        *self.word(bit) &= !Self::mask(bit);
    }

    pub(super) fn is_full(self) -> bool {
        self.0 == [u128::MAX; 2]
    }

    /// The lowest clear bit at or above `from`.
    pub(super) fn first_clear(mut self, from: u8) -> Option<u8> {
        // Bits below `from` are treated as taken.
        let below = !(u128::MAX >> (from % 128));
        *self.word(from) |= below;
        if from >= 128 {
            self.0[0] = u128::MAX;
        }
        let [low, high] = self.0.map(u128::leading_ones);
        let found = if low < 128 { low } else { 128 + high };
        u8::try_from(found).ok()
    }
}

impl Row {
    /// The lowest set bit at or above `from`.
    pub(super) fn first_set(self, from: u8) -> Option<u8> {
        let Self([low, high]) = self;
        Self([!low, !high]).first_clear(from)
    }

    /// How many bits from `first` to `last` are set.
    pub(super) fn count(self, first: u8, last: u8) -> u32 {
        let Self([low, high]) = self;
        let (from, to) = (u32::from(first), u32::from(last));
        // The bits of each word before `from` and after `to` are shifted out.
        let within = |word: u128, base: u32| {
            let skip = from.saturating_sub(base);
            let keep = (to + 1).saturating_sub(base).min(128);
            if skip >= keep {
                return 0;
            }
            (word >> (128 - keep) << (128 - keep) << skip).count_ones()
        };
        within(low, 0) + within(high, 128)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_find_their_first_clear_bit() {
        let mut row = Row::default();
        assert_eq!(row.first_clear(200), Some(200));
        for bit in 0..=254 {
            row.set(bit);
        }
        assert_eq!(
            (row.first_clear(0), row.first_clear(255)),
            (Some(255), Some(255))
        );
        row.set(255);
        assert!(row.is_full());
        assert_eq!(row.first_clear(0), None);
        row.clear(127);
        assert_eq!(
            (row.first_clear(0), row.first_clear(128)),
            (Some(127), None)
        );
        assert_eq!(Row::decode(&row.encode()), Some(row));
        assert_eq!(Row::decode(&[2; 33]), None);
        assert_eq!(Row::decode(&[FORMAT; 20]), None);
    }
}
