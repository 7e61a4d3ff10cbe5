//! What comes from outside for a gateway itself.

#![expect(clippy::unwrap_used, reason = "a test fails by a panic")]

mod support;

use alcor_goalstate::{Carrier, ExternalSubnet};
use alcor_openflow::{Field, PortNo};
use alcor_pipeline::Input;
use std::net::Ipv6Addr;
use support::bridge::Bridge;
use support::frame::Frame;
use support::goals::*;
use support::north::*;

/// The way to the external network.
const WIRE: PortNo = PortNo(21);
/// The gateway's address.
const OWN: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1);

/// A router that leads out here, also in IPv6.
fn bridge() -> Bridge {
    let mut way = gateway(1, 9, true);
    way.carrier = Carrier::Flat {
        physical_network: PHYSICAL.to_owned(),
    };
    way.addresses.push(OWN.into());
    way.subnets.push(ExternalSubnet {
        cidr: "2001:db8::/64".parse().unwrap(),
        gateway_ip: None,
        address_scope: None,
    });
    let mut port = interface(61, 1, 1, 1);
    port.gateways = vec![way];
    let wire = Input::Wire {
        physical_network: PHYSICAL.to_owned(),
        ofport: Some(WIRE),
    };
    Bridge::new([put(vpc(1)), put(subnet(1, 1)), put(port), wire])
}

fn to_gateway(fields: &[(Field, u128)]) -> Frame {
    let mut frame = Frame::question6(mac(200), OWN, fields);
    let own = mac(81)
        .0
        .into_iter()
        .fold(0, |sum, byte| sum << 8 | u128::from(byte));
    frame.set(Field::EthDst, own);
    frame.set(Field::NwTtl, 64);
    frame
}

#[test]
fn a_gateways_own_address_answers_pings_and_leads_nowhere() {
    let bridge = bridge();
    let ping = to_gateway(&[(Field::IpProto, 58), (Field::Icmpv6Type, 128)]);
    assert_eq!(bridge.switch.receive(WIRE, &ping).sent.len(), 1);
    for protocol in [6, 17, 58] {
        let other = bridge
            .switch
            .receive(WIRE, &to_gateway(&[(Field::IpProto, protocol)]));
        assert!(!other.circled, "protocol {protocol} goes in circles");
        assert_eq!(other.sent.len(), 0);
    }
}
