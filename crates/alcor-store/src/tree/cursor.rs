//! Walking the tree in key order from either end.

use super::node::{Inner, Leaf, Node};
use super::{Bounds, Row};
use std::ops::Bound;

/// The rows between two bounds.
pub(crate) struct Rows<'a> {
    root: &'a Node,
    bounds: Bounds,
    front: Option<Cursor<'a>>,
    back: Option<Cursor<'a>>,
    /// The newest row given at each end; the ends stop where they meet.
    front_key: Option<&'a [u8]>,
    back_key: Option<&'a [u8]>,
}

/// A place between two rows: what lies before it on each level. The front counts what it has
/// passed, the back what is left to it.
struct Cursor<'a> {
    path: Vec<(&'a Inner, usize)>,
    leaf: &'a Leaf,
    at: usize,
}

impl<'a> Rows<'a> {
    pub(super) fn new(root: &'a Node, bounds: Bounds) -> Self {
        Self {
            root,
            bounds,
            front: None,
            back: None,
            front_key: None,
            back_key: None,
        }
    }
}

impl<'a> Iterator for Rows<'a> {
    type Item = Row<'a>;

    fn next(&mut self) -> Option<Row<'a>> {
        let cursor = self.front.get_or_insert_with(|| {
            Cursor::before(self.root, self.bounds.0.as_ref().map(|key| &**key))
        });
        let row = cursor.forward()?;
        let (key, _) = row;
        let inside = match &self.bounds.1 {
            Bound::Included(to) => key <= &**to,
            Bound::Excluded(to) => key < &**to,
            Bound::Unbounded => true,
        };
        if !inside || self.back_key.is_some_and(|back| key >= back) {
            return None;
        }
        self.front_key = Some(key);
        Some(row)
    }
}

impl<'a> DoubleEndedIterator for Rows<'a> {
    fn next_back(&mut self) -> Option<Row<'a>> {
        let cursor = self.back.get_or_insert_with(|| {
            Cursor::after(self.root, self.bounds.1.as_ref().map(|key| &**key))
        });
        let row = cursor.backward()?;
        let (key, _) = row;
        let inside = match &self.bounds.0 {
            Bound::Included(from) => key >= &**from,
            Bound::Excluded(from) => key > &**from,
            Bound::Unbounded => true,
        };
        if !inside || self.front_key.is_some_and(|front| key <= front) {
            return None;
        }
        self.back_key = Some(key);
        Some(row)
    }
}

impl<'a> Cursor<'a> {
    /// Before the first row that the lower bound admits.
    fn before(root: &'a Node, from: Bound<&[u8]>) -> Self {
        let mut path = Vec::new();
        let leaf = descend(root, |inner| {
            let at = key_of(from).map_or(0, |key| inner.find(key));
            path.push((inner, at + 1));
            at
        });
        let at = key_of(from).map_or(0, |key| match leaf.search(key) {
            Ok(at) => at + usize::from(matches!(from, Bound::Excluded(_))),
            Err(at) => at,
        });
        Self { path, leaf, at }
    }

    /// After the last row that the upper bound admits.
    fn after(root: &'a Node, to: Bound<&[u8]>) -> Self {
        let mut path = Vec::new();
        let leaf = descend(root, |inner| {
            let at = key_of(to).map_or(inner.len() - 1, |key| inner.find(key));
            path.push((inner, at));
            at
        });
        let at = key_of(to).map_or(leaf.len(), |key| match leaf.search(key) {
            Ok(at) => at + usize::from(matches!(to, Bound::Included(_))),
            Err(at) => at,
        });
        Self { path, leaf, at }
    }

    fn forward(&mut self) -> Option<Row<'a>> {
        while self.at == self.leaf.len() {
            let (inner, passed) = self.path.pop()?;
            if passed < inner.len() {
                self.path.push((inner, passed + 1));
                let path = &mut self.path;
                self.leaf = descend(inner.child(passed), |inner| {
                    path.push((inner, 1));
                    0
                });
                self.at = 0;
            }
        }
        self.at += 1;
        Some(self.leaf.row(self.at - 1))
    }

    fn backward(&mut self) -> Option<Row<'a>> {
        while self.at == 0 {
            let (inner, left) = self.path.pop()?;
            if let Some(left) = left.checked_sub(1) {
                self.path.push((inner, left));
                let path = &mut self.path;
                self.leaf = descend(inner.child(left), |inner| {
                    path.push((inner, inner.len() - 1));
                    inner.len() - 1
                });
                self.at = self.leaf.len();
            }
        }
        self.at -= 1;
        Some(self.leaf.row(self.at))
    }
}

/// The leaf reached by the child that `choose` names on each level.
fn descend<'a>(mut node: &'a Node, mut choose: impl FnMut(&'a Inner) -> usize) -> &'a Leaf {
    loop {
        match node {
            Node::Inner(inner) => node = inner.child(choose(inner)),
            Node::Leaf(leaf) => return leaf,
        }
    }
}

fn key_of(bound: Bound<&[u8]>) -> Option<&[u8]> {
    match bound {
        Bound::Included(key) | Bound::Excluded(key) => Some(key),
        Bound::Unbounded => None,
    }
}
