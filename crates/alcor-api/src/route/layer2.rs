//! Networks, their segments, and what is asked of them.

use super::Routes;
use crate::openapi::About;
use crate::resource::{IpAvailabilities, Networks, SegmentRanges, Segments};
use crate::topology;

/// A project's auto-allocated topology.
const TOPOLOGY: &str = "/v2.0/auto-allocated-topology/{project_id}";

pub(super) fn routes() -> Routes {
    Routes::new()
        .tagged::<Networks>()
        .managed::<Segments>()
        .tagged::<SegmentRanges>()
        .readable::<IpAvailabilities>()
        .get(TOPOLOGY, topology::show, topology::about())
        .delete(
            TOPOLOGY,
            topology::delete,
            About::new("Gives the project's auto-allocated topology back.").empty(204),
        )
}
