//! What lives and what is gone, as a life has seen it.

use super::kind::Kind;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// What each list shows: of each kind the rows by their places, the paths below `/v2.0`.
pub(crate) type Lists = BTreeMap<&'static str, BTreeMap<String, Value>>;

/// What was made and what was deleted.
#[derive(Clone, Default)]
pub(crate) struct Model {
    /// The places of each kind, in the order in which they appeared.
    alive: BTreeMap<&'static str, Vec<String>>,
    gone: BTreeMap<&'static str, Vec<String>>,
    gone_ids: BTreeSet<String>,
}

impl Model {
    /// The id of a living one of the kind; now and then of a deleted one, or of one that never was.
    pub(crate) fn pick(&self, kind: &str, at: usize) -> String {
        let nobody = || Uuid::nil().to_string();
        self.find(kind, at)
            .map_or_else(nobody, |place| last(place).to_owned())
    }

    /// The same by its place.
    pub(crate) fn place(&self, kind: &Kind, at: usize) -> String {
        let nobody = || format!("{}/{}", self.collection(kind, at), Uuid::nil());
        self.find(kind.path, at).map_or_else(nobody, String::clone)
    }

    /// The path of one of the kind's lists.
    pub(crate) fn collection(&self, kind: &Kind, at: usize) -> String {
        match kind.parent {
            Some(parent) => format!("{parent}/{}/{}", self.pick(parent, at), kind.path),
            None => kind.path.to_owned(),
        }
    }

    fn find(&self, kind: &str, at: usize) -> Option<&String> {
        let (at, rare) = (at / 16, at % 16 == 15);
        let gone = self.gone.get(kind).filter(|gone| rare && !gone.is_empty());
        if let Some(gone) = gone {
            return gone.get(at % gone.len());
        }
        let alive = self.alive.get(kind)?;
        // The oldest are asked for more often: something comes of them.
        let among = if at % 3 == 0 {
            2.min(alive.len())
        } else {
            alive.len()
        };
        alive.get((at / 3).checked_rem(among)?)
    }

    /// The places of everything that was deleted.
    pub(crate) fn gone(&self) -> impl Iterator<Item = &String> {
        self.gone.values().flatten()
    }

    /// Whether the text is the id of something that was deleted.
    pub(crate) fn is_gone(&self, text: &str) -> bool {
        self.gone_ids.contains(text)
    }

    /// Takes in what the lists show: what appeared and what disappeared.
    pub(crate) fn settle(&mut self, kinds: &[Kind], lists: &Lists) {
        for kind in kinds {
            let shown = &lists[kind.path];
            let alive = self.alive.entry(kind.path).or_default();
            let (there, left): (Vec<_>, Vec<_>) = std::mem::take(alive)
                .into_iter()
                .partition(|place| shown.contains_key(place));
            let known: BTreeSet<_> = there.iter().cloned().collect();
            let news = shown.keys().filter(|place| !known.contains(*place));
            for place in news.clone() {
                assert!(!self.gone_ids.contains(last(place)), "{place} came back");
            }
            *alive = there.iter().chain(news).cloned().collect();
            if kind.id == "id" {
                let ids = left.iter().map(|place| last(place).to_owned());
                self.gone_ids.extend(ids);
                self.gone.entry(kind.path).or_default().extend(left);
            }
        }
    }
}

fn last(place: &str) -> &str {
    place.rsplit('/').next().unwrap_or(place)
}

/// All texts in a JSON value.
pub(crate) fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(items) => items.iter().flat_map(texts).collect(),
        Value::Object(members) => members.values().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}
