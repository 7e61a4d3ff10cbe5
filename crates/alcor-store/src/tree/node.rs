//! The tree's pages and how they change. A page is copied when someone else still sees it.

use super::keys::Keys;
use super::values::Values;
use crate::value::Value;
use std::sync::Arc;

/// Rows in a leaf and children of an inner page, at most.
const MOST: usize = 32;
/// Rows or children of a page that is made at once. With room for some more, the next ones do not divide it.
pub(super) const FILLED: usize = MOST - MOST / 8;
/// A page with fewer is joined with a neighbour when both fit into one.
const LEAST: usize = MOST / 3;

/// A page.
#[derive(Clone)]
pub(super) enum Node {
    Leaf(Leaf),
    Inner(Inner),
}

/// Rows.
#[derive(Clone, Default)]
pub(super) struct Leaf {
    pub(super) keys: Keys,
    pub(super) values: Values,
}

/// Pages. `keys[i]` separates child `i`, whose keys are below it, from child `i + 1`.
#[derive(Clone)]
pub(super) struct Inner {
    pub(super) keys: Keys,
    pub(super) children: Vec<Arc<Node>>,
}

/// A page's new right neighbour and the key that separates the two.
type Split = (Box<[u8]>, Arc<Node>);

/// What inserting did.
pub(super) struct Inserted {
    /// The row did not exist.
    pub(super) new: bool,
    /// The page became too large.
    pub(super) split: Option<Split>,
}

impl Node {
    pub(super) fn empty() -> Self {
        Self::Leaf(Leaf::default())
    }

    /// A page over two others.
    pub(super) fn parent(left: Arc<Self>, separator: &[u8], right: Arc<Self>) -> Self {
        let mut keys = Keys::default();
        keys.insert(0, separator);
        Self::Inner(Inner {
            keys,
            children: vec![left, right],
        })
    }

    /// The child of an inner page that has no other.
    pub(super) fn only_child(&self) -> Option<Arc<Self>> {
        match self {
            Self::Inner(inner) if inner.children.len() == 1 => inner.children.first().cloned(),
            _ => None,
        }
    }

    pub(super) fn insert(&mut self, key: &[u8], value: Value) -> Inserted {
        match self {
            Self::Leaf(leaf) => leaf.insert(key, value),
            Self::Inner(inner) => inner.insert(key, value),
        }
    }

    /// Removes a row that exists.
    pub(super) fn remove(&mut self, key: &[u8]) {
        match self {
            Self::Leaf(leaf) => leaf.remove(key),
            Self::Inner(inner) => inner.remove(key),
        }
    }

    fn size(&self) -> usize {
        match self {
            Self::Leaf(leaf) => leaf.len(),
            Self::Inner(inner) => inner.children.len(),
        }
    }

    /// Takes over the right neighbour's content. Both are on the same level.
    fn join(&mut self, separator: &[u8], right: &Self) {
        match (self, right) {
            (Self::Leaf(left), Self::Leaf(right)) => {
                left.keys.append(&right.keys);
                left.values.append(&right.values);
            }
            (Self::Inner(left), Self::Inner(right)) => {
                left.keys.insert(left.keys.len(), separator);
                left.keys.append(&right.keys);
                left.children.extend_from_slice(&right.children);
            }
            // Neighbours are on the same level.
            _ => {}
        }
    }
}

impl Leaf {
    pub(super) fn len(&self) -> usize {
        self.values.len()
    }

    pub(super) fn search(&self, key: &[u8]) -> Result<usize, usize> {
        self.keys.search(key)
    }

    pub(super) fn get(&self, key: &[u8]) -> Option<&Value> {
        self.search(key).ok().map(|at| self.values.at(at))
    }

    /// The row at a place below `len`.
    pub(super) fn row(&self, at: usize) -> (&[u8], &Value) {
        (self.keys.at(at), self.values.at(at))
    }

    fn insert(&mut self, key: &[u8], value: Value) -> Inserted {
        let at = match self.search(key) {
            Ok(at) => {
                self.values.set(at, value);
                return Inserted {
                    new: false,
                    split: None,
                };
            }
            Err(at) => at,
        };
        self.keys.insert(at, key);
        self.values.insert(at, value);
        let split = (self.len() > MOST).then(|| self.split(split_point(at, self.len())));
        Inserted { new: true, split }
    }

    fn split(&mut self, at: usize) -> Split {
        let right = Self {
            keys: self.keys.split_off(at),
            values: self.values.split_off(at),
        };
        (right.keys.at(0).into(), Arc::new(Node::Leaf(right)))
    }

    fn remove(&mut self, key: &[u8]) {
        if let Ok(at) = self.search(key) {
            self.keys.remove(at);
            self.values.remove(at);
        }
    }
}

impl Inner {
    /// The place of the child that `key` belongs to.
    pub(super) fn find(&self, key: &[u8]) -> usize {
        self.keys.search(key).map_or_else(|at| at, |at| at + 1)
    }

    pub(super) fn len(&self) -> usize {
        self.children.len()
    }

    /// The child at a place below `len`.
    pub(super) fn child(&self, at: usize) -> &Node {
        &self.children[at]
    }

    fn insert(&mut self, key: &[u8], value: Value) -> Inserted {
        let at = self.find(key);
        let mut inserted = Arc::make_mut(&mut self.children[at]).insert(key, value);
        if let Some((separator, right)) = inserted.split.take() {
            self.keys.insert(at, &separator);
            self.children.insert(at + 1, right);
            if self.children.len() > MOST {
                inserted.split = Some(self.split(split_point(at + 1, self.children.len())));
            }
        }
        inserted
    }

    fn split(&mut self, at: usize) -> Split {
        let children = self.children.split_off(at);
        let keys = self.keys.split_off(at);
        let separator = self.keys.at(at - 1).into();
        self.keys.remove(at - 1);
        (separator, Arc::new(Node::Inner(Self { keys, children })))
    }

    fn remove(&mut self, key: &[u8]) {
        let at = self.find(key);
        Arc::make_mut(&mut self.children[at]).remove(key);
        if self.children[at].size() >= LEAST {
            return;
        }
        let fits = |at: usize| {
            let pair = self.children.get(at).zip(self.children.get(at + 1));
            pair.is_some_and(|(left, right)| left.size() + right.size() <= MOST)
        };
        let left = at.checked_sub(1).filter(|left| fits(*left));
        if let Some(left) = left.or_else(|| fits(at).then_some(at)) {
            self.join(left);
        }
    }

    /// Joins the child at `left` with its right neighbour.
    fn join(&mut self, left: usize) {
        let right = self.children.remove(left + 1);
        Arc::make_mut(&mut self.children[left]).join(self.keys.at(left), &right);
        self.keys.remove(left);
    }
}

/// Where to divide a page that grew at `at`: in the middle, or before the last when it grows at
/// its end, so that rows written in key order fill their pages.
fn split_point(at: usize, len: usize) -> usize {
    if at + 1 == len { len - 1 } else { len / 2 }
}

#[cfg(test)]
impl Node {
    /// Asserts order and sizes, and that every key lies between its page's separators.
    pub(super) fn check(&self) {
        self.check_between(None, None);
    }

    fn check_between(&self, from: Option<&[u8]>, to: Option<&[u8]>) {
        let keys = match self {
            Self::Leaf(leaf) => &leaf.keys,
            Self::Inner(inner) => &inner.keys,
        };
        let all: Vec<&[u8]> = (0..keys.len()).map(|at| keys.at(at)).collect();
        assert!(all.is_sorted_by(|left, right| left < right));
        assert!(
            all.first()
                .is_none_or(|key| from.is_none_or(|from| *key >= from))
        );
        assert!(all.last().is_none_or(|key| to.is_none_or(|to| *key < to)));
        assert!(self.size() <= MOST);
        let Self::Inner(inner) = self else {
            return;
        };
        assert_eq!(inner.children.len(), all.len() + 1);
        for (at, child) in inner.children.iter().enumerate() {
            let from = at.checked_sub(1).map_or(from, |left| Some(all[left]));
            child.check_between(from, all.get(at).copied().or(to));
        }
    }
}
