//! Of security groups, address groups and RBAC policies.

use super::Extension;

pub(super) const EXTENSIONS: &[Extension] = &[];
