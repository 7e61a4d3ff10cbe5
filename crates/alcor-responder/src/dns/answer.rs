//! What a message asks, and what is said to it.

use super::zone::{Zone, unnamed};
use crate::Reason;
use alcor_goalstate::Sought;
use hickory_proto::op::{Edns, Message, MessageType, OpCode, Query, ResponseCode};
use hickory_proto::rr::rdata::{A, AAAA, PTR};
use hickory_proto::rr::{DNSClass, Name, RData, Record, RecordType};
use std::net::IpAddr;

/// Names follow their ports at once: nobody is to remember an answer.
const TTL: u32 = 0;
/// Addresses of one name that are told: many ports may share it, and the answer is to fit.
const ADDRESSES: usize = 64;
/// The largest message by UDP that is said to be taken: no network of ours divides it.
const PAYLOAD: u16 = 1232;
/// What every client takes by UDP (RFC 1035, 4.2.1).
const SMALLEST_PAYLOAD: u16 = 512;

/// What is to be done about a message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// Say this.
    Answer(Vec<u8>),
    /// It is not about this network's ports: ask others. Where there are none, this is to be said.
    Forward {
        /// The answer when nobody else can be asked.
        otherwise: Failure,
    },
}

/// Why there is no answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Failure {
    /// There is no such name.
    Unknown,
    /// Nobody is there to be asked.
    Refused,
    /// Those that were asked gave no answer.
    Server,
}

/// What to do about a message, by the names of its network, in the network's domain.
///
/// # Errors
///
/// Why the message is no question.
pub fn resolve(message: &[u8], zone: &Zone, domain: &str) -> Result<Verdict, Reason> {
    let asked = question(message)?;
    if asked.metadata.op_code != OpCode::Query {
        return say(&asked, ResponseCode::NotImp, Vec::new());
    }
    let [query] = &asked.queries[..] else {
        return say(&asked, ResponseCode::FormErr, Vec::new());
    };
    if query.query_class() != DNSClass::IN {
        return say(&asked, ResponseCode::Refused, Vec::new());
    }
    let domain = Domain::new(domain);
    match records(query, zone, &domain) {
        Some(records) => say(&asked, ResponseCode::NoError, records),
        None if domain.holds(&text(query.name())) => Ok(Verdict::Forward {
            otherwise: Failure::Unknown,
        }),
        None => Ok(Verdict::Forward {
            otherwise: Failure::Refused,
        }),
    }
}

/// Which ports of the network a message asks for: by name, or by the address that their names are wanted
/// of. Nothing where it is about others, or no question.
pub fn sought(message: &[u8], domain: &str) -> Option<Sought> {
    let asked = question(message).ok()?;
    let [query] = &asked.queries[..] else {
        return None;
    };
    if let Some(address) = reverse(query.name()) {
        return Some(Sought::Address(address));
    }
    let name = text(query.name());
    let label = Domain::new(domain).label(&name)?.to_owned();
    Some(match unnamed(&label) {
        Some(address) => Sought::Address(address),
        None => Sought::name(&label),
    })
}

/// The answer to a message that says that there is none.
///
/// # Errors
///
/// Why the message is no question.
pub fn failure(message: &[u8], failure: Failure) -> Result<Vec<u8>, Reason> {
    let code = match failure {
        Failure::Unknown => ResponseCode::NXDomain,
        Failure::Refused => ResponseCode::Refused,
        Failure::Server => ResponseCode::ServFail,
    };
    encode(&reply(&question(message)?, code, Vec::new()))
}

/// The answer as its asker takes it by UDP: cut off where it is too long, so that it is asked for
/// again by TCP. `room` is what the network carries.
///
/// # Errors
///
/// Why the message is no question, or the answer none.
pub fn fits(message: &[u8], answer: Vec<u8>, room: usize) -> Result<Vec<u8>, Reason> {
    let asked = question(message)?;
    let taken = asked.edns.as_ref().map_or(0, Edns::max_payload);
    let limit = usize::from(taken.max(SMALLEST_PAYLOAD)).min(room);
    if answer.len() <= limit {
        return Ok(answer);
    }
    let whole = Message::from_vec(&answer).map_err(|_| Reason::BadMessage)?;
    encode(&whole.truncate())
}

fn question(message: &[u8]) -> Result<Message, Reason> {
    let asked = Message::from_vec(message).map_err(|_| Reason::BadMessage)?;
    match asked.metadata.message_type {
        MessageType::Query => Ok(asked),
        MessageType::Response => Err(Reason::BadMessage),
    }
}

/// What is known of the name; empty where it is of another kind, and nothing where it is unknown.
fn records(query: &Query, zone: &Zone, domain: &Domain) -> Option<Vec<Record>> {
    let (name, kind) = (query.name(), query.query_type());
    if let Some(address) = reverse(name) {
        let known = domain.full(zone.name(address)?)?;
        let pointer = RData::PTR(PTR(known));
        let asked = matches!(kind, RecordType::PTR | RecordType::ANY);
        let record = Record::from_rdata(name.clone(), TTL, pointer);
        return Some(asked.then_some(record).into_iter().collect());
    }
    let addresses = zone.addresses(domain.label(&text(name))?)?;
    let wanted = addresses.into_iter().filter(|address| {
        let own = if address.is_ipv4() {
            RecordType::A
        } else {
            RecordType::AAAA
        };
        kind == own || kind == RecordType::ANY
    });
    let data = wanted.take(ADDRESSES).map(|address| match address {
        IpAddr::V4(address) => RData::A(A(address)),
        IpAddr::V6(address) => RData::AAAA(AAAA(address)),
    });
    let records = data.map(|data| Record::from_rdata(name.clone(), TTL, data));
    Some(records.collect())
}

/// The address that a name of `in-addr.arpa` or `ip6.arpa` stands for, if it is a whole one.
fn reverse(name: &Name) -> Option<IpAddr> {
    let block = name.parse_arpa_name().ok()?;
    (block.prefix_len() == block.max_prefix_len()).then(|| block.addr())
}

/// The name in small letters, without the last dot.
fn text(name: &Name) -> String {
    let text = name.to_lowercase().to_ascii();
    text.trim_end_matches('.').to_owned()
}

/// The network's domain, in small letters, without dots at its end; empty when none.
struct Domain(String);

impl Domain {
    fn new(domain: &str) -> Self {
        Self(domain.trim_end_matches('.').to_ascii_lowercase())
    }

    /// The part of a name before the domain. A single label is a name of the domain, too.
    fn label<'n>(&self, name: &'n str) -> Option<&'n str> {
        if !name.contains('.') {
            return Some(name);
        }
        let label = name.strip_suffix(&self.0)?.strip_suffix('.')?;
        (!self.0.is_empty()).then_some(label)
    }

    /// Whether the name is of the domain.
    fn holds(&self, name: &str) -> bool {
        self.label(name).is_some() || name == self.0
    }

    fn full(&self, label: &str) -> Option<Name> {
        let name = if self.0.is_empty() {
            format!("{label}.")
        } else {
            format!("{label}.{}.", self.0)
        };
        Name::from_ascii(name).ok()
    }
}

fn say(asked: &Message, code: ResponseCode, records: Vec<Record>) -> Result<Verdict, Reason> {
    encode(&reply(asked, code, records)).map(Verdict::Answer)
}

fn reply(asked: &Message, code: ResponseCode, records: Vec<Record>) -> Message {
    let mut reply = Message::response(asked.metadata.id, asked.metadata.op_code);
    reply.metadata.response_code = code;
    reply.metadata.authoritative = code == ResponseCode::NoError;
    reply.metadata.recursion_desired = asked.metadata.recursion_desired;
    reply.metadata.recursion_available = true;
    reply.add_queries(asked.queries.iter().take(1).cloned());
    reply.add_answers(records);
    if asked.edns.is_some() {
        let mut edns = Edns::new();
        edns.set_max_payload(PAYLOAD);
        reply.set_edns(edns);
    }
    reply
}

fn encode(message: &Message) -> Result<Vec<u8>, Reason> {
    message.to_vec().map_err(|_| Reason::TooLong)
}
