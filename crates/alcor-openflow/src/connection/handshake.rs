//! The first messages: versions, features, and what the switch shall send unasked.

use super::{ConnectError, Endpoint};
use crate::{AsyncMasks, Features, Frame, Message, Received};
use bytes::BytesMut;
use std::io;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpStream, UnixStream};

/// The reading half of a socket of either kind.
pub(super) type ReadHalf = Box<dyn AsyncRead + Send + Unpin>;
/// The writing half.
pub(super) type WriteHalf = Box<dyn AsyncWrite + Send + Unpin>;

/// OpenFlow 1.3 in a bitmap of versions.
const OPENFLOW_13: u32 = 1 << 4;

/// A connection that is ready for requests.
pub(super) struct Opened {
    pub(super) read: ReadHalf,
    pub(super) write: WriteHalf,
    /// Bytes that were read beyond the handshake.
    pub(super) buffer: BytesMut,
    pub(super) features: Features,
}

/// Opens the socket and shakes hands.
pub(super) async fn open(endpoint: &Endpoint) -> Result<Opened, ConnectError> {
    let io = |error| ConnectError::Io(endpoint.clone(), error);
    let (read, write) = dial(endpoint).await.map_err(io)?;
    let mut shake = Handshake {
        endpoint,
        read,
        write,
        buffer: BytesMut::new(),
    };
    shake.agree_on_version().await?;
    let features = shake.introduce().await?;
    Ok(Opened {
        read: shake.read,
        write: shake.write,
        buffer: shake.buffer,
        features,
    })
}

async fn dial(endpoint: &Endpoint) -> io::Result<(ReadHalf, WriteHalf)> {
    match endpoint {
        Endpoint::Unix(path) => {
            let (read, write) = UnixStream::connect(path).await?.into_split();
            Ok((Box::new(read), Box::new(write)))
        }
        Endpoint::Tcp(address) => {
            let stream = TcpStream::connect(address.as_str()).await?;
            stream.set_nodelay(true)?;
            let (read, write) = stream.into_split();
            Ok((Box::new(read), Box::new(write)))
        }
    }
}

struct Handshake<'a> {
    endpoint: &'a Endpoint,
    read: ReadHalf,
    write: WriteHalf,
    buffer: BytesMut,
}

impl Handshake<'_> {
    async fn agree_on_version(&mut self) -> Result<(), ConnectError> {
        self.send(&[Message::Hello]).await?;
        loop {
            match self.receive().await? {
                Received::Hello(versions) if versions & OPENFLOW_13 != 0 => return Ok(()),
                Received::Hello(versions) => return Err(ConnectError::Version(versions)),
                Received::Error(error) => return Err(ConnectError::Refused(error)),
                _ => {}
            }
        }
    }

    /// A connection to the `.mgmt` socket gets nothing unasked until it says what it wants.
    async fn introduce(&mut self) -> Result<Features, ConnectError> {
        let messages = [
            Message::FeaturesRequest,
            Message::SetConfig {
                miss_send_len: 0xffff,
            },
            Message::SetPacketIn2,
            Message::SetAsync(AsyncMasks::ALL),
            Message::BarrierRequest,
        ];
        self.send(&messages).await?;
        let mut features = None;
        loop {
            match self.receive().await? {
                Received::Features(found) => features = Some(found),
                Received::Error(error) => return Err(ConnectError::Refused(error)),
                Received::EchoRequest(data) => self.send(&[Message::EchoReply(data)]).await?,
                Received::BarrierReply => break,
                _ => {}
            }
        }
        features.ok_or_else(|| self.io(io::ErrorKind::InvalidData.into()))
    }

    fn io(&self, error: io::Error) -> ConnectError {
        ConnectError::Io(self.endpoint.clone(), error)
    }

    async fn send(&mut self, messages: &[Message]) -> Result<(), ConnectError> {
        let mut bytes = BytesMut::new();
        for message in messages {
            let encoded = message.encode(0, &mut bytes);
            encoded.map_err(|error| self.io(io::Error::other(error)))?;
        }
        let written = self.write.write_all(&bytes).await;
        written.map_err(|error| self.io(error))
    }

    async fn receive(&mut self) -> Result<Received, ConnectError> {
        loop {
            if let Some(frame) = Frame::split(&mut self.buffer)? {
                return Ok(Received::decode(&frame)?);
            }
            let read = self.read.read_buf(&mut self.buffer).await;
            if read.map_err(|error| self.io(error))? == 0 {
                return Err(self.io(io::ErrorKind::UnexpectedEof.into()));
            }
        }
    }
}
