//! Messages by UDP, over IPv4 and IPv6 alike.

use crate::Reason;
use crate::datagram6::Datagram6;
use crate::frame::Datagram;
use std::net::IpAddr;

/// Headers of IP and UDP, in bytes.
const HEADERS4: usize = 28;
const HEADERS6: usize = 48;

/// A message that came by UDP, and the way back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Question {
    /// Whom it was sent to.
    pub server: IpAddr,
    /// The message.
    pub message: Vec<u8>,
    frame: Vec<u8>,
}

impl Question {
    /// The question in a whole Ethernet frame.
    ///
    /// # Errors
    ///
    /// Why there is none.
    pub fn parse(frame: &[u8]) -> Result<Self, Reason> {
        let question = |server, multicast, port, payload: &[u8]| {
            if multicast {
                return Err(Reason::NotUnicast);
            }
            if port != super::PORT {
                return Err(Reason::OtherProtocol);
            }
            Ok(Self {
                server,
                message: payload.to_vec(),
                frame: frame.to_vec(),
            })
        };
        match Datagram::parse(frame) {
            Ok(it) => question(
                it.destination.into(),
                it.mac_destination.is_multicast() || it.mac_source.is_multicast(),
                it.destination_port,
                it.payload,
            ),
            Err(Reason::OtherProtocol) => {
                let it = Datagram6::parse(frame)?;
                question(
                    it.destination.into(),
                    it.mac_destination.is_multicast() || it.mac_source.is_multicast(),
                    it.destination_port,
                    it.payload,
                )
            }
            Err(reason) => Err(reason),
        }
    }

    /// The frame that brings the answer back, cut off where the asker or a packet of so many bytes
    /// does not take it whole.
    ///
    /// # Errors
    ///
    /// Why it cannot be brought.
    pub fn answer(&self, answer: Vec<u8>, mtu: u16) -> Result<Vec<u8>, Reason> {
        let room = |headers: usize| usize::from(mtu).saturating_sub(headers);
        if let Ok(asked) = Datagram::parse(&self.frame) {
            let payload = super::fits(&self.message, answer, room(HEADERS4))?;
            return asked.turned(&payload).build();
        }
        let asked = Datagram6::parse(&self.frame)?;
        let payload = super::fits(&self.message, answer, room(HEADERS6))?;
        asked.turned(&payload).build()
    }
}
