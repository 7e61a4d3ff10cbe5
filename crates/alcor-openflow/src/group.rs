//! Groups: one output that is several, one of several, or the first that is alive.

use crate::action::{decode_list, encode_list};
use crate::wire::{Reader, fill_length};
use crate::{Action, DecodeError, PortNo};
use bytes::{BufMut, BytesMut};

/// Every group, in a delete.
const ALL: u32 = 0xffff_fffc;
/// No group, as the watched one.
const ANY: u32 = 0xffff_ffff;

/// How a group chooses among its buckets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GroupKind {
    /// All buckets, each with a copy of the packet.
    All,
    /// One bucket, by a hash of the packet and the weights.
    Select,
    /// The only bucket.
    Indirect,
    /// The first bucket whose watched port or group is alive.
    FastFailover,
}

impl GroupKind {
    const KINDS: [Self; 4] = [Self::All, Self::Select, Self::Indirect, Self::FastFailover];

    fn number(self) -> u8 {
        match self {
            Self::All => 0,
            Self::Select => 1,
            Self::Indirect => 2,
            Self::FastFailover => 3,
        }
    }

    fn from_number(number: u8) -> Result<Self, DecodeError> {
        let found = Self::KINDS.into_iter().find(|k| k.number() == number);
        found.ok_or(DecodeError::Unknown {
            what: "group type",
            number: number.into(),
        })
    }
}

/// One way a packet may go.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bucket {
    /// Share of the packets, in a select group.
    pub weight: u16,
    /// Alive while this port is; needed in a fast-failover group.
    pub watch_port: PortNo,
    /// Alive while this group is.
    pub watch_group: Option<u32>,
    /// What happens to the packet.
    pub actions: Vec<Action>,
}

impl Bucket {
    /// A bucket that watches nothing and has no weight.
    pub fn new(actions: impl IntoIterator<Item = Action>) -> Self {
        Self {
            weight: 0,
            watch_port: PortNo::ANY,
            watch_group: None,
            actions: actions.into_iter().collect(),
        }
    }

    /// With this weight.
    pub fn weight(self, weight: u16) -> Self {
        Self { weight, ..self }
    }

    /// Alive while `port` is.
    pub fn watch_port(self, port: PortNo) -> Self {
        Self {
            watch_port: port,
            ..self
        }
    }

    fn encode(&self, to: &mut BytesMut) {
        let start = to.len();
        to.put_u16(0);
        to.put_u16(self.weight);
        to.put_u32(self.watch_port.0);
        to.put_u32(self.watch_group.unwrap_or(ANY));
        to.put_u32(0);
        encode_list(&self.actions, to);
        fill_length(to, start, to.len() - start);
    }

    fn decode(from: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let length = usize::from(from.u16()?);
        let size = length
            .checked_sub(2)
            .ok_or_else(|| from.bad_length(length))?;
        let mut body = from.part("bucket", size)?;
        let weight = body.u16()?;
        let watch_port = PortNo(body.u32()?);
        let watch_group = Some(body.u32()?).filter(|group| *group != ANY);
        body.skip(4)?;
        Ok(Self {
            weight,
            watch_port,
            watch_group,
            actions: decode_list(body.rest(), 0)?,
        })
    }
}

/// A group as it should be, or as it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Group {
    /// Its number, below 0xffffff00.
    pub id: u32,
    /// How it chooses.
    pub kind: GroupKind,
    /// Among what.
    pub buckets: Vec<Bucket>,
}

impl Group {
    /// Reads one entry of a GROUP_DESC multipart reply.
    pub(crate) fn decode(from: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let length = usize::from(from.u16()?);
        let size = length
            .checked_sub(2)
            .ok_or_else(|| from.bad_length(length))?;
        let mut body = from.part("group", size)?;
        let kind = GroupKind::from_number(body.u8()?)?;
        body.skip(1)?;
        let id = body.u32()?;
        let buckets = decode_buckets(&mut body)?;
        Ok(Self { id, kind, buckets })
    }
}

fn decode_buckets(from: &mut Reader<'_>) -> Result<Vec<Bucket>, DecodeError> {
    let mut buckets = Vec::new();
    while !from.is_empty() {
        buckets.push(Bucket::decode(from)?);
    }
    Ok(buckets)
}

/// One change of the group table.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GroupMod {
    /// Add; refused if it exists.
    Add(Group),
    /// Replace the buckets; refused if it does not exist.
    Modify(Group),
    /// Delete, with the flows that use it. Deleting one that is not there succeeds.
    Delete(u32),
    /// Delete every group.
    DeleteAll,
}

impl GroupMod {
    pub(crate) fn encode(&self, to: &mut BytesMut) {
        match self {
            Self::Add(group) => put(to, 0, group.kind, group.id, &group.buckets),
            Self::Modify(group) => put(to, 1, group.kind, group.id, &group.buckets),
            Self::Delete(id) => put(to, 2, GroupKind::All, *id, &[]),
            Self::DeleteAll => put(to, 2, GroupKind::All, ALL, &[]),
        }
    }

    /// Reads the body of such a message, as the connection of a switch would.
    pub fn decode(body: &[u8]) -> Result<Self, DecodeError> {
        let mut from = Reader::new("group mod", body);
        let command = from.u16()?;
        let kind = GroupKind::from_number(from.u8()?)?;
        from.skip(1)?;
        let id = from.u32()?;
        let buckets = decode_buckets(&mut from)?;
        match command {
            0 => Ok(Self::Add(Group { id, kind, buckets })),
            1 => Ok(Self::Modify(Group { id, kind, buckets })),
            2 if id == ALL => Ok(Self::DeleteAll),
            2 => Ok(Self::Delete(id)),
            other => Err(DecodeError::Unknown {
                what: "group mod command",
                number: other.into(),
            }),
        }
    }
}

fn put(to: &mut BytesMut, command: u16, kind: GroupKind, id: u32, buckets: &[Bucket]) {
    to.put_u16(command);
    to.put_u8(kind.number());
    to.put_u8(0);
    to.put_u32(id);
    for bucket in buckets {
        bucket.encode(to);
    }
}
