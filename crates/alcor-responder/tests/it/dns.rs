//! Names: what is answered, what is left to others, and that no message does harm.

use alcor_goalstate::GoalKey;
use alcor_responder::Reason;
use alcor_responder::dns::{Failure, Question, Verdict, Zone, failure, fits, resolve};
use alcor_types::PortId;
use etherparse::PacketBuilder;
use hickory_proto::op::{Edns, Message, MessageType, OpCode, Query, ResponseCode};
use hickory_proto::rr::{Name, RData, RecordType};
use std::net::IpAddr;
use uuid::Uuid;

const DOMAIN: &str = "Red.example.";

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

/// `web` with an address of each family, and a port without a name.
fn zone() -> Zone {
    let mut zone = Zone::default();
    let port = |number| GoalKey::Port(PortId(Uuid::from_u128(number)));
    zone.set(port(1), "Web", [ip("10.0.0.5"), ip("fd00::5")].into_iter());
    zone.set(port(2), "", [ip("10.0.0.6")].into_iter());
    zone
}

fn query(name: &str, kind: RecordType) -> Message {
    let mut message = Message::new(7, MessageType::Query, OpCode::Query);
    message.metadata.recursion_desired = true;
    message.add_query(Query::query(Name::from_ascii(name).unwrap(), kind));
    message
}

fn verdict(message: &Message) -> Verdict {
    resolve(&message.to_vec().unwrap(), &zone(), DOMAIN).unwrap()
}

/// The answer, which must be one.
fn answer(message: &Message) -> Message {
    match verdict(message) {
        Verdict::Answer(bytes) => Message::from_vec(&bytes).unwrap(),
        Verdict::Forward { otherwise } => panic!("left to others: {otherwise:?}"),
    }
}

fn told(name: &str, kind: RecordType) -> Vec<String> {
    let answer = answer(&query(name, kind));
    assert_eq!(answer.metadata.id, 7);
    assert_eq!(answer.metadata.response_code, ResponseCode::NoError);
    assert!(answer.metadata.authoritative && answer.metadata.recursion_available);
    let records = answer.answers.iter();
    let told = records.map(|record| match &record.data {
        RData::A(it) => it.0.to_string(),
        RData::AAAA(it) => it.0.to_string(),
        RData::PTR(it) => it.0.to_ascii(),
        other => panic!("{other:?}"),
    });
    told.collect()
}

#[test]
fn ports_are_known_by_name_and_by_address() {
    use RecordType::{A, AAAA, ANY, MX, PTR};
    for name in ["web.red.example.", "WEB.RED.EXAMPLE.", "web."] {
        assert_eq!(told(name, A), ["10.0.0.5"], "{name}");
        assert_eq!(told(name, AAAA), ["fd00::5"], "{name}");
        assert_eq!(told(name, ANY).len(), 2, "{name}");
        assert!(told(name, MX).is_empty(), "{name}");
    }
    let plain = "host-10-0-0-6.red.example.";
    assert_eq!(told(plain, A), ["10.0.0.6"]);
    assert!(told(plain, AAAA).is_empty());
    assert_eq!(told("6.0.0.10.in-addr.arpa.", PTR), [plain]);
    let six = "5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.d.f.ip6.arpa.";
    assert_eq!(told(six, PTR), ["Web.red.example."]);
}

#[test]
fn all_else_is_left_to_others() {
    for (name, otherwise) in [
        ("www.example.com.", Failure::Refused),
        ("web.blue.example.", Failure::Refused),
        ("webred.example.", Failure::Refused),
        ("9.0.0.10.in-addr.arpa.", Failure::Refused),
        ("0.0.10.in-addr.arpa.", Failure::Refused),
        (".", Failure::Unknown),
        ("red.example.", Failure::Unknown),
        ("db.red.example.", Failure::Unknown),
        ("db.", Failure::Unknown),
    ] {
        let asked = query(name, RecordType::A);
        assert_eq!(verdict(&asked), Verdict::Forward { otherwise }, "{name}");
        let bytes = failure(&asked.to_vec().unwrap(), otherwise).unwrap();
        let said = Message::from_vec(&bytes).unwrap();
        assert_eq!(said.queries, asked.queries);
        let code = match otherwise {
            Failure::Unknown => ResponseCode::NXDomain,
            _ => ResponseCode::Refused,
        };
        assert_eq!(said.metadata.response_code, code, "{name}");
    }
}

#[test]
fn what_is_no_plain_question_is_told_so() {
    let mut two = query("web.", RecordType::A);
    two.add_query(Query::query(Name::root(), RecordType::A));
    assert_eq!(answer(&two).metadata.response_code, ResponseCode::FormErr);
    let mut update = query("web.", RecordType::A);
    update.metadata.op_code = OpCode::Notify;
    assert_eq!(answer(&update).metadata.response_code, ResponseCode::NotImp);
    let mut response = query("web.", RecordType::A);
    response.metadata.message_type = MessageType::Response;
    let refused = resolve(&response.to_vec().unwrap(), &zone(), DOMAIN);
    assert_eq!(refused, Err(Reason::BadMessage));
}

/// Many ports of one name: more than UDP takes by itself, and less than is said by EDNS.
#[test]
fn an_answer_is_as_long_as_its_asker_takes() {
    let mut zone = Zone::default();
    for number in 0..100_u8 {
        let port = GoalKey::Port(PortId(Uuid::from_u128(number.into())));
        zone.set(port, "all", [IpAddr::from([10, 0, 0, number])].into_iter());
    }
    let mut asked = query("all.", RecordType::A);
    let lengths = |asked: &Message, room| {
        let bytes = asked.to_vec().unwrap();
        let Verdict::Answer(whole) = resolve(&bytes, &zone, DOMAIN).unwrap() else {
            panic!("left to others");
        };
        let told = Message::from_vec(&fits(&bytes, whole, room).unwrap()).unwrap();
        (told.answers.len(), told.metadata.truncation)
    };
    assert_eq!(lengths(&asked, 1400), (0, true));
    let mut edns = Edns::new();
    edns.set_max_payload(4096);
    asked.set_edns(edns);
    assert_eq!(lengths(&asked, 1400), (64, false));
    assert_eq!(lengths(&asked, 600), (0, true));
}

/// A frame of a VM with this message.
fn frame(to: &[u8], six: bool) -> Vec<u8> {
    let ethernet = PacketBuilder::ethernet2([2, 0, 0, 0, 0, 5], [2, 0, 0, 0, 0, 1]);
    let ports = if six {
        ethernet.ipv6([0xfd; 16], [0xfe; 16], 64)
    } else {
        ethernet.ipv4([10, 0, 0, 5], [10, 0, 0, 1], 64)
    };
    let mut frame = Vec::new();
    ports.udp(4000, 53).write(&mut frame, to).unwrap();
    frame
}

#[test]
fn an_answer_goes_back_to_who_asked() {
    let asked = query("web.", RecordType::A).to_vec().unwrap();
    for six in [false, true] {
        let question = Question::parse(&frame(&asked, six)).unwrap();
        assert_eq!(question.message, asked);
        assert_eq!(question.server.is_ipv6(), six);
        let back = question.answer(vec![7; 30], 1400).unwrap();
        assert_eq!(back[..6], [2, 0, 0, 0, 0, 5]);
        assert_eq!(back[6..12], [2, 0, 0, 0, 0, 1]);
        assert!(back.ends_with(&[7; 30]));
        let udp = back.len() - 38;
        assert_eq!(back[udp..udp + 4], [0, 53, 0x0f, 0xa0]);
    }
    let mut everybody = frame(&asked, false);
    everybody[..6].fill(0xff);
    assert_eq!(Question::parse(&everybody), Err(Reason::NotUnicast));
}

#[test]
fn whatever_comes_nothing_breaks() {
    let zone = zone();
    let seed = query("web.red.example.", RecordType::ANY).to_vec().unwrap();
    bolero::check!()
        .with_type::<(bool, Vec<u8>, Vec<(u16, u8)>)>()
        .for_each(|(raw, bytes, changes)| {
            let mut message = if *raw { bytes.clone() } else { seed.clone() };
            for (at, value) in changes {
                if let Some(length) = std::num::NonZeroUsize::new(message.len()) {
                    message[usize::from(*at) % length] = *value;
                }
            }
            let _ = Question::parse(&message);
            if let Ok(question) = Question::parse(&frame(&message, *raw)) {
                let _ = question.answer(bytes.clone(), 1400);
            }
            if let Ok(Verdict::Answer(answer)) = resolve(&message, &zone, DOMAIN) {
                assert!(answer.len() < 2048);
                let told = Message::from_vec(&answer).unwrap();
                assert_eq!(told.metadata.message_type, MessageType::Response);
                assert_eq!(answer[..2], message[..2]);
            }
            let _ = failure(&message, Failure::Server);
        });
}
