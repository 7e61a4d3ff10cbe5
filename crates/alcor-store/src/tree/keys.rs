//! A page's keys, one after the other in one piece of memory, of less than four gigabytes.

/// Sorted keys.
#[derive(Clone, Default)]
pub(super) struct Keys {
    bytes: Vec<u8>,
    /// Where each key ends; it begins where the one before ends.
    ends: Vec<u32>,
}

impl Keys {
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    fn start(&self, at: usize) -> usize {
        at.checked_sub(1).map_or(0, |before| self.end(before))
    }

    fn end(&self, at: usize) -> usize {
        self.ends[at] as usize
    }

    /// The key at a place below `len`.
    pub(super) fn at(&self, at: usize) -> &[u8] {
        &self.bytes[self.start(at)..self.end(at)]
    }

    /// The place of `key`, or where it belongs.
    pub(super) fn search(&self, key: &[u8]) -> Result<usize, usize> {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = low.midpoint(high);
            match self.at(middle).cmp(key) {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Equal => return Ok(middle),
                std::cmp::Ordering::Greater => high = middle,
            }
        }
        Err(low)
    }

    pub(super) fn insert(&mut self, at: usize, key: &[u8]) {
        let start = self.start(at);
        // Pages live long and grow slowly: room to spare would double the store's memory.
        self.bytes.reserve_exact(key.len());
        self.ends.reserve_exact(1);
        self.bytes.splice(start..start, key.iter().copied());
        self.ends.insert(at, short(start));
        for end in &mut self.ends[at..] {
            *end += short(key.len());
        }
    }

    pub(super) fn remove(&mut self, at: usize) {
        let (start, end) = (self.start(at), self.end(at));
        self.ends.remove(at);
        self.bytes.drain(start..end);
        for later in &mut self.ends[at..] {
            *later -= short(end - start);
        }
    }

    /// Keeps the keys before `at` and returns the others.
    pub(super) fn split_off(&mut self, at: usize) -> Self {
        let start = self.start(at);
        let mut ends = self.ends.split_off(at);
        for end in &mut ends {
            *end -= short(start);
        }
        Self {
            bytes: self.bytes.split_off(start),
            ends,
        }
    }

    /// Adds keys that all come after the present ones.
    pub(super) fn append(&mut self, other: &Self) {
        let base = short(self.bytes.len());
        self.bytes.extend_from_slice(&other.bytes);
        self.ends.extend(other.ends.iter().map(|end| base + end));
    }
}

/// A length within a page, of a few dozen keys each of which fits into memory many times.
#[expect(
    clippy::expect_used,
    reason = "keys are far shorter than a hundred megabytes"
)]
fn short(length: usize) -> u32 {
    u32::try_from(length).expect("a page has less than four gigabytes")
}
