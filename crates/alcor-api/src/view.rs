//! How resources become JSON: straight from the record to bytes, with only the attributes the
//! caller asked for and may see.

use crate::attribute::find;
use crate::enforce;
use crate::error::RequestError;
use crate::resource::{Resource, Row};
use alcor_managers::Caller;
use alcor_policy::Verdict;
use alcor_types::Standard;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use std::fmt::Display;

/// Which attributes of a resource go into the answer.
#[derive(Clone, Debug)]
pub(crate) struct Selection {
    /// Only these; none means all.
    only: Option<Vec<&'static str>>,
    /// Those of which each row's rule decides, with the rules.
    doubtful: Vec<(&'static str, String)>,
}

impl Selection {
    /// What `caller` gets who asked for `fields`; names the resource does not have are passed
    /// over, as Neutron does.
    pub(crate) fn of<R: Resource>(fields: &[&str], caller: &Caller) -> Self {
        let mut doubtful = Vec::new();
        let mut all = fields.is_empty();
        let mut only = Vec::new();
        for attribute in R::attributes().iter().filter(|attribute| attribute.shown) {
            let rule = format!("get_{}:{}", R::POLICY, attribute.name);
            let verdict =
                caller
                    .verdict(&rule)
                    .unwrap_or(if attribute.admin && !caller.sees_all() {
                        Verdict::Denied
                    } else {
                        Verdict::Allowed
                    });
            match verdict {
                Verdict::Denied => all = false,
                _ if !fields.is_empty() && !fields.contains(&attribute.name) => {}
                _ => only.push(attribute.name),
            }
            if verdict == Verdict::Depends {
                doubtful.push((attribute.name, rule));
            }
        }
        let tenant = fields.is_empty() || fields.contains(&"tenant_id");
        if tenant && find::<R>("project_id").is_some() {
            only.push("tenant_id");
        }
        Self {
            only: (!all).then_some(only),
            doubtful,
        }
    }

    fn has(&self, name: &str) -> bool {
        self.only.as_ref().is_none_or(|only| only.contains(&name))
    }

    /// What this row's caller does not see of it, beyond what it sees of no row.
    fn hidden<R: Resource>(&self, row: &Row<'_, R>) -> Vec<&'static str> {
        let hides = |(name, rule): &&(&'static str, String)| {
            self.has(name) && !enforce::sees_attribute(row, rule)
        };
        self.doubtful
            .iter()
            .filter(hides)
            .map(|(name, _)| *name)
            .collect()
    }
}

/// Writes one resource's attributes, leaving out those that are not selected.
pub(crate) struct Fields<'a, M> {
    map: M,
    selection: &'a Selection,
    hidden: Vec<&'static str>,
}

impl<M: SerializeMap> Fields<'_, M> {
    fn has(&self, name: &str) -> bool {
        self.selection.has(name) && !self.hidden.contains(&name)
    }

    /// Writes an attribute.
    pub(crate) fn put<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), M::Error> {
        if self.has(name) {
            self.map.serialize_entry(name, value)?;
        }
        Ok(())
    }

    /// Writes an attribute that costs something to compute.
    pub(crate) fn put_with<T: Serialize>(
        &mut self,
        name: &'static str,
        value: impl FnOnce() -> T,
    ) -> Result<(), M::Error> {
        if self.has(name) {
            self.map.serialize_entry(name, &value())?;
        }
        Ok(())
    }

    /// Writes an attribute whose text form is its `Display`.
    pub(crate) fn put_text(
        &mut self,
        name: &'static str,
        value: &impl Display,
    ) -> Result<(), M::Error> {
        self.put_with(name, || Text(value))
    }

    /// Writes the owner under both its names.
    pub(crate) fn put_project(&mut self, project: &str) -> Result<(), M::Error> {
        self.put("project_id", project)?;
        self.put("tenant_id", project)
    }

    /// Writes Neutron's standard attributes.
    pub(crate) fn put_standard(&mut self, standard: &Standard) -> Result<(), M::Error> {
        self.put("name", &standard.name)?;
        self.put_unnamed_standard(standard)
    }

    /// Writes the standard attributes of what has no name.
    pub(crate) fn put_unnamed_standard(&mut self, standard: &Standard) -> Result<(), M::Error> {
        self.put("description", &standard.description)?;
        self.put("tags", &standard.tags)?;
        self.put("revision_number", &standard.revision_number)?;
        self.put_text("created_at", &standard.created_at)?;
        self.put_text("updated_at", &standard.updated_at)
    }
}

/// Serialises a value by its `Display`.
pub(crate) struct Text<'a, T>(pub(crate) &'a T);

impl<T: Display> Serialize for Text<'_, T> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self.0)
    }
}

/// A row as JSON.
pub(crate) struct View<'a, R: Resource> {
    /// The row.
    pub(crate) row: &'a Row<'a, R>,
    /// What of it.
    pub(crate) selection: &'a Selection,
}

impl<R: Resource> Serialize for View<'_, R> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut fields = Fields {
            map: to.serialize_map(None)?,
            selection: self.selection,
            hidden: self.selection.hidden(self.row),
        };
        R::write(self.row, &mut fields)?;
        fields.map.end()
    }
}

/// Appends the row's JSON to `buffer`.
pub(crate) fn append<R: Resource>(
    buffer: &mut Vec<u8>,
    row: &Row<'_, R>,
    selection: &Selection,
) -> Result<(), RequestError> {
    serde_json::to_writer(buffer, &View { row, selection }).map_err(|_| RequestError::Damaged)
}

/// `{"network": {...}}`.
pub(crate) fn single<R: Resource>(
    row: &Row<'_, R>,
    selection: &Selection,
) -> Result<Vec<u8>, RequestError> {
    let mut buffer = Vec::with_capacity(1024);
    buffer.extend_from_slice(b"{\"");
    buffer.extend_from_slice(R::SINGULAR.as_bytes());
    buffer.extend_from_slice(b"\":");
    append(&mut buffer, row, selection)?;
    buffer.push(b'}');
    Ok(buffer)
}

/// The beginning of a list: `{"networks":[`.
pub(crate) fn open_list<R: Resource>(buffer: &mut Vec<u8>) {
    buffer.extend_from_slice(b"{\"");
    buffer.extend_from_slice(R::PLURAL.as_bytes());
    buffer.extend_from_slice(b"\":[");
}
