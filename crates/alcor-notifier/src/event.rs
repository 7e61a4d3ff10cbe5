//! Nova's external events, in the words of its API.

use crate::vif::Plug;
use alcor_types::PortId;
use serde::Serialize;

/// What happened to an interface.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize)]
pub enum EventName {
    /// It is in the data plane, or will never be (then the status says `failed`).
    #[serde(rename = "network-vif-plugged")]
    Plugged,
    /// It has left the data plane.
    #[serde(rename = "network-vif-unplugged")]
    Unplugged,
    /// Its port is gone.
    #[serde(rename = "network-vif-deleted")]
    Deleted,
    /// Its addresses are others now.
    #[serde(rename = "network-changed")]
    Changed,
}

/// How it ended.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Status {
    Completed,
    Failed,
}

/// One event.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize)]
pub struct Event {
    /// The server.
    pub server_uuid: String,
    /// What happened.
    pub name: EventName,
    status: Status,
    /// The port.
    pub tag: PortId,
}

impl Event {
    pub(crate) fn new(name: EventName, server: &str, port: PortId) -> Self {
        Self {
            server_uuid: server.to_owned(),
            name,
            status: Status::Completed,
            tag: port,
        }
    }

    /// The event of a change from one state of the data plane to another, if Nova is told.
    pub(crate) fn of_plug(was: Plug, is: Plug, server: &str, port: PortId) -> Option<Self> {
        match (was, is) {
            (Plug::Out | Plug::Failed, Plug::In) => {
                Some(Self::new(EventName::Plugged, server, port))
            }
            (Plug::Out, Plug::Failed) => Some(Self {
                status: Status::Failed,
                ..Self::new(EventName::Plugged, server, port)
            }),
            (Plug::In, Plug::Out) => Some(Self::new(EventName::Unplugged, server, port)),
            // A server that runs is not told that a host had trouble later.
            _ => None,
        }
    }

    /// Whether it says that the interface could not be plugged.
    pub fn is_failure(&self) -> bool {
        self.status == Status::Failed
    }
}

/// The body of `POST /os-server-external-events`.
#[derive(Serialize)]
pub(crate) struct Batch<'a> {
    pub(crate) events: &'a [Event],
}
