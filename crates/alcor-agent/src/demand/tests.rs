//! Packets that wait, without a switch.

use super::*;
use bytes::Bytes;
use std::net::Ipv4Addr;

fn place(network: NetworkId, last: u8) -> Place {
    let address = Ipv4Addr::new(10, 0, 0, last);
    (network, Sought::Address(address.into()))
}

fn packet(number: u8) -> Continuation {
    Continuation::from(Bytes::from(vec![number]))
}

fn packets(waiters: Vec<Waiter>) -> Vec<Continuation> {
    let packets = waiters.into_iter().filter_map(|waiter| match waiter {
        Waiter::Packet(packet) => Some(packet),
        Waiter::Name(_) => None,
    });
    packets.collect()
}

fn open() -> (Demand, NetworkId, PortId, Instant) {
    let mut demand = Demand::default();
    demand.set_open(true);
    (
        demand,
        NetworkId::random(),
        PortId::random(),
        Instant::now(),
    )
}

fn miss(demand: &mut Demand, now: Instant, place: Place, port: PortId, number: u8) -> Verdict {
    demand.missed(now, place, (Account::Sender(port), packet(number)), || true)
}

fn bytes(last: u8) -> Vec<u8> {
    vec![10, 0, 0, last]
}

#[test]
fn packets_for_one_address_make_one_question_and_go_on_in_their_order() {
    let (mut demand, network, port, now) = open();
    for number in 0..3 {
        miss(&mut demand, now, place(network, 1), port, number);
    }
    let want = demand.ask(now).unwrap();
    assert_eq!(want.sought, [bytes(1)]);
    assert_eq!(want.askers, [port.as_bytes().to_vec()]);
    assert!(demand.ask(now).is_none());
    // What is missed meanwhile goes together into the next question.
    for last in [3, 2] {
        miss(&mut demand, now, place(network, last), port, last);
    }
    let known = place(network, 1);
    let found = demand.found(|place| place == known);
    assert_eq!(packets(found), [0, 1, 2].map(packet));
    let answer = Answer {
        want: want.id,
        ..Answer::default()
    };
    assert!(demand.answered(now, network, &answer).is_empty());
    assert_eq!(demand.ask(now).unwrap().sought, [bytes(2), bytes(3)]);
}

#[test]
fn nobody_s_packets_are_dropped_until_the_word_is_old() {
    let (mut demand, network, port, now) = open();
    let gone = place(network, 1);
    miss(&mut demand, now, gone, port, 0);
    let want = demand.ask(now).unwrap().id;
    let absent = vec![bytes(1)];
    let answer = Answer {
        want,
        absent,
        ..Answer::default()
    };
    demand.answered(now, network, &answer);
    assert!(!demand.is_seeking());
    miss(&mut demand, now + BELIEF / 2, gone, port, 1);
    assert!(!demand.is_seeking());
    assert_eq!(demand.misses.dropped, 2);
    miss(&mut demand, now + BELIEF, gone, port, 2);
    assert!(demand.ask(now + BELIEF).is_some());
}

#[test]
fn what_only_the_network_can_tell_goes_on_at_once_from_then_on() {
    let (mut demand, network, port, now) = open();
    miss(&mut demand, now, place(network, 1), port, 0);
    let want = demand.ask(now).unwrap().id;
    let shared = vec![bytes(1)];
    let answer = Answer {
        want,
        shared,
        ..Answer::default()
    };
    let released = demand.answered(now, network, &answer);
    assert_eq!(packets(released), [packet(0)]);
    let verdict = miss(&mut demand, now, place(network, 1), port, 1);
    assert!(matches!(verdict, Verdict::Go(_)));
}

#[test]
fn a_question_that_is_put_off_or_lost_is_asked_again_ever_less_often() {
    let (mut demand, network, port, mut now) = open();
    miss(&mut demand, now, place(network, 1), port, 0);
    let want = demand.ask(now).unwrap().id;
    let busy = Answer {
        want,
        busy: true,
        ..Answer::default()
    };
    demand.answered(now, network, &busy);
    assert!(demand.ask(now).is_none());
    now += BACKOFF.0;
    assert!(demand.ask(now).is_some());
    now += LOST;
    demand.tick(now);
    assert!(demand.ask(now).is_none());
    assert!(demand.ask(now + BACKOFF.0 * 2).is_some());
}

#[test]
fn a_port_that_scans_leaves_room_for_others_and_nobody_waits_for_ever() {
    let (mut demand, network, scanner, now) = open();
    for last in 0..=255 {
        miss(&mut demand, now, place(network, last), scanner, 0);
    }
    let other = PortId::random();
    let elsewhere = place(NetworkId::random(), 1);
    miss(&mut demand, now, elsewhere, other, 1);
    assert_eq!(demand.misses.held, PER_PORT as u64 + 1);
    demand.tick(now + PATIENCE);
    assert!(!demand.is_seeking());
    assert_eq!(demand.misses.dropped, 256 + 1);
    assert!(demand.by_account.is_empty() && demand.held == 0);
}

#[test]
fn what_comes_for_a_vm_leaves_it_room_to_ask_itself() {
    let (mut demand, network, port, now) = open();
    for last in 0..=255 {
        let arrives = (Account::Receiver(port), packet(last));
        demand.missed(now, place(network, last), arrives, || true);
    }
    assert_eq!(demand.misses.held, PER_PORT as u64);
    let elsewhere = place(NetworkId::random(), 1);
    miss(&mut demand, now, elsewhere, port, 1);
    assert_eq!(demand.misses.held, PER_PORT as u64 + 1);
}

#[test]
fn who_may_not_ask_does_not_wait() {
    let (mut demand, network, port, now) = open();
    let waiting = (Account::Sender(port), packet(0));
    demand.missed(now, place(network, 1), waiting, || false);
    assert!(!demand.is_seeking());
}

#[test]
fn who_asks_for_a_name_waits_once_for_the_region() {
    let (mut demand, network, port, now) = open();
    let place = (network, Sought::name("web"));
    let spoken = || {
        let (back, _) = tokio::sync::oneshot::channel();
        Deferred::Tcp(Spoken {
            port,
            server: Ipv4Addr::LOCALHOST.into(),
            message: Vec::new(),
            back,
        })
    };
    assert!(demand.name_asked(now, place, (port, spoken())).is_none());
    let want = demand.ask(now).unwrap().id;
    let answer = Answer {
        want,
        ..Answer::default()
    };
    let released = demand.answered(now, network, &answer);
    assert!(matches!(released[..], [Waiter::Name(_)]));
    assert!(demand.name_asked(now, place, (port, spoken())).is_some());
    let later = now + BELIEF;
    assert!(demand.name_asked(later, place, (port, spoken())).is_none());
    // Nobody's name is heard of, too.
    let want = demand.ask(later).unwrap();
    let answer = Answer {
        want: want.id,
        absent: want.sought,
        ..Answer::default()
    };
    assert_eq!(demand.answered(later, network, &answer).len(), 1);
    assert_eq!(demand.misses.dropped, 0);
}
