//! What a frame that is sent to the agent carries with it: who is to answer, and for whom.

use alcor_types::PortId;
use bytes::Bytes;
use uuid::Uuid;

const DHCP4: u8 = 1;

/// The user data of a packet-in. The bridge gives it back unchanged.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Punt {
    /// A DHCPv4 client spoke.
    Dhcp4 {
        /// The port that it spoke on, whatever the frame says.
        port: PortId,
    },
}

impl Punt {
    /// The user data: one byte for the responder, sixteen for the port.
    pub fn to_bytes(self) -> Bytes {
        let Self::Dhcp4 { port } = self;
        let parts: [&[u8]; 2] = [&[DHCP4], port.as_bytes()];
        parts.concat().into()
    }

    /// Reads user data; `None` when no flow of ours wrote it.
    pub fn parse(userdata: &[u8]) -> Option<Self> {
        let (kind, id) = userdata.split_first()?;
        let port = PortId(Uuid::from_slice(id).ok()?);
        (*kind == DHCP4).then_some(Self::Dhcp4 { port })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_data_round_trips() {
        let port = PortId::random();
        let punt = Punt::Dhcp4 { port };
        assert_eq!(Punt::parse(&punt.to_bytes()), Some(punt));
    }

    #[test]
    fn what_parses_is_what_is_written() {
        bolero::check!().for_each(|bytes: &[u8]| {
            if let Some(punt) = Punt::parse(bytes) {
                assert_eq!(punt.to_bytes(), bytes);
            }
        });
    }
}
