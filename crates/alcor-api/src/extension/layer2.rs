//! Of networks.

use super::Extension;

pub(super) const EXTENSIONS: &[Extension] = &[
    ("net-mtu", "Network MTU", "The largest packet of a network"),
    (
        "net-mtu-writable",
        "Writable Network MTU",
        "The MTU can be chosen and changed",
    ),
    (
        "provider",
        "Provider Network",
        "Network type and VNI, for administrators",
    ),
];
