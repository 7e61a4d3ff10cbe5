//! Questions for neighbours on external networks, and what is read from what they say.

use crate::Reason;
use alcor_types::MacAddr;
use etherparse::icmpv6::NeighborAdvertisementHeader;
use etherparse::{ArpHardwareId, ArpOperation, ArpPacket, EtherType, Icmpv6Type, PacketBuilder};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Neighbour discovery crosses no router (RFC 4861, 7.1).
const HOP_LIMIT: u8 = 255;
/// The option that names the sender's link-layer address, in one unit of eight bytes.
const SOURCE_LINK_LAYER: [u8; 2] = [1, 1];
const TARGET_LINK_LAYER: u8 = 2;
const ARP: [u8; 2] = [0x08, 0x06];
const IPV6: [u8; 2] = [0x86, 0xdd];
const ICMPV6: u8 = 58;
const SOLICITATION: u8 = 135;
const ADVERTISEMENT: u8 = 136;
/// Who asks from no address, to see whether one is free, is answered before everybody.
const ALL_NODES: (MacAddr, Ipv6Addr) = (
    MacAddr([0x33, 0x33, 0, 0, 0, 1]),
    Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 1),
);

/// Who has the address? Asked by whom has `own` at `mac`.
///
/// # Errors
///
/// When the two are not of one family.
pub fn question(mac: MacAddr, own: IpAddr, address: IpAddr) -> Result<Vec<u8>, Reason> {
    match (own, address) {
        (IpAddr::V4(own), IpAddr::V4(address)) => arp(mac, own, address),
        (IpAddr::V6(own), IpAddr::V6(address)) => solicitation(mac, own, address),
        _ => Err(Reason::TooLong),
    }
}

fn arp(mac: MacAddr, own: Ipv4Addr, address: Ipv4Addr) -> Result<Vec<u8>, Reason> {
    let packet = ArpPacket::new(
        ArpHardwareId::ETHERNET,
        EtherType::IPV4,
        ArpOperation::REQUEST,
        &mac.0,
        &own.octets(),
        &[0; 6],
        &address.octets(),
    );
    let packet = packet.map_err(|_| Reason::TooLong)?;
    let builder = PacketBuilder::ethernet2(mac.0, MacAddr::BROADCAST.0).arp(packet);
    let mut frame = Vec::with_capacity(builder.size());
    builder.write(&mut frame).map_err(|_| Reason::TooLong)?;
    Ok(frame)
}

/// To the group of the target's last three bytes (RFC 4291, 2.7.1).
fn solicitation(mac: MacAddr, own: Ipv6Addr, address: Ipv6Addr) -> Result<Vec<u8>, Reason> {
    let [.., a, b, c] = address.octets();
    let group = Ipv6Addr::from([0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, a, b, c]);
    let body = [&address.octets()[..], &SOURCE_LINK_LAYER, &mac.0].concat();
    let builder = PacketBuilder::ethernet2(mac.0, [0x33, 0x33, 0xff, a, b, c])
        .ipv6(own.octets(), group.octets(), HOP_LIMIT)
        .icmpv6(Icmpv6Type::NeighborSolicitation);
    let mut frame = Vec::with_capacity(builder.size(body.len()));
    builder
        .write(&mut frame, &body)
        .map_err(|_| Reason::TooLong)?;
    Ok(frame)
}

/// The answer of a router to who asks for an address of its own that is at `mac`; nothing where the
/// frame asks for none.
pub fn reply(frame: &[u8], mac: MacAddr) -> Option<Vec<u8>> {
    match asked(frame)? {
        IpAddr::V4(address) => arp_reply(frame, mac, address),
        IpAddr::V6(address) => advertisement(frame, mac, address),
    }
}

fn arp_reply(frame: &[u8], mac: MacAddr, address: Ipv4Addr) -> Option<Vec<u8>> {
    let asking = frame.get(22..28)?;
    let packet = ArpPacket::new(
        ArpHardwareId::ETHERNET,
        EtherType::IPV4,
        ArpOperation::REPLY,
        &mac.0,
        &address.octets(),
        asking,
        frame.get(28..32)?,
    );
    let builder = PacketBuilder::ethernet2(mac.0, asking.try_into().ok()?).arp(packet.ok()?);
    let mut reply = Vec::with_capacity(builder.size());
    builder.write(&mut reply).ok()?;
    Some(reply)
}

fn advertisement(frame: &[u8], mac: MacAddr, address: Ipv6Addr) -> Option<Vec<u8>> {
    let asking: [u8; 16] = frame.get(22..38)?.try_into().ok()?;
    let asking = (MacAddr(frame.get(6..12)?.try_into().ok()?), asking.into());
    let solicited = asking.1 != Ipv6Addr::UNSPECIFIED;
    let (to, ip) = if solicited { asking } else { ALL_NODES };
    let header = NeighborAdvertisementHeader {
        router: true,
        solicited,
        r#override: true,
    };
    let body = [&address.octets()[..], &[TARGET_LINK_LAYER, 1], &mac.0].concat();
    let builder = PacketBuilder::ethernet2(mac.0, to.0)
        .ipv6(address.octets(), ip.octets(), HOP_LIMIT)
        .icmpv6(Icmpv6Type::NeighborAdvertisement(header));
    let mut reply = Vec::with_capacity(builder.size(body.len()));
    builder.write(&mut reply, &body).ok()?;
    Some(reply)
}

/// The address that an ARP request or a neighbour solicitation is for.
pub fn asked(frame: &[u8]) -> Option<IpAddr> {
    let kind = frame.get(12..14)?;
    if kind == ARP {
        let bytes: [u8; 4] = frame.get(38..42)?.try_into().ok()?;
        return (frame.get(20..22)? == [0, 1]).then(|| bytes.into());
    }
    let bytes: [u8; 16] = neighbor_discovery(frame, SOLICITATION)?.try_into().ok()?;
    Some(bytes.into())
}

/// The target of such a message.
fn neighbor_discovery(frame: &[u8], kind: u8) -> Option<&[u8]> {
    let is_one = frame.get(12..14)? == IPV6
        && frame.get(20..22)? == [ICMPV6, HOP_LIMIT]
        && frame.get(54) == Some(&kind);
    is_one.then(|| frame.get(62..78)).flatten()
}

/// Who has which address, by the word of an ARP packet's sender or of a neighbour advertisement.
pub fn told(frame: &[u8]) -> Option<(IpAddr, MacAddr)> {
    let kind = frame.get(12..14)?;
    let (address, mac) = if kind == ARP {
        let bytes: [u8; 4] = frame.get(28..32)?.try_into().ok()?;
        (IpAddr::from(bytes), frame.get(22..28)?)
    } else {
        let bytes: [u8; 16] = neighbor_discovery(frame, ADVERTISEMENT)?.try_into().ok()?;
        let option = frame.get(78..86)?;
        (option.first() == Some(&TARGET_LINK_LAYER)).then_some(())?;
        (IpAddr::from(bytes), option.get(2..8)?)
    };
    let mac = MacAddr(mac.try_into().ok()?);
    let somebody = !mac.is_multicast() && mac != MacAddr([0; 6]) && !address.is_unspecified();
    somebody.then_some((address, mac))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAC: MacAddr = MacAddr([2, 0, 0, 0, 0, 7]);

    #[test]
    fn who_asks_by_arp_tells_its_own_address() {
        let [own, other] = [[192, 0, 2, 1], [192, 0, 2, 9]].map(IpAddr::from);
        let frame = question(MAC, own, other).unwrap();
        assert_eq!(told(&frame), Some((own, MAC)));
        assert_eq!(asked(&frame), Some(other));
        let there = MacAddr([2, 0, 0, 0, 0, 9]);
        let answer = reply(&frame, there).unwrap();
        assert_eq!(told(&answer), Some((other, there)));
        assert_eq!(
            (&answer[..6], &answer[38..42]),
            (&MAC.0[..], &[192, 0, 2, 1][..])
        );
        assert_eq!(reply(&answer, MAC), None, "an answer asks for nothing");
    }

    #[test]
    fn an_advertisement_tells_its_target() {
        let address: IpAddr = "2001:db8::7".parse().unwrap();
        let frame = crate::announcement(MAC, address, false).unwrap();
        assert_eq!(told(&frame), Some((address, MAC)));
        let own = "2001:db8::1".parse().unwrap();
        let asked = question(MAC, own, address).unwrap();
        assert_eq!(told(&asked), None, "a question is no answer");
        assert_eq!((asked[20], asked[54], asked.len()), (58, 135, 86));
    }

    #[test]
    fn who_solicits_is_answered_by_a_router() {
        let [own, other]: [IpAddr; 2] =
            ["2001:db8::1", "2001:db8::9"].map(|ip| ip.parse().unwrap());
        let there = MacAddr([2, 0, 0, 0, 0, 9]);
        let frame = question(MAC, own, other).unwrap();
        assert_eq!(super::asked(&frame), Some(other));
        let answer = reply(&frame, there).unwrap();
        assert_eq!(told(&answer), Some((other, there)));
        // To whom has asked; from a router, asked for, and to be believed.
        assert_eq!(
            (&answer[..6], &answer[38..54]),
            (&MAC.0[..], &frame[22..38])
        );
        assert_eq!(answer[58], 0xe0);
        let free = question(MAC, Ipv6Addr::UNSPECIFIED.into(), other).unwrap();
        let answer = reply(&free, there).unwrap();
        assert_eq!(
            (&answer[..6], answer[58]),
            (&[0x33, 0x33, 0, 0, 0, 1][..], 0xa0)
        );
        assert_eq!(reply(&answer, MAC), None, "an answer asks for nothing");
    }

    #[test]
    fn no_frame_is_too_strange() {
        bolero::check!().for_each(|frame: &[u8]| {
            told(frame);
            reply(frame, MAC);
        });
    }
}
