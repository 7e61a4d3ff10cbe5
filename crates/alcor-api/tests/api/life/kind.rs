//! What a random life knows of a kind of resource: where it is served, and how a request for it
//! looks.

use super::model::Model;
use serde_json::Value;
use std::fmt;

type Body = fn(&Model, [usize; 4]) -> Value;
type Action = fn(&Model, [usize; 4]) -> (&'static str, Value);

/// A kind of resource.
#[derive(Clone, Copy)]
pub(crate) struct Kind {
    /// Its path, below `/v2.0` or below its parent.
    pub(crate) path: &'static str,
    pub(crate) singular: &'static str,
    pub(crate) plural: &'static str,
    /// The kind that it is served below.
    pub(crate) parent: Option<&'static str>,
    /// The attribute that tells one from another.
    pub(crate) id: &'static str,
    pub(crate) tagged: bool,
    pub(crate) create: Body,
    pub(crate) update: Option<Body>,
    pub(crate) action: Option<Action>,
}

impl Kind {
    /// One that is made and deleted.
    pub(crate) const fn new(
        path: &'static str,
        singular: &'static str,
        plural: &'static str,
        create: Body,
    ) -> Self {
        Self {
            path,
            singular,
            plural,
            parent: None,
            id: "id",
            tagged: false,
            create,
            update: None,
            action: None,
        }
    }

    /// The same, changed by PUT.
    pub(crate) const fn changed(self, update: Body) -> Self {
        Self {
            update: Some(update),
            ..self
        }
    }

    /// The same with actions: PUT below one's own path.
    pub(crate) const fn acting(self, action: Action) -> Self {
        Self {
            action: Some(action),
            ..self
        }
    }

    /// The same with tags of its own path.
    pub(crate) const fn tagged(self) -> Self {
        Self {
            tagged: true,
            ..self
        }
    }

    /// The same below another kind.
    pub(crate) const fn below(self, parent: &'static str) -> Self {
        Self {
            parent: Some(parent),
            ..self
        }
    }

    /// The same, told apart by another attribute than an id. Such a name may come back.
    pub(crate) const fn named_by(self, id: &'static str) -> Self {
        Self { id, ..self }
    }
}

impl fmt::Debug for Kind {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str(self.path)
    }
}
