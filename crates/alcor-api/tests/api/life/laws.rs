//! What must hold at every moment: answers are no errors of the server, nothing shown names what
//! is gone, and each area keeps its own laws.

use super::area;
use super::model::{Lists, Model, texts};
use super::step::Request;
use crate::region::Answer;
use serde_json::Value;
use std::collections::BTreeSet;

/// Panics where a request was answered by an error of the server.
pub(super) fn answered(request: &Request, answer: &Answer) {
    let fine = answer.status.is_success() || answer.status.is_client_error();
    // Running out of segmentation ids is Neutron's 503.
    let exhausted = answer.body["NeutronError"]["type"] == "NoNetworkAvailable";
    assert!(fine || exhausted, "{request:?}: {}", answer.body);
}

/// Panics where a law is broken.
pub(super) fn hold(lists: &Lists, model: &Model) {
    for (place, row) in lists.values().flatten() {
        let gone: Vec<&str> = texts(row)
            .into_iter()
            .filter(|text| model.is_gone(text))
            .collect();
        assert_eq!(gone, [""; 0], "{place} names what is gone: {row}");
    }
    area::hold(lists);
}

/// The rows of a kind.
pub(crate) fn rows<'a>(lists: &'a Lists, kind: &str) -> impl Iterator<Item = &'a Value> {
    lists[kind].values()
}

/// The items of an array of a row.
pub(crate) fn items<'a>(row: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> + use<'a> {
    row[name].as_array().into_iter().flatten()
}

/// Panics where two of these are the same.
pub(crate) fn unique<'a, const N: usize>(keys: impl Iterator<Item = [&'a Value; N]>) {
    let mut seen = BTreeSet::new();
    for key in keys {
        let key = key.map(Value::to_string).join(" ");
        assert!(seen.insert(key.clone()), "{key} was given twice");
    }
}
