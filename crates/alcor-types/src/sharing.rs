//! Whom an owner lets use a resource: what Neutron's RBAC policies say of one object.
//!
//! The grants live in the resource itself, so that an index finds everything a project may use,
//! and seeing a resource needs no second lookup.

use crate::ProjectId;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The target that stands for every project.
pub const EVERYONE: &str = "*";

/// The projects beside the owner that may use a resource.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sharing(BTreeSet<ProjectId>);

impl Sharing {
    /// Open to every project, or to none but the owner.
    pub fn of(everyone: bool) -> Self {
        let mut sharing = Self::default();
        sharing.set_public(everyone);
        sharing
    }

    /// Whether every project may use it.
    pub fn is_public(&self) -> bool {
        self.0.iter().any(|target| target.as_str() == EVERYONE)
    }

    /// Opens it to every project, or takes that grant back; other grants stay.
    pub fn set_public(&mut self, everyone: bool) {
        let target = ProjectId::from(EVERYONE);
        if everyone {
            self.0.insert(target);
        } else {
            self.0.remove(&target);
        }
    }

    /// Whether this project may use it by a grant.
    pub fn includes(&self, project: &ProjectId) -> bool {
        self.is_public() || self.0.contains(project)
    }

    /// Adds a grant; false when it was there.
    pub fn grant(&mut self, target: ProjectId) -> bool {
        self.0.insert(target)
    }

    /// Takes a grant back; false when it was not there.
    pub fn revoke(&mut self, target: &ProjectId) -> bool {
        self.0.remove(target)
    }

    /// The projects granted, [`EVERYONE`] among them where it is public.
    pub fn targets(&self) -> impl Iterator<Item = &ProjectId> {
        self.0.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_grant_includes_everyone_and_leaves_the_others_alone() {
        let (a, b) = (ProjectId::from("a"), ProjectId::from("b"));
        let mut sharing = Sharing::of(false);
        assert!(sharing.grant(a.clone()) && !sharing.grant(a.clone()));
        assert!(sharing.includes(&a) && !sharing.includes(&b));
        sharing.set_public(true);
        assert!(sharing.includes(&b));
        sharing.set_public(false);
        assert!(sharing.includes(&a) && !sharing.includes(&b));
    }
}
