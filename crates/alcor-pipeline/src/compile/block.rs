//! Packets to and from a block of addresses, of either family.

use alcor_openflow::Match;
use ipnet::IpNet;

/// Packets to it.
pub(crate) fn to(matching: Match, block: IpNet) -> Match {
    let length = block.prefix_len();
    match block {
        IpNet::V4(block) => matching.ipv4().ipv4_dst_prefix(block.network(), length),
        IpNet::V6(block) => matching.ipv6().ipv6_dst_prefix(block.network(), length),
    }
}

/// Packets from it.
pub(crate) fn from(matching: Match, block: IpNet) -> Match {
    let length = block.prefix_len();
    match block {
        IpNet::V4(block) => matching.ipv4().ipv4_src_prefix(block.network(), length),
        IpNet::V6(block) => matching.ipv6().ipv6_src_prefix(block.network(), length),
    }
}
