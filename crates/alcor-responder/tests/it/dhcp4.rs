//! Each message of a client (RFC 2131, section 4.3), and the answer it gets.

use crate::support::{
    ADDRESS, MAC, NONE, Reply, SERVER, XID, binding, extra, frame, frame_to, lease, message,
};
use alcor_responder::{Binding, Outcome, Reason, ReplyKind, respond};
use alcor_types::{HostRoute, MacAddr};
use dhcproto::v4::relay::{RelayAgentInformation, RelayInfo};
use dhcproto::v4::{DhcpOption, Encodable, Flags, HType, Message, MessageType, Opcode, OptionCode};
use std::net::Ipv4Addr;

const OTHER: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 99);

fn outcome(message: &Message) -> Outcome {
    respond(&frame(message), &binding())
}

fn at(address: Ipv4Addr, mut message: Message) -> Message {
    message.set_ciaddr(address);
    message
}

#[test]
fn discover_gets_an_offer() {
    let reply = Reply::to(&message(MessageType::Discover, []), &binding());
    assert_eq!(reply.kind, ReplyKind::Offer);
    assert_eq!(reply.message.opts().msg_type(), Some(MessageType::Offer));
    assert_eq!(reply.message.opcode(), Opcode::BootReply);
    assert_eq!(reply.message.xid(), XID);
    assert_eq!(reply.message.yiaddr(), ADDRESS);
    assert_eq!(reply.message.ciaddr(), NONE);
    assert_eq!(reply.message.chaddr(), MAC.0);
    assert_eq!(reply.source, SERVER);
    assert_eq!(reply.ports, (67, 68));
    assert_eq!(reply.ttl, 64);
    assert_eq!(reply.mac_source, binding().server_mac());
    for option in [
        DhcpOption::SubnetMask(Ipv4Addr::new(255, 255, 255, 0)),
        DhcpOption::Router(vec![SERVER]),
        DhcpOption::DomainNameServer(lease().dns),
        DhcpOption::Hostname("vm-1".to_owned()),
        DhcpOption::DomainName("example.org".to_owned()),
        DhcpOption::InterfaceMtu(1450),
        DhcpOption::BroadcastAddr(Ipv4Addr::new(10, 0, 0, 255)),
        DhcpOption::AddressLeaseTime(3600),
        DhcpOption::ServerIdentifier(SERVER),
        DhcpOption::Renewal(1800),
        DhcpOption::Rebinding(3150),
    ] {
        let code = u8::from(OptionCode::from(&option));
        assert_eq!(reply.option(code), Some(&option));
    }
    assert!(reply.option(121).is_none());
}

#[test]
fn a_client_is_reached_by_broadcast_only_if_it_asks() {
    let mut discover = message(MessageType::Discover, []);
    let reply = Reply::to(&discover, &binding());
    assert_eq!((reply.mac_destination, reply.destination), (MAC, ADDRESS));
    discover.set_flags(Flags::new(0xffff));
    let reply = Reply::to(&discover, &binding());
    assert_eq!(reply.mac_destination, MacAddr::BROADCAST);
    assert_eq!(reply.destination, Ipv4Addr::BROADCAST);
    // The other bits must be zero (section 2).
    assert_eq!(u16::from(reply.message.flags()), 0x8000);
}

/// SELECTING, INIT-REBOOT, RENEWING and REBINDING: all four ways to ask for the port's own
/// address.
#[test]
fn a_request_for_the_own_address_gets_an_ack() {
    let wish = DhcpOption::RequestedIpAddress(ADDRESS);
    let selecting = [DhcpOption::ServerIdentifier(SERVER), wish.clone()];
    for (request, destination, current) in [
        (message(MessageType::Request, selecting), ADDRESS, NONE),
        (message(MessageType::Request, [wish]), ADDRESS, NONE),
        (
            at(ADDRESS, message(MessageType::Request, [])),
            ADDRESS,
            ADDRESS,
        ),
    ] {
        let reply = Reply::to(&request, &binding());
        assert_eq!(reply.kind, ReplyKind::Ack);
        assert_eq!(reply.message.opts().msg_type(), Some(MessageType::Ack));
        assert_eq!(reply.message.yiaddr(), ADDRESS);
        assert_eq!(reply.message.ciaddr(), current);
        assert_eq!(reply.destination, destination);
        assert_eq!(reply.option(51), Some(&DhcpOption::AddressLeaseTime(3600)));
    }
}

#[test]
fn a_renewal_is_unicast_both_ways_whatever_the_flag_says() {
    let mut renewal = at(ADDRESS, message(MessageType::Request, []));
    renewal.set_flags(Flags::new(0x8000));
    let frame = frame_to(&renewal.to_vec().unwrap(), MAC, SERVER);
    let reply = Reply::read(respond(&frame, &binding()));
    assert_eq!((reply.mac_destination, reply.destination), (MAC, ADDRESS));
}

#[test]
fn a_request_for_another_address_gets_a_broadcast_nak() {
    let wish = DhcpOption::RequestedIpAddress(OTHER);
    let selecting = [DhcpOption::ServerIdentifier(SERVER), wish.clone()];
    let client_id = DhcpOption::ClientIdentifier(vec![1, 2, 3]);
    for request in [
        message(MessageType::Request, selecting),
        message(MessageType::Request, [wish]),
        at(OTHER, message(MessageType::Request, [])),
        at(
            OTHER,
            message(
                MessageType::Request,
                [DhcpOption::RequestedIpAddress(ADDRESS)],
            ),
        ),
    ] {
        let mut request = request;
        request.opts_mut().insert(client_id.clone());
        let reply = Reply::to(&request, &binding());
        assert_eq!(reply.kind, ReplyKind::Nak);
        assert_eq!(reply.message.opts().msg_type(), Some(MessageType::Nak));
        assert_eq!(reply.message.yiaddr(), NONE);
        assert_eq!(reply.message.ciaddr(), NONE);
        assert_eq!(reply.destination, Ipv4Addr::BROADCAST);
        assert_eq!(reply.mac_destination, MacAddr::BROADCAST);
        assert_eq!(reply.codes(), [53, 54, 56, 61]);
        assert_eq!(reply.option(61), Some(&client_id));
    }
}

#[test]
fn inform_gets_parameters_without_a_lease() {
    let reply = Reply::to(&at(OTHER, message(MessageType::Inform, [])), &binding());
    assert_eq!(reply.kind, ReplyKind::Inform);
    assert_eq!(reply.message.opts().msg_type(), Some(MessageType::Ack));
    assert_eq!(reply.message.yiaddr(), NONE);
    assert_eq!((reply.message.ciaddr(), reply.destination), (OTHER, OTHER));
    assert!(reply.option(6).is_some());
    assert!(
        [51, 58, 59]
            .iter()
            .all(|code| reply.option(*code).is_none())
    );
    for nobody in [NONE, Ipv4Addr::BROADCAST, Ipv4Addr::LOCALHOST] {
        let inform = at(nobody, message(MessageType::Inform, []));
        assert_eq!(outcome(&inform), Outcome::Silence(Reason::NoAddress));
    }
}

#[test]
fn decline_and_release_are_noted() {
    let server = DhcpOption::ServerIdentifier(SERVER);
    let decline = [server.clone(), DhcpOption::RequestedIpAddress(ADDRESS)];
    assert_eq!(
        outcome(&message(MessageType::Decline, decline)),
        Outcome::Declined { address: ADDRESS }
    );
    let release = at(ADDRESS, message(MessageType::Release, [server]));
    assert_eq!(outcome(&release), Outcome::Released { address: ADDRESS });
}

#[test]
fn what_is_meant_for_another_server_is_left_to_it() {
    let other = DhcpOption::ServerIdentifier(OTHER);
    let wish = DhcpOption::RequestedIpAddress(ADDRESS);
    for request in [
        message(MessageType::Request, [other.clone(), wish.clone()]),
        message(MessageType::Decline, [other.clone(), wish]),
        at(ADDRESS, message(MessageType::Release, [other])),
    ] {
        assert_eq!(outcome(&request), Outcome::Silence(Reason::OtherServer));
    }
    let renewal = at(ADDRESS, message(MessageType::Request, []));
    let elsewhere = frame_to(&renewal.to_vec().unwrap(), MAC, OTHER);
    assert_eq!(
        respond(&elsewhere, &binding()),
        Outcome::Silence(Reason::OtherServer)
    );
}

#[test]
fn a_foreign_mac_gets_silence() {
    let foreign = MacAddr([0xfa, 0x16, 0x3e, 0, 0, 2]);
    let silence = Outcome::Silence(Reason::ForeignMac);
    let mut discover = message(MessageType::Discover, []);
    let bytes = discover.to_vec().unwrap();
    let spoofed = frame_to(&bytes, foreign, Ipv4Addr::BROADCAST);
    assert_eq!(respond(&spoofed, &binding()), silence);
    discover.set_chaddr(&foreign.0);
    assert_eq!(outcome(&discover), silence);
    let consistent = frame_to(&discover.to_vec().unwrap(), foreign, Ipv4Addr::BROADCAST);
    assert_eq!(respond(&consistent, &binding()), silence);
}

#[test]
fn each_fault_has_its_reason() {
    let discover = || message(MessageType::Discover, []);
    let mut reply = discover();
    reply.set_opcode(Opcode::BootReply);
    let mut token_ring = discover();
    token_ring.set_htype(HType::ExperimentalEth);
    let mut long = discover();
    long.set_chaddr(&[1; 16]);
    let mut relayed = discover();
    relayed.set_giaddr(SERVER);
    let mut bootp = discover();
    bootp.opts_mut().clear();
    for (fault, reason) in [
        (reply, Reason::BadMessage),
        (token_ring, Reason::BadHardware),
        (long, Reason::BadHardware),
        (relayed, Reason::Relayed),
        (bootp, Reason::BadType),
        (message(MessageType::Offer, []), Reason::BadType),
        (message(MessageType::Unknown(200), []), Reason::BadType),
        (message(MessageType::LeaseQuery, []), Reason::BadType),
        (message(MessageType::Request, []), Reason::NoAddress),
        (message(MessageType::Decline, []), Reason::NoAddress),
        (message(MessageType::Release, []), Reason::NoAddress),
    ] {
        assert_eq!(outcome(&fault), Outcome::Silence(reason), "{fault}");
    }
}

#[test]
fn faults_in_the_bytes_have_their_reasons() {
    let whole = message(MessageType::Discover, []).to_vec().unwrap();
    let mut no_cookie = whole.clone();
    no_cookie[236] = 0;
    let with_options = |options: &[u8]| [&whole[..240], options].concat();
    for (payload, reason) in [
        (whole[..239].to_vec(), Reason::BadMessage),
        (no_cookie, Reason::BadMessage),
        (with_options(&[53, 1, 1, 12]), Reason::BadOptions),
        (with_options(&[53, 1, 1, 12, 9, 0]), Reason::BadOptions),
        (with_options(&[53, 2, 1, 1, 255]), Reason::BadOptions),
        (
            with_options(&[53, 1, 1, 50, 3, 1, 1, 1, 255]),
            Reason::BadOptions,
        ),
        (
            with_options(&[53, 1, 1, 0, 53, 1, 1, 255]),
            Reason::BadOptions,
        ),
        (with_options(&[255, 53, 1, 1]), Reason::BadType),
        (whole[..240].to_vec(), Reason::BadType),
    ] {
        let frame = frame_to(&payload, MAC, Ipv4Addr::BROADCAST);
        assert_eq!(
            respond(&frame, &binding()),
            Outcome::Silence(reason),
            "{payload:?}"
        );
    }
    assert_eq!(
        respond(&[], &binding()),
        Outcome::Silence(Reason::BadHeader)
    );
}

#[test]
fn options_may_be_overloaded_and_divided() {
    let mut payload = message(MessageType::Discover, []).to_vec().unwrap();
    payload.truncate(240);
    payload.extend([52, 1, 3, 61, 2, 1, 2, 255]);
    payload[108..115].copy_from_slice(&[53, 1, 3, 61, 1, 3, 255]);
    payload[44..51].copy_from_slice(&[50, 4, 10, 0, 0, 5, 255]);
    let frame = frame_to(&payload, MAC, Ipv4Addr::BROADCAST);
    let reply = Reply::read(respond(&frame, &binding()));
    assert_eq!(reply.kind, ReplyKind::Ack);
    let whole = DhcpOption::ClientIdentifier(vec![1, 2, 3]);
    assert_eq!(reply.option(61), Some(&whole));
}

#[test]
fn options_go_out_in_the_order_asked_for() {
    let codes = |asked: &[u8]| {
        let asked = asked.iter().map(|code| OptionCode::from(*code)).collect();
        let wish = DhcpOption::ParameterRequestList(asked);
        Reply::to(&message(MessageType::Discover, [wish]), &binding()).codes()
    };
    assert_eq!(codes(&[200]), [53, 54, 51, 1, 3, 6, 26, 58, 59]);
    assert_eq!(
        codes(&[15, 3, 42, 1, 3, 54]),
        [53, 54, 15, 3, 1, 51, 6, 26, 58, 59]
    );
    assert_eq!(codes(&[28, 12]), [53, 54, 28, 12, 51, 1, 3, 6, 26, 58, 59]);
}

#[test]
fn the_clients_and_the_relays_identifiers_come_back_last() {
    let mut relay = RelayAgentInformation::default();
    relay.insert(RelayInfo::AgentCircuitId(vec![7]));
    let discover = message(
        MessageType::Discover,
        [
            DhcpOption::ClientIdentifier(vec![0xff; 9]),
            DhcpOption::RelayAgentInformation(relay.clone()),
        ],
    );
    let reply = Reply::to(&discover, &binding());
    assert!(reply.codes().ends_with(&[61, 82]));
    let echo = DhcpOption::RelayAgentInformation(relay);
    assert_eq!(reply.option(82), Some(&echo));
}

#[test]
fn a_message_is_never_longer_than_the_client_takes() {
    let mut lease = lease();
    lease.host_name = "h".repeat(250);
    lease.domain = "d".repeat(250);
    lease.extra = vec![extra("root-path", &"r".repeat(250))];
    let binding = Binding::new(&lease).unwrap();
    let lengths = [None, Some(0), Some(577), Some(900), Some(1200), Some(9000)].map(|size| {
        let discover = message(MessageType::Discover, size.map(DhcpOption::MaxMessageSize));
        let reply = Reply::to(&discover, &binding);
        let length = reply.payload.len() + 28;
        assert!(length <= usize::from(size.unwrap_or(0).clamp(576, 1450)));
        assert!(reply.message.opts().contains(OptionCode::Router));
        length
    });
    assert!(lengths.is_sorted() && lengths[5] > 1000, "{lengths:?}");
    let full = DhcpOption::ClientIdentifier(vec![1; 290]);
    assert_eq!(
        respond(&frame(&message(MessageType::Discover, [full])), &binding),
        Outcome::Silence(Reason::TooLong)
    );
}

#[test]
fn routes_carry_the_default_route_along() {
    let route = |to: &str, by: &str| HostRoute {
        destination: to.parse().unwrap(),
        nexthop: by.parse().unwrap(),
    };
    let pair = |to: &str, by: &str| (to.parse().unwrap(), by.parse().unwrap());
    let further = route("10.1.0.0/16", "10.0.0.9");
    let default = route("0.0.0.0/0", "10.0.0.8");
    let by_server = pair("0.0.0.0/0", "10.0.0.1");
    let to_further = pair("10.1.0.0/16", "10.0.0.9");
    let v6 = route("2001:db8::/32", "fe80::1");
    for (router, routes, expected) in [
        (Some(SERVER), vec![], None),
        (Some(SERVER), vec![v6], None),
        (
            Some(SERVER),
            vec![further, v6],
            Some(vec![to_further, by_server]),
        ),
        (None, vec![further], Some(vec![to_further])),
        (
            Some(SERVER),
            vec![default],
            Some(vec![pair("0.0.0.0/0", "10.0.0.8")]),
        ),
    ] {
        let mut lease = lease();
        lease.router = router;
        lease.host_routes = routes;
        let binding = Binding::new(&lease).unwrap();
        let reply = Reply::to(&message(MessageType::Discover, []), &binding);
        let expected = expected.map(DhcpOption::ClasslessStaticRoute);
        assert_eq!(reply.option(121), expected.as_ref());
        assert_eq!(
            reply.option(3),
            router.map(|at| DhcpOption::Router(vec![at])).as_ref()
        );
    }
}

#[test]
fn the_owners_options_win() {
    let mut lease = lease();
    lease.host_routes = vec![HostRoute {
        destination: "10.1.0.0/16".parse().unwrap(),
        nexthop: OTHER.into(),
    }];
    let mut v6 = extra("ntp-server", "2001:db8::1");
    v6.ip_version = 6;
    lease.extra = vec![
        extra("mtu", "1300"),
        extra("26", "1400"),
        extra("router", "10.0.0.99"),
        extra("lease-time", "2h"),
        extra("bootfile-name", "pxelinux.0"),
        extra("server-ip-address", "10.0.0.9"),
        v6,
    ];
    let binding = Binding::new(&lease).unwrap();
    let reply = Reply::to(&message(MessageType::Discover, []), &binding);
    assert_eq!(reply.option(26), Some(&DhcpOption::InterfaceMtu(1400)));
    assert_eq!(reply.option(3), Some(&DhcpOption::Router(vec![OTHER])));
    assert_eq!(reply.option(51), Some(&DhcpOption::AddressLeaseTime(7200)));
    assert_eq!(reply.option(58), Some(&DhcpOption::Renewal(3600)));
    let Some(DhcpOption::ClasslessStaticRoute(routes)) = reply.option(121) else {
        panic!("no routes");
    };
    assert_eq!(routes[1], ("0.0.0.0/0".parse().unwrap(), OTHER));
    assert_eq!(reply.message.siaddr(), Ipv4Addr::new(10, 0, 0, 9));
    assert_eq!(reply.message.fname(), Some(&b"pxelinux.0\0"[..]));
    assert!(reply.option(42).is_none());

    lease.extra = vec![extra("mtu", "huge")];
    let error = Binding::new(&lease).expect_err("a number").to_string();
    assert!(error.contains("mtu"), "{error}");
}

#[test]
fn a_lease_for_ever_has_no_renewal() {
    let mut lease = lease();
    lease.lease_seconds = u32::MAX;
    lease.subnet = "10.0.0.4/31".parse().unwrap();
    let reply = Reply::to(
        &message(MessageType::Discover, []),
        &Binding::new(&lease).unwrap(),
    );
    assert_eq!(
        reply.option(51),
        Some(&DhcpOption::AddressLeaseTime(u32::MAX))
    );
    assert!(
        [28, 58, 59]
            .iter()
            .all(|code| reply.option(*code).is_none())
    );
}
