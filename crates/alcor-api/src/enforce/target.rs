//! A resource as the policy sees it: a stored row, a wish, or a row with wished changes.

use super::related;
use crate::attribute::{Attributes, find};
use crate::field::Field;
use crate::resource::{Reading, Resource, Row};
use alcor_policy::{Target, Value};
use alcor_types::ProjectId;
use std::borrow::Cow;
use uuid::Uuid;

/// The collection that rules mean when they ask ports and subnets whether they are shared.
const NETWORKS: &str = "networks";

/// The target of a rule.
pub(super) struct Thing<'a, R: Resource> {
    reading: &'a Reading,
    body: Option<&'a Attributes>,
    row: Option<&'a Row<'a, R>>,
}

impl<'a, R: Resource> Thing<'a, R> {
    /// One that does not exist yet.
    pub(super) fn wished(reading: &'a Reading, body: &'a Attributes) -> Self {
        Self {
            reading,
            body: Some(body),
            row: None,
        }
    }

    /// One as it is.
    pub(super) fn stored(row: &'a Row<'a, R>) -> Self {
        Self {
            reading: row.reading,
            body: None,
            row: Some(row),
        }
    }

    /// One as it would be.
    pub(super) fn changed(row: &'a Row<'a, R>, body: &'a Attributes) -> Self {
        Self {
            body: Some(body),
            ..Self::stored(row)
        }
    }

    /// An attribute of its own: the wished value, or else the stored one.
    fn own(&self, name: &str) -> Option<Value<'_>> {
        let wished = self
            .body
            .and_then(|body| body.value(name))
            .and_then(of_json);
        wished.or_else(|| {
            let read = find::<R>(name)?.read?;
            of_field(read(self.row?))
        })
    }

    fn project(&self) -> Option<Value<'_>> {
        let project = self.own("project_id");
        let missing = project.is_none() && self.row.is_none();
        let own = self.reading.caller.project_id.as_str();
        project.or_else(|| (missing && !own.is_empty()).then(|| own.into()))
    }

    /// The id that the attribute `{kind}_id` has.
    fn id_of(&self, kind: &str) -> Option<Uuid> {
        match self.own(&format!("{kind}_id"))? {
            Value::Text(id) => Uuid::parse_str(&id).ok(),
            Value::Flag(_) => None,
        }
    }
}

impl<R: Resource> Target for Thing<'_, R> {
    fn attribute(&self, name: &str) -> Option<Value<'_>> {
        match name {
            "project_id" | "tenant_id" => self.project(),
            "ext_parent:project_id" | "ext_parent:tenant_id" => {
                self.reading.parent_project.as_deref().map(Value::from)
            }
            _ => match name
                .strip_suffix(":project_id")
                .or(name.strip_suffix(":tenant_id"))
            {
                Some(kind) => {
                    let owner = related::owner(self.reading, kind, self.id_of(kind)?)?;
                    Some(Value::Text(Cow::Owned(owner.as_str().to_owned())))
                }
                None => self.own(name),
            },
        }
    }

    fn field(&self, resource: &str, name: &str) -> Option<Value<'_>> {
        let of_network = resource == NETWORKS && name == "shared" && R::POLICY != "network";
        if of_network {
            let network = self.id_of("network")?;
            return related::shared_network(self.reading, network).map(Value::from);
        }
        self.own(name)
    }
}

/// Something of which only the owner is known.
pub(super) struct OfProject<'a>(pub(super) &'a str);

impl Target for OfProject<'_> {
    fn attribute(&self, name: &str) -> Option<Value<'_>> {
        matches!(name, "project_id" | "tenant_id").then(|| self.0.into())
    }
}

/// The owner of a row, for what lies below its path.
pub(crate) fn project_of<R: Resource>(row: &Row<'_, R>) -> Option<String> {
    let read = find::<R>("project_id")?.read?;
    match of_field(read(row))? {
        Value::Text(project) => Some(project.into_owned()),
        Value::Flag(_) => None,
    }
}

/// In whose name a row is changed: its owner's, or the caller's where it has none.
pub(crate) fn owner<R: Resource>(row: &Row<'_, R>) -> ProjectId {
    let owner = project_of(row).filter(|project| !project.is_empty());
    owner.map_or_else(|| row.reading.caller.project_id.clone(), ProjectId::from)
}

/// For whom resources are made: for the project that the first of them names, as all of them do as a
/// rule, or else for the owner of what they lie below, or the caller.
pub(crate) fn wished_owner(reading: &Reading, bodies: &[Attributes]) -> ProjectId {
    let named = bodies.first().and_then(|body| body.value("project_id"));
    let named = named.and_then(serde_json::Value::as_str);
    let project = named.or(reading.parent_project.as_deref());
    project.map_or_else(|| reading.caller.project_id.clone(), ProjectId::from)
}

fn of_json(value: &serde_json::Value) -> Option<Value<'_>> {
    match value {
        serde_json::Value::Bool(flag) => Some(Value::Flag(*flag)),
        serde_json::Value::String(text) => Some(Value::from(text.as_str())),
        serde_json::Value::Number(number) => Some(Value::Text(number.to_string().into())),
        _ => None,
    }
}

fn of_field(field: Field<'_>) -> Option<Value<'_>> {
    Some(match field {
        Field::Null => return None,
        Field::Flag(flag) => Value::Flag(flag),
        Field::Text(text) => Value::Text(text),
        Field::Number(number) => Value::Text(number.to_string().into()),
        Field::Id(id) => Value::Text(id.to_string().into()),
        Field::Mac(mac) => Value::Text(mac.to_string().into()),
        Field::Address(address) => Value::Text(address.to_string().into()),
        Field::Block(block) => Value::Text(block.to_string().into()),
    })
}
