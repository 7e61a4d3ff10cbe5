//! A client's message, read and checked.

use crate::Reason;
use crate::options::code;
use alcor_types::MacAddr;
use dhcproto::v4::borrowed::{DhcpOptionIterator, Message};
use dhcproto::v4::{HType, MAGIC, MessageType, Opcode};
use std::collections::BTreeMap;
use std::net::Ipv4Addr;

/// The options of a request that make a difference to the answer.
const READ: [u8; 8] = [
    code::REQUESTED_ADDRESS,
    code::OVERLOAD,
    code::MESSAGE_TYPE,
    code::SERVER_ID,
    code::PARAMETERS,
    code::MAX_SIZE,
    code::CLIENT_ID,
    code::RELAY_AGENT,
];

/// Where the parts of a BOOTP message are (RFC 2131, section 2).
const SERVER_NAME: std::ops::Range<usize> = 44..108;
const BOOT_FILE: std::ops::Range<usize> = 108..236;
const COOKIE: std::ops::Range<usize> = 236..240;

/// A message from a client to a server, with the fields that matter.
pub(super) struct Request<'a> {
    pub(super) message: Message<'a>,
    pub(super) kind: MessageType,
    /// `chaddr`.
    pub(super) mac: MacAddr,
    /// Option 50.
    pub(super) requested: Option<Ipv4Addr>,
    /// Option 54.
    pub(super) server: Option<Ipv4Addr>,
    /// Option 55, in the client's order; none where the client does not say.
    pub(super) parameters: Option<Vec<u8>>,
    /// Option 57, in bytes.
    pub(super) max_size: Option<u16>,
    /// Options 61 and 82, which go back as they came (RFC 6842, RFC 3046).
    pub(super) echoed: Vec<(u8, Vec<u8>)>,
}

impl<'a> Request<'a> {
    /// Reads a UDP payload.
    pub(super) fn parse(payload: &'a [u8]) -> Result<Self, Reason> {
        let message = Message::new(payload).map_err(|_| Reason::BadMessage)?;
        if message.opcode() != Opcode::BootRequest || payload.get(COOKIE) != Some(&MAGIC[..]) {
            return Err(Reason::BadMessage);
        }
        // The length is checked before the address is read: dhcproto would slice by it.
        if message.htype() != HType::Eth || message.hlen() != 6 {
            return Err(Reason::BadHardware);
        }
        if message.giaddr() != Ipv4Addr::UNSPECIFIED {
            return Err(Reason::Relayed);
        }
        let mac = message.chaddr().try_into().map(MacAddr);
        let mut options = read_options(payload)?;
        let [kind] = fixed(&options, code::MESSAGE_TYPE)?.ok_or(Reason::BadType)?;
        let echoed = [code::CLIENT_ID, code::RELAY_AGENT]
            .into_iter()
            .filter_map(|code| Some((code, options.remove(&code)?)))
            .collect();
        Ok(Self {
            kind: kind.into(),
            mac: mac.map_err(|_| Reason::BadHardware)?,
            requested: fixed::<4>(&options, code::REQUESTED_ADDRESS)?.map(Into::into),
            server: fixed::<4>(&options, code::SERVER_ID)?.map(Into::into),
            max_size: fixed(&options, code::MAX_SIZE)?.map(u16::from_be_bytes),
            parameters: options.remove(&code::PARAMETERS),
            echoed,
            message,
        })
    }

    /// `ciaddr`, where the client has one.
    pub(super) fn client_address(&self) -> Option<Ipv4Addr> {
        let address = self.message.ciaddr();
        Some(address).filter(|address| !address.is_unspecified())
    }
}

/// The options that matter, from all the places where they may be, the parts of a divided one
/// put together (RFC 3396).
fn read_options(payload: &[u8]) -> Result<BTreeMap<u8, Vec<u8>>, Reason> {
    let mut found = BTreeMap::new();
    gather(payload.get(COOKIE.end..), &mut found)?;
    let overload = fixed(&found, code::OVERLOAD)?.map_or(0, |[places]| places);
    if overload & 1 != 0 {
        gather(payload.get(BOOT_FILE), &mut found)?;
    }
    if overload & 2 != 0 {
        gather(payload.get(SERVER_NAME), &mut found)?;
    }
    Ok(found)
}

fn gather(area: Option<&[u8]>, found: &mut BTreeMap<u8, Vec<u8>>) -> Result<(), Reason> {
    let area = area
        .filter(|area| is_whole(area))
        .ok_or(Reason::BadOptions)?;
    for option in DhcpOptionIterator::new(area) {
        let code = option.code().into();
        if READ.contains(&code) {
            let data: &mut Vec<u8> = found.entry(code).or_default();
            data.extend_from_slice(option.data());
        }
    }
    Ok(())
}

/// Whether no option reaches beyond the end; dhcproto takes such a one for the end itself.
/// The end marker may be missing, as in many clients it is.
fn is_whole(mut area: &[u8]) -> bool {
    loop {
        area = match area {
            [] | [255, ..] => return true,
            [0, rest @ ..] => rest,
            [_, length, rest @ ..] => match rest.get(usize::from(*length)..) {
                Some(rest) => rest,
                None => return false,
            },
            [_] => return false,
        }
    }
}

/// An option of a fixed length; an error where it has another.
fn fixed<const N: usize>(
    options: &BTreeMap<u8, Vec<u8>>,
    code: u8,
) -> Result<Option<[u8; N]>, Reason> {
    options
        .get(&code)
        .map(|data| <[u8; N]>::try_from(&data[..]).map_err(|_| Reason::BadOptions))
        .transpose()
}
