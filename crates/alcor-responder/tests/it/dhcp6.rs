//! DHCPv6 as its clients see it (RFC 8415): each message, the answer it gets, and hostile ones. What
//! they say is written and read by dhcproto's own codec.

use alcor_goalstate::{Carrier, PortGoal, PortIdentity, SubnetGoal, VpcGoal};
use alcor_responder::{Lease6, Outcome, Reason, ReplyKind6, link_local, respond6, server_mac};
use alcor_types::{
    ExtraDhcpOption, FixedIp, Ipv6Mode, MacAddr, NetworkId, PortId, ProjectId, Revision, SubnetId,
    Vni,
};
use dhcproto::v6::{
    Decodable, Decoder, DhcpOption, DhcpOptions, Encodable, IAAddr, IANA, IAPD, Message,
    MessageType, ORO, OptionCode, Status,
};
use etherparse::{NetSlice, PacketBuilder, SlicedPacket, TransportSlice};
use std::net::Ipv6Addr;
use uuid::Uuid;

const MAC: MacAddr = MacAddr([0xfa, 0x16, 0x3e, 0, 0, 1]);
const ADDRESS: Ipv6Addr = Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, 5);
const NETWORK: NetworkId = NetworkId(Uuid::from_u128(0x1234));
const OTHER: Ipv6Addr = Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, 6);
const ALL_SERVERS: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 1, 2);
const CLIENT: [u8; 10] = [0, 3, 0, 1, 9, 9, 9, 9, 9, 9];

fn goals(mode: Option<Ipv6Mode>) -> (VpcGoal, SubnetGoal, PortGoal) {
    let (revision, network, id) = (Revision(1), NETWORK, SubnetId::random());
    let vpc = VpcGoal {
        id: network,
        revision,
        project_id: ProjectId::from("p"),
        name: String::new(),
        carrier: Carrier::Vxlan(Vni::MIN),
        mtu: 1450,
        admin_state_up: true,
        dns_domain: "example.org.".to_owned(),
    };
    let subnet = SubnetGoal {
        id,
        revision,
        vpc: network,
        cidr: "fd00::/64".parse().unwrap(),
        gateway_ip: None,
        dhcp: true,
        dns_nameservers: vec!["2001:db8::53".parse().unwrap()],
        host_routes: Vec::new(),
        ipv6_address_mode: mode,
        ipv6_ra_mode: mode,
        address_scope: None,
    };
    let port = PortGoal {
        id: PortId::random(),
        revision,
        vpc: network,
        name: String::new(),
        mac: MAC,
        admin_state_up: true,
        fixed_ips: vec![FixedIp {
            subnet_id: id,
            ip_address: ADDRESS.into(),
        }],
        device_id: String::new(),
        device_owner: String::new(),
        extra_dhcp_opts: Vec::new(),
        port_security_enabled: true,
        security_groups: Vec::new(),
        allowed_address_pairs: Vec::new(),
        identity: Box::new(PortIdentity {
            project_id: "project".into(),
            dns_name: String::new(),
            trunk: None,
        }),
        limits: Box::default(),
        taps: None,
    };
    (vpc, subnet, port)
}

fn lease_of(mode: Option<Ipv6Mode>) -> Option<Lease6> {
    let (vpc, subnet, port) = goals(mode);
    Lease6::from_goals(&vpc, &port, |_| Some(&subnet), 1000).unwrap()
}

fn lease() -> Lease6 {
    lease_of(Some(Ipv6Mode::Dhcpv6Stateful)).unwrap()
}

fn duid() -> Vec<u8> {
    [&[0, 3, 0, 1][..], &server_mac(NETWORK).0].concat()
}

fn message(kind: MessageType, options: impl IntoIterator<Item = DhcpOption>) -> Message {
    let mut message = Message::new_with_id(kind, [1, 2, 3]);
    let all = message.opts_mut();
    all.insert(DhcpOption::ClientId(CLIENT.to_vec()));
    for option in options {
        all.insert(option);
    }
    message
}

/// An association with these addresses.
fn association(id: u32, addresses: &[Ipv6Addr]) -> DhcpOption {
    let one = |addr: &Ipv6Addr| {
        DhcpOption::IAAddr(IAAddr {
            addr: *addr,
            preferred_life: 0,
            valid_life: 0,
            opts: DhcpOptions::new(),
        })
    };
    DhcpOption::IANA(IANA {
        id,
        t1: 0,
        t2: 0,
        opts: addresses.iter().map(one).collect(),
    })
}

fn server() -> DhcpOption {
    DhcpOption::ServerId(duid())
}

fn frame_from(payload: &[u8], mac: MacAddr, source: Ipv6Addr, to: Ipv6Addr) -> Vec<u8> {
    let mut frame = Vec::new();
    PacketBuilder::ethernet2(mac.0, [0x33, 0x33, 0, 1, 0, 2])
        .ipv6(source.octets(), to.octets(), 1)
        .udp(546, 547)
        .write(&mut frame, payload)
        .unwrap();
    frame
}

fn frame(payload: &[u8]) -> Vec<u8> {
    frame_from(payload, MAC, link_local(MAC), ALL_SERVERS)
}

/// The reply in an outcome; its addresses, ports and checksum have been found right.
fn read(outcome: Outcome) -> (ReplyKind6, Message) {
    let Outcome::Reply6 { kind, frame } = outcome else {
        panic!("no reply, but {outcome:?}");
    };
    let packet = SlicedPacket::from_ethernet(&frame).unwrap();
    let (Some(NetSlice::Ipv6(ip)), Some(TransportSlice::Udp(udp))) =
        (&packet.net, &packet.transport)
    else {
        panic!("no UDP over IPv6");
    };
    let header = ip.header().to_header();
    let right = etherparse::UdpHeader::with_ipv6_checksum(547, 546, &header, udp.payload());
    assert_eq!(udp.to_header(), right.unwrap());
    assert_eq!(frame[..6], MAC.0);
    assert_eq!(header.source, link_local(server_mac(NETWORK)).octets());
    assert_eq!(header.destination, link_local(MAC).octets());
    let message = Message::decode(&mut Decoder::new(udp.payload())).unwrap();
    assert_eq!(message.opts().get(OptionCode::ServerId), Some(&server()));
    (kind, message)
}

fn told(message: &Message, lease: &Lease6) -> (ReplyKind6, Message) {
    let (kind, reply) = read(respond6(&frame(&message.to_vec().unwrap()), lease));
    assert_eq!(reply.xid(), message.xid());
    assert_eq!(
        reply.opts().get(OptionCode::ClientId),
        message.opts().get(OptionCode::ClientId)
    );
    (kind, reply)
}

/// The addresses of the reply's associations, each with its valid lifetime; or their status.
fn given(reply: &Message) -> Vec<Result<Vec<(Ipv6Addr, u32)>, Status>> {
    let all = reply.opts().get_all(OptionCode::IANA).unwrap_or_default();
    let one = |option: &DhcpOption| {
        let DhcpOption::IANA(association) = option else {
            panic!("{option:?}");
        };
        if let Some(DhcpOption::StatusCode(code)) = association.opts.get(OptionCode::StatusCode) {
            return Err(code.status);
        }
        let addresses = association.opts.iter().map(|option| match option {
            DhcpOption::IAAddr(address) => (address.addr, address.valid_life),
            other => panic!("{other:?}"),
        });
        Ok(addresses.collect())
    };
    all.iter().map(one).collect()
}

fn status(reply: &Message) -> Option<Status> {
    match reply.opts().get(OptionCode::StatusCode)? {
        DhcpOption::StatusCode(code) => Some(code.status),
        _ => None,
    }
}

#[test]
fn a_client_gets_its_ports_address_in_two_steps_or_in_one() {
    let ask = association(7, &[]);
    let (kind, offer) = told(&message(MessageType::Solicit, [ask.clone()]), &lease());
    assert_eq!(kind, ReplyKind6::Advertise);
    assert_eq!(offer.msg_type(), MessageType::Advertise);
    assert_eq!(given(&offer), [Ok(vec![(ADDRESS, 1000)])]);
    let (kind, reply) = told(
        &message(MessageType::Request, [ask.clone(), server()]),
        &lease(),
    );
    assert_eq!(
        (kind, reply.msg_type()),
        (ReplyKind6::Lease, MessageType::Reply)
    );
    assert_eq!(given(&reply), [Ok(vec![(ADDRESS, 1000)])]);
    let Some(DhcpOption::IANA(association)) = reply.opts().get(OptionCode::IANA) else {
        panic!("{reply:?}");
    };
    assert_eq!(
        (association.id, association.t1, association.t2),
        (7, 500, 800)
    );
    let rapid = message(MessageType::Solicit, [ask, DhcpOption::RapidCommit]);
    let (kind, reply) = told(&rapid, &lease());
    assert_eq!(
        (kind, reply.msg_type()),
        (ReplyKind6::Lease, MessageType::Reply)
    );
    assert!(reply.opts().get(OptionCode::RapidCommit).is_some());
}

#[test]
fn a_second_association_and_prefixes_get_nothing() {
    let prefix = DhcpOption::IAPD(IAPD {
        id: 1,
        t1: 0,
        t2: 0,
        opts: DhcpOptions::new(),
    });
    let asks = [association(1, &[]), association(2, &[]), prefix];
    let (_, reply) = told(&message(MessageType::Solicit, asks), &lease());
    let expected = [Ok(vec![(ADDRESS, 1000)]), Err(Status::NoAddrsAvail)];
    assert_eq!(given(&reply), expected);
    let Some(DhcpOption::IAPD(none)) = reply.opts().get(OptionCode::IAPD) else {
        panic!("{reply:?}");
    };
    let Some(DhcpOption::StatusCode(code)) = none.opts.get(OptionCode::StatusCode) else {
        panic!("{none:?}");
    };
    assert_eq!(code.status, Status::NoPrefixAvail);
}

#[test]
fn who_renews_keeps_the_ports_address_and_no_other() {
    let both = association(1, &[ADDRESS, OTHER]);
    let renew = message(MessageType::Renew, [both.clone(), server()]);
    let rebind = message(MessageType::Rebind, [both]);
    for request in [renew, rebind] {
        let (kind, reply) = told(&request, &lease());
        assert_eq!(kind, ReplyKind6::Lease);
        assert_eq!(given(&reply), [Ok(vec![(ADDRESS, 1000), (OTHER, 0)])]);
    }
    let stateless = lease_of(Some(Ipv6Mode::Dhcpv6Stateless)).unwrap();
    let renew = message(MessageType::Renew, [association(1, &[ADDRESS]), server()]);
    let (_, reply) = told(&renew, &stateless);
    assert_eq!(given(&reply), [Err(Status::NoBinding)]);
}

#[test]
fn confirm_release_and_decline_are_answered_by_a_status() {
    for (kind, address, expected, wanted) in [
        (
            MessageType::Confirm,
            ADDRESS,
            ReplyKind6::Confirm,
            Status::Success,
        ),
        (
            MessageType::Confirm,
            OTHER,
            ReplyKind6::NotOnLink,
            Status::NotOnLink,
        ),
        (
            MessageType::Release,
            ADDRESS,
            ReplyKind6::Release,
            Status::Success,
        ),
        (
            MessageType::Decline,
            ADDRESS,
            ReplyKind6::Decline,
            Status::Success,
        ),
    ] {
        let named = (kind != MessageType::Confirm).then(server);
        let options = named.into_iter().chain([association(1, &[address])]);
        let (kind, reply) = told(&message(kind, options), &lease());
        assert_eq!((kind, status(&reply)), (expected, Some(wanted)));
        assert_eq!(given(&reply), []);
    }
    let release = message(MessageType::Release, [server(), association(1, &[OTHER])]);
    assert_eq!(given(&told(&release, &lease()).1), [Err(Status::NoBinding)]);
}

#[test]
fn information_is_what_was_asked_for() {
    let asked = |codes: &[OptionCode]| {
        let oro = DhcpOption::ORO(ORO {
            opts: codes.to_vec(),
        });
        let request = message(MessageType::InformationRequest, [oro]);
        let stateless = lease_of(Some(Ipv6Mode::Dhcpv6Stateless)).unwrap();
        let (kind, reply) = told(&request, &stateless);
        assert_eq!(kind, ReplyKind6::Information);
        reply
    };
    let reply = asked(&[OptionCode::DomainNameServers]);
    let servers = vec!["2001:db8::53".parse().unwrap()];
    assert_eq!(
        reply.opts().get(OptionCode::DomainNameServers),
        Some(&DhcpOption::DomainNameServers(servers))
    );
    assert!(reply.opts().get(OptionCode::DomainSearchList).is_none());
    let reply = asked(&[OptionCode::DomainSearchList]);
    let Some(DhcpOption::DomainSearchList(names)) = reply.opts().get(OptionCode::DomainSearchList)
    else {
        panic!("{reply:?}");
    };
    assert_eq!(names[0].to_string(), "example.org.");
}

#[test]
fn the_ports_own_options_win_and_wrong_ones_are_named() {
    let own = |name: &str, value: &str| {
        let (vpc, subnet, mut port) = goals(None);
        for ip_version in [4, 6] {
            port.extra_dhcp_opts.push(ExtraDhcpOption {
                opt_name: name.to_owned(),
                opt_value: value.to_owned(),
                ip_version,
            });
        }
        Lease6::from_goals(&vpc, &port, |_| Some(&subnet), 1000)
    };
    let lease = own("dns-server", "2001:db8::99").unwrap().unwrap();
    let (_, reply) = told(&message(MessageType::InformationRequest, []), &lease);
    let servers = vec!["2001:db8::99".parse().unwrap()];
    assert_eq!(
        reply.opts().get(OptionCode::DomainNameServers),
        Some(&DhcpOption::DomainNameServers(servers))
    );
    assert!(own("dns-server", "10.0.0.1").is_err());
}

#[test]
fn subnets_that_are_not_served_make_no_lease() {
    assert_eq!(lease_of(Some(Ipv6Mode::Slaac)), None);
    let (vpc, mut subnet, port) = goals(None);
    subnet.dhcp = false;
    let none = Lease6::from_goals(&vpc, &port, |_| Some(&subnet), 1000);
    assert_eq!(none, Ok(None));
}

#[test]
fn what_is_not_for_us_gets_no_answer() {
    let silence = |message: &Message| respond6(&frame(&message.to_vec().unwrap()), &lease());
    let with = |kind, options: Vec<DhcpOption>| silence(&message(kind, options));
    let ask = || association(1, &[]);
    let stranger = DhcpOption::ServerId(vec![0, 3, 0, 1, 1, 1, 1, 1, 1, 1]);
    let no_client = Message::new(MessageType::Solicit);
    for (outcome, reason) in [
        (silence(&no_client), Reason::BadOptions),
        (
            with(MessageType::Solicit, vec![server()]),
            Reason::BadOptions,
        ),
        (with(MessageType::Request, vec![ask()]), Reason::BadOptions),
        (
            with(MessageType::Request, vec![stranger]),
            Reason::OtherServer,
        ),
        (
            with(MessageType::InformationRequest, vec![ask()]),
            Reason::BadOptions,
        ),
        (with(MessageType::Confirm, vec![ask()]), Reason::NoAddress),
        (with(MessageType::Reply, vec![server()]), Reason::BadType),
        (with(MessageType::RelayForw, vec![]), Reason::Relayed),
    ] {
        assert_eq!(outcome, Outcome::Silence(reason));
    }
    let good = message(MessageType::Solicit, [ask()]).to_vec().unwrap();
    let own = link_local(MAC);
    let global = ADDRESS;
    for (mac, source, to, reason) in [
        (MacAddr([2; 6]), own, ALL_SERVERS, Reason::ForeignMac),
        (MAC, global, ALL_SERVERS, Reason::NotLinkLocal),
        (
            MAC,
            own,
            link_local(server_mac(NETWORK)),
            Reason::OtherServer,
        ),
    ] {
        let outcome = respond6(&frame_from(&good, mac, source, to), &lease());
        assert_eq!(outcome, Outcome::Silence(reason));
    }
    // A whole client identifier alone is a message, too.
    let whole = 4 + 4 + CLIENT.len();
    for length in (4..good.len()).filter(|length| *length != whole) {
        let outcome = respond6(&frame(&good[..length]), &lease());
        assert!(matches!(outcome, Outcome::Silence(_)), "{length}");
    }
}

#[test]
fn raw_frames_do_no_harm() {
    let lease = lease();
    bolero::check!().for_each(|frame: &[u8]| {
        if let outcome @ Outcome::Reply6 { .. } = respond6(frame, &lease) {
            read(outcome);
        }
    });
}

/// Right messages with some bytes changed and the end cut off, under right checksums.
#[test]
fn changed_messages_do_no_harm() {
    let lease = lease();
    let seeds: Vec<Vec<u8>> = [
        (MessageType::Solicit, false),
        (MessageType::Request, true),
        (MessageType::Renew, true),
        (MessageType::Confirm, false),
        (MessageType::Decline, true),
    ]
    .map(|(kind, named)| {
        let oro = DhcpOption::ORO(ORO {
            opts: vec![OptionCode::DomainNameServers, OptionCode::DomainSearchList],
        });
        let options = [
            association(1, &[ADDRESS, OTHER]),
            oro,
            DhcpOption::RapidCommit,
        ];
        let named = named.then(server);
        message(kind, options.into_iter().chain(named))
            .to_vec()
            .unwrap()
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
            if let outcome @ Outcome::Reply6 { .. } = respond6(&frame(&payload), &lease) {
                read(outcome);
            }
        });
}
