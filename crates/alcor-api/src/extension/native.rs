//! Of Alcor's own paths.

use super::Extension;

pub(super) const EXTENSIONS: &[Extension] = &[];
