//! QoS, metering, quotas, flavors and service providers.

use super::Routes;

pub(super) fn routes() -> Routes {
    Routes::new()
}
