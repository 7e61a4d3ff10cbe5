//! Frames of routers byte by byte, and solicitations right and wrong.

use super::*;
use alcor_goalstate::Carrier;
use alcor_types::{FixedIp, NetworkId, PortId, ProjectId, Revision, RouterId, SubnetId, Vni};

const MAC: MacAddr = MacAddr([0xfa, 0x16, 0x3e, 0, 0, 1]);

fn vpc() -> VpcGoal {
    VpcGoal {
        id: NetworkId(uuid::Uuid::from_u128(9)),
        revision: Revision(1),
        project_id: ProjectId::from("p"),
        name: String::new(),
        carrier: Carrier::Vxlan(Vni::MIN),
        mtu: 1450,
        admin_state_up: true,
        dns_domain: "example.org.".to_owned(),
    }
}

fn subnet(cidr: &str, mode: Option<Ipv6Mode>) -> SubnetGoal {
    SubnetGoal {
        id: SubnetId::random(),
        revision: Revision(1),
        vpc: NetworkId::random(),
        cidr: cidr.parse().unwrap(),
        gateway_ip: None,
        dhcp: true,
        dns_nameservers: vec!["2001:db8::53".parse().unwrap()],
        host_routes: Vec::new(),
        ipv6_address_mode: mode,
        ipv6_ra_mode: mode,
        address_scope: None,
    }
}

fn interface() -> InterfaceGoal {
    InterfaceGoal {
        port: PortId::random(),
        revision: Revision(1),
        vpc: NetworkId::random(),
        router: RouterId::random(),
        mac: MAC,
        fixed_ips: Vec::<FixedIp>::new(),
        admin_state_up: true,
        routes: Vec::new(),
        tables: Vec::new(),
        dns_name: String::new(),
        gateways: Vec::new(),
    }
}

fn advertisement(subnets: &[SubnetGoal]) -> Option<Advertisement> {
    Advertisement::of(&vpc(), &interface(), subnets.iter(), 1800)
}

/// The options of an advertisement, each with its kind and its bytes.
fn options(frame: &[u8]) -> Vec<(u8, &[u8])> {
    let mut found = Vec::new();
    let mut rest = &frame[14 + 40 + 16..];
    while let [kind, units, ..] = rest {
        let (option, tail) = rest.split_at(usize::from(*units) * 8);
        found.push((*kind, option));
        rest = tail;
    }
    found
}

#[test]
fn a_subnet_of_slaac_is_advertised_whole() {
    let told = advertisement(&[subnet("fd00:1::/64", Some(Ipv6Mode::Slaac))]);
    let frame = told.unwrap().frame().unwrap();
    assert_eq!(frame[..6], ALL_NODES_MAC.0);
    assert_eq!(frame[6..12], MAC.0);
    assert_eq!(frame[21], 255);
    assert_eq!(frame[22..38], link_local(MAC).octets());
    let icmp = Icmpv6Slice::from_slice(&frame[54..]).unwrap();
    assert!(icmp.is_checksum_valid(link_local(MAC).octets(), ALL_NODES.octets()));
    assert_eq!((frame[54], frame[58], frame[59]), (134, 64, 0));
    assert_eq!(frame[60..62], 1800_u16.to_be_bytes());
    let options = options(&frame);
    let kinds: Vec<_> = options.iter().map(|(kind, _)| *kind).collect();
    assert_eq!(kinds, [1, 5, 3, 25, 31]);
    assert_eq!(options[1].1, [5, 1, 0, 0, 0, 0, 5, 170]);
    assert_eq!(options[2].1[..4], [3, 4, 64, 0xc0]);
    assert_eq!(options[4].1[8..21], *b"\x07example\x03org\0");
}

#[test]
fn where_a_subnet_names_no_server_the_host_is_one() {
    let mut alone = subnet("fd00:1::/64", Some(Ipv6Mode::Slaac));
    alone.dns_nameservers.clear();
    let mut silent = alone.clone();
    silent.dns_nameservers = vec![Ipv6Addr::UNSPECIFIED.into()];
    let host = link_local(server_mac(vpc().id));
    for (subnet, server) in [(alone, Some(host)), (silent, None)] {
        let frame = advertisement(&[subnet]).unwrap().frame().unwrap();
        let told = options(&frame).into_iter().find(|(kind, _)| *kind == 25);
        let told = told.map(|(_, option)| option[8..].to_vec());
        assert_eq!(told, server.map(|server| server.octets().to_vec()));
    }
}

#[test]
fn modes_make_the_flags() {
    for (mode, flags, prefix) in [
        (Ipv6Mode::Slaac, 0, 0xc0),
        (Ipv6Mode::Dhcpv6Stateless, 0x40, 0xc0),
        (Ipv6Mode::Dhcpv6Stateful, 0x80, 0x80),
    ] {
        let told = advertisement(&[subnet("fd00:1::/64", Some(mode))]);
        let frame = told.unwrap().frame().unwrap();
        assert_eq!(frame[59], flags, "{mode:?}");
        assert_eq!(options(&frame)[2].1[3], prefix, "{mode:?}");
    }
}

#[test]
fn nobody_speaks_without_a_mode_or_while_off() {
    assert_eq!(advertisement(&[subnet("fd00:1::/64", None)]), None);
    assert_eq!(advertisement(&[]), None);
    let off = InterfaceGoal {
        admin_state_up: false,
        ..interface()
    };
    let on = subnet("fd00:1::/64", Some(Ipv6Mode::Slaac));
    assert_eq!(Advertisement::of(&vpc(), &off, [&on].into_iter(), 9), None);
}

#[test]
fn more_than_fits_into_a_packet_is_not_said() {
    let subnets = |count: u16| -> Vec<_> {
        let cidrs = (0..count).map(|number| format!("fd00:{number:x}::/64"));
        cidrs
            .map(|cidr| subnet(&cidr, Some(Ipv6Mode::Slaac)))
            .collect()
    };
    let length = |count| {
        advertisement(&subnets(count))
            .unwrap()
            .frame()
            .map(|it| it.len())
    };
    assert!(length(40).is_ok_and(|length| length <= 1464));
    assert_eq!(length(45), Err(Reason::TooLong));
}

#[test]
fn what_goes_is_taken_back() {
    let slaac = |cidr| subnet(cidr, Some(Ipv6Mode::Slaac));
    let both = advertisement(&[slaac("fd00:1::/64"), slaac("fd00:2::/64")]).unwrap();
    let one = advertisement(&[slaac("fd00:2::/64")]).unwrap();
    let lifetimes = |frame: &[u8]| -> Vec<(u8, bool)> {
        let prefixes = options(frame).into_iter().filter(|(kind, _)| *kind == 3);
        prefixes
            .map(|(_, option)| (option[19], option[4..12] != [0; 8]))
            .collect()
    };
    let less = one.instead_of(&both).unwrap();
    assert_eq!(lifetimes(&less), [(2, true), (1, false)]);
    let last = both.farewell().unwrap();
    assert_eq!(last[60..62], [0, 0]);
    assert_eq!(lifetimes(&last), [(1, false), (2, false)]);
}

/// A solicitation with these options, its checksum right.
fn solicitation(source: Ipv6Addr, hop_limit: u8, options: &[u8]) -> Vec<u8> {
    let all_routers = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 2);
    let builder = PacketBuilder::ethernet2(MAC.0, [0x33, 0x33, 0, 0, 0, 2])
        .ipv6(source.octets(), all_routers.octets(), hop_limit)
        .icmpv6(Icmpv6Type::RouterSolicitation);
    let mut frame = Vec::new();
    builder.write(&mut frame, options).unwrap();
    frame
}

#[test]
fn solicitations_are_checked() {
    let (own, none) = (link_local(MAC), Ipv6Addr::UNSPECIFIED);
    let named = [&[1, 1][..], &MAC.0].concat();
    let check =
        |source, limit, options: &[u8]| check_solicitation(&solicitation(source, limit, options));
    assert_eq!(check(own, 255, &named), Ok(()));
    assert_eq!(check(none, 255, &[]), Ok(()));
    assert_eq!(check(none, 255, &named), Err(Reason::BadOptions));
    assert_eq!(check(own, 64, &named), Err(Reason::BadHeader));
    assert_eq!(check(own, 255, &[1, 0]), Err(Reason::BadOptions));
    assert_eq!(check(own, 255, &[1]), Err(Reason::BadOptions));
    assert_eq!(check(own, 255, &[1, 2, 0, 0]), Err(Reason::BadOptions));
    let mut wrong = solicitation(own, 255, &named);
    wrong[56] ^= 1;
    assert_eq!(check_solicitation(&wrong), Err(Reason::BadChecksum));
    let told = advertisement(&[subnet("fd00:1::/64", Some(Ipv6Mode::Slaac))]);
    let advertised = told.unwrap().frame().unwrap();
    assert_eq!(check_solicitation(&advertised), Err(Reason::OtherProtocol));
}

#[test]
fn whatever_comes_nothing_breaks() {
    bolero::check!().for_each(|bytes: &[u8]| {
        let _ = check_solicitation(bytes);
        let _ = check_solicitation(&solicitation(link_local(MAC), 255, bytes));
    });
}
