//! Ports, their bindings, and trunks.

use super::Routes;
use crate::resource::Ports;

pub(super) fn routes() -> Routes {
    Routes::new().tagged::<Ports>()
}
