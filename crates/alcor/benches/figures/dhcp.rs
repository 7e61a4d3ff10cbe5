//! DHCP: how many transactions the responder answers on one thread, without a switch.

use crate::Scale;
use crate::frame;
use crate::report::{Report, Row};
use crate::samples::Samples;
use alcor_responder::{Binding, Lease, Outcome, ReplyKind, respond};
use alcor_types::{HostRoute, MacAddr, NetworkId};
use anyhow::ensure;
use std::hint::black_box;
use std::net::Ipv4Addr;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// Clients that ask in turn, so that no one binding stays in the cache all the time.
const CLIENTS: u32 = 1_024;

/// One client's transaction: DISCOVER and REQUEST, to be met by OFFER and ACK.
struct Client {
    binding: Binding,
    discover: Vec<u8>,
    request: Vec<u8>,
}

pub(crate) fn run(scale: Scale, report: &mut Report) -> anyhow::Result<()> {
    let clients = (0..CLIENTS)
        .map(client)
        .collect::<anyhow::Result<Vec<_>>>()?;
    check(&clients)?;
    let time = scale.pick(Duration::from_secs(1), Duration::from_millis(200));
    let rates: Samples = (0..10).map(|_| transactions(&clients, time)).collect();
    let micros = 1e6 / rates.median();
    report.add(
        Row::of(
            "DHCP transactions (DISCOVER, REQUEST) on one thread",
            &rates,
            "/s",
        )
        .note(format!("{micros:.1} us each, no switch")),
    );
    Ok(())
}

/// Every client must get an offer and then its lease; anything else would be no transaction.
fn check(clients: &[Client]) -> anyhow::Result<()> {
    for client in clients {
        for (frame, expected) in [
            (&client.discover, ReplyKind::Offer),
            (&client.request, ReplyKind::Ack),
        ] {
            let outcome = respond(frame, &client.binding);
            let right = matches!(&outcome, Outcome::Reply { kind, .. } if *kind == expected);
            ensure!(right, "{outcome:?} instead of {expected:?}");
        }
    }
    Ok(())
}

/// Transactions a second.
fn transactions(clients: &[Client], time: Duration) -> f64 {
    let began = Instant::now();
    let mut done = 0_u64;
    while began.elapsed() < time {
        for client in clients {
            black_box(respond(black_box(&client.discover), &client.binding));
            black_box(respond(black_box(&client.request), &client.binding));
        }
        done += u64::from(CLIENTS);
    }
    done as f64 / began.elapsed().as_secs_f64()
}

fn client(number: u32) -> anyhow::Result<Client> {
    let [_, _, high, low] = number.to_be_bytes();
    let mac = MacAddr([0xfa, 0x16, 0x3e, 0, high, low]);
    let address = Ipv4Addr::new(10, 0, high, low.max(2));
    let router = Ipv4Addr::new(10, 0, 0, 1);
    let lease = Lease {
        mac,
        ipv4: address,
        subnet: "10.0.0.0/16".parse()?,
        server_id: router,
        server_mac: alcor_responder::server_mac(NetworkId(Uuid::from_u128(7))),
        router: Some(router),
        dns: vec![Ipv4Addr::new(10, 0, 0, 2), Ipv4Addr::new(10, 0, 0, 3)],
        mtu: 1_450,
        host_routes: vec![HostRoute {
            destination: "192.0.2.0/24".parse()?,
            nexthop: "10.0.0.9".parse()?,
        }],
        host_name: format!("vm-{number}"),
        domain: "openstacklocal".to_owned(),
        lease_seconds: alcor_responder::DEFAULT_LEASE_SECONDS,
        extra: Vec::new(),
    };
    Ok(Client {
        binding: Binding::new(&lease)?,
        discover: frame::discover(mac, number)?,
        request: frame::request(mac, number, router, address)?,
    })
}
