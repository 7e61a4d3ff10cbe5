//! Bundles: several changes that become visible together or not at all. OpenFlow 1.3 has them
//! as an extension of the ONF (EXT-230).

use crate::wire::Reader;
use crate::{DecodeError, FlowMod, GroupMod};
use bytes::{BufMut, BytesMut};

/// Atomic and ordered.
pub(crate) const FLAGS: u16 = 1 | 2;

/// Steps in the life of a bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BundleStep {
    /// Open it.
    Open,
    /// It is open.
    OpenReply,
    /// Close it to further messages.
    Close,
    /// It is closed.
    CloseReply,
    /// Apply it.
    Commit,
    /// It is applied.
    CommitReply,
    /// Forget it.
    Discard,
    /// It is forgotten.
    DiscardReply,
}

impl BundleStep {
    const STEPS: [Self; 8] = [
        Self::Open,
        Self::OpenReply,
        Self::Close,
        Self::CloseReply,
        Self::Commit,
        Self::CommitReply,
        Self::Discard,
        Self::DiscardReply,
    ];
}

/// A bundle control message; always with the flags atomic and ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BundleControl {
    /// Which bundle of this connection.
    pub bundle: u32,
    /// What to do, or what was done.
    pub step: BundleStep,
}

impl BundleControl {
    pub(crate) fn encode(self, to: &mut BytesMut) {
        let number = BundleStep::STEPS.iter().position(|s| *s == self.step);
        to.put_u32(self.bundle);
        to.put_u16(number.and_then(|n| u16::try_from(n).ok()).unwrap_or(0));
        to.put_u16(FLAGS);
    }

    pub(crate) fn decode(from: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let bundle = from.u32()?;
        let number = from.u16()?;
        let step = BundleStep::STEPS.get(usize::from(number));
        let step = step.copied().ok_or(DecodeError::Unknown {
            what: "bundle control type",
            number: number.into(),
        })?;
        Ok(Self { bundle, step })
    }
}

/// One change in a bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BundleItem {
    /// Of the flow tables.
    Flow(FlowMod),
    /// Of the group table.
    Group(GroupMod),
}

impl From<FlowMod> for BundleItem {
    fn from(change: FlowMod) -> Self {
        Self::Flow(change)
    }
}

impl From<GroupMod> for BundleItem {
    fn from(change: GroupMod) -> Self {
        Self::Group(change)
    }
}
