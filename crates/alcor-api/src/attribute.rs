//! The attribute tables: what each resource has, who may write and see it, and how it is
//! filtered. Parsing, error texts, `fields`, filters and sorting all read the same table, so
//! that they cannot disagree.

use crate::error::RequestError;
use crate::field::{Field, Kind};
use crate::resource::{Resource, Row};
use crate::value::FromJson;
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// What a body may do with an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Presence {
    /// It may not be there.
    Never,
    /// It may be there.
    Optional,
    /// It must be there.
    Required,
}

/// Checks a JSON value; the error is the reason.
type Check = fn(&Value) -> Result<(), String>;

/// Reads the attribute from a row.
pub(crate) type Reader<R> = for<'r> fn(&'r Row<'_, R>) -> Field<'r>;

/// Reads an attribute that is a list from a row.
pub(crate) type EachReader<R> = for<'r> fn(&'r Row<'_, R>) -> Vec<Field<'r>>;

/// One attribute of a resource.
pub(crate) struct Attribute<R: Resource> {
    /// Its name in JSON and in the query string.
    pub(crate) name: &'static str,
    /// Its type in the query string.
    pub(crate) kind: Kind,
    /// Whether a create may, must or may not have it.
    pub(crate) post: Presence,
    /// Whether an update may have it.
    pub(crate) put: bool,
    /// Whether only administrators see it.
    pub(crate) admin: bool,
    /// Whether views show it.
    pub(crate) shown: bool,
    /// How filters and sorting read it; attributes without a reader have neither.
    pub(crate) read: Option<Reader<R>>,
    /// How filters read an attribute that is a list; a row passes by any of its values.
    pub(crate) read_each: Option<EachReader<R>>,
    /// The JSON Schema of a value in a body.
    pub(crate) schema: fn() -> Value,
    /// What a value in a body must be.
    check: Check,
}

impl<R: Resource> Attribute<R> {
    /// An attribute that views show and nobody writes.
    pub(crate) const fn new(name: &'static str, kind: Kind) -> Self {
        Self {
            name,
            kind,
            post: Presence::Never,
            put: false,
            admin: false,
            shown: true,
            read: None,
            read_each: None,
            schema: || Value::Bool(false),
            check: |_| Ok(()),
        }
    }

    /// A create may have it, as this type.
    pub(crate) const fn post<T: FromJson>(mut self) -> Self {
        self.post = Presence::Optional;
        self.schema = T::schema;
        self.check = |value| T::from_json(value).map(drop);
        self
    }

    /// A create and an update may have it, as this type.
    pub(crate) const fn write<T: FromJson>(mut self) -> Self {
        self.put = true;
        self.post::<T>()
    }

    /// An update may have it, as this type; a create may not.
    pub(crate) const fn put<T: FromJson>(mut self) -> Self {
        self.put = true;
        self.schema = T::schema;
        self.check = |value| T::from_json(value).map(drop);
        self
    }

    /// A create must have it.
    pub(crate) const fn required(mut self) -> Self {
        self.post = Presence::Required;
        self
    }

    /// Only administrators see it.
    pub(crate) const fn admin(mut self) -> Self {
        self.admin = true;
        self
    }

    /// It exists in requests only.
    pub(crate) const fn hidden(mut self) -> Self {
        self.shown = false;
        self
    }

    /// Filters and sorting read it so.
    pub(crate) const fn read(mut self, read: Reader<R>) -> Self {
        self.read = Some(read);
        self
    }

    /// Filters pass rows of which one of these values is wanted; `kind` is the values' type.
    pub(crate) const fn read_each(mut self, kind: Kind, read: EachReader<R>) -> Self {
        self.kind = kind;
        self.read_each = Some(read);
        self
    }

    /// Whether the row has one of these values.
    pub(crate) fn is_one_of(&self, row: &Row<'_, R>, values: &[Field<'_>]) -> bool {
        let each = |read: EachReader<R>| read(row).iter().any(|value| values.contains(value));
        self.read.is_some_and(|read| values.contains(&read(row)))
            || self.read_each.is_some_and(each)
    }

    /// Whether it can be filtered by.
    pub(crate) fn is_filter(&self) -> bool {
        self.read.is_some() || self.read_each.is_some()
    }
}

/// A table of these attributes and Neutron's standard attributes.
macro_rules! with_standard {
    ($($own:expr),* $(,)?) => {$crate::attribute::with_unnamed_standard![
        $($own,)*
        Attribute::new("name", Kind::Text)
            .write::<String>()
            .read(|row| Field::text(&row.record.standard.name)),
    ]};
}
pub(crate) use with_standard;

/// A table of these attributes and Neutron's standard attributes, of what has no name.
macro_rules! with_unnamed_standard {
    ($($own:expr),* $(,)?) => {&[
        $($own,)*
        Attribute::new("description", Kind::Text)
            .write::<String>()
            .read(|row| Field::text(&row.record.standard.description)),
        Attribute::new("tags", Kind::Compound).post::<Vec<String>>(),
        Attribute::new("revision_number", Kind::Number).read(|row| {
            let revision = row.record.standard.revision_number;
            Field::Number(i64::try_from(revision).unwrap_or(i64::MAX))
        }),
        Attribute::new("created_at", Kind::Time)
            .read(|row| Field::time(row.record.standard.created_at)),
        Attribute::new("updated_at", Kind::Time)
            .read(|row| Field::time(row.record.standard.updated_at)),
    ]};
}
pub(crate) use with_unnamed_standard;

/// The attribute of this name; `tenant_id` is the older name of `project_id`.
pub(crate) fn find<R: Resource>(name: &str) -> Option<&'static Attribute<R>> {
    let name = if name == "tenant_id" {
        "project_id"
    } else {
        name
    };
    R::attributes()
        .iter()
        .find(|attribute| attribute.name == name)
}

/// Which request a body came with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verb {
    /// POST.
    Create,
    /// PUT.
    Update,
}

/// The attributes of one resource in a body, all of them known, allowed here and of the right
/// type.
#[derive(Debug)]
pub(crate) struct Attributes(Map<String, Value>);

impl Attributes {
    /// Adds an attribute that the path gives, such as the parent's id.
    pub(crate) fn insert(&mut self, name: &str, value: Value) {
        self.0.insert(name.to_owned(), value);
    }

    /// What the request names, with its JSON.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// The JSON of an attribute.
    pub(crate) fn value(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// Checks a body's object against the table.
    pub(crate) fn check<R: Resource>(
        mut map: Map<String, Value>,
        verb: Verb,
    ) -> Result<Self, RequestError> {
        take_tenant_alias::<R>(&mut map)?;
        refuse_unknown::<R>(&map)?;
        refuse_unwritable::<R>(&map, verb)?;
        for attribute in R::attributes() {
            match map.get(attribute.name) {
                Some(value) => (attribute.check)(value)
                    .map_err(|reason| RequestError::invalid(attribute.name, reason))?,
                None if verb == Verb::Create && attribute.post == Presence::Required => {
                    return Err(RequestError::BadRequest(format!(
                        "Failed to parse request. Required attribute '{}' not specified",
                        attribute.name
                    )));
                }
                None => {}
            }
        }
        Ok(Self(map))
    }

    /// The attribute's value, where the body has one.
    pub(crate) fn get<T: FromJson>(&self, name: &'static str) -> Result<Option<T>, RequestError> {
        self.0
            .get(name)
            .map(T::from_json)
            .transpose()
            .map_err(|reason| RequestError::invalid(name, reason))
    }

    /// The attribute's value; null counts as absent.
    pub(crate) fn some<T: FromJson>(&self, name: &'static str) -> Result<Option<T>, RequestError> {
        self.get::<Option<T>>(name).map(Option::flatten)
    }

    /// The tags of a new resource.
    pub(crate) fn tags(&self) -> Result<BTreeSet<String>, RequestError> {
        let tags = self.get::<Vec<String>>("tags")?.unwrap_or_default();
        Ok(tags.into_iter().collect())
    }

    /// The value of an attribute that the table requires.
    pub(crate) fn required<T: FromJson>(&self, name: &'static str) -> Result<T, RequestError> {
        self.get(name)?
            .ok_or_else(|| RequestError::invalid(name, "it is required"))
    }
}

/// Moves `tenant_id` to its present name.
fn take_tenant_alias<R: Resource>(map: &mut Map<String, Value>) -> Result<(), RequestError> {
    if find::<R>("project_id").is_none() {
        return Ok(());
    }
    let Some(tenant) = map.remove("tenant_id") else {
        return Ok(());
    };
    match map.get("project_id") {
        Some(project) if *project != tenant => Err(RequestError::BadRequest(
            "'project_id' and 'tenant_id' are two names of one attribute and do not match"
                .to_owned(),
        )),
        _ => {
            map.insert("project_id".to_owned(), tenant);
            Ok(())
        }
    }
}

fn refuse_unknown<R: Resource>(map: &Map<String, Value>) -> Result<(), RequestError> {
    let unknown: Vec<_> = map
        .keys()
        .filter(|name| find::<R>(name).is_none())
        .take(10)
        .map(|name| name.chars().take(80).collect::<String>())
        .collect();
    if unknown.is_empty() {
        return Ok(());
    }
    Err(RequestError::BadRequest(format!(
        "Unrecognized attribute(s) '{}'",
        unknown.join(", ")
    )))
}

fn refuse_unwritable<R: Resource>(
    map: &Map<String, Value>,
    verb: Verb,
) -> Result<(), RequestError> {
    let writable = |attribute: &Attribute<R>| match verb {
        Verb::Create => attribute.post != Presence::Never,
        Verb::Update => attribute.put,
    };
    let wrong = R::attributes()
        .iter()
        .find(|attribute| map.contains_key(attribute.name) && !writable(attribute));
    match (wrong, verb) {
        (None, _) => Ok(()),
        (Some(attribute), Verb::Create) => Err(RequestError::BadRequest(format!(
            "Attribute '{}' not allowed in POST",
            attribute.name
        ))),
        (Some(attribute), Verb::Update) => Err(RequestError::BadRequest(format!(
            "Cannot update read-only attribute '{}': attribute not allowed in PUT",
            attribute.name
        ))),
    }
}
