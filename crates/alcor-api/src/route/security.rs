//! Security groups, address groups and RBAC policies.

use super::Routes;

pub(super) fn routes() -> Routes {
    Routes::new()
}
