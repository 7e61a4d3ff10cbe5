//! Of routers and floating IPs.

use super::Extension;

pub(super) const EXTENSIONS: &[Extension] = &[];
