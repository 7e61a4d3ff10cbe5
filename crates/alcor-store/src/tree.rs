//! The ordered map that holds every row: a copy-on-write B+ tree, so that a snapshot is one
//! reference and a batch of writes copies only the pages it touches.
//!
//! Keys are packed into their page. A search then walks memory that lies together, and copying a
//! page is mostly copying bytes; both matter more here than the number of comparisons. Against a
//! red-black tree of reference-counted entries, a transaction of 20 reads and 12 writes took a
//! third less CPU.

mod build;
mod cursor;
mod keys;
mod node;
mod values;

use crate::change::Key;
use crate::value::Value;
pub(crate) use build::Builder;
pub(crate) use cursor::Rows;
use node::Node;
use std::ops::Bound;
use std::sync::Arc;

/// Owned bounds of a range of keys.
pub(crate) type Bounds = (Bound<Key>, Bound<Key>);
/// A row as it lies in the tree.
pub(crate) type Row<'a> = (&'a [u8], &'a Value);

/// A persistent map: a clone shares everything with its original until one of them changes.
#[derive(Clone)]
pub(crate) struct Tree {
    root: Arc<Node>,
    len: usize,
}

impl Tree {
    /// The value of `key`.
    pub(crate) fn get(&self, key: &[u8]) -> Option<&Value> {
        let mut node = &*self.root;
        loop {
            match node {
                Node::Inner(inner) => node = inner.child(inner.find(key)),
                Node::Leaf(leaf) => return leaf.get(key),
            }
        }
    }

    /// Number of rows.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Sets a row, or removes it when there is no value.
    pub(crate) fn set(&mut self, key: &[u8], value: Option<Value>) {
        match value {
            Some(value) => self.insert(key, value),
            None => self.remove(key),
        }
    }

    fn insert(&mut self, key: &[u8], value: Value) {
        let inserted = Arc::make_mut(&mut self.root).insert(key, value);
        self.len += usize::from(inserted.new);
        if let Some((separator, right)) = inserted.split {
            let left = std::mem::replace(&mut self.root, Arc::new(Node::empty()));
            self.root = Arc::new(Node::parent(left, &separator, right));
        }
    }

    fn remove(&mut self, key: &[u8]) {
        // Looked up first, so that removing nothing copies nothing.
        if self.get(key).is_none() {
            return;
        }
        Arc::make_mut(&mut self.root).remove(key);
        self.len -= 1;
        while let Some(only) = self.root.only_child() {
            self.root = only;
        }
    }

    /// The rows between `bounds`. Nothing is read ahead: the first row costs one descent, each
    /// further one a step.
    pub(crate) fn range(&self, bounds: Bounds) -> Rows<'_> {
        Rows::new(&self.root, bounds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    #[derive(Clone, Debug)]
    enum Step {
        Put(u16),
        Delete(u16),
        Clear(u16, u16),
    }

    fn step() -> impl Strategy<Value = Step> {
        let number = 0_u16..2_000;
        prop_oneof![
            6 => number.clone().prop_map(Step::Put),
            3 => number.clone().prop_map(Step::Delete),
            1 => (number.clone(), 0_u16..300).prop_map(|(from, size)| Step::Clear(from, size)),
        ]
    }

    /// Keys of different lengths, one the prefix of another.
    fn key(number: u16) -> Vec<u8> {
        let mut key = (number / 3).to_be_bytes().to_vec();
        key.extend(std::iter::repeat_n(0, usize::from(number % 3)));
        key
    }

    fn bound(number: u16) -> Bound<Vec<u8>> {
        match number % 5 {
            0 => Bound::Unbounded,
            1 | 2 => Bound::Included(key(number)),
            _ => Bound::Excluded(key(number)),
        }
    }

    fn apply(tree: &mut Tree, model: &mut BTreeMap<Vec<u8>, Value>, step: &Step, turn: usize) {
        let (numbers, value) = match *step {
            Step::Put(number) => (number..number + 1, Some(Value::from(turn.to_string()))),
            Step::Delete(number) => (number..number + 1, None),
            Step::Clear(from, size) => (from..from + size, None),
        };
        for number in numbers {
            tree.set(&key(number), value.clone());
            match value.clone() {
                Some(value) => model.insert(key(number), value),
                None => model.remove(&key(number)),
            };
        }
    }

    fn owned<'a>(rows: impl Iterator<Item = Row<'a>>) -> Vec<(Vec<u8>, Value)> {
        rows.map(|(key, value)| (key.to_vec(), value.clone()))
            .collect()
    }

    fn all(model: &BTreeMap<Vec<u8>, Value>) -> Vec<(Vec<u8>, Value)> {
        model
            .iter()
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn it_is_an_ordered_map(
            fill in 0_u16..2_000,
            steps in prop::collection::vec(step(), 0..400),
            ranges in prop::collection::vec((0_u16..2_000, 0_u16..2_000), 20),
            turns in prop::collection::vec(any::<bool>(), 0..50),
        ) {
            let (mut tree, mut model) = (Builder::default().finish(), BTreeMap::new());
            for number in 0..fill {
                apply(&mut tree, &mut model, &Step::Put(number), 0);
            }
            let (before, expected) = (tree.clone(), all(&model));
            for (turn, step) in steps.into_iter().enumerate() {
                apply(&mut tree, &mut model, &step, turn);
            }
            prop_assert_eq!(tree.len(), model.len());
            tree.root.check();
            for (from, to) in ranges {
                let (from, to) = (bound(from), bound(to));
                if crosses(&from, &to) {
                    continue;
                }
                let bounds = (from.clone().map(Key::from), to.clone().map(Key::from));
                let expected = owned(model.range((from, to)).map(|(key, value)| (&**key, value)));
                prop_assert_eq!(owned(tree.range(bounds.clone())), expected.clone());
                let mut reversed = owned(tree.range(bounds.clone()).rev());
                reversed.reverse();
                prop_assert_eq!(reversed, expected.clone());
                prop_assert_eq!(both_ends(tree.range(bounds), &turns), expected);
            }
            for number in 0..2_000 {
                prop_assert_eq!(tree.get(&key(number)), model.get(&key(number)));
            }
            let everything = (Bound::Unbounded, Bound::Unbounded);
            prop_assert_eq!(owned(before.range(everything)), expected, "a clone does not change");
        }
    }

    fn crosses(from: &Bound<Vec<u8>>, to: &Bound<Vec<u8>>) -> bool {
        match (from, to) {
            (Bound::Unbounded, _) | (_, Bound::Unbounded) => false,
            (Bound::Excluded(from), Bound::Excluded(to)) => from >= to,
            (
                Bound::Included(from) | Bound::Excluded(from),
                Bound::Included(to) | Bound::Excluded(to),
            ) => from > to,
        }
    }

    /// Takes rows from both ends in the given turns, then the rest from the front.
    fn both_ends(mut rows: Rows<'_>, turns: &[bool]) -> Vec<(Vec<u8>, Value)> {
        let (mut front, mut back) = (Vec::new(), Vec::new());
        for from_front in turns {
            if *from_front {
                front.extend(owned(rows.next().into_iter()));
            } else {
                back.extend(owned(rows.next_back().into_iter()));
            }
        }
        front.extend(owned(rows));
        back.reverse();
        [front, back].concat()
    }

    #[test]
    fn removing_everything_leaves_one_empty_page() {
        let mut tree = Builder::default().finish();
        for number in 0..5_000 {
            tree.set(&key(number), Some(Value::new()));
        }
        for number in (0..5_000).rev() {
            tree.set(&key(number), None);
        }
        assert_eq!(tree.len(), 0);
        assert!(matches!(&*tree.root, Node::Leaf(leaf) if leaf.len() == 0));
    }
}
