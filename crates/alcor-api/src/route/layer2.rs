//! Networks, their segments, and what is asked of them.

use super::Routes;
use crate::resource::Networks;

pub(super) fn routes() -> Routes {
    Routes::new().tagged::<Networks>()
}
