//! Hostile frames: whatever a tenant sends, the answer is sound, and goes to the port's own
//! MAC address only.

use crate::support::{ADDRESS, MAC, Reply, SERVER, binding, frame_to, message};
use alcor_responder::{Outcome, respond};
use alcor_types::MacAddr;
use dhcproto::v4::{DhcpOption, Encodable, MessageType};
use std::net::Ipv4Addr;

/// Where the client's hardware address is in a BOOTP message.
const CHADDR: std::ops::Range<usize> = 28..34;

#[test]
fn raw_frames_do_no_harm() {
    let binding = binding();
    bolero::check!().for_each(|frame: &[u8]| {
        if let outcome @ Outcome::Reply { .. } = respond(frame, &binding) {
            assert_eq!(frame[6..12], MAC.0);
            Reply::read(outcome);
        }
    });
}

/// Bytes after the magic cookie, in an otherwise right message.
#[test]
fn options_at_random_do_no_harm() {
    let binding = binding();
    let whole = message(MessageType::Discover, []).to_vec().unwrap();
    bolero::check!().for_each(|options: &[u8]| {
        let payload = [&whole[..240], &[53, 1, 3], options].concat();
        let outcome = respond(&frame_to(&payload, MAC, Ipv4Addr::BROADCAST), &binding);
        if let outcome @ Outcome::Reply { .. } = outcome {
            assert!(Reply::read(outcome).payload.len() + 28 <= 1450);
        }
    });
}

/// Right messages with some bytes changed and the end cut off, under right checksums.
#[test]
fn changed_messages_do_no_harm() {
    let binding = binding();
    let seeds: Vec<Vec<u8>> = [
        MessageType::Discover,
        MessageType::Request,
        MessageType::Inform,
        MessageType::Decline,
    ]
    .map(|kind| {
        let options = [
            DhcpOption::ServerIdentifier(SERVER),
            DhcpOption::RequestedIpAddress(ADDRESS),
            DhcpOption::ClientIdentifier(vec![1; 7]),
            DhcpOption::MaxMessageSize(1000),
            DhcpOption::ParameterRequestList(vec![3.into(), 6.into(), 121.into()]),
        ];
        message(kind, options).to_vec().unwrap()
    })
    .into();
    bolero::check!()
        .with_type::<(u8, Vec<(u16, u8)>, u8)>()
        .for_each(|(seed, changes, cut)| {
            let mut payload = seeds[usize::from(*seed) % seeds.len()].clone();
            for (at, value) in changes {
                let at = usize::from(*at) % payload.len();
                payload[at] = *value;
            }
            payload.truncate(payload.len() - usize::from(*cut) % 40);
            let frame = frame_to(&payload, MAC, Ipv4Addr::BROADCAST);
            if let outcome @ Outcome::Reply { .. } = respond(&frame, &binding) {
                assert_eq!(payload[CHADDR], MAC.0);
                let reply = Reply::read(outcome);
                assert!([MAC, MacAddr::BROADCAST].contains(&reply.mac_destination));
                assert_eq!(reply.message.chaddr(), MAC.0);
            }
        });
}
