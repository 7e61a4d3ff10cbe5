//! JSON Schemas of attributes and resources, from the attribute tables.

use crate::attribute::{Attribute, Presence, Verb};
use crate::field::Kind;
use crate::resource::Resource;
use serde_json::{Map, Value, json};

/// An object of these members and no others.
pub(crate) fn object<const N: usize>(
    members: [(&'static str, Value); N],
    required: &[&'static str],
) -> Value {
    let properties: Map<_, _> = members
        .into_iter()
        .map(|(name, schema)| (name.to_owned(), schema))
        .collect();
    json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}

/// A value of this kind as an answer shows it; every value may be null.
pub(crate) fn of_kind(kind: Kind) -> Value {
    match kind {
        Kind::Flag => json!({ "type": ["boolean", "null"] }),
        Kind::Number => json!({ "type": ["integer", "null"] }),
        Kind::Compound => json!({}),
        _ => json!({ "type": ["string", "null"] }),
    }
}

/// What a create or an update of the resource may hold.
pub(super) fn request<R: Resource>(verb: Verb) -> Value {
    let writable = |attribute: &&Attribute<R>| match verb {
        Verb::Create => attribute.post != Presence::Never,
        Verb::Update => attribute.put,
    };
    let mut properties: Map<_, _> = R::attributes()
        .iter()
        .filter(writable)
        .map(|attribute| (attribute.name.to_owned(), (attribute.schema)()))
        .collect();
    if let Some(project) = properties.get("project_id").cloned() {
        properties.insert("tenant_id".to_owned(), project);
    }
    let required: Vec<_> = R::attributes()
        .iter()
        .filter(|attribute| verb == Verb::Create && attribute.post == Presence::Required)
        .map(|attribute| attribute.name)
        .collect();
    json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}

/// What an answer shows of the resource; which members are there depends on `fields` and on the
/// caller.
pub(super) fn view<R: Resource>() -> Value {
    let shown = R::attributes().iter().filter(|attribute| attribute.shown);
    let mut properties: Map<_, _> = shown
        .map(|attribute| (attribute.name.to_owned(), of_kind(shown_kind(attribute))))
        .collect();
    if properties.contains_key("project_id") {
        properties.insert("tenant_id".to_owned(), of_kind(Kind::Text));
    }
    json!({
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
    })
}

/// The kind as views write it: a list that is filtered by its members is still a list.
fn shown_kind<R: Resource>(attribute: &Attribute<R>) -> Kind {
    if attribute.read_each.is_some() {
        return Kind::Compound;
    }
    attribute.kind
}
