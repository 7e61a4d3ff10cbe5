//! Subnets, subnet pools and address scopes.

use super::Routes;
use crate::resource::Subnets;

pub(super) fn routes() -> Routes {
    Routes::new().tagged::<Subnets>()
}
