//! What the engine wants done by others on behalf of a VM, and does not wait for.

use alcor_openflow::PortNo;
use alcor_responder::dns::{Failure, Question};
use alcor_types::{MacAddr, PortId, ProjectId};
use std::net::IpAddr;
use tokio::sync::oneshot;

/// See the module.
#[derive(Debug)]
pub(crate) enum Errand {
    /// Ask other servers for a name.
    Ask(Inquiry),
    /// A VM has sent a TCP segment to the host.
    Talk(Visit),
    /// The port's interface is another's now, or nobody's: forget its conversations.
    Leave(PortId),
}

/// A question that others are asked.
#[derive(Debug)]
pub(crate) struct Inquiry {
    pub(crate) port: PortId,
    pub(crate) message: Vec<u8>,
    /// Whom the subnet names; where it names none, the agent's own servers are asked.
    pub(crate) servers: Vec<IpAddr>,
    /// What is said where nobody is to be asked.
    pub(crate) otherwise: Failure,
    pub(crate) back: Back,
}

/// The way back to the VM.
#[derive(Debug)]
pub(crate) enum Back {
    /// By a frame to its OpenFlow port, in packets of at most so many bytes.
    Udp(PortNo, Box<Question>, u16),
    /// To the conversation that it has with the host.
    Tcp(oneshot::Sender<Vec<u8>>),
}

/// A question for a name that came by TCP.
#[derive(Debug)]
pub(crate) struct Spoken {
    pub(crate) port: PortId,
    /// Whom the VM has asked.
    pub(crate) server: IpAddr,
    pub(crate) message: Vec<u8>,
    pub(crate) back: oneshot::Sender<Vec<u8>>,
}

/// A frame of a VM to the host, and who the VM is.
#[derive(Debug)]
pub(crate) struct Visit {
    pub(crate) guest: Guest,
    /// The largest packet of its network.
    pub(crate) mtu: u16,
    pub(crate) frame: Vec<u8>,
}

/// Who a VM is, whatever it says of itself.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Guest {
    pub(crate) port: PortId,
    pub(crate) ofport: PortNo,
    pub(crate) mac: MacAddr,
    pub(crate) instance: String,
    pub(crate) project: ProjectId,
    pub(crate) addresses: Vec<IpAddr>,
}
