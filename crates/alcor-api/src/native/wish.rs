//! What a body of Alcor's says, in Neutron's words.

use super::kind::{Action, KEPT_BY_THE_REGION, Kind};
use super::{Asked, Members, elastic};
use crate::error::RequestError;
use crate::state::ApiState;
use alcor_types::{Node, ProjectId};
use axum::http::Method;
use serde_json::Value;

/// What the first Alcor's documents, made by a tool, show where a client should write something.
const PLACEHOLDER: &str = "string";

/// Whether something is made or changed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Verb {
    /// POST.
    Create,
    /// PUT.
    Update,
}

impl Verb {
    /// The verb of this method.
    pub(super) fn of(method: &Method) -> Self {
        if *method == Method::PUT {
            return Self::Update;
        }
        Self::Create
    }
}

/// A body of a create or update. What is in no envelope that is known stays as it is, for
/// Neutron's routes to refuse.
pub(super) fn translate(
    kind: &Kind,
    verb: Verb,
    asked: &Asked,
    body: Members,
) -> Result<Members, RequestError> {
    let mut translated = Members::new();
    for (name, value) in body {
        let name = envelope(kind, &name).to_owned();
        let value = match value {
            Value::Object(one) => Value::Object(resource(kind, verb, asked, one)?),
            Value::Array(many) => many
                .into_iter()
                .map(|item| match item {
                    Value::Object(one) => resource(kind, verb, asked, one).map(Value::Object),
                    other => Ok(other),
                })
                .collect::<Result<_, _>>()?,
            other => other,
        };
        translated.insert(name, value);
    }
    Ok(translated)
}

/// The body of an action, in Neutron's envelope.
pub(super) fn of_action(action: &Action, mut body: Members) -> Members {
    if let Some((alcor, neutron)) = action.envelope
        && let Some(content) = body.remove(alcor)
    {
        body.insert(neutron.to_owned(), content);
    }
    body
}

/// Neutron's name of an envelope.
fn envelope<'a>(kind: &Kind, name: &'a str) -> &'a str
where
    'static: 'a,
{
    for (one, many) in kind.aliases {
        if name == *one {
            return kind.envelopes.0;
        }
        if name == *many {
            return kind.envelopes.1;
        }
    }
    name
}

fn resource(
    kind: &Kind,
    verb: Verb,
    asked: &Asked,
    members: Members,
) -> Result<Members, RequestError> {
    let mut wish = Members::new();
    for (name, value) in members {
        if says_nothing(kind, verb, &name, &value) {
            continue;
        }
        let renamed = kind.renamed.iter().find(|(alcor, _)| *alcor == name);
        let name = renamed.map_or(name, |(_, neutron)| (*neutron).to_owned());
        wish.insert(name, value);
    }
    own(kind, verb, &asked.project, &mut wish)?;
    host_by_name(&asked.state, &mut wish);
    if kind.neutron == "floatingips" {
        elastic::let_go(&mut wish);
        if verb == Verb::Create {
            elastic::choose(&mut wish, &asked.state.store.snapshot(), &asked.caller)?;
        }
    }
    Ok(wish)
}

/// Whether an attribute is one that clients send without meaning anything by it.
fn says_nothing(kind: &Kind, verb: Verb, name: &str, value: &Value) -> bool {
    let free_text = name == "name" || name == "description";
    KEPT_BY_THE_REGION.contains(&name)
        || kind.ignored.contains(&name)
        || (!free_text && is_placeholder(value))
        || (verb == Verb::Create && value.is_null())
        || (verb == Verb::Create && kind.empty_is_absent.contains(&name) && is_empty(value))
}

/// A placeholder, or a list or an object of nothing but such.
fn is_placeholder(value: &Value) -> bool {
    match value {
        Value::String(text) => text == PLACEHOLDER,
        Value::Array(items) => !items.is_empty() && items.iter().all(is_placeholder),
        Value::Object(members) => !members.is_empty() && members.values().all(is_placeholder),
        _ => false,
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        _ => false,
    }
}

/// What is made belongs to the project in the path; a body that names another is refused.
fn own(
    kind: &Kind,
    verb: Verb,
    project: &ProjectId,
    wish: &mut Members,
) -> Result<(), RequestError> {
    for name in ["project_id", "tenant_id"] {
        if let Some(named) = wish.remove(name)
            && named.as_str() != Some(project.as_str())
        {
            let reason = format!("it is not the project in the path, {project}");
            return Err(RequestError::invalid(name, reason));
        }
    }
    // Segments, their ranges and quotas have no owner of their own.
    let owned = !["segments", "network_segment_ranges", "quotas"].contains(&kind.neutron);
    if verb == Verb::Create && owned {
        wish.insert("project_id".to_owned(), project.as_str().into());
    }
    Ok(())
}

/// Older payloads bind a port to a node's id, newer ones to its name.
fn host_by_name(state: &ApiState, wish: &mut Members) {
    let Some(Value::String(host)) = wish.get_mut("binding:host_id") else {
        return;
    };
    let Ok(id) = uuid::Uuid::parse_str(host) else {
        return;
    };
    let read = state.store.snapshot();
    let node = alcor_managers::records::get::<Node>(&read, id.as_bytes());
    if let Ok(Some(node)) = node {
        node.name.as_str().clone_into(host);
    }
}
