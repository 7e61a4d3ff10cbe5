//! What the API says of itself.

use super::Routes;
use crate::openapi::{self, About};
use crate::{extension, version};

pub(super) fn routes() -> Routes {
    Routes::new()
        .get("/", version::root, About::new("The versions of the API."))
        .get(
            "/v2.0",
            version::v2,
            About::new("The resources of version 2.0."),
        )
        .get("/v2.0/", version::v2, About::new("The same."))
        .get(
            "/v2.0/extensions",
            extension::list,
            About::new("Lists extensions."),
        )
        .get(
            "/v2.0/extensions/{alias}",
            extension::show,
            About::new("Shows an extension."),
        )
        .get(
            "/openapi.json",
            openapi::serve,
            About::new("This document."),
        )
}
