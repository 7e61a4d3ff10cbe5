//! One of everything: a match for every field and an action of every kind, with the text by
//! which `ovs-ofctl` shows it. The oracle test and the test against a live switch share them.

#![allow(
    clippy::unwrap_used,
    unreachable_pub,
    reason = "a part of test crates, which the lint settings do not see as one"
)]

mod actions;
mod matches;

pub use actions::actions;
pub use matches::matches;

use alcor_openflow::{Action, Bucket, Field, Group, GroupKind, PortNo};
use alcor_types::MacAddr;

const MAC: MacAddr = MacAddr([0xfa, 0x16, 0x3e, 1, 2, 3]);
const V4: std::net::Ipv4Addr = std::net::Ipv4Addr::new(10, 1, 2, 3);

fn v6(text: &str) -> std::net::Ipv6Addr {
    text.parse().unwrap()
}

/// A group of every kind; the first one is `all`.
pub fn groups() -> Vec<Group> {
    let to = |port| Action::output(PortNo(port));
    let group = |id, kind, buckets| Group { id, kind, buckets };
    vec![
        group(
            1,
            GroupKind::All,
            vec![
                Bucket::new([to(1)]),
                Bucket::new([Action::set(Field::TunnelId, 5u64), to(2)]),
            ],
        ),
        group(
            2,
            GroupKind::Select,
            vec![
                Bucket::new([to(1)]).weight(3),
                Bucket::new([to(2)]).weight(1),
            ],
        ),
        group(3, GroupKind::Indirect, vec![Bucket::new([to(1)])]),
        group(
            4,
            GroupKind::FastFailover,
            vec![
                Bucket::new([to(1)]).watch_port(PortNo::LOCAL),
                Bucket::new([to(2)]).watch_port(PortNo(1)),
            ],
        ),
    ]
}
