//! Routers, floating IPs and what belongs to them.

use super::Routes;

pub(super) fn routes() -> Routes {
    Routes::new()
}
