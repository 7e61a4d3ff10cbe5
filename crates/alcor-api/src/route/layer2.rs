//! Networks, their segments, and what is asked of them.

use super::Routes;
use crate::resource::{IpAvailabilities, Networks, SegmentRanges, Segments};

pub(super) fn routes() -> Routes {
    Routes::new()
        .tagged::<Networks>()
        .managed::<Segments>()
        .tagged::<SegmentRanges>()
        .readable::<IpAvailabilities>()
}
