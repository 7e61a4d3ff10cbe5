//! What holds for every binding and every request, tried with random ones.

use crate::support::{MAC, Reply, extra, frame_to, message};
use alcor_responder::{Binding, Lease, Outcome, Reason, respond};
use alcor_types::{HostRoute, MacAddr};
use dhcproto::v4::{DhcpOption, Encodable, Flags, MessageType, OptionCode};
use ipnet::Ipv4Net;
use proptest::prelude::*;
use std::net::Ipv4Addr;

fn address() -> impl Strategy<Value = Ipv4Addr> {
    any::<u32>().prop_map(Ipv4Addr::from)
}

fn route() -> impl Strategy<Value = HostRoute> {
    (address(), 0..=32_u8, address()).prop_map(|(to, length, by)| HostRoute {
        destination: Ipv4Net::new_assert(to, length).trunc().into(),
        nexthop: by.into(),
    })
}

prop_compose! {
    fn a_lease()(
        ipv4 in address(), length in 1..=32_u8, server_id in address(),
        router in proptest::option::of(address()),
        dns in proptest::collection::vec(address(), 0..6),
        mtu in prop_oneof![Just(0), 68..=9000_u16],
        host_routes in proptest::collection::vec(route(), 0..40),
        host_name in "[a-z]{0,63}", domain in "[a-z.]{0,300}",
        lease_seconds in prop_oneof![Just(u32::MAX), 1..=u32::MAX],
        extra in proptest::sample::subsequence(vec![
            extra("mtu", "1280"), extra("42", "10.0.0.1"), extra("67", "boot"),
            extra("server-ip-address", "10.0.0.9"), extra("router", "10.9.9.9"),
            extra("domain-search", "a.example,b.example"),
        ], 0..=6),
    ) -> Lease {
        Lease {
            ipv4, subnet: Ipv4Net::new_assert(ipv4, length).trunc(), server_id, router, dns, mtu,
            host_routes, host_name, domain, lease_seconds, extra, ..crate::support::lease()
        }
    }
}

prop_compose! {
    fn a_wish()(
        flags: u16, xid: u32,
        asked in proptest::option::of(proptest::collection::vec(any::<u8>(), 1..80)),
        size in proptest::option::of(any::<u16>()),
        client_id in proptest::option::of(proptest::collection::vec(any::<u8>(), 1..40)),
    ) -> (u16, u32, Vec<DhcpOption>) {
        let asked = asked.map(|codes| codes.into_iter().map(OptionCode::from).collect());
        let options = asked.map(DhcpOption::ParameterRequestList).into_iter()
            .chain(size.map(DhcpOption::MaxMessageSize))
            .chain(client_id.map(DhcpOption::ClientIdentifier));
        (flags, xid, options.collect())
    }
}

proptest! {
    #[test]
    fn every_offer_is_one_a_client_can_take(lease in a_lease(), (flags, xid, wish) in a_wish()) {
        let binding = Binding::new(&lease).unwrap();
        let mut discover = message(MessageType::Discover, wish);
        discover.set_flags(Flags::new(flags)).set_xid(xid);
        let reply = Reply::to(&discover, &binding);
        let options = discover.opts();

        prop_assert_eq!(reply.message.xid(), xid);
        prop_assert_eq!(reply.message.yiaddr(), lease.ipv4);
        prop_assert_eq!(reply.source, lease.server_id);
        prop_assert_eq!(reply.mac_destination == MacAddr::BROADCAST, flags & 0x8000 != 0);
        prop_assert_eq!(reply.option(61), options.get(OptionCode::ClientIdentifier));
        prop_assert_eq!(reply.option(1), Some(&DhcpOption::SubnetMask(lease.subnet.netmask())));
        prop_assert_eq!(reply.option(51), Some(&DhcpOption::AddressLeaseTime(lease.lease_seconds)));
        let limit = match options.get(OptionCode::MaxMessageSize) {
            Some(DhcpOption::MaxMessageSize(size)) => (*size).min(lease.mtu).max(576),
            _ => 576,
        };
        prop_assert!(reply.payload.len() >= 300);
        prop_assert!(reply.payload.len() + 28 <= usize::from(limit));
        // No option twice, but for the parts of a long one, which stand together.
        let mut codes = reply.codes();
        codes.dedup();
        let all = codes.len();
        codes.sort_unstable();
        codes.dedup();
        prop_assert_eq!(codes.len(), all);
    }

    #[test]
    fn routes_with_a_router_always_hold_a_default(lease in a_lease()) {
        let mut discover = message(MessageType::Discover, []);
        discover.opts_mut().insert(DhcpOption::MaxMessageSize(9000));
        let reply = Reply::to(&discover, &Binding::new(&lease).unwrap());
        if let (Some(DhcpOption::ClasslessStaticRoute(routes)), Some(_)) =
            (reply.option(121), reply.option(3))
        {
            prop_assert_eq!(routes.iter().filter(|(to, _)| to.prefix_len() == 0).count().min(1), 1);
            prop_assert!(routes.len() >= lease.host_routes.len());
        }
    }

    #[test]
    fn only_the_ports_own_mac_is_answered(mac: [u8; 6], lease in a_lease()) {
        prop_assume!(mac != MAC.0);
        let mut discover = message(MessageType::Discover, []);
        discover.set_chaddr(&mac);
        let binding = Binding::new(&lease).unwrap();
        for source in [MAC, MacAddr(mac)] {
            let frame = frame_to(&discover.to_vec().unwrap(), source, Ipv4Addr::BROADCAST);
            prop_assert_eq!(respond(&frame, &binding), Outcome::Silence(Reason::ForeignMac));
        }
    }

    #[test]
    fn any_text_is_an_option_or_an_error(name in "\\PC{0,12}", number: u8, value in "\\PC{0,300}") {
        for name in [name, number.to_string(), "domain-search".to_owned(), "121".to_owned()] {
            if let Ok(Some(alcor_responder::options::Setting::Option { data, .. })) =
                alcor_responder::options::parse(&name, &value, 4)
            {
                prop_assert!((1..=255).contains(&data.len()));
            }
        }
    }
}
