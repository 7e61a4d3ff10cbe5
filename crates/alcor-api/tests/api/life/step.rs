//! The steps of a random life, and the requests that they come to.

use super::crash::Fault;
use super::kind::Kind;
use super::model::Model;
use super::quotas::{LIMITED, PROJECTS};
use proptest::prelude::*;
use serde_json::{Value, json};

/// What may be asked of one kind. The numbers choose among what there is.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Ask {
    Make,
    Change,
    Drop,
    Act,
    Tag,
    Untag,
}

/// One event of a life.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// A request about a kind.
    Request(Ask, usize, [usize; 4]),
    /// The same, and the region dies of it.
    Crash(Ask, usize, [usize; 4], Fault),
    /// A limit of a project is set; the last says whether by force.
    Limit(usize, usize, i64, bool),
    /// A project has the defaults again.
    Unlimit(usize),
    /// The region is closed and opened.
    Restart,
    /// The region dies, and the disk has lost this many bytes of what was written last.
    Tear(usize),
}

/// Any step, the frequent ones more often.
pub(crate) fn any_step() -> impl Strategy<Value = Step> {
    let kind = any::<usize>();
    let numbers = any::<[usize; 4]>;
    let fault = prop_oneof![Just(Fault::Unwritten), Just(Fault::Unanswered)];
    prop_oneof![
        42 => (ask(), kind, numbers()).prop_map(|(ask, kind, at)| Step::Request(ask, kind, at)),
        2 => (ask(), kind, numbers(), fault).prop_map(|(ask, kind, at, fault)| Step::Crash(ask, kind, at, fault)),
        3 => (0..PROJECTS.len(), 0..LIMITED.len(), -1..6_i64, any::<bool>())
            .prop_map(|(project, kind, limit, force)| Step::Limit(project, kind, limit, force)),
        1 => (0..PROJECTS.len()).prop_map(Step::Unlimit),
        1 => Just(Step::Restart),
        1 => (1..4000_usize).prop_map(Step::Tear),
    ]
}

fn ask() -> impl Strategy<Value = Ask> {
    prop_oneof![
        20 => Just(Ask::Make),
        8 => Just(Ask::Change),
        4 => Just(Ask::Drop),
        8 => Just(Ask::Act),
        1 => Just(Ask::Tag),
        1 => Just(Ask::Untag),
    ]
}

/// A request as it is sent.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) method: &'static str,
    /// Below `/v2.0`.
    pub(crate) path: String,
    pub(crate) body: Option<Value>,
}

/// The request of a step; none where the kind has no such thing.
pub(crate) fn plan(ask: Ask, kind: &Kind, at: [usize; 4], model: &Model) -> Option<Request> {
    let one = || model.place(kind, at[3]);
    let (method, path, body) = match ask {
        Ask::Make => {
            let body = json!({ kind.singular: (kind.create)(model, at) });
            ("POST", model.collection(kind, at[3]), Some(body))
        }
        Ask::Change => {
            let body = json!({ kind.singular: (kind.update?)(model, at) });
            ("PUT", one(), Some(body))
        }
        Ask::Drop => ("DELETE", one(), None),
        Ask::Act => {
            let (name, body) = (kind.action?)(model, at);
            ("PUT", format!("{}/{name}", one()), Some(body))
        }
        Ask::Tag | Ask::Untag if !kind.tagged => return None,
        Ask::Tag => ("PUT", tag(&one(), at[0]), None),
        Ask::Untag => ("DELETE", tag(&one(), at[0]), None),
    };
    Some(Request { method, path, body })
}

fn tag(place: &str, at: usize) -> String {
    format!("{place}/tags/t{}", at % 2)
}
