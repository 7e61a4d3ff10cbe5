//! Makes VMs forget what they know of an address: a router's port that was made anew, or a peer, has
//! another MAC address from now on, and nobody asks again before an old entry has aged.

use crate::Reason;
use alcor_types::MacAddr;
use etherparse::icmpv6::NeighborAdvertisementHeader;
use etherparse::{ArpHardwareId, ArpOperation, ArpPacket, EtherType, Icmpv6Type, PacketBuilder};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

const ALL_NODES: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 1);
const ALL_NODES_MAC: MacAddr = MacAddr([0x33, 0x33, 0, 0, 0, 1]);
/// Neighbour discovery crosses no router (RFC 4861, 7.1).
const HOP_LIMIT: u8 = 255;
/// An option of a neighbour advertisement: the target's link-layer address, in one unit of eight
/// bytes.
const TARGET_LINK_LAYER: [u8; 2] = [2, 1];

/// An ARP announcement (RFC 5227) or an unsolicited neighbour advertisement (RFC 4861, 7.2.6): the
/// address is at this MAC address. A router says that it is one: hosts forget their default route by
/// the word of a neighbour that is none.
///
/// # Errors
///
/// None for addresses of this length; the library's builders may fail in general.
pub fn announcement(mac: MacAddr, address: IpAddr, router: bool) -> Result<Vec<u8>, Reason> {
    match address {
        IpAddr::V4(address) => arp(mac, address),
        IpAddr::V6(address) => advertisement(mac, address, router),
    }
}

fn arp(mac: MacAddr, address: Ipv4Addr) -> Result<Vec<u8>, Reason> {
    let own = address.octets();
    let packet = ArpPacket::new(
        ArpHardwareId::ETHERNET,
        EtherType::IPV4,
        ArpOperation::REQUEST,
        &mac.0,
        &own,
        &[0; 6],
        &own,
    );
    let packet = packet.map_err(|_| Reason::TooLong)?;
    let builder = PacketBuilder::ethernet2(mac.0, MacAddr::BROADCAST.0).arp(packet);
    let mut frame = Vec::with_capacity(builder.size());
    builder.write(&mut frame).map_err(|_| Reason::TooLong)?;
    Ok(frame)
}

fn advertisement(mac: MacAddr, address: Ipv6Addr, router: bool) -> Result<Vec<u8>, Reason> {
    let header = NeighborAdvertisementHeader {
        router,
        solicited: false,
        r#override: true,
    };
    let parts: [&[u8]; 3] = [&address.octets(), &TARGET_LINK_LAYER, &mac.0];
    let body = parts.concat();
    let builder = PacketBuilder::ethernet2(mac.0, ALL_NODES_MAC.0)
        .ipv6(address.octets(), ALL_NODES.octets(), HOP_LIMIT)
        .icmpv6(Icmpv6Type::NeighborAdvertisement(header));
    let mut frame = Vec::with_capacity(builder.size(body.len()));
    builder
        .write(&mut frame, &body)
        .map_err(|_| Reason::TooLong)?;
    Ok(frame)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAC: MacAddr = MacAddr([2, 0, 0, 0, 0, 7]);

    #[test]
    fn an_arp_announcement_asks_everybody_for_its_own_address() {
        let frame = announcement(MAC, IpAddr::from([10, 0, 0, 1]), true).unwrap();
        let expected = [
            &[0xff; 6][..],
            &MAC.0,
            &[8, 6],
            &[0, 1, 8, 0, 6, 4, 0, 1],
            &MAC.0,
            &[10, 0, 0, 1],
            &[0; 6],
            &[10, 0, 0, 1],
        ];
        assert_eq!(frame, expected.concat());
    }

    #[test]
    fn a_neighbour_advertisement_overrides_what_is_known() {
        let address: Ipv6Addr = "fd00::1".parse().unwrap();
        let frame = announcement(MAC, address.into(), false).unwrap();
        assert_eq!((&frame[..6], frame[21]), (&ALL_NODES_MAC.0[..], HOP_LIMIT));
        assert_eq!((frame[54], frame[58]), (136, 0x20));
        let router = announcement(MAC, address.into(), true).unwrap();
        assert_eq!(router[58], 0xa0);
        assert_eq!(frame[62..78], address.octets());
        assert_eq!(frame[78..], [&[2, 1][..], &MAC.0].concat());
    }
}
