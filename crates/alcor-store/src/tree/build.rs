//! A tree made at once of rows that are in order: each page is written once, and nothing is looked up.

use super::Tree;
use super::keys::Keys;
use super::node::{FILLED, Inner, Leaf, Node};
use super::values::Values;
use crate::value::Value;
use std::sync::Arc;

/// A tree in the making. Takes rows in the order of their keys; of equal keys the last row counts.
#[derive(Default)]
pub(crate) struct Builder {
    leaves: Vec<Page>,
    keys: Keys,
    values: Values,
    len: usize,
}

/// A finished page, and the first key in or below it.
struct Page {
    first: Box<[u8]>,
    node: Arc<Node>,
}

impl Builder {
    /// Takes the next row.
    pub(crate) fn push(&mut self, key: &[u8], value: Value) {
        let last = self.values.len();
        if last > 0 && self.keys.at(last - 1) == key {
            return self.values.set(last - 1, value);
        }
        if last == FILLED {
            self.end_leaf();
        }
        let at = self.values.len();
        self.keys.insert(at, key);
        self.values.insert(at, value);
        self.len += 1;
    }

    /// The tree of all rows.
    pub(crate) fn finish(mut self) -> Tree {
        if self.values.len() > 0 {
            self.end_leaf();
        }
        let mut level = self.leaves;
        while level.len() > 1 {
            level = parents(level);
        }
        let root = level.pop().map(|page| page.node);
        Tree {
            root: root.unwrap_or_else(|| Arc::new(Node::empty())),
            len: self.len,
        }
    }

    fn end_leaf(&mut self) {
        let (keys, values) = (
            std::mem::take(&mut self.keys),
            std::mem::take(&mut self.values),
        );
        let first = keys.at(0).into();
        let node = Arc::new(Node::Leaf(Leaf { keys, values }));
        self.leaves.push(Page { first, node });
    }
}

/// Pages over these, of two and more, each with about as many.
fn parents(level: Vec<Page>) -> Vec<Page> {
    let count = level.len().div_ceil(FILLED);
    let (each, more) = (level.len() / count, level.len() % count);
    let mut level = level.into_iter();
    let parents = (0..count).map(|at| {
        let size = each + usize::from(at < more);
        parent(level.by_ref().take(size))
    });
    parents.collect()
}

/// A page over others.
fn parent(pages: impl Iterator<Item = Page>) -> Page {
    let (mut keys, mut children) = (Keys::default(), Vec::new());
    let mut lowest: Option<Box<[u8]>> = None;
    for Page { first, node } in pages {
        if lowest.is_some() {
            keys.insert(keys.len(), &first);
        } else {
            lowest = Some(first);
        }
        children.push(node);
    }
    Page {
        first: lowest.unwrap_or_default(),
        node: Arc::new(Node::Inner(Inner { keys, children })),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;
    use std::ops::Bound;

    fn rows(numbers: &[u32]) -> BTreeMap<Vec<u8>, Value> {
        let row = |number: &u32| {
            let value = if number.is_multiple_of(3) {
                ""
            } else {
                "value"
            };
            (number.to_be_bytes().to_vec(), Value::from(value))
        };
        numbers.iter().map(row).collect()
    }

    fn all(tree: &Tree) -> Vec<(Vec<u8>, Value)> {
        let rows = tree.range((Bound::Unbounded, Bound::Unbounded));
        rows.map(|(key, value)| (key.to_vec(), value.clone()))
            .collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn it_is_the_tree_of_the_same_rows(
            numbers in prop::collection::vec(any::<u32>(), 0..3_000),
            later in prop::collection::vec(any::<u32>(), 0..500),
        ) {
            let mut model = rows(&numbers);
            let mut builder = Builder::default();
            for (key, value) in &model {
                builder.push(key, "first".into());
                builder.push(key, value.clone());
            }
            let mut tree = builder.finish();
            tree.root.check();
            prop_assert_eq!(tree.len(), model.len());
            prop_assert_eq!(all(&tree), model.clone().into_iter().collect::<Vec<_>>());
            // It goes on as any other.
            for (key, value) in rows(&later) {
                tree.set(&key, Some(value.clone()));
                model.insert(key, value);
            }
            for number in numbers.iter().step_by(2) {
                tree.set(&number.to_be_bytes(), None);
                model.remove(&number.to_be_bytes()[..]);
            }
            tree.root.check();
            prop_assert_eq!(all(&tree), model.into_iter().collect::<Vec<_>>());
        }
    }
}
