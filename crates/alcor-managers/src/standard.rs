//! The attributes every resource has: their limits, how they begin and how they change.

use crate::ApiError;
use crate::records::{self, Record};
use alcor_store::Read;
use alcor_types::{Standard, Timestamp};
use std::collections::BTreeSet;
use std::fmt::Display;

/// The longest name, description and tag, in characters (Neutron's column widths).
const MAX_TEXT: usize = 255;
/// How many tags one resource may have.
const MAX_TAGS: usize = 50;

/// The standard attributes of a new resource.
pub(crate) fn create(
    name: &str,
    description: &str,
    tags: &BTreeSet<String>,
) -> Result<Standard, ApiError> {
    check_text("name", name)?;
    check_text("description", description)?;
    check_tags(tags)?;
    let now = Timestamp::now();
    Ok(Standard {
        name: name.to_owned(),
        description: description.to_owned(),
        tags: tags.clone(),
        revision_number: 0,
        created_at: now,
        updated_at: now,
    })
}

/// Applies what an update says of the standard attributes, and counts the write.
pub(crate) fn update(
    standard: &mut Standard,
    name: Option<&String>,
    description: Option<&String>,
    tags: Option<&BTreeSet<String>>,
) -> Result<(), ApiError> {
    if let Some(name) = name {
        check_text("name", name)?;
        standard.name.clone_from(name);
    }
    if let Some(description) = description {
        check_text("description", description)?;
        standard.description.clone_from(description);
    }
    if let Some(tags) = tags {
        check_tags(tags)?;
        standard.tags.clone_from(tags);
    }
    standard.touch(Timestamp::now());
    Ok(())
}

/// Sets an attribute where the request names it.
pub(crate) fn assign<T: Clone>(to: &mut T, from: Option<&T>) {
    if let Some(from) = from {
        to.clone_from(from);
    }
}

/// Refuses a write that expects another revision than the present one.
pub(crate) fn check_revision(standard: &Standard, expected: Option<u64>) -> Result<(), ApiError> {
    match expected {
        Some(expected) if expected != standard.revision_number => {
            Err(ApiError::RevisionNumberConstraintFailed {
                expected,
                present: standard.revision_number,
            })
        }
        _ => Ok(()),
    }
}

/// Refuses an id that a record of the kind has.
pub(crate) fn check_free<R: Record>(
    read: &dyn Read,
    key: &[u8],
    id: &dyn Display,
) -> Result<(), ApiError> {
    if records::exists::<R>(read, key) {
        let resource = R::TABLE.name;
        return Err(ApiError::IdInUse {
            resource,
            id: id.to_string(),
        });
    }
    Ok(())
}

/// Refuses a text longer than Neutron's columns.
pub(crate) fn check_text(attribute: &'static str, text: &str) -> Result<(), ApiError> {
    let count = text.chars().count();
    if count > MAX_TEXT {
        let reason = format!("it has {count} characters, shorten it to {MAX_TEXT}");
        return Err(ApiError::attribute(attribute, reason));
    }
    Ok(())
}

fn check_tags(tags: &BTreeSet<String>) -> Result<(), ApiError> {
    if tags.len() > MAX_TAGS {
        let reason = format!("{} tags are given, {MAX_TAGS} are allowed", tags.len());
        return Err(ApiError::attribute("tags", reason));
    }
    for tag in tags {
        check_text("tags", tag)?;
        if tag.is_empty() {
            let reason = "an empty text is no tag, leave it out";
            return Err(ApiError::attribute("tags", reason));
        }
    }
    Ok(())
}
