//! Alcor's own paths: `/project/{project}/...`, gateways and managers.

use super::Routes;

pub(super) fn routes() -> Routes {
    Routes::new()
}
