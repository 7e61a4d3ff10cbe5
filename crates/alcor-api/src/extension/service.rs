//! Of QoS, metering, quotas, flavors.

use super::Extension;

pub(super) const EXTENSIONS: &[Extension] = &[];
